import { NotReached, type NetworkAccess } from "../network/connect.ts";
import type { InputType, RemapRule } from "../sessions/session.rules.ts";
import { LossWindow } from "./continuity.rules.ts";
import type { DatagramReceiver } from "./datagram-receiver.ts";
import type { ProcessHost } from "./ffmpeg.process.ts";
import type { IngestPlan, IngestSource } from "./ingest.arguments.ts";
import { prepareIngest, problemOf, type IngestProblem, type PreparedIngest } from "./ingest.prepare.ts";
import type { PathSource, PathSourceHandlers, PathSourceState } from "./path-source.ts";
import type { PatientClock } from "./patient-clock.ts";
import type { Pull } from "./pull.ts";
import { startPull } from "./start-pull.ts";

export interface IngestOptions extends PathSourceHandlers {
  readonly host: ProcessHost;
  readonly ffmpegPath: string;
  readonly datagrams: DatagramReceiver;
  readonly clock: PatientClock;
  readonly source: IngestSource;
  /** Which streams of a multicast input go on; empty for the first picture and the first sound. */
  readonly streamRemap: readonly RemapRule[];
  readonly access: NetworkAccess;
}

const RETRY_MILLISECONDS_LEAST = 1_000;
const RETRY_MILLISECONDS_MOST = 10_000;
/** After a loss the first attempt comes at once: most of them are a sender that was restarted. */
const RETRY_AFTER_LOSS_MILLISECONDS = 100;
/** An input that lasted so long had really been there, so that its loss begins the waiting times anew. */
const SETTLED_MILLISECONDS = 5_000;

/**
 * Keeps one input path coming in that is pulled from an address, for ever:
 *
 *   RESTING     waits 0.1 s after a loss, else 1, 2, 4, 8, 10, 10 … s
 *   CONNECTING  the address was checked, the pull was started and gave no byte yet; ended when that takes too long
 *   FLOWING     bytes arrive; the pull is ended when they stop for longer than the input's silence limit
 *
 *   RESTING → CONNECTING → FLOWING → RESTING, and CONNECTING → RESTING
 *
 * The clock on the bytes is ours, since ffmpeg may sit for ever on an input that went silent.
 */
export class Ingest implements PathSource {
  readonly #options: IngestOptions;
  readonly #losses = new LossWindow();
  #pull: Pull | null = null;
  #plan: IngestPlan | null = null;
  #timer: NodeJS.Timeout | null = null;
  #startedAt = 0;
  #firstByteAt: number | null = null;
  #lastByteAt = 0;
  #failures = 0;
  /** It was lost, and its playlist was not seen to go on since. */
  #isToGoOn = false;
  #edge: string | null = null;
  #problem: IngestProblem | null = null;
  #killReason: IngestProblem | null = null;
  #attempt: Promise<void> = Promise.resolve();
  readonly #abort = new AbortController();

  constructor(options: IngestOptions) {
    this.#options = options;
    this.#schedule(0);
  }

  get type(): InputType {
    return this.#options.source.type;
  }

  get pid(): number | null {
    return this.#pull?.pid ?? null;
  }

  state(now: number): PathSourceState {
    const isFlowing = this.#firstByteAt !== null && now - this.#lastByteAt <= this.#silenceMilliseconds();
    const problem = isFlowing ? null : this.#problem;
    return {
      isFlowing,
      problem: problem?.message ?? null,
      isAddressRefused: problem?.isAddressRefused ?? false,
      errorPercent: this.#losses.percent(now),
      receivedAt: this.#pull?.receivedAt ?? null,
    };
  }

