import { join } from "node:path";
import { EncoderRun } from "./encoder-run.ts";
import { planEncoder, type FileTargets } from "./encoder-plan.ts";
import { FileTargetProblem, fileTargets } from "./file-target.ts";
import type { EncoderRestarts } from "./alert-causes.rules.ts";
import type { StreamFacts } from "./input-facts.ts";
import type { InputSwitch } from "./input-switch.ts";
import { cmafDirectory, liveDirectory, pruneDashFiles } from "./live-directory.ts";
import { takeUpPlaylists } from "./left-playlists.ts";
import type { MediaSessionOptions } from "./media-session.options.ts";
import { isStorageError } from "./output-problem.ts";
import { openSenders, senderFactories, type OutputSenders } from "./output-senders.ts";
import type { OutputWatch } from "./output-watch.ts";
import type { PatientClock } from "./patient-clock.ts";
import { createRenewal } from "./renewal.rules.ts";
import type { OutputLaunch } from "./runner.ts";
import { firstSegmentNumber } from "./segment-number.rules.ts";
import type { SessionProcesses } from "./session-processes.ts";

const CRASH_LIMIT = 5;
const CRASH_WINDOW_MILLISECONDS = 60_000;
const RESTART_DELAY_MILLISECONDS = 200;
/** What keeps an encoder from being set up, such as a full disk, may pass: the tries take most of the window. */
const SETUP_DELAY_MILLISECONDS = 5_000;

export interface EncoderKeeperOptions {
  readonly session: MediaSessionOptions;
  readonly clock: PatientClock;
  readonly inputSwitch: InputSwitch;
  readonly watch: OutputWatch;
  /** What is made of the run that is on now. */
  readonly processes: () => SessionProcesses;
  readonly isOn: () => boolean;
  readonly isInputThere: () => boolean;
  readonly onChange: () => void;
  /** It has given up; the reason is a sentence. */
  readonly onFailed: (reason: string) => void;
}

/**
 * Keeps the one encoder process of a session. One that crashes is begun anew at once from the last group of pictures, one that could
 * not be set up after 5, 10, 15, 20 s; the fifth time within 60 s it gives up. One that does not do its part in all outputs is renewed;
 * the ways to receivers stay open meanwhile.
 */
export class EncoderKeeper {
  readonly #options: EncoderKeeperOptions;
  readonly #renewal = createRenewal();
  readonly #senders: OutputSenders;
  #run: EncoderRun | null = null;
  #facts: StreamFacts | null = null;
  #crashes: number[] = [];
  #crash: { readonly reason: string; readonly at: number } | null = null;
  #retryAt = 0;
  #restarts: EncoderRestarts = { count: 0, at: null, reason: "" };

  constructor(options: EncoderKeeperOptions) {
    this.#options = options;
    const { session } = options;
    this.#senders = openSenders(session.launch.outputs, senderFactories(session), session.log);
  }

  /** Null while none runs. */
  get run(): EncoderRun | null {
    return this.#run;
  }

  /** Why there is none, or why the last one ended, as sentences; null once output has grown again. */
  get crash(): string | null {
    return this.#crash?.reason ?? null;
  }

  /** Those that nobody asked for: after a crash, for an output that stood still, for a signal that is something else. */
  get restarts(): EncoderRestarts {
    return this.#restarts;
  }

  /** Playbacks of which the network policy refuses a receiver, and why. */
  get refusedReceivers(): ReadonlyMap<string, string> {
    const refused = new Map<string, string>();
    for (const { playbackId } of this.#options.session.launch.outputs) {
      const state = this.#senders.states(playbackId).find(({ isAddressRefused }) => isAddressRefused);
      if (state) refused.set(playbackId, state.problem ?? "The address of a receiver is refused.");
    }
    return refused;
  }

  /** What the encoder was set up for is there no more: none is begun for that again. The reason is a sentence. */
  forgetInput(reason: string): void {
    this.#facts = null;
    this.#noteRestart(reason);
  }

