import {
  ALERT_FACTS,
  FADING_MILLISECONDS,
  isFaded,
  TOUCH_MILLISECONDS,
  type AlertCode,
  type AlertEndReason,
  type AlertSeverity,
  type AlertTeller,
} from "./alert.rules.ts";
import { identifierKind } from "../shared/identifier.ts";

/**
 * The life of an alert; there is at most one open for each subject and code:
 *
 *   raised    its cause holds → open, active
 *   repeated  the cause came again, which is counted, or is of another severity by now → open, active
 *   fading    the cause is gone → open, not active; when it comes back within 10 s the alert is repeated
 *   ended     RESOLVED after 10 s without the cause, CLEARED by a caller, SUBJECT_STOPPED or SUBJECT_DELETED with its session
 *
 * One about an asset, which no runner knows of, lasts until its cause is gone or the session is deleted.
 *
 * What happened at a moment never fades. Once it was cleared, the cleared row goes on to tell how often its runner had counted it then,
 * so that a runner which goes on to tell of it does not raise it anew before it happens again.
 */
export interface AlertRecord {
  readonly id: string;
  readonly subjectId: string;
  readonly code: AlertCode;
  readonly severity: AlertSeverity;
  readonly message: string;
  readonly count: number;
  readonly firstSeenAt: Date;
  /** For one that fades, since when the cause is gone. */
  readonly lastSeenAt: Date;
  readonly isActive: boolean;
  /** How often its runner had counted it when it was last told; 0 once that runner is gone. */
  readonly occurrences: number;
  readonly acknowledgedAt: Date | null;
  readonly acknowledgedBy: string | null;
  readonly snoozedUntil: Date | null;
  readonly note: string | null;
  readonly endedAt: Date | null;
  readonly endReason: AlertEndReason | null;
  readonly clearedBy: string | null;
}

/** Something wrong that was told of. */
export interface ToldCause {
  readonly subjectId: string;
  readonly code: AlertCode;
  readonly severity: AlertSeverity;
  readonly message: string;
  /** As often as its runner has counted it, or once more than before. */
  readonly occurrences: number | "ONE_MORE";
}

/** What is told of one session. */
export interface Telling {
  readonly causes: readonly ToldCause[];
  /** Who has told everything: their codes that are not among the causes are gone. */
  readonly complete: readonly AlertTeller[];
  /** Whether the next runner counts from the beginning. */
  readonly isRunnerGone: boolean;
}

/**
 * What becomes of one alert. `REWORDED`: its message alone is another, which whoever shows the session is told, and nobody who is to be
 * alarmed: the reasons of an input that cannot be reached may change with every attempt. `WRITTEN`: nothing that anybody is told of.
 */
export interface AlertStep {
  readonly kind: "RAISED" | "REPEATED" | "ACKNOWLEDGED" | "ENDED" | "REWORDED" | "WRITTEN";
  /** Null for one that is new. */
  readonly before: AlertRecord | null;
  readonly after: AlertRecord;
}

/** What a session has. */
export interface KnownAlerts {
  /** The open ones, and those cleared whose occurrences are still counted on. */
  readonly known: readonly AlertRecord[];
  readonly at: Date;
  readonly newId: () => string;
}

/** What becomes of the alerts of one session after something was told of it. What was told before changes nothing. */
export function reconcileAlerts({ known, at, newId, telling }: KnownAlerts & { readonly telling: Telling }): readonly AlertStep[] {
  const causes = new Map(telling.causes.map((cause) => [keyOf(cause), cause]));
  const open = known.filter((alert) => isOpen(alert) && !isOfAsset(alert));
  const faded = open.filter((alert) => isFaded(alert, at));
  const lasting = open.filter((alert) => !isFaded(alert, at));
  const isLasting = new Set(lasting.map(keyOf));
  const cleared = new Map(known.filter((alert) => !isOpen(alert)).map((alert) => [keyOf(alert), alert]));
  const raised = [...causes.values()]
    .filter((cause) => !isLasting.has(keyOf(cause)))
    .flatMap((cause) => raise(cause, cleared.get(keyOf(cause)) ?? null, { at, newId }));
  const steps = [
    ...faded.map((alert) => end(alert, { endedAt: new Date(alert.lastSeenAt.getTime() + FADING_MILLISECONDS), endReason: "RESOLVED" })),
    ...lasting.flatMap((alert) => carryOn(alert, causes.get(keyOf(alert)) ?? null, { at, complete: telling.complete })),
    ...raised,
  ];
  return telling.isRunnerGone ? forgetCounters(known, steps) : steps;
}

/** The end of everything that is open. */
export function endAlerts(known: readonly AlertRecord[], ending: Ending): readonly AlertStep[] {
  return forgetCounters(
    known,
    known
      .filter((alert) => isOpen(alert) && !(ending.endReason === "SUBJECT_STOPPED" && isOfAsset(alert)))
      .map((alert) => end(alert, ending)),
  );
}

/** The end of some alerts by a caller; where the cause still holds, a new one begins at once. */
export function clearAlerts({ known, at, newId, clearedBy }: KnownAlerts & { readonly clearedBy: string }): readonly AlertStep[] {
  return known.filter(isOpen).flatMap((alert): readonly AlertStep[] => {
    const isCountedOn = ALERT_FACTS[alert.code].nature === "MOMENTARY" && ALERT_FACTS[alert.code].toldBy === "RUNNER";
    const { after } = end(alert, { endedAt: at, endReason: "CLEARED", clearedBy });
    const ended: AlertStep = { kind: "ENDED", before: alert, after: isCountedOn ? { ...after, occurrences: alert.occurrences } : after };
    const holds = alert.isActive && ALERT_FACTS[alert.code].nature === "ONGOING";
    if (!holds) return [ended];
    const { subjectId, code, severity, message, occurrences } = alert;
    return [ended, begin({ subjectId, code, severity, message }, { id: newId(), at, count: 1, occurrences })];
  });
}

