import type { NewChange } from "../changes/append-changes.ts";
import type { Transaction } from "../database/database.ts";
import type { SessionState } from "../sessions/session.state.ts";
import { alertStateOf } from "./alert.state.ts";
import { countOpenAlerts, insertAlerts, updateAlerts, type AlertWrite } from "./alert.store.ts";
import { isOpen, type AlertRecord, type AlertStep } from "./reconcile-alerts.rules.ts";

/** A session whose row is locked, its alerts, and what becomes of them. */
export interface SessionAlerts {
  readonly organizationId: string;
  readonly sessionId: string;
  /** The session before anything was done to it, and as it now is, its alerts aside. */
  readonly before: SessionState;
  readonly state: SessionState;
  readonly known: readonly AlertRecord[];
  readonly steps: readonly AlertStep[];
  readonly at: Date;
  /** Who asked for it; null for what was observed. */
  readonly actor: string | null;
}

/**
 * Writes what becomes of the alerts of locked sessions, and keeps the sessions' counts of open ones: a fixed number of statements for
 * any number of sessions. Gives the changes of the alerts and the sessions, for the caller to append as its last statement.
 */
export async function writeAlerts(transaction: Transaction, sessions: readonly SessionAlerts[]): Promise<readonly NewChange[]> {
  const writes = (isNew: boolean): readonly AlertWrite[] =>
    sessions.flatMap(({ organizationId, sessionId, state, steps }) =>
      steps
        .filter(({ before }) => (before === null) === isNew)
        .map(({ after }) => ({ ...after, organizationId, sessionId, sessionName: state.name })),
    );
  // What ends makes room for what begins: there is one open alert for each subject and code.
  await updateAlerts(transaction, writes(false));
  await insertAlerts(transaction, writes(true));
  await countOpenAlerts(
    transaction,
    sessions.filter(({ steps }) => steps.some(({ kind }) => kind === "RAISED" || kind === "ENDED")).map(({ sessionId }) => sessionId),
  );
  return sessions.flatMap(toChanges);
}

function toChanges({ organizationId, sessionId, before, state, known, steps, at, actor }: SessionAlerts): readonly NewChange[] {
  if (steps.every(({ kind }) => kind === "WRITTEN")) return [];
  const told = steps.flatMap(({ kind, ...step }) => (kind === "WRITTEN" || kind === "REWORDED" ? [] : [{ kind, ...step }]));
  const after: SessionState = { ...state, hasOpenAlert: hasOpenAfter(known, steps) };
  const rest = { organizationId, at, actor };
  return [
    ...told.map((step): NewChange => ({
      ...rest,
      object: "ALERT",
      objectId: step.after.id,
      kind: step.kind,
      before: step.before && alertStateOf(step.before, { id: sessionId, state: before }),
      after: alertStateOf(step.after, { id: sessionId, state: after }),
    })),
    { ...rest, object: "SESSION", objectId: sessionId, kind: "ALERTS_CHANGED", before: state, after },
  ];
}

function hasOpenAfter(known: readonly AlertRecord[], steps: readonly AlertStep[]): boolean {
  const records = new Map(known.map((alert) => [alert.id, alert]));
  for (const { after } of steps) records.set(after.id, after);
  return [...records.values()].some(isOpen);
}
