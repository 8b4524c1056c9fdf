import { UserErrorCode } from "../shared/user-error.ts";
import type { DesiredStatus, SessionStatus } from "./session.rules.ts";

/**
 * Status is observed, desired status is asked for:
 *
 *   STOPPED → STARTING → (WAITING →) RUNNING → STOPPING → STOPPED, and FAILED when the encoder gave up.
 *
 * start   on STOPPED and FAILED: STARTING, wanted RUNNING.
 * stop    on anything that is not STOPPED or on its way there: STOPPING, wanted STOPPED.
 * restart on what is wanted and not already starting: STOPPING, still wanted RUNNING, one generation further.
 * delete  on STOPPED and FAILED: gone.
 *
 * Verbs write STARTING and STOPPING and nothing else; the agent that holds the lease writes what it observes.
 */
export interface DecidedSession {
  readonly status: SessionStatus;
  readonly desiredStatus: DesiredStatus;
  readonly playbackCount: number;
}

/** What a verb makes of one session: done, or why not. A skip is harmless, a refusal wants the caller's attention. */
export type Decision =
  { readonly outcome: "ACCEPTED" } | { readonly outcome: "SKIPPED" | "FAILED"; readonly code: UserErrorCode; readonly message: string };

const ACCEPTED: Decision = { outcome: "ACCEPTED" };

export function decideStart(session: DecidedSession): Decision {
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
  if (session.status === "STOPPED") return alreadyInState("The session is already STOPPED.");
  if (session.status === "STOPPING" && session.desiredStatus === "STOPPED") return alreadyInState("The session is already stopping.");
  return ACCEPTED;
}

export function decideRestart(session: DecidedSession): Decision {
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
  if (session.status === "STOPPED" || session.status === "FAILED") return ACCEPTED;
  return invalidState(`The session is ${session.status}. Stop it first.`);
}

/** Editing the input or the playbacks needs a session that nothing runs on. */
export function decideEdit(session: DecidedSession): Decision {
  if (session.status === "STOPPED") return ACCEPTED;
  return invalidState(`The session is ${session.status}. Stop it to edit its input or its playbacks.`);
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