export function isOpen(alert: Pick<AlertRecord, "endedAt">): boolean {
  return alert.endedAt === null;
}

/** What is wrong with what a run left goes on when its session is stopped, or runs anew. */
function isOfAsset({ subjectId }: Pick<AlertRecord, "subjectId">): boolean {
  return identifierKind(subjectId) === "asset";
}

/** There is one open alert for each of these. */
function keyOf({ subjectId, code }: Pick<AlertRecord, "subjectId" | "code">): string {
  return `${code} ${subjectId}`;
}

function raise(cause: ToldCause, cleared: AlertRecord | null, { at, newId }: Omit<KnownAlerts, "known">): readonly AlertStep[] {
  const isMomentary = ALERT_FACTS[cause.code].nature === "MOMENTARY";
  const counted = isMomentary ? (cleared?.occurrences ?? 0) : 0;
  const times = newOccurrences(cause, counted);
  // It was cleared, and has not happened since.
  if (isMomentary && counted > 0 && times === 0) return [];
  const forgotten: AlertStep[] = cleared ? [{ kind: "WRITTEN", before: cleared, after: { ...cleared, occurrences: 0 } }] : [];
  const raised = begin(cause, {
    id: newId(),
    at,
    count: isMomentary ? Math.max(1, times) : 1,
    occurrences: occurrencesAfter(cause, counted),
  });
  return [...forgotten, raised];
}

function begin(
  { subjectId, code, severity, message }: Pick<ToldCause, "subjectId" | "code" | "severity" | "message">,
  { id, at, count, occurrences }: { readonly id: string; readonly at: Date; readonly count: number; readonly occurrences: number },
): AlertStep {
  const nothing = {
    acknowledgedAt: null,
    acknowledgedBy: null,
    snoozedUntil: null,
    note: null,
    endedAt: null,
    endReason: null,
    clearedBy: null,
  };
  const seen = { firstSeenAt: at, lastSeenAt: at, isActive: true };
  return { kind: "RAISED", before: null, after: { id, subjectId, code, severity, message, count, occurrences, ...seen, ...nothing } };
}

interface Progress {
  readonly at: Date;
  readonly complete: readonly AlertTeller[];
}

function carryOn(alert: AlertRecord, cause: ToldCause | null, { at, complete }: Progress): readonly AlertStep[] {
  const lastSeenAt = later(alert.lastSeenAt, at);
  if (cause === null) {
    const { nature, toldBy } = ALERT_FACTS[alert.code];
    const isGone = alert.isActive && nature === "ONGOING" && complete.includes(toldBy);
    return isGone ? [{ kind: "WRITTEN", before: alert, after: { ...alert, isActive: false, lastSeenAt } }] : [];
  }
  const times = Math.max(newOccurrences(cause, alert.occurrences), alert.isActive ? 0 : 1);
  const isRepeated = times > 0 || cause.severity !== alert.severity;
  const isReworded = cause.message !== alert.message;
  const isOld = lastSeenAt.getTime() - alert.lastSeenAt.getTime() >= TOUCH_MILLISECONDS;
  const occurrences = occurrencesAfter(cause, alert.occurrences);
  if (!isRepeated && !isReworded && !isOld && occurrences === alert.occurrences) return [];
  const { severity, message } = cause;
  const after = { ...alert, severity, message, count: alert.count + times, isActive: true, occurrences, lastSeenAt };
  return [{ kind: isRepeated ? "REPEATED" : isReworded ? "REWORDED" : "WRITTEN", before: alert, after }];
}

/** How often it happened since it was counted; a runner that has counted less than the one before it began anew. */
function newOccurrences({ occurrences }: ToldCause, counted: number): number {
  if (occurrences === "ONE_MORE") return 1;
  return occurrences >= counted ? occurrences - counted : occurrences;
}

function occurrencesAfter({ occurrences }: ToldCause, counted: number): number {
  return occurrences === "ONE_MORE" ? counted : occurrences;
}

interface Ending {
  readonly endedAt: Date;
  readonly endReason: AlertEndReason;
  /** Null or left out when nobody asked for it. */
  readonly clearedBy?: string | null;
}

function end(alert: AlertRecord, { endedAt, endReason, clearedBy = null }: Ending): AlertStep {
  return { kind: "ENDED", before: alert, after: { ...alert, isActive: false, occurrences: 0, endedAt, endReason, clearedBy } };
}

/** What a runner has counted means nothing to the next one. */
function forgetCounters(known: readonly AlertRecord[], steps: readonly AlertStep[]): readonly AlertStep[] {
  const forget = (alert: AlertRecord): AlertRecord => ({ ...alert, occurrences: 0 });
  const isDecided = new Set(steps.map(({ after }) => after.id));
  const others = known.filter(({ id, occurrences }) => occurrences > 0 && !isDecided.has(id));
  return [
    ...steps.map((step) => ({ ...step, after: forget(step.after) })),
    ...others.map((alert): AlertStep => ({ kind: "WRITTEN", before: alert, after: forget(alert) })),
  ];
}

function later(one: Date, other: Date): Date {
  return one > other ? one : other;
}
