import { inTransaction, type Context, type TransactionContext } from "../access/context.ts";
import { recordAudit } from "../access/record-audit.ts";
import { appendChanges } from "../changes/append-changes.ts";
import type { Verb } from "../sessions/session.rules.ts";
import { lockSessions } from "../sessions/session.store.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { Refusal, UserErrorCode, type UserError } from "../shared/user-error.ts";
import { findAlertSessions, readKnownAlerts } from "./alert.store.ts";
import { isOpen, type AlertRecord, type AlertStep } from "./reconcile-alerts.rules.ts";
import { writeAlerts, type SessionAlerts } from "./write-alerts.ts";

export interface AlertEdit {
  /** Names the transaction. */
  readonly name: string;
  /** Names it in the audit. */
  readonly verb: Verb;
  readonly ids: readonly string[];
  /** What is refused of alerts that have ended; left out: they stay as they are. */
  readonly refuseEnded?: string;
  /** What becomes of the alerts of one session that are named and open. */
  readonly decide: (open: readonly AlertRecord[], at: Date) => readonly AlertStep[];
  /** What else is to be written of the sessions concerned. */
  readonly mark?: (context: TransactionContext, sessionIds: readonly string[], at: Date) => Promise<void>;
}

/**
 * The frame of every verb on named alerts, all or none: locks the sessions that they are about, refuses what is not there, and writes
 * what becomes of the alerts and the change log. A fixed number of statements.
 */
export async function editAlerts(context: Context, edit: AlertEdit): Promise<readonly string[]> {
  return inTransaction(context, edit.name, async (transactionContext) => {
    const { transaction, actor, clock } = transactionContext;
    const sessionOf = await findAlertSessions(
      transaction,
      actor.organizationId,
      edit.ids.filter((id) => isIdentifier("alert", id)),
    );
    refuse(edit.ids, (id) => (sessionOf.has(id) ? null : { code: UserErrorCode.NOT_FOUND, message: "There is no alert with this id." }));
    const sessionIds = [...new Set([...sessionOf.values()].flatMap((id) => id ?? []))];
    const locked = await lockSessions(transaction, actor.organizationId, sessionIds);
    // Read once the sessions are locked: whatever was open before the wait may have ended.
    const known = await readKnownAlerts(transaction, [...locked.keys()]);
    const named = new Set(edit.ids);
    const open = [...known.values()].flat().filter((alert) => isOpen(alert) && named.has(alert.id));
    refuseEnded(edit, open);

    const at = clock.now();
    const sessions = [...locked.values()].flatMap(({ id, state }): readonly SessionAlerts[] => {
      const alerts = known.get(id) ?? [];
      const steps = edit.decide(
        alerts.filter((alert) => open.includes(alert)),
        at,
      );
      const written = { organizationId: actor.organizationId, sessionId: id, before: state, state, known: alerts, steps, at };
      return steps.length > 0 ? [{ ...written, actor: actor.name }] : [];
    });
    if (sessions.length === 0) return edit.ids;
    const changes = await writeAlerts(transaction, sessions);
    await edit.mark?.(
      transactionContext,
      sessions.map(({ sessionId }) => sessionId),
      at,
    );
    await recordAudit(transactionContext, { verb: edit.verb, objectIds: open.map(({ id }) => id) });
    await appendChanges(transaction, changes);
    return edit.ids;
  });
}

function refuseEnded({ ids, refuseEnded: message }: AlertEdit, open: readonly AlertRecord[]): void {
  if (message === undefined) return;
  const isOpenId = new Set(open.map(({ id }) => id));
  refuse(ids, (id) => (isOpenId.has(id) ? null : { code: UserErrorCode.INVALID_STATE, message }));
}

/** Refuses everything when one id is given twice or is wrong. */
function refuse(ids: readonly string[], problemOf: (id: string) => Pick<UserError, "code" | "message"> | null): void {
  const seen = new Set<string>();
  const errors = ids.flatMap((id, index): readonly UserError[] => {
    const isRepeated = seen.has(id);
    seen.add(id);
    const problem = isRepeated ? { code: UserErrorCode.DUPLICATE_ID, message: "This id was given before." } : problemOf(id);
    return problem ? [{ ...problem, path: ["input", "ids", String(index)] }] : [];
  });
  if (errors.length > 0) throw new Refusal(...errors);
}
