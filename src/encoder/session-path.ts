import { InputType, type InputPath } from "../sessions/session.rules.ts";
import type { PathView } from "./failover.rules.ts";
import { ratePerSecond, type StreamFacts } from "./input-facts.ts";
import type { InputSwitch } from "./input-switch.ts";
import type { PathSource, PathSourceHandlers, PathSourceState } from "./path-source.ts";
import type { PatientClock } from "./patient-clock.ts";

export interface SessionPathOptions {
  readonly path: InputPath;
  readonly clock: PatientClock;
  readonly inputSwitch: InputSwitch;
  readonly open: (handlers: PathSourceHandlers) => PathSource;
  /** Finds out what the bytes of a transport stream hold. */
  readonly probe: (bytes: Buffer) => Promise<StreamFacts>;
}

/** So much of an input is looked at to tell what it is; with less only when no more comes. */
const PROBE_SECONDS = 1;
const PROBE_SECONDS_LEAST = 0.3;
const PROBE_WAIT_MILLISECONDS = 3_000;

/** Inputs that arrive packet by packet as they are made: of those a shorter silence than the one that ends them is a loss, where there is another path. */
const DATAGRAM_TYPES: ReadonlySet<InputType> = new Set([
  InputType.MULTICAST_PULL,
  InputType.RTP_PULL,
  InputType.SRT_PULL,
  InputType.SRT_PUSH,
]);
const QUICK_SILENCE_MILLISECONDS = 400;
/** Pictures alone come as seldom as they come. */
const QUICK_SILENCE_FRAMES = 4;

/**
 * One input path of a session, from its source to the switch:
 *
 *   SILENT     nothing has come since the source last began, or at all
 *   GATHERING  its stream began, and is held back until enough of it is there to tell what it is
 *   EXAMINED   it is known what it is (`facts`); still held back
 *   ADMITTED   the output can be made of it, as long as it flows
 *
 *   SILENT → GATHERING → EXAMINED → ADMITTED → GATHERING when the stream begins anew
 */
export class SessionPath {
  readonly name: InputPath;
  readonly #options: SessionPathOptions;
  readonly #source: PathSource;
  #streamNumber = 0;
  #beganAt = 0;
  #facts: StreamFacts | null = null;
  #isAdmitted = false;
  #flowingSince: number | null = null;
  #usableSince: number | null = null;
  #state: PathSourceState = { isFlowing: false, problem: null, isAddressRefused: false, errorPercent: null };

  constructor(options: SessionPathOptions) {
    const { path, clock, inputSwitch } = options;
    this.name = path;
    this.#options = options;
    this.#source = options.open({
      onStart: () => this.#begin(),
      onBytes: (chunk) => inputSwitch.accept(path, chunk, clock.now()),
    });
  }

  get pid(): number | null {
    return this.#source.pid;
  }

  /** What its stream holds; null until that is known of the one that comes in now. */
  get facts(): StreamFacts | null {
    return this.#facts;
  }

  get isAdmitted(): boolean {
    return this.#isAdmitted;
  }

  /** As of the last `watch`. */
  get state(): PathSourceState {
    return this.#state;
  }

  /** Since when bytes have been arriving without a break; null while they do not. */
  get flowingSince(): number | null {
    return this.#flowingSince;
  }

  get view(): PathView {
    return { usableSince: this.#usableSince, isArriving: this.#state.isFlowing, errorPercent: this.#state.errorPercent };
  }

  /** To be called several times a second. */
  watch(now: number): void {
    this.#source.watch(now);
    this.#state = this.#source.state(now);
    const { isFlowing } = this.#state;
    this.#flowingSince = isFlowing ? (this.#flowingSince ?? now) : null;
    const isUsable = this.#isAdmitted && isFlowing && now - this.#arrivedAt() <= this.#silenceMilliseconds();
    this.#usableSince = isUsable ? (this.#usableSince ?? now) : null;
  }

  /** Whether a stream has come that nobody has looked at, and enough of it is there. */
  isToBeExamined(now: number): boolean {
    const gathered = this.#facts === null ? this.#options.inputSwitch.gatheredSeconds(this.name) : null;
    const isLate = now - this.#beganAt > PROBE_WAIT_MILLISECONDS;
    return gathered !== null && gathered >= (isLate ? PROBE_SECONDS_LEAST : PROBE_SECONDS);
  }

  /** Finds out what its stream holds, unless that begins anew meanwhile; gives up on one that holds nothing. */
  async examine(): Promise<void> {
    const number = this.#streamNumber;
    const facts = await this.#options.probe(this.#options.inputSwitch.gatheredBytes(this.name));
    if (number !== this.#streamNumber) return;
    if (facts.video || facts.audio) this.#facts = facts;
    else this.#source.reject("The input holds neither a picture nor sound that can be decoded.");
  }

  /** Lets an examined stream go on. */
  admit(): void {
    if (this.#isAdmitted) return;
    this.#isAdmitted = true;
    this.#options.inputSwitch.release(this.name);
  }

  async close(): Promise<void> {
    await this.#source.close();
  }

  #begin(): void {
    this.#streamNumber += 1;
    this.#beganAt = this.#options.clock.now();
    this.#facts = null;
    this.#isAdmitted = false;
    this.#usableSince = null;
    this.#options.inputSwitch.restart(this.name);
  }

  /** What arrived and waits for sound that is to come with it is no silence. */
  #arrivedAt(): number {
    const { lastByteAt } = this.#options.inputSwitch.counters(this.name);
    return Math.max(lastByteAt ?? -Infinity, this.#state.receivedAt ?? -Infinity);
  }

  /** Without a limit of ours, that of the source counts. */
  #silenceMilliseconds(): number {
    if (!DATAGRAM_TYPES.has(this.#source.type)) return Infinity;
    const { video, audio } = this.#facts ?? {};
    const rate = audio || !video?.frameRate ? null : ratePerSecond(video.frameRate);
    return rate === null ? QUICK_SILENCE_MILLISECONDS : Math.max(QUICK_SILENCE_MILLISECONDS, (QUICK_SILENCE_FRAMES * 1_000) / rate);
  }
}
