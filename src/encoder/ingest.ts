import { planIngest, type IngestPlan, type IngestSource } from "./ingest.arguments.ts";
import { spawnFfmpeg, type FfmpegProcess, type ProcessEnd, type ProcessHost } from "./ffmpeg.process.ts";
import { readHlsSource } from "./hls-source.ts";
import type { PatientClock } from "./patient-clock.ts";

export interface IngestOptions {
  readonly host: ProcessHost;
  readonly ffmpegPath: string;
  readonly clock: PatientClock;
  readonly source: Omit<IngestSource, "hls">;
  /** Says in a sentence why an address may not be used now, or null. */
  readonly refuse: (url: string) => Promise<string | null>;
  /** A process begins to give bytes: what came before it does not go on. */
  readonly onStart: () => void;
  readonly onBytes: (chunk: Buffer) => void;
}

/** What is known of an input path. */
export interface IngestState {
  /** Bytes arrive; false from the moment that they are late. */
  readonly isFlowing: boolean;
  /** Why not, as a sentence; null while they flow or nothing is known yet. */
  readonly problem: string | null;
}

const RETRY_MILLISECONDS_LEAST = 1_000;
const RETRY_MILLISECONDS_MOST = 10_000;
/** After a loss the first attempt comes at once: most of them are a sender that was restarted. */
const RETRY_AFTER_LOSS_MILLISECONDS = 100;
/** An input that lasted so long had really been there, so that its loss begins the waiting times anew. */
const SETTLED_MILLISECONDS = 5_000;

/**
 * Keeps one input path coming in, for ever:
 *
 *   RESTING     waits 0.1 s after a loss, else 1, 2, 4, 8, 10, 10 … s
 *   CONNECTING  the process was started and gave no byte yet; killed when that takes too long
 *   FLOWING     bytes arrive; the process is killed when they stop for longer than the input's silence limit
 *
 *   RESTING → CONNECTING → FLOWING → RESTING, and CONNECTING → RESTING
 *
 * The clock on the bytes is ours, since ffmpeg may sit for ever on an input that went silent.
 */
export class Ingest {
  readonly #options: IngestOptions;
  #child: FfmpegProcess | null = null;
  #plan: IngestPlan | null = null;
  #timer: NodeJS.Timeout | null = null;
  #startedAt = 0;
  #firstByteAt: number | null = null;
  #lastByteAt = 0;
  #failures = 0;
  #problem: string | null = null;
  #killReason: string | null = null;
  #attempt: Promise<void> = Promise.resolve();
  readonly #abort = new AbortController();

  constructor(options: IngestOptions) {
    this.#options = options;
    this.#schedule(0);
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  state(now: number): IngestState {
    const isFlowing = this.#firstByteAt !== null && now - this.#lastByteAt <= this.#silenceMilliseconds();
    return { isFlowing, problem: isFlowing ? null : this.#problem };
  }

  /** To be called several times a second: ends a process whose input went silent, or never came. */
  watch(now: number): void {
    if (!this.#child || !this.#plan || this.#killReason !== null) return;
    if (this.#firstByteAt === null) {
      if (now - this.#startedAt > this.#plan.firstByteSeconds * 1_000) this.#end("Nothing arrives from the input.");
      return;
    }
    if (now - this.#lastByteAt > this.#silenceMilliseconds())
      this.#end(`Nothing arrived from the input for ${this.#plan.silenceSeconds} s.`);
  }

  /** Gives up on what comes in now, and tries again; the reason is a sentence. */
  reject(reason: string): void {
    this.#failures += 1;
    this.#firstByteAt = null;
    this.#end(reason);
  }

  /** Resolves once no process of it is left. */
  async close(): Promise<void> {
    this.#abort.abort();
    if (this.#timer) clearTimeout(this.#timer);
    this.#child?.kill();
    await this.#attempt;
  }

  #silenceMilliseconds(): number {
    return (this.#plan?.silenceSeconds ?? 0) * 1_000;
  }

  #end(reason: string): void {
    this.#killReason = reason;
    this.#problem = reason;
    this.#child?.kill();
  }

  #schedule(milliseconds: number): void {
    if (this.#abort.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#attempt = this.#run();
    }, milliseconds);
  }

  /** Whatever goes wrong, another attempt follows. */
  async #run(): Promise<void> {
    try {
      await this.#try();
    } catch {
      if (this.#abort.signal.aborted) return;
      this.#problem = "The input could not be taken in.";
      this.#rest(false);
    }
  }

  async #try(): Promise<void> {
    const prepared = await this.#prepare();
    if (this.#abort.signal.aborted) return;
    if ("problem" in prepared) {
      this.#problem = prepared.problem;
      return this.#rest(false);
    }
    const end = await this.#take(prepared.plan);
    if (this.#abort.signal.aborted) return;
    this.#problem = this.#killReason ?? describeEnd(end);
    this.#rest(this.#firstByteAt !== null);
  }

  async #prepare(): Promise<{ readonly plan: IngestPlan } | { readonly problem: string }> {
    const { source, refuse } = this.#options;
    try {
      const refusal = await refuse(source.url);
      if (refusal !== null) return { problem: refusal };
      if (source.type !== "HLS_PULL") return { plan: planIngest({ ...source, hls: null }) };
      const reading = await readHlsSource(source.url, { refuse, signal: this.#abort.signal });
      return "problem" in reading ? reading : { plan: planIngest({ ...source, hls: reading.source }) };
    } catch {
      return { problem: "The input could not be prepared." };
    }
  }

  async #take(plan: IngestPlan): Promise<ProcessEnd> {
    const { host, ffmpegPath, onStart, onBytes } = this.#options;
    const child = spawnFfmpeg(host, {
      binary: ffmpegPath,
      arguments: plan.arguments,
      secrets: plan.secrets,
      ...(plan.script === undefined ? {} : { script: plan.script }),
    });
    this.#plan = plan;
    this.#child = child;
    this.#killReason = null;
    this.#firstByteAt = null;
    this.#startedAt = this.#options.clock.now();
    child.stdout.on("data", (chunk: Buffer) => {
      if (this.#killReason !== null || this.#abort.signal.aborted) return;
      const now = this.#options.clock.now();
      if (this.#firstByteAt === null) {
        this.#firstByteAt = now;
        onStart();
      }
      this.#lastByteAt = now;
      onBytes(chunk);
    });
    const end = await child.ended;
    this.#child = null;
    return end;
  }

  #rest(hadInput: boolean): void {
    if (hadInput && this.#lastByteAt - (this.#firstByteAt ?? 0) > SETTLED_MILLISECONDS) this.#failures = 0;
    const isFirst = hadInput && this.#failures === 0;
    const waits = Math.min(RETRY_MILLISECONDS_LEAST * 2 ** Math.max(0, this.#failures - (hadInput ? 1 : 0)), RETRY_MILLISECONDS_MOST);
    this.#failures += 1;
    this.#schedule(isFirst ? RETRY_AFTER_LOSS_MILLISECONDS : waits);
  }
}

function describeEnd({ code, signal, lastLine }: ProcessEnd): string {
  if (signal !== null) return `The process that takes the input in was ended by ${signal}.`;
  const detail = lastLine === null ? "" : ` ffmpeg says: ${lastLine}`;
  return code === 0 ? `The input ended.${detail}` : `The input cannot be read.${detail}`;
}
