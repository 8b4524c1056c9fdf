import type { Health } from "../sessions/session.rules.ts";
import type { OutputState } from "./output-watch.ts";
import type { Observation, PlaybackObservation } from "./runner.ts";

/** All that is known of a session at one moment; times are of one monotonic clock, in milliseconds. */
export interface SessionFacts {
  readonly now: number;
  readonly startedAt: number;
  /** It was WAITING before and had no output yet. */
  readonly hasWaited: boolean;
  readonly input: {
    readonly isFlowing: boolean;
    readonly problem: string | null;
    /** Since when the encoder has been getting something without a pause; null while it does not, though nothing need be lost then. */
    readonly fedSince: number | null;
  };
  readonly encoder: {
    /** What it said last, secrets masked. */
    readonly lastLine: string | null;
    /** When its media time last moved on, or one began that has made none yet. */
    readonly advancedAt: number | null;
    /** Why the last one ended that was not asked to; null once output has grown again. */
    readonly crash: string | null;
    /** When it last was too slow to take what came in. */
    readonly droppedAt: number | null;
  };
  readonly playbackIds: readonly string[];
  readonly outputs: readonly OutputState[];
  /** Why the encoder gave up on an output, by playback. */
  readonly problems: ReadonlyMap<string, string>;
  /** Copied pictures make segments as long as the source's groups of pictures. */
  readonly hasPassthrough: boolean;
}

/** Time that the first attempt on an input gets before the session says that it waits. */
const CONNECT_MILLISECONDS = 1_500;
/** A new segment is due every 2 s; copied ones may be longer. */
const STALL_MILLISECONDS = 8_000;
const PASSTHROUGH_STALL_MILLISECONDS = 20_000;
const ADVANCE_MILLISECONDS = 4_000;
/** Slow machines and long groups of pictures included. */
const FIRST_OUTPUT_MILLISECONDS = 20_000;
const DROP_SHOWN_MILLISECONDS = 10_000;

interface Finding {
  readonly health: Health;
  readonly reason: string | null;
}
const FINE: Finding = { health: "OK", reason: null };

/**
 * What to tell of a session. RUNNING from the moment that output exists; an input lost later, a crash, or output that stops growing
 * shows as health and reason, and RUNNING stays. Before, WAITING as soon as it is plain that no input is there.
 */
export function describeSession(facts: SessionFacts): Observation {
  const isRunning = facts.outputs.some(({ exists }) => exists);
  const status = isRunning ? "RUNNING" : isWaiting(facts) ? "WAITING" : "STARTING";
  const own = isRunning ? runningFinding(facts) : startingFinding(facts, status === "STARTING");
  const playbacks = facts.playbackIds.map((playbackId): PlaybackObservation => describePlayback(facts, playbackId, { status, ...own }));
  const { health, reason } = withPlaybacks(own, playbacks, isRunning);
  return { status, health, reason, playbacks };
}

/** What is wrong with single outputs shows on the session too, unless something worse is known of it. */
function withPlaybacks(own: Finding, playbacks: readonly PlaybackObservation[], isRunning: boolean): Finding {
  const [first, ...others] = playbacks.filter(({ health }) => health === "ERROR");
  if (own.health === "ERROR" || first === undefined) return own;
  const isAll = others.length + 1 === playbacks.length;
  const all = isRunning ? "No output goes on" : "No output can begin";
  const what = isAll ? all : `${others.length + 1} of ${playbacks.length} outputs do not go on`;
  return { health: isAll ? "ERROR" : "WARNING", reason: `${what}. ${first.reason ?? ""}`.trim() };
}

function isWaiting({ input, hasWaited, now, startedAt, outputs }: SessionFacts): boolean {
  // The input is not what is missing then.
  if (input.isFlowing && outputs.some(({ problem }) => problem !== null)) return false;
  return hasWaited || (!input.isFlowing && (input.problem !== null || now - startedAt > CONNECT_MILLISECONDS));
}

function startingFinding({ input, encoder, now, outputs }: SessionFacts, isStarting: boolean): Finding {
  if (encoder.crash !== null) return { health: "ERROR", reason: encoder.crash };
  // A receiver that is missing is told of its own output.
  const isUnexplained = outputs.every(({ problem }) => problem === null);
  if (isUnexplained && input.fedSince !== null && now - input.fedSince > FIRST_OUTPUT_MILLISECONDS) {
    return {
      health: "ERROR",
      reason: `Input arrives, but no output comes of it.${encoder.lastLine === null ? "" : ` ffmpeg says: ${encoder.lastLine}`}`,
    };
  }
  if (isStarting) return FINE;
  if (input.isFlowing) return { health: "OK", reason: "The input has arrived, and the first output is being made." };
  return { health: "WARNING", reason: input.problem ?? "No input has arrived yet." };
}

function runningFinding({ input, encoder, now }: SessionFacts): Finding {
  if (!input.isFlowing) return { health: "ERROR", reason: `The input is lost. ${input.problem ?? "Nothing arrives from it."}` };
  if (encoder.crash !== null) return { health: "ERROR", reason: encoder.crash };
  if (isEncoderStuck({ input, encoder, now })) return { health: "ERROR", reason: "The encoder does not move on, although input arrives." };
  const isSlow = encoder.droppedAt !== null && now - encoder.droppedAt < DROP_SHOWN_MILLISECONDS;
  return isSlow ? { health: "WARNING", reason: "The encoder is too slow for this ladder here: pictures are being dropped." } : FINE;
}

/** It gets input and makes nothing of it, though it did before. */
export function isEncoderStuck({ input, encoder, now }: Pick<SessionFacts, "input" | "encoder" | "now">): boolean {
  return input.isFlowing && input.fedSince !== null && now - Math.max(encoder.advancedAt ?? 0, input.fedSince) > ADVANCE_MILLISECONDS;
}

function describePlayback(facts: SessionFacts, playbackId: string, session: Finding & Pick<Observation, "status">): PlaybackObservation {
  const output = facts.outputs.find((candidate) => candidate.playbackId === playbackId);
  const isRunning = session.status === "RUNNING";
  const status = isRunning && !output?.exists ? "STARTING" : session.status;
  const isJudged = session.health !== "ERROR" && facts.input.isFlowing;
  const { health, reason } = (output && isJudged ? outputFinding(facts, output, isRunning) : null) ?? session;
  return { playbackId, status, health, reason };
}

/** What is wrong with one output while the input flows and the encoder moves on; null when nothing is. */
function outputFinding(facts: SessionFacts, output: OutputState, isRunning: boolean): Finding | null {
  if (output.problem !== null) return { health: "ERROR", reason: output.problem };
  const stall = facts.hasPassthrough ? PASSTHROUGH_STALL_MILLISECONDS : STALL_MILLISECONDS;
  const limit = isRunning ? stall : FIRST_OUTPUT_MILLISECONDS;
  if (facts.input.fedSince === null) return null;
  const since = Math.max(output.grewAt ?? 0, facts.input.fedSince);
  if (facts.now - since <= limit) return null;
  const which = output.laggard === null ? "Its output" : `The rendition “${output.laggard}”`;
  const what =
    output.grewAt === null
      ? output.laggard === null
        ? "It has no output yet"
        : `${which} has no output yet`
      : `${which} does not grow any more`;
  const problem = facts.problems.get(output.playbackId);
  return { health: "ERROR", reason: problem === undefined ? `${what}.` : `${what}: ${problem}.` };
}
