import type { SQL } from "drizzle-orm";
import { newIdentifier } from "../shared/identifier.ts";
import { Refusal } from "../shared/user-error.ts";
import { AUDITED_OBJECTS_LIMIT, type AuditRecord } from "./audit.rules.ts";
import { auditEntriesInsert } from "./audit.store.ts";
import { inTransaction, type Context, type TransactionContext } from "./context.ts";

/** Keeps who did what, in the transaction that does it: both are there or neither is. One statement whatever the number. */
export async function recordAudit(context: TransactionContext, record: AuditRecord): Promise<void> {
  await context.transaction.execute(auditStatement(context, record));
}

/** The same as a statement, to go along with another one. */
export function auditStatement(
  { actor, clock, ipAddress, requestId }: Context,
  { verb, objectIds, outcome = "ACCEPTED" }: AuditRecord,
): SQL {
  const { organizationId, name } = actor;
  const common = { organizationId, at: clock.now(), actor: name, ipAddress, verb, outcome, requestId };
  const count = Math.max(Math.ceil(objectIds.length / AUDITED_OBJECTS_LIMIT), 1);
  return auditEntriesInsert(
    Array.from({ length: count }, (_, index) => ({
      ...common,
      id: newIdentifier("auditentry"),
      objectIds: objectIds.slice(index * AUDITED_OBJECTS_LIMIT, (index + 1) * AUDITED_OBJECTS_LIMIT),
    })),
  );
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
