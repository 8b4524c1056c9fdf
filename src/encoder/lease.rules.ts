import type { DesiredStatus, Health, InputPath, SessionStatus } from "../sessions/session.rules.ts";
import type { SessionState } from "../sessions/session.state.ts";
import type { AlertCause, Observation, PlaybackObservation, SwitchObservation } from "./runner.ts";

/**
 * Who runs a session, and what that makes of its status:
 *
 *   claimed   STARTING, wanted, held by nobody → held by an agent, one epoch further
 *   observed  the agent that holds it, under its epoch, for the generation that it runs → what it sees
 *   stopped   wanted STOPPED and no process left → STOPPED, held by nobody
 *   replaced  a newer generation than the one that ran, and no process left → STARTING, same agent
 *   failed    the encoder gave up → FAILED, held by nobody once no process is left
 *   handed on the agent ends on purpose → STARTING, held by nobody
 *   taken     the agent came back without its processes → STARTING, same agent, one epoch further
 *   lost      the agent was not heard of for a lease time → STARTING or STOPPED, held by nobody, one epoch further
 */

/** How long an agent may be silent before its sessions are given to others. */
export const LEASE_MILLISECONDS = 4000;

/** How often an agent says that it lives. */
export const HEARTBEAT_MILLISECONDS = 1000;

/** A session as those see it who may write its status, read while its row is locked. Times are ISO texts. */
export interface SessionControl {
  readonly id: string;
  readonly organizationId: string;
  readonly region: string;
  readonly desiredStatus: DesiredStatus;
  readonly status: SessionStatus;
  readonly health: Health;
  readonly statusReason: string | null;
  readonly statusChangedAt: string;
  readonly runningSince: string | null;
  readonly generation: number;
  readonly epoch: number;
  readonly encoderId: string | null;
  /** Null when nobody holds it, or its encoder is unknown. */
  readonly encoderName: string | null;
  readonly activePath: InputPath;
  readonly isSlateShowing: boolean;
  readonly nextRecoveryAt: string | null;
  readonly state: SessionState;
  readonly playbacks: readonly PlaybackObservation[];
  readonly processIds: readonly string[];
}

/** What becomes of a session; what is left out stays as it is. */
export interface SessionOutcome {
  readonly status: SessionStatus;
  readonly health: Health;
  readonly reason: string | null;
  /** The playbacks that are told of, or `ALL` for each the same as the session. */
  readonly playbacks: readonly PlaybackObservation[] | "ALL";
  /** What else was observed; null when nobody observes: the input is back on path A, no slate shows, and no process is active. */
  readonly observed: Pick<Observation, "activePath" | "isSlateShowing" | "nextRecoveryAt" | "causes" | "processes"> | "KEPT" | null;
  /** What is known to be wrong without having been observed. */
  readonly noticed?: Pick<AlertCause, "code" | "severity" | "message">;
  /** Whether the lease is given back. */
  readonly isReleased: boolean;
  /** Whether everything under the present epoch becomes worthless. */
  readonly isFenced?: true;
  /** Whether what runs is to be replaced. */
  readonly isRestarted?: true;
}

/** What an agent has to tell about a session of its own; RUNNER_ENDED and HANDED_ON: no process of it is left. */
export type SessionReport = {
  readonly sessionId: string;
  readonly epoch: number;
  readonly at: Date;
  /** They have happened, and are written whatever the report makes of the session. */
  readonly switches: readonly SwitchObservation[];
} & (
  | {
      readonly kind: "OBSERVED" | "RUNNER_ENDED";
      /** The generation that was observed. */
      readonly generation: number;
      readonly observation: Observation;
    }
  | { readonly kind: "HANDED_ON" }
);

const STOPPED: SessionOutcome = { status: "STOPPED", health: "OK", reason: null, playbacks: "ALL", observed: null, isReleased: true };
const STARTING: SessionOutcome = { status: "STARTING", health: "OK", reason: null, playbacks: "ALL", observed: null, isReleased: false };

