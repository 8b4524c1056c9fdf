import type { RemapRule } from "../sessions/session.rules.ts";
import type { PacketCount } from "./continuity.rules.ts";
import type { DatagramReceiver } from "./datagram-receiver.ts";
import { spawnFfmpeg, type ProcessHost } from "./ffmpeg.process.ts";
import type { ProcessPlan } from "./ingest.arguments.ts";
import type { PatientClock } from "./patient-clock.ts";

/** One attempt to take an input in, as long as it lasts. */
export interface Pull {
  /** Of its process; null while there is none. */
  readonly pid: number | null;
  /** Resolves with the reason, a sentence, once nothing of it is left. */
  readonly ended: Promise<string>;
  /** What is known to be wrong while no byte comes out of it; null for nothing. */
  readonly hint: () => string | null;
  /** When the newest packet came of what may wait for others before it goes on; left out where nothing waits, null while nothing does. */
  readonly receivedAt?: number | null;
  readonly kill: () => void;
}

export interface PullOptions {
  readonly host: ProcessHost;
  readonly ffmpegPath: string;
  readonly datagrams: DatagramReceiver;
  readonly clock: PatientClock;
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
