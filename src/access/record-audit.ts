import { newIdentifier } from "../shared/identifier.ts";
import { Refusal } from "../shared/user-error.ts";
import { AUDITED_OBJECTS_LIMIT, type AuditRecord } from "./audit.rules.ts";
import { insertAuditEntry } from "./audit.store.ts";
import { inTransaction, type Context, type TransactionContext } from "./context.ts";

/** Keeps who did what, in the transaction that does it: both are there or neither is. One statement whatever the number. */
export async function recordAudit(
  { transaction, actor, clock, ipAddress, requestId }: TransactionContext,
  { verb, objectIds, outcome = "ACCEPTED" }: AuditRecord,
): Promise<void> {
  await insertAuditEntry(transaction, {
    id: newIdentifier("auditentry"),
    organizationId: actor.organizationId,
    at: clock.now(),
    actor: actor.name,
    ipAddress,
    verb,
    objectIds: objectIds.slice(0, AUDITED_OBJECTS_LIMIT),
    outcome,
    requestId,
  });
}

/**
 * Does `work`; where it refuses, that somebody tried is kept as FAILED, in a transaction of its own since that of the work is undone.
 * Without a record nothing is kept: who asks for what is not there cannot fill the audit.
 */
export async function auditRefusal<T>(context: Context, record: AuditRecord | null, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (record && error instanceof Refusal) {
      await inTransaction(context, "audit a refusal", (transactionContext) =>
        recordAudit(transactionContext, { ...record, outcome: "FAILED" }),
      );
    }
    throw error;
  }
}