/** What a report makes of the session; null when it does not count: another epoch, another generation, or a stop that is under way. */
export function decideReport(session: SessionControl, report: SessionReport): SessionOutcome | null {
  if (session.epoch !== report.epoch) return null;
  const hasEnded = report.kind !== "OBSERVED";
  if (session.desiredStatus === "STOPPED") return hasEnded ? STOPPED : null;
  if (report.kind === "HANDED_ON") {
    if (session.status === "FAILED") return decideResume(session);
    return { ...STARTING, health: "WARNING", reason: "Its encoder was shut down; waiting for an encoder.", isReleased: true };
  }
  if (session.generation !== report.generation) return null;
  const { status, health, reason, playbacks } = report.observation;
  // One that could not even be started has told nothing of its playbacks.
  return {
    status,
    health,
    reason,
    playbacks: status === "FAILED" && playbacks.length === 0 ? "ALL" : playbacks,
    observed: report.observation,
    isReleased: hasEnded,
  };
}

/** What becomes of a session that its agent runs nothing for: stopped when that is wanted, else started, unless it gave up. */
export function decideResume(session: SessionControl): SessionOutcome {
  if (session.desiredStatus === "STOPPED") return STOPPED;
  if (session.status === "FAILED") return { ...kept(session), isReleased: true };
  if (session.status === "STARTING") return kept(session);
  return STARTING;
}

/** What becomes of a session whose agent came back without its processes. */
export function decideTakeBack(session: SessionControl): SessionOutcome {
  if (session.desiredStatus === "STOPPED" || session.status === "FAILED") return decideResume(session);
  const reason = "Its encoder was restarted; starting again.";
  const wasInterrupted = session.status === "RUNNING";
  return {
    ...STARTING,
    health: "WARNING",
    reason,
    ...(wasInterrupted && { noticed: { code: "ENCODER_RESTARTED", severity: "WARNING", message: "Its encoder was restarted." } }),
    isFenced: true,
  };
}

/** What a lost lease means. */
export function decideLost(session: SessionControl): SessionOutcome {
  if (session.desiredStatus === "STOPPED") return { ...STOPPED, isFenced: true };
  if (session.status === "FAILED") return { ...kept(session), isReleased: true, isFenced: true };
  const who = session.encoderName === null ? "Its encoder" : `Encoder ${session.encoderName}`;
  return {
    ...STARTING,
    health: "ERROR",
    reason: `${who} was lost; waiting for an encoder.`,
    noticed: { code: "ENCODER_LOST", severity: "WARNING", message: `${who} was lost.` },
    isReleased: true,
    isFenced: true,
  };
}

/** What becomes of a session that is STOPPING while nobody holds it. */
export function decideUnheldStop(session: SessionControl): SessionOutcome {
  return session.desiredStatus === "STOPPED" ? STOPPED : { ...STARTING, isReleased: true };
}

/** A session's turn in a rolling restart; null while it is not in a state to be restarted. */
export function decideTurn(session: SessionControl): SessionOutcome | null {
  if (session.desiredStatus !== "RUNNING") return null;
  if (session.status !== "RUNNING" && session.status !== "WAITING" && session.status !== "STARTING") return null;
  if (session.encoderId === null) return { ...kept(session), isRestarted: true };
  return { ...kept(session), status: "STOPPING", reason: null, isRestarted: true };
}

/** Tells why a session that is STARTING has no encoder yet. */
export function decideWaiting(session: SessionControl, region: RegionCapacity): SessionOutcome {
  const reason = reasonToWait(session.region, region);
  const health = session.health === "OK" ? "WARNING" : session.health;
  return { ...kept(session), health, reason, noticed: { code: "NO_CAPACITY", severity: health, message: reason } };
}

/** What the region of a waiting session has for it. */
export interface RegionCapacity {
  readonly hasEncoder: boolean;
  readonly canRun: boolean;
  readonly hasRoom: boolean;
}

function reasonToWait(name: string, { hasEncoder, canRun, hasRoom }: RegionCapacity): string {
  if (!hasEncoder) return `Waiting for an encoder in region ${name}: none is online.`;
  if (!canRun) return `Waiting for an encoder in region ${name} that can run it.`;
  if (!hasRoom) return `Waiting for an encoder with room in region ${name}.`;
  return `Waiting for an encoder in region ${name}: one has room, but has not taken it yet.`;
}

/** Nothing becomes of the session; what fades beside it ends. */
export function decideNothing(session: SessionControl): SessionOutcome {
  return kept(session);
}

function kept(session: SessionControl): SessionOutcome {
  return {
    status: session.status,
    health: session.health,
    reason: session.statusReason,
    playbacks: [],
    observed: "KEPT",
    isReleased: false,
  };
}