  /** The encoder is about to be replaced, or was lost. */
  #noteRestart(reason: string): void {
    this.#restarts = { count: this.#restarts.count + 1, at: this.#options.clock.now(), reason };
  }

  /** After a fault nothing is tried for a while. */
  isResting(now: number): boolean {
    return now < this.#retryAt;
  }

  /** Starts one for this input, unless one runs. */
  start(facts: StreamFacts): void {
    this.#facts = facts;
    if (this.#run || !this.#options.isOn()) return;
    if (!this.#senders.isReady()) return void this.#senders.ready.then(() => this.#restart());
    try {
      this.#launch(facts);
    } catch (error) {
      this.noteFault(error);
    }
  }

  /** Starts one for the input that was there last, if it still is. */
  begin(): void {
    this.#restart();
  }

  /** Lets the one that runs end in order. */
  async retire(): Promise<void> {
    const before = this.#run;
    this.#run = null;
    this.#options.inputSwitch.detach();
    await before?.finish();
  }

  /** The same for good, with all that it sent on. */
  async close(): Promise<void> {
    await this.retire();
    await this.#senders.close();
  }

  /** To be called several times a second: forgets a crash that is over, and renews an encoder whose output stands still. */
  async check(now: number, fedSince: number | null): Promise<void> {
    const states = this.#options.watch.states();
    const { at = Infinity } = this.#crash ?? {};
    if (states.some(({ grewAt }) => grewAt !== null && grewAt > at)) this.#crash = null;
    if (!this.#run || fedSince === null) return;
    const oldest = Math.min(...states.map(({ fedAt }) => fedAt ?? 0));
    if (!this.#renewal.isDue(now - Math.max(oldest, this.#run.startedAt, fedSince), now)) return;
    this.#options.session.log.warn({ lastLines: this.#run.lastLines }, "an encoder is renewed, since it does not feed an output");
    this.#noteRestart("The encoder was begun anew, since an output stood still.");
    await this.retire();
    this.#restart();
  }

  /** What kept an encoder from being set up: counted like a crash, and tried again later, unless the files' path itself is at fault. */
  noteFault(error: unknown): void {
    if (error instanceof FileTargetProblem) return this.#options.onFailed(error.message);
    this.#options.session.log.error({ err: error }, "a session could not be set up");
    const why = isStorageError(error) ? ": no space left on device" : "";
    this.#note(`The encoder could not be set up on this machine${why}.`, SETUP_DELAY_MILLISECONDS, 1);
  }

  #launch(facts: StreamFacts): void {
    const { session, clock, watch, inputSwitch } = this.#options;
    const processes = this.#options.processes();
    const { launch, host, ffmpegPath, mediaRoot, presets, coreCount } = session;
    const now = new Date();
    const filesOf = (output: OutputLaunch): FileTargets => this.#filesOf(output, now);
    const plan = planEncoder({ ...launch, processes: processes.launched, facts, filesOf, localUrlsOf: this.#senders.localUrls });
    const settings = {
      presets,
      coreCount,
      startNumber: firstSegmentNumber(now),
      runName: `r${now.getTime().toString(36)}`,
      left: takeUpPlaylists(mediaRoot, plan),
    };
    watch.follow(plan, { states: this.#senders.states, madeSeconds: () => this.#run?.madeSeconds ?? 0 });
    const onCrash = (run: EncoderRun, reason: string): void => this.#noteCrash(run, reason);
    this.#run = new EncoderRun({ host, ffmpegPath, plan, settings, clock, directory: liveDirectory(mediaRoot), onCrash });
    processes.follow(plan, this.#run);
    inputSwitch.attach(this.#run.stdin);
    for (const { type, pathToken } of launch.outputs) {
      const live = type === "HTTP" ? join(liveDirectory(mediaRoot), pathToken) : null;
      const own = type === "CMAF_PUSH" ? cmafDirectory(mediaRoot, pathToken) : live;
      if (own !== null) void pruneDashFiles(own).catch(() => undefined);
    }
  }

  /** What cannot be written, such as on a full disk, keeps nothing else from being sent. */
  #filesOf(output: OutputLaunch, now: Date): FileTargets {
    const { fileRoot, launch, log } = this.#options.session;
    try {
      return fileTargets(fileRoot, output, now);
    } catch (error) {
      if (error instanceof FileTargetProblem || launch.outputs.every(({ type }) => type === "FILE")) throw error;
      log.error({ err: error }, "the files of an output could not be made");
      const code = error instanceof Error && "code" in error ? String(error.code) : "an unknown error";
      return { problem: `The file cannot be made on this machine (${code}).` };
    }
  }

  #noteCrash(run: EncoderRun, reason: string): void {
    if (run !== this.#run || !this.#options.isOn()) return;
    this.#run = null;
    this.#options.inputSwitch.detach();
    this.#options.session.log.warn({ reason, lastLines: run.lastLines }, "an encoder ended unexpectedly");
    this.#noteRestart(reason);
    this.#note(reason, RESTART_DELAY_MILLISECONDS, 0);
  }

  /** `firstSteps` times the delay go by after the first crash, one more after each. */
  #note(reason: string, delayMilliseconds: number, firstSteps: number): void {
    const now = this.#options.clock.now();
    this.#crashes = [...this.#crashes.filter((at) => now - at < CRASH_WINDOW_MILLISECONDS), now];
    const count = this.#crashes.length;
    if (count >= CRASH_LIMIT) return this.#options.onFailed(`The encoder crashed ${CRASH_LIMIT} times within 60 s. ${reason}`);
    const delay = (count - 1 + firstSteps) * delayMilliseconds;
    if (firstSteps > 0) this.#retryAt = now + delay;
    this.#crash = { reason: `${reason} It is being started again.`, at: now };
    this.#options.onChange();
    setTimeout(() => this.#restart(), delay);
  }

  /** Without an input there is nothing to encode: the next one that arrives starts it. */
  #restart(): void {
    if (this.#facts && this.#options.isInputThere()) this.start(this.#facts);
  }
}
