import type { RemapRule } from "../sessions/session.rules.ts";
import type { PacketCount } from "./continuity.rules.ts";
import { SCRIPT_PIPE, spawnFfmpeg, type ProcessEnd, type ProcessHost } from "./ffmpeg.process.ts";
import type { ProcessPlan } from "./ingest.arguments.ts";

/** One attempt to take an input in, as long as it lasts. */
export interface Pull {
  /** Of the process that stands at its front; null where that is a socket. */
  readonly pid: number | null;
  /** Resolves with the reason, a sentence, once nothing of it is left. */
  readonly ended: Promise<string>;
  /** What is known to be wrong while no byte comes out of it; null for nothing. */
  readonly hint: () => string | null;
  readonly kill: () => void;
}

export interface PullOptions {
  readonly host: ProcessHost;
  readonly ffmpegPath: string;
  readonly streamRemap: readonly RemapRule[];
  /** One MPEG-TS, video first and one audio. */
  readonly onBytes: (chunk: Buffer) => void;
  /** What was received, for inputs that can be counted. */
  readonly onCount: (count: PacketCount) => void;
}

/** Starts one process of a plan. Never throws: what cannot be started has ended. */
export function spawnPlan(
  plan: ProcessPlan,
  { host, ffmpegPath }: Pick<PullOptions, "host" | "ffmpegPath">,
): ReturnType<typeof spawnFfmpeg> {
  return spawnFfmpeg(host, { binary: ffmpegPath, ...plan });
}

/** How ffmpeg calls the input, whose URL it was not given as an argument. */
const SCRIPT_NAME = new RegExp(`^${SCRIPT_PIPE}: `);

/** Why an attempt is over, as a sentence. */
export function describeEnd({ code, signal, lastLine }: ProcessEnd): string {
  if (signal !== null) return `The process that takes the input in was ended by ${signal}.`;
  const detail = lastLine === null ? "" : ` ffmpeg says: ${lastLine.replace(SCRIPT_NAME, "")}`;
  return code === 0 ? `The input ended.${detail}` : `The input cannot be read.${detail}`;
}
