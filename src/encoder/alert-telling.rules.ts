import { ALERT_FACTS, MESSAGE_LENGTH_LIMIT, type AlertTeller } from "../alerts/alert.rules.ts";
import type { Telling, ToldCause } from "../alerts/reconcile-alerts.rules.ts";
import { storableText } from "../shared/storable-text.ts";
import type { SessionControl, SessionOutcome } from "./lease.rules.ts";
import type { AlertCause } from "./runner.ts";

/** What an outcome tells of what is wrong with its session; null when the session has stopped, and with it all that is wrong. */
export function tellingOf(session: SessionControl, outcome: SessionOutcome): Telling | null {
  const { observed, noticed, status, isReleased } = outcome;
  if (status === "STOPPED") return null;
  const isObserved = observed !== null && observed !== "KEPT";
  const complete: AlertTeller[] = [];
  // An encoder that gives up leaves everything as it was, so that an operator sees why.
  if (observed === null || (isObserved && status !== "FAILED")) complete.push("RUNNER");
  // It waits for an encoder no longer.
  if (session.encoderId !== null) complete.push("REAPER");
  return {
    causes: [
      ...(isObserved ? (observed.causes ?? []).flatMap((cause) => toCause(session, cause)) : []),
      ...(noticed ? [toNotice(session, noticed)] : []),
    ],
    complete,
    isRunnerGone: observed === null || isReleased,
  };
}

/** None for a playback or a process that the session does not have. */
function toCause(session: SessionControl, { playbackId, processId, ...cause }: AlertCause): readonly ToldCause[] {
  const { code, severity, message, occurrences } = cause;
  const told = { code, severity, message: stored(message), occurrences };
  if (processId) return session.processIds.includes(processId) ? [{ ...told, subjectId: processId }] : [];
  if (playbackId !== null && !session.playbacks.some((playback) => playback.playbackId === playbackId)) return [];
  return [{ ...told, subjectId: playbackId ?? session.id }];
}

/** Nobody counts what is noticed: it has happened once more, or it goes on. */
function toNotice(session: SessionControl, notice: NonNullable<SessionOutcome["noticed"]>): ToldCause {
  const isMomentary = ALERT_FACTS[notice.code].nature === "MOMENTARY";
  return { ...notice, subjectId: session.id, message: stored(notice.message), occurrences: isMomentary ? "ONE_MORE" : 0 };
}

function stored(message: string): string {
  return storableText(message, MESSAGE_LENGTH_LIMIT);
}
