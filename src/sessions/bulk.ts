import { idempotently } from "../access/idempotency.ts";
import { inTransaction, type Context, type TransactionContext } from "../access/context.ts";
import type { AuditRecord } from "../access/audit.rules.ts";
import { auditStatement, recordAudit } from "../access/record-audit.ts";
import { writeCursor } from "../changes/cursor.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { Refusal, UserErrorCode, type UserError } from "../shared/user-error.ts";
import { BULK_LIMIT } from "./session.input.ts";
import type { SessionFilter } from "./session.filter.ts";
import { findSessionIds, lockSessions, type LockedSession } from "./session.store.ts";
import type { Verb } from "./session.rules.ts";
import type { Decision } from "./session.transitions.ts";

/** Exactly one of ids and filter: the check boxes, or "select all" that match. */
export type SessionSelection = { readonly ids: readonly string[] } | { readonly filter: SessionFilter };

export interface SessionBulkInput {
  readonly selection: SessionSelection;
  readonly dryRun: boolean;
  readonly expectedCount?: number | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
}

export interface SessionBulkResult {
  readonly id: string;
  readonly outcome: "ACCEPTED" | "SKIPPED" | "FAILED";
  readonly error: UserError | null;
}

export interface SessionBulkAnswer {
  readonly dryRun: boolean;
  readonly results: readonly SessionBulkResult[];
  /** The position of this write in the change log; null when nothing was written. */
  readonly cursor: string | null;
}

/** What makes one bulk verb different from another. */
export interface BulkVerb {
  /** Names the transaction and the idempotency key's operation. */
  readonly name: string;
  /** Names it in the audit. */
  readonly verb: Verb;
  /** Decides each session; called once with all of them, so that it may look things up in one statement. */
  readonly decide: (context: TransactionContext, sessions: readonly LockedSession[]) => Promise<(session: LockedSession) => Decision>;
  /** Does it for those accepted, in a fixed number of statements, and writes the change log. */
  readonly apply: (context: TransactionContext, accepted: readonly LockedSession[]) => Promise<void>;
}

/**
 * Runs a bulk verb: finds the selection, locks it in id order, decides each session, applies what was accepted, and
 * answers every id in the order asked for. A fixed number of statements for one id or hundreds, and another one for thousands, which
 * are written in parts.
 */
export async function runBulk(context: Context, verb: BulkVerb, input: SessionBulkInput): Promise<SessionBulkAnswer> {
  return inTransaction(context, verb.name, (transactionContext) =>
    idempotently(transactionContext, { operation: verb.name, key: input.dryRun ? null : input.idempotencyKey, input }, () =>
      decideAndApply(transactionContext, verb, input),
    ),
  );
}

async function decideAndApply(context: TransactionContext, verb: BulkVerb, input: SessionBulkInput): Promise<SessionBulkAnswer> {
  const ids = await selectIds(context, input);
  const known = ids.filter((id) => isIdentifier("session", id));
  const locked = await lockSessions(context.transaction, context.actor.organizationId, known);
  const decide = await verb.decide(context, [...locked.values()]);
  const seen = new Set<string>();
  const results = ids.map((id): SessionBulkResult => {
    if (seen.has(id)) return result(id, { outcome: "SKIPPED", code: UserErrorCode.DUPLICATE_ID, message: "This id was given before." });
    seen.add(id);
    const session = locked.get(id);
    if (!session) return result(id, { outcome: "FAILED", code: UserErrorCode.NOT_FOUND, message: "There is no session with this id." });
    return result(id, decide(session));
  });
  const accepted = results.flatMap((item) => (item.outcome === "ACCEPTED" ? (locked.get(item.id) ?? []) : []));
  if (input.dryRun) return { dryRun: true, results, cursor: null };
  const records = auditRecords(verb, results, locked);
  if (accepted.length === 0) {
    if (records.length > 0) await recordAudit(context, ...records);
    return { dryRun: false, results, cursor: null };
  }
  await verb.apply(context, accepted);
  const audit = auditStatement(context, ...records);
  return { dryRun: false, results, cursor: await writeCursor(context.transaction, context.clock, audit) };
}

/** One for each outcome, of the sessions that there are: who asks for what is not there cannot fill the audit. */
function auditRecords(
  { verb }: BulkVerb,
  results: readonly SessionBulkResult[],
  locked: ReadonlyMap<string, LockedSession>,
): readonly AuditRecord[] {
  return (["ACCEPTED", "SKIPPED", "FAILED"] as const).flatMap((outcome): readonly AuditRecord[] => {
    const meant = results.filter(
      (item) => item.outcome === outcome && item.error?.code !== UserErrorCode.DUPLICATE_ID && locked.has(item.id),
    );
    return meant.length === 0 ? [] : [{ verb, outcome, objectIds: meant.map(({ id }) => id) }];
  });
}

/** The ids that a selection means, in the order asked for; for a filter, by name. Refused whole when there are too many. */
export async function selectIds(
  context: TransactionContext,
  input: Pick<SessionBulkInput, "selection" | "expectedCount">,
): Promise<string[]> {
  const { selection, expectedCount } = input;
  const ids =
    "ids" in selection
      ? [...selection.ids]
      : await findSessionIds(context.transaction, {
          organizationId: context.actor.organizationId,
          filter: selection.filter,
          limit: BULK_LIMIT + 1,
        });
  if (ids.length > BULK_LIMIT) {
    throw new Refusal({
      code: UserErrorCode.TOO_MANY_ITEMS,
      message: `At most ${BULK_LIMIT.toLocaleString("en")} sessions in one call. Narrow the selection.`,
      path: ["input", "selection"],
    });
  }
  if (expectedCount !== null && expectedCount !== undefined && expectedCount !== ids.length) {
    throw new Refusal({
      code: UserErrorCode.COUNT_CHANGED,
      message: `The selection now means ${ids.length} sessions, not ${expectedCount}. Look again before you confirm.`,
      path: ["input", "expectedCount"],
    });
  }
  return ids;
}

function result(id: string, decision: Decision): SessionBulkResult {
  if (decision.outcome === "ACCEPTED") return { id, outcome: "ACCEPTED", error: null };
  return { id, outcome: decision.outcome, error: { code: decision.code, message: decision.message, path: ["input", "selection"] } };
}
