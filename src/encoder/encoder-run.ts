import type { Readable, Writable } from "node:stream";
import type { EncoderPlan } from "./encoder-plan.ts";
import { encoderArguments, type EncoderSettings } from "./ffmpeg.arguments.ts";
import { spawnFfmpeg, type FfmpegProcess, type ProcessEnd, type ProcessHost } from "./ffmpeg.process.ts";
import type { FfmpegProgress } from "./ffmpeg.progress.ts";
import type { PatientClock } from "./patient-clock.ts";
import { countTaps } from "./process-plan.rules.ts";

export interface EncoderRunOptions {
  readonly host: ProcessHost;
  readonly ffmpegPath: string;
  readonly plan: EncoderPlan;
  readonly settings: EncoderSettings;
  readonly clock: PatientClock;
  /** Names of HTTP outputs are relative to it. */
  readonly directory: string;
  /** It ended without being asked to, however: a code of 0 is no better. The reason is a sentence. */
  readonly onCrash: (run: EncoderRun, reason: string) => void;
}

/** An encoder that gets input but makes no media for so long hangs, and is killed. */
const HANG_MILLISECONDS = 6_000;
/** Until its first media it reads the input and opens its encoders, on a busy machine slowly. */
const START_MILLISECONDS = 15_000;

/** One encoder process of a session, from its start to its end. */
export class EncoderRun {
  readonly plan: EncoderPlan;
  readonly #child: FfmpegProcess;
  /** By the session's clock. */
  readonly startedAt: number;
  readonly #clock: PatientClock;
  #outTimeSeconds = 0;
  #advancedAt: number | null = null;
  #progress: FfmpegProgress | null = null;
  #isAsked = false;
  #hangReason: string | null = null;

  constructor({ host, ffmpegPath, plan, settings, clock, directory, onCrash }: EncoderRunOptions) {
    this.#clock = clock;
    this.startedAt = clock.now();
    this.plan = plan;
    this.#child = spawnFfmpeg(host, {
      binary: ffmpegPath,
      arguments: encoderArguments(plan, settings),
      directory,
      tapCount: countTaps(plan.processes),
      onProgress: (progress) => this.#note(progress),
    });
    void this.#child.ended.then((end) => {
      if (!this.#isAsked) onCrash(this, this.#hangReason ?? describeCrash(end));
    });
  }

  get pid(): number | null {
    return this.#child.pid;
  }

  get stdin(): Writable {
    return this.#child.stdin;
  }

  /** What it hands over of its processes, by the numbers in its plan. All of them have to be read. */
  get taps(): readonly Readable[] {
    return this.#child.taps;
  }

  /** When its media time last moved on, by the session's clock; null before it first did. */
  get advancedAt(): number | null {
    return this.#advancedAt;
  }

  get progress(): FfmpegProgress | null {
    return this.#progress;
  }

  /** Of media that it has made. */
  get madeSeconds(): number {
    return this.#outTimeSeconds;
  }

  get lastLines(): readonly string[] {
    return this.#child.lastLines();
  }

  /** To be called several times a second: kills a process that gets input and makes nothing of it. */
  watch(now: number, fedSince: number | null): void {
    if (fedSince === null || this.#hangReason !== null || this.#isAsked) return;
    const deadline =
      this.#advancedAt === null
        ? Math.max(this.startedAt, fedSince) + START_MILLISECONDS
        : Math.max(this.#advancedAt, fedSince) + HANG_MILLISECONDS;
    if (now <= deadline) return;
    this.#hangReason = "The encoder hung and was ended.";
    this.#child.kill();
  }

  /** Ends it so that every file is whole; resolves once the process is gone. */
  async finish(): Promise<void> {
    this.#isAsked = true;
    await this.#child.finish();
  }

  #note(progress: FfmpegProgress): void {
    this.#progress = progress;
    if (progress.outTimeSeconds === null || progress.outTimeSeconds <= this.#outTimeSeconds) return;
    this.#outTimeSeconds = progress.outTimeSeconds;
    this.#advancedAt = this.#clock.now();
  }
}

function describeCrash({ code, signal, lastLine }: ProcessEnd): string {
  const how = signal === null ? `with code ${code ?? "unknown"}` : `by ${signal}`;
  return `The encoder ended unexpectedly, ${how}.${lastLine === null ? "" : ` ffmpeg says: ${lastLine}`}`;
}
