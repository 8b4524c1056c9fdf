import { readKnownAlerts } from "../alerts/alert.store.ts";
import { endAlerts, reconcileAlerts, type AlertRecord } from "../alerts/reconcile-alerts.rules.ts";
import { writeAlerts, type SessionAlerts } from "../alerts/write-alerts.ts";
import { appendChanges, type NewChange } from "../changes/append-changes.ts";
import type { Transaction } from "../database/database.ts";
import { endProcesses, writeActivities, type ToldActivity } from "../processes/process-activity.store.ts";
import { processChanges } from "../processes/process.state.ts";
import { required } from "../shared/assert.ts";
import { newIdentifier } from "../shared/identifier.ts";
import { storableText } from "../shared/storable-text.ts";
import { tellingOf } from "./alert-telling.rules.ts";
import type { SessionState } from "../sessions/session.state.ts";
import type { SessionControl, SessionOutcome } from "./lease.rules.ts";
import { writePlaybackStatuses, writeSessions, type PlaybackWrite, type SessionWrite } from "./lease.store.ts";
import type { PlaybackObservation } from "./runner.ts";
import { endRuns, type RunEnd } from "../sessions/run.store.ts";

/** A session whose row is locked, and what was decided about it. */
export interface DecidedOutcome {
  readonly session: SessionControl;
  readonly outcome: SessionOutcome;
  /** When it was observed or decided. */
  readonly at: Date;
}

/** Longest reason that is kept, in UTF-16 units. */
const REASON_LENGTH_LIMIT = 500;

/**
 * Writes what was decided about locked sessions, their playbacks, processes and alerts, and a change for each whose status, health or
 * reason really differs. A fixed number of statements whatever the number. Tells whether there was anything to write.
 */
export async function writeOutcomes(transaction: Transaction, decided: readonly DecidedOutcome[]): Promise<boolean> {
  const written = decided.map(describe);
  await writeSessions(
    transaction,
    written.flatMap(({ session }) => session ?? []),
  );
  await writePlaybackStatuses(
    transaction,
    written.flatMap(({ playbacks }) => playbacks),
  );
  await endRuns(
    transaction,
    written.flatMap(({ session }) => endOf(session) ?? []),
  );
  const changedProcesses = await writeProcessChanges(transaction, decided);
  const known = await readKnownAlerts(
    transaction,
    decided.map(({ session }) => session.id),
  );
  const alertChanges = await writeAlerts(
    transaction,
    decided.map((each) => alertsOf(each, known.get(each.session.id) ?? [])),
  );
  await appendChanges(transaction, [...written.flatMap(({ change }) => change ?? []), ...changedProcesses, ...alertChanges]);
  return alertChanges.length > 0 || changedProcesses.length > 0 || written.some(({ session }) => session !== null);
}

/** What processes are told to do, and that those of sessions of which nothing is observed any more do nothing. */
async function writeProcessChanges(transaction: Transaction, decided: readonly DecidedOutcome[]): Promise<readonly NewChange[]> {
  const isOver = ({ status }: SessionOutcome): boolean => status === "STOPPED" || status === "FAILED";
  const hasEnded = ({ outcome }: DecidedOutcome): boolean => outcome.observed === null || outcome.isReleased || isOver(outcome);
  const idsOf = (items: readonly DecidedOutcome[]): readonly string[] => items.map(({ session }) => session.id);
  const ended = decided.filter((each) => hasEnded(each) && each.session.processIds.length > 0);
  const steps = [
    ...(await writeActivities(transaction, decided.filter((each) => !hasEnded(each)).flatMap(activitiesOf))),
    ...(await endProcesses(transaction, { ids: idsOf(ended), overIds: idsOf(ended.filter(({ outcome }) => isOver(outcome))) })),
  ];
  const at = new Map(decided.map((each) => [each.session.id, each.at]));
  return steps.flatMap((step) => {
    const observedAt = required(at.get((step.after ?? step.before)?.sessionId ?? ""), "session of a process");
    return processChanges([step], { at: observedAt, actor: null, kind: "STATUS_CHANGED" });
  });
}

function activitiesOf({ session, outcome: { observed } }: DecidedOutcome): readonly ToldActivity[] {
  if (observed === null || observed === "KEPT") return [];
  return (observed.processes ?? []).map((process) => ({ ...process, sessionId: session.id, encoderId: session.encoderId }));
}

function alertsOf({ session, outcome, at }: DecidedOutcome, known: readonly AlertRecord[]): SessionAlerts {
  const telling = tellingOf(session, outcome);
  const newId = (): string => newIdentifier("alert");
  return {
    organizationId: session.organizationId,
    sessionId: session.id,
    before: session.state,
    state: stateAfter(session, outcome),
    known,
    steps: telling ? reconcileAlerts({ known, at, newId, telling }) : endAlerts(known, { endedAt: at, endReason: "SUBJECT_STOPPED" }),
    at,
    actor: null,
  };
}

