import { UserErrorCode } from "../shared/user-error.ts";
import type { DesiredStatus, InputPath, SessionStatus } from "./session.rules.ts";

/**
 * Status is observed, desired status is asked for:
 *
 *   STOPPED → STARTING → (WAITING →) RUNNING → STOPPING → STOPPED, and FAILED when the encoder gave up.
 *
 * start   on STOPPED and FAILED: STARTING, wanted RUNNING.
 * stop    on anything that is not STOPPED or on its way there: STOPPING, wanted STOPPED.
 * restart on what is wanted and not already starting: STOPPING, still wanted RUNNING, one generation further.
 * delete  on STOPPED and FAILED: gone.
 * switch  on WAITING and RUNNING with failover: the status stays. Every start begins on path A, so that one asked for before is none.
 * slates  on STARTING, WAITING and RUNNING: the status stays. A start forgets what was asked for, a restart does not.
 *
 * None of them on a session of an event, which is started and ended by what becomes of its event.
 *
 * Verbs write STARTING and STOPPING and nothing else; the agent that holds the lease writes what it observes.
 */
export interface DecidedSession {
  readonly status: SessionStatus;
  readonly desiredStatus: DesiredStatus;
  readonly playbackCount: number;
  /** Whether it feeds a language of an event, which alone may start, stop and change it. */
  readonly isOfEvent: boolean;
}

/** What the verbs for running sessions look at besides the status. */
export interface ControlledSession extends Pick<DecidedSession, "status" | "isOfEvent"> {
  /** Whether there is a path B. */
  readonly hasFailover: boolean;
  readonly activePath: InputPath;
  /** Where the newest switch of this start was asked to go, whether it is done or not; null when none was. */
  readonly pathCommandTo: InputPath | null;
  /** Whether a rendition of what runs, or would run, is not transcoded. */
  readonly hasPassthrough: boolean;
  readonly isSlateWanted: boolean;
  readonly isSlateShowing: boolean;
}

/** What a verb makes of one session: done, or why not. A skip is harmless, a refusal wants the caller's attention. */
export type Decision =
  { readonly outcome: "ACCEPTED" } | { readonly outcome: "SKIPPED" | "FAILED"; readonly code: UserErrorCode; readonly message: string };

const ACCEPTED: Decision = { outcome: "ACCEPTED" };

const USED_BY_EVENT: Decision = {
  outcome: "FAILED",
  code: UserErrorCode.USED_BY_EVENT,
  message: "The session feeds a language of an event. Act on the event instead.",
};

export function decideStart(session: DecidedSession): Decision {
  if (session.isOfEvent) return USED_BY_EVENT;
  switch (session.status) {
    case "STARTING":
    case "WAITING":
    case "RUNNING":
      return alreadyInState(`The session is already ${session.status}.`);
    case "STOPPING":
      return session.desiredStatus === "RUNNING"
        ? alreadyInState("The session is restarting.")
        : invalidState("The session is still stopping. Start it again once it is STOPPED.");
    case "STOPPED":
    case "FAILED":
      return session.playbackCount > 0 ? ACCEPTED : noPlayback();
  }
}

export function decideStop(session: DecidedSession): Decision {
  if (session.isOfEvent) return USED_BY_EVENT;
  if (session.status === "STOPPED") return alreadyInState("The session is already STOPPED.");
  if (session.status === "STOPPING" && session.desiredStatus === "STOPPED") return alreadyInState("The session is already stopping.");
  return ACCEPTED;
}

export function decideRestart(session: DecidedSession): Decision {
  if (session.isOfEvent) return USED_BY_EVENT;
  switch (session.status) {
    case "STOPPED":
    case "FAILED":
      return invalidState(`The session is ${session.status}. Start it instead.`);
    case "STOPPING":
      return session.desiredStatus === "RUNNING"
        ? alreadyInState("The session is already restarting.")
        : invalidState("The session is stopping. Start it again once it is STOPPED.");
    case "STARTING":
      return alreadyInState("The session is already STARTING.");
    case "WAITING":
    case "RUNNING":
      return ACCEPTED;
  }
}

export function decideDelete(session: DecidedSession): Decision {
  if (session.isOfEvent) return USED_BY_EVENT;
  if (session.status === "STOPPED" || session.status === "FAILED") return ACCEPTED;
  return invalidState(`The session is ${session.status}. Stop it first.`);
}

/** Editing the input or the playbacks needs a session that nothing runs on. */
export function decideEdit(session: DecidedSession): Decision {
  if (session.isOfEvent) return USED_BY_EVENT;
  if (session.status === "STOPPED") return ACCEPTED;
  return invalidState(`The session is ${session.status}. Stop it to edit its input or its playbacks.`);
}

export function decideSwitch(session: ControlledSession, toPath: InputPath): Decision {
  if (session.isOfEvent) return USED_BY_EVENT;
  if (!session.hasFailover) {
    return { outcome: "FAILED", code: UserErrorCode.FAILOVER_NOT_SUPPORTED, message: "The session's input has no second path." };
  }
  if (session.status === "STARTING") {
    return invalidState("The session is STARTING, which begins on path A. Switch it once it is WAITING or RUNNING.");
  }
  if (session.status !== "WAITING" && session.status !== "RUNNING") {
    return invalidState(`The session is ${session.status}. Its input is switched while it runs.`);
  }
  const isContradicted = session.pathCommandTo !== null && session.pathCommandTo !== toPath;
  return session.activePath === toPath && !isContradicted ? alreadyInState(`The session is on path ${toPath} already.`) : ACCEPTED;
}

export function decideShowSlate(session: ControlledSession): Decision {
  return refuseSlate(session) ?? (session.isSlateWanted ? alreadyInState("The slate is asked for already.") : ACCEPTED);
}

export function decideHideSlate(session: ControlledSession): Decision {
  const refusal = refuseSlate(session);
  if (refusal || session.isSlateWanted) return refusal ?? ACCEPTED;
  return alreadyInState(
    session.isSlateShowing
      ? "Nobody asked for the slate: it shows by itself, and goes once the input is back."
      : "The session shows no slate already.",
  );
}

/** Live processes are configured whatever the session does: a change takes effect with its next start. */
export function decideConfigureProcesses({ hasLiveProcessing }: { readonly hasLiveProcessing: boolean }): Decision {
  if (hasLiveProcessing) return ACCEPTED;
  const message = "Live processing needs the package LIVE_PROCESSING, which this organization does not have.";
  return { outcome: "FAILED", code: UserErrorCode.PACKAGE_REQUIRED, message };
}

function refuseSlate({ hasPassthrough, status, isOfEvent }: ControlledSession): Decision | null {
  if (isOfEvent) return USED_BY_EVENT;
  if (hasPassthrough) {
    const message = "A slate has to be encoded, and a template of the session has a passthrough rendition.";
    return { outcome: "FAILED", code: UserErrorCode.NOT_APPLICABLE, message };
  }
  if (status === "STARTING" || status === "WAITING" || status === "RUNNING") return null;
  return invalidState(`The session is ${status}. A slate is shown while it runs.`);
}

function alreadyInState(message: string): Decision {
  return { outcome: "SKIPPED", code: UserErrorCode.ALREADY_IN_STATE, message };
}

function invalidState(message: string): Decision {
  return { outcome: "SKIPPED", code: UserErrorCode.INVALID_STATE, message };
}

function noPlayback(): Decision {
  return { outcome: "FAILED", code: UserErrorCode.NO_PLAYBACK, message: "The session has no playback. Add one first." };
}
