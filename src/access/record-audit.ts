import type { SQL } from "drizzle-orm";
import { identifierKind, newIdentifier } from "../shared/identifier.ts";
import { Refusal } from "../shared/user-error.ts";
import { AUDITED_OBJECTS_LIMIT, type AuditRecord } from "./audit.rules.ts";
import { auditEntriesInsert, auditEntryInsertUnless, type NewAuditEntry } from "./audit.store.ts";
import { inTransaction, type Context, type TransactionContext } from "./context.ts";

/** Keeps who did what, in the transaction that does it: both are there or neither is. One statement whatever the number. */
export async function recordAudit(context: TransactionContext, ...records: readonly AuditRecord[]): Promise<void> {
  await context.transaction.execute(auditStatement(context, ...records));
}

/** The same as a statement, to go along with another one. */
export function auditStatement(context: Context, ...records: readonly AuditRecord[]): SQL {
  return auditEntriesInsert(records.flatMap((record) => entriesOf(context, record)));
}

function entriesOf(
  { actor, clock, ipAddress, requestId }: Context,
  { verb, objectIds, outcome = "ACCEPTED" }: AuditRecord,
): readonly NewAuditEntry[] {
  const { organizationId, name } = actor;
  const common = { organizationId, at: clock.now(), actor: name, ipAddress, verb, outcome, requestId };
  const count = Math.max(Math.ceil(objectIds.length / AUDITED_OBJECTS_LIMIT), 1);
  return Array.from({ length: count }, (_, index) => ({
    ...common,
    id: newIdentifier("auditentry"),
    objectIds: objectIds.slice(index * AUDITED_OBJECTS_LIMIT, (index + 1) * AUDITED_OBJECTS_LIMIT),
  }));
}

/** Least time between two entries of denials to one caller for one verb. */
const DENIALS_EVERY_MILLISECONDS = 60_000;
/** Ids of one such entry. */
const DENIED_OBJECTS_LIMIT = 100;

/**
 * Keeps that somebody tried what the level does not include, at what: whatever looks like an id, whether there is such an object or
 * not. Once a minute for each caller and verb, so that who tries on is seen and cannot fill the audit.
 */
export async function recordDenial(context: Context, verb: string | null, input: unknown): Promise<void> {
  if (verb === null) return;
  const objectIds = [...new Set(identifiersIn(input))].slice(0, DENIED_OBJECTS_LIMIT);
  const [entry] = entriesOf(context, { verb, objectIds, outcome: "FAILED" });
  const since = new Date(context.clock.now().getTime() - DENIALS_EVERY_MILLISECONDS);
  if (entry) await context.database.executor.execute(auditEntryInsertUnless(entry, since));
}

function identifiersIn(value: unknown): readonly string[] {
  if (typeof value === "string") return identifierKind(value) === null ? [] : [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(identifiersIn) : [];
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