function stateAfter({ state }: SessionControl, { status, health, isRestarted }: SessionOutcome): SessionState {
  // What starts anew, or has to be started, does so with everything as it is by then.
  const takesUpEdits = isRestarted === true || status === "STOPPED" || status === "FAILED";
  return { ...state, status, health, hasPendingChanges: state.hasPendingChanges && !takesUpEdits };
}

function describe({ session, outcome, at }: DecidedOutcome): Written {
  const reason = outcome.reason === null ? null : storable(outcome.reason);
  const playbacks = differingPlaybacks(session, { ...outcome, reason });
  const hasStatusChanged = session.status !== outcome.status;
  const input = inputOf(session, outcome);
  const hasInputChanged =
    input.active_path !== session.activePath ||
    input.is_slate_showing !== session.isSlateShowing ||
    instantOf(input.next_recovery_at) !== instantOf(session.nextRecoveryAt);
  const hasChanged =
    hasStatusChanged || session.health !== outcome.health || session.statusReason !== reason || playbacks.length > 0 || hasInputChanged;
  // A clock that runs behind another machine's must not make a status older than the one before it.
  const changedAt = new Date(Math.max(at.getTime(), Date.parse(session.statusChangedAt))).toISOString();
  const isTouched = hasChanged || outcome.isReleased || outcome.isFenced || outcome.isRestarted;
  const write: SessionWrite = {
    id: session.id,
    status: outcome.status,
    health: outcome.health,
    status_reason: reason,
    status_changed_at: hasStatusChanged ? changedAt : session.statusChangedAt,
    running_since: outcome.status === "RUNNING" ? (session.runningSince ?? changedAt) : null,
    generation: session.generation + (outcome.isRestarted ? 1 : 0),
    epoch: session.epoch + (outcome.isFenced ? 1 : 0),
    is_released: outcome.isReleased,
    ...input,
  };
  return {
    session: isTouched ? write : null,
    playbacks,
    change: hasChanged ? toChange(session, outcome, at) : null,
  };
}

/** A status that ends the run, whether it is new or not: what is ended already stays as it is. */
function endOf(write: SessionWrite | null): RunEnd | null {
  if (write === null || (write.status !== "STOPPED" && write.status !== "FAILED")) return null;
  const reason = write.status === "STOPPED" ? "Stopped." : (write.status_reason ?? "The encoder gave up.");
  return { sessionId: write.id, at: write.status_changed_at, reason };
}

function inputOf(
  session: SessionControl,
  { observed }: SessionOutcome,
): Pick<SessionWrite, "active_path" | "is_slate_showing" | "next_recovery_at"> {
  if (observed === "KEPT") {
    return { active_path: session.activePath, is_slate_showing: session.isSlateShowing, next_recovery_at: session.nextRecoveryAt };
  }
  return {
    active_path: observed?.activePath ?? "A",
    is_slate_showing: observed?.isSlateShowing ?? false,
    next_recovery_at: observed?.nextRecoveryAt ?? null,
  };
}

/** PostgreSQL writes times in another form than JavaScript. */
function instantOf(text: string | null): number | null {
  return text === null ? null : Date.parse(text);
}

interface Written {
  /** Null when the row stays as it is. */
  readonly session: SessionWrite | null;
  readonly playbacks: readonly PlaybackWrite[];
  readonly change: NewChange | null;
}

function toChange(session: SessionControl, outcome: SessionOutcome, at: Date): NewChange {
  return {
    organizationId: session.organizationId,
    object: "SESSION",
    objectId: session.id,
    kind: "STATUS_CHANGED",
    at,
    actor: null,
    before: session.state,
    after: stateAfter(session, outcome),
  };
}

function differingPlaybacks(session: SessionControl, outcome: SessionOutcome): readonly PlaybackWrite[] {
  const told = new Map(outcome.playbacks === "ALL" ? [] : outcome.playbacks.map((playback) => [playback.playbackId, playback]));
  return session.playbacks.flatMap((current) => {
    const next = outcome.playbacks === "ALL" ? outcome : told.get(current.playbackId);
    if (next === undefined) return [];
    const reason = next.reason === null ? null : storable(next.reason);
    return isSame(current, { ...next, reason })
      ? []
      : [{ id: current.playbackId, status: next.status, health: next.health, status_reason: reason }];
  });
}

function isSame(current: PlaybackObservation, next: Pick<PlaybackObservation, "status" | "health" | "reason">): boolean {
  return current.status === next.status && current.health === next.health && current.reason === next.reason;
}

function storable(reason: string): string {
  return storableText(reason, REASON_LENGTH_LIMIT);
}
