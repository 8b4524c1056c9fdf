import type { InputPath } from "../sessions/session.rules.ts";
import type { FfmpegProgress } from "./ffmpeg.progress.ts";
import type { SourceCounters } from "./input-switch.ts";
import type { PathSourceState } from "./path-source.ts";
import type { PathSample, TelemetrySample } from "./telemetry.rules.ts";

/** An encoder process as far as it is measured; another process is another object. */
export interface MeteredRun {
  readonly progress: FfmpegProgress | null;
}

export interface MeteredPath {
  readonly counters: SourceCounters;
  readonly state: PathSourceState;
}
export type MeteredPaths = Readonly<Record<InputPath, MeteredPath | null>>;

export interface MeteredInput {
  readonly paths: MeteredPaths;
  /** Of media that the encoder at hand was fed; null while it is fed nothing. */
  readonly fedSeconds: number | null;
}

/** Over so long speed and frame rate are measured, and not before so much of it has passed. */
const SPEED_WINDOW_MILLISECONDS = 8_000;
const SPEED_LEAST_MILLISECONDS = 2_000;
/** An encoder tells what it did every half second; later than this it has done nothing. */
const PROGRESS_LATE_MILLISECONDS = 1_000;
const BITRATE_WINDOW_MILLISECONDS = 2_000;
/** Below this an encoder does not keep up: what it says wavers a little. */
const SLOW_SPEED = 0.95;
/** Judged over no shorter time than this. */
const SLOW_LEAST_MILLISECONDS = 6_000;

interface EncoderMark {
  readonly at: number;
  readonly progress: FfmpegProgress;
  readonly fedSeconds: number | null;
}

interface ByteMark {
  readonly at: number;
  readonly bytes: Readonly<Record<InputPath, number>>;
}

/** Measures a session by what its encoder and its paths counted over the last seconds. Times are of the session's clock, in milliseconds. */
export class SessionMeter {
  #run: MeteredRun | null = null;
  #encoded: EncoderMark[] = [];
  readonly #received: ByteMark[] = [];
  #paths: MeteredPaths = { A: null, B: null };
  #fedSeconds: number | null = null;

  /** To be called several times a second. */
  note(now: number, run: MeteredRun | null, { paths, fedSeconds }: MeteredInput): void {
    if (run !== this.#run) this.#encoded = [];
    this.#run = run;
    this.#paths = paths;
    this.#fedSeconds = fedSeconds;
    const progress = run?.progress ?? null;
    if (progress && progress.outTimeSeconds !== null && progress !== this.#encoded.at(-1)?.progress) {
      forget(this.#encoded, now - SPEED_WINDOW_MILLISECONDS);
      this.#encoded.push({ at: now, progress, fedSeconds });
    }
    const bytes = { A: paths.A?.counters.bytes ?? 0, B: paths.B?.counters.bytes ?? 0 };
    forget(this.#received, now - BITRATE_WINDOW_MILLISECONDS);
    this.#received.push({ at: now, bytes });
  }

  /** Whether the encoder makes less than a second of media a second, and less than it has been getting since `fedSince`. */
  isSlow(now: number, fedSince: number | null): boolean {
    const [first, last] = [this.#encoded[0], this.#encoded.at(-1)];
    if (!first || !last || fedSince === null || first.at < fedSince || now - first.at < SLOW_LEAST_MILLISECONDS) return false;
    if (this.#fedSeconds === null || first.fedSeconds === null) return false;
    const made = (last.progress.outTimeSeconds ?? 0) - (first.progress.outTimeSeconds ?? 0);
    return made < SLOW_SPEED * (this.#fedSeconds - first.fedSeconds) && (this.#speed(now) ?? 1) < SLOW_SPEED;
  }

  sample(now: number, activePath: InputPath, wallClock: Date): TelemetrySample {
    const pathA = this.#pathSample("A", now, wallClock);
    const pathB = this.#pathSample("B", now, wallClock);
    return {
      frameRate: this.#perSecond(now, ({ frame }) => frame),
      speed: this.#speed(now),
      bitrateKbps: (activePath === "A" ? pathA : pathB)?.bitrateKbps ?? null,
      droppedFrames: this.#run?.progress?.droppedFrames ?? null,
      pathA,
      pathB,
    };
  }

  #speed(now: number): number | null {
    return this.#perSecond(now, ({ outTimeSeconds }) => outTimeSeconds);
  }

  #perSecond(now: number, read: (progress: FfmpegProgress) => number | null): number | null {
    const [first, last] = [this.#encoded[0], this.#encoded.at(-1)];
    if (!first || !last) return null;
    const end = Math.max(last.at, now - PROGRESS_LATE_MILLISECONDS);
    const [from, to] = [read(first.progress), read(last.progress)];
    if (from === null || to === null || end - first.at < SPEED_LEAST_MILLISECONDS) return null;
    return Math.round(((to - from) / (end - first.at)) * 1_000 * 100) / 100;
  }

  #pathSample(path: InputPath, now: number, wallClock: Date): PathSample | null {
    const metered = this.#paths[path];
    if (!metered) return null;
    const { counters, state } = metered;
    const lastSeen = counters.lastByteAt === null ? null : new Date(wallClock.getTime() - (now - counters.lastByteAt));
    const first = this.#received[0];
    const milliseconds = first ? now - first.at : 0;
    return {
      isConnected: state.isFlowing,
      lastSeenAt: lastSeen?.toISOString() ?? null,
      errorPercent: state.errorPercent,
      // Bytes a millisecond are kilobits a second, but for the eight.
      bitrateKbps: first && milliseconds > 0 ? Math.round(((counters.bytes - first.bytes[path]) * 8) / milliseconds) : null,
    };
  }
}

/** What was before a time, but for the last one before it, so that the whole window is covered. */
function forget(marks: { readonly at: number }[], before: number): void {
  while ((marks[1]?.at ?? Infinity) <= before) marks.shift();
}