  watch(now: number): void {
    if (!this.#pull || !this.#plan || this.#killReason !== null) return;
    if (this.#firstByteAt === null) {
      const isLate = now - this.#startedAt > this.#plan.firstByteSeconds * 1_000;
      if (isLate) this.#end(plainly(this.#pull.hint() ?? "Nothing arrives from the input."));
      return;
    }
    if (now - this.#lastByteAt > this.#silenceMilliseconds())
      this.#end(plainly(`Nothing arrived from the input for ${this.#plan.silenceSeconds} s.`));
  }

  reject(reason: string): void {
    this.#failures += 1;
    this.#firstByteAt = null;
    this.#end(plainly(reason));
  }

  async close(): Promise<void> {
    this.#abort.abort();
    if (this.#timer) clearTimeout(this.#timer);
    this.#pull?.kill();
    await this.#attempt;
  }

  #silenceMilliseconds(): number {
    return (this.#plan?.silenceSeconds ?? 0) * 1_000;
  }

  #end(problem: IngestProblem): void {
    // The first reason is the cause of what follows.
    if (this.#killReason !== null) return;
    this.#killReason = problem;
    this.#problem = problem;
    this.#pull?.kill();
  }

  #schedule(milliseconds: number): void {
    if (this.#abort.signal.aborted) return;
    this.#timer = setTimeout(() => {
      this.#attempt = this.#run();
    }, milliseconds);
  }

  /** Whatever goes wrong, another attempt follows. */
  async #run(): Promise<void> {
    this.#killReason = null;
    this.#firstByteAt = null;
    const { source, access, onCue } = this.#options;
    try {
      const onProblem = (problem: IngestProblem): void => this.#end(problem);
      const prepared = await prepareIngest(source, { access, signal: this.#abort.signal, onProblem, ...(onCue ? { onCue } : {}) });
      if (this.#isStale(prepared.edge)) {
        prepared.release();
        throw new NotReached("The playlist of the input does not go on.");
      }
      await this.#take(prepared);
    } catch (error) {
      this.#problem = problemOf(error);
    }
    if (this.#abort.signal.aborted) return;
    this.#rest(this.#firstByteAt !== null);
  }

  async #take({ plan, release }: PreparedIngest): Promise<void> {
    try {
      if (this.#abort.signal.aborted) return;
      this.#killReason = null;
      this.#plan = plan;
      this.#startedAt = this.#options.clock.now();
      this.#pull = startPull(plan, {
        ...this.#options,
        onBytes: (chunk) => this.#accept(chunk),
        onCount: (count) => this.#losses.add(this.#options.clock.now(), count),
      });
      const reason = await this.#pull.ended;
      this.#problem = this.#killReason ?? plainly(reason);
    } finally {
      this.#pull = null;
      release();
    }
  }

  #accept(chunk: Buffer): void {
    if (this.#killReason !== null || this.#abort.signal.aborted) return;
    const now = this.#options.clock.now();
    if (this.#firstByteAt === null) {
      this.#firstByteAt = now;
      this.#options.onStart();
    }
    this.#lastByteAt = now;
    this.#options.onBytes(chunk);
  }

  /** What a live playlist names after a loss may have been played already, again and again: it has to be seen to go on. */
  #isStale(edge: string | null): boolean {
    if (edge === null || !this.#isToGoOn) return false;
    const before = this.#edge;
    this.#edge = edge;
    this.#isToGoOn = before === null || before === edge;
    return this.#isToGoOn;
  }

  #rest(hadInput: boolean): void {
    if (hadInput) {
      this.#isToGoOn = true;
      this.#edge = null;
    }
    if (hadInput && this.#lastByteAt - (this.#firstByteAt ?? 0) > SETTLED_MILLISECONDS) this.#failures = 0;
    const isFirst = hadInput && this.#failures === 0;
    const waits = Math.min(RETRY_MILLISECONDS_LEAST * 2 ** Math.max(0, this.#failures - (hadInput ? 1 : 0)), RETRY_MILLISECONDS_MOST);
    this.#failures += 1;
    this.#schedule(isFirst ? RETRY_AFTER_LOSS_MILLISECONDS : waits);
  }
}

function plainly(message: string): IngestProblem {
  return { message, isAddressRefused: false };
}
