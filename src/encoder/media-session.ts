import { join } from "node:path";
import { EncoderRun } from "./encoder-run.ts";
import { planEncoder, type PlannedOutput } from "./encoder-plan.ts";
import type { EncoderPresets } from "./ffmpeg.arguments.ts";
import type { ProcessHost } from "./ffmpeg.process.ts";
import { fileTargets, FileTargetProblem } from "./file-target.ts";
import { Ingest } from "./ingest.ts";
import { isSameInput, probeBytes, probeFile, type StreamFacts } from "./input-facts.ts";
import { InputSwitch } from "./input-switch.ts";
import { emptyLiveDirectory, liveDirectory, openLiveDirectory, pruneDashFiles, removeLiveDirectory } from "./live-directory.ts";
import { publishLadder } from "./master-playlist.ts";
import { OutputWatch } from "./output-watch.ts";
import type { Logger } from "../shared/log.ts";
import type { Observation, OutputLaunch, SessionLaunch, SessionRunner } from "./runner.ts";
import { describeSession } from "./session-report.ts";

export interface MediaSessionOptions {
  readonly launch: SessionLaunch;
  readonly observe: (observation: Observation) => void;
  readonly host: ProcessHost;
  readonly ffmpegPath: string;
  readonly ffprobePath: string;
  readonly mediaRoot: string;
  readonly fileRoot: string;
  readonly multicastInterface: string | null;
  readonly presets: EncoderPresets;
  readonly coreCount: number;
  readonly refuse: (url: string) => Promise<string | null>;
  readonly log: Logger;
}

const TICK_MILLISECONDS = 200;
/** So much of an input is looked at to tell what it is; with less only when no more comes. */
const PROBE_SECONDS = 1;
const PROBE_SECONDS_LEAST = 0.3;
const PROBE_WAIT_MILLISECONDS = 3_000;
/** After a longer outage the encoder begins anew, so that the times in the playlists are right again. */
const OUTAGE_MILLISECONDS = 10_000;
/** An output that the encoder gave up on, such as on a full disk, gets another encoder after so long. */
const RENEW_MILLISECONDS = 30_000;
const CRASH_LIMIT = 5;
const CRASH_WINDOW_MILLISECONDS = 60_000;
const RESTART_DELAY_MILLISECONDS = 200;

type Phase = "ON" | "FAILED" | "STOPPED";

/**
 * Runs one session: an ingest process per input path, the switch, and one encoder process for all outputs.
 *
 *   no encoder   the input has not been seen, or not since the encoder crashed: STARTING, then WAITING
 *   encoding     the switch feeds the encoder; RUNNING once files of an output exist, whatever happens later
 *   restarting   the encoder crashed: begun anew at once from the last group of pictures; the fifth crash within 60 s is FAILED
 *   replacing    the input came back as something else, or after a long time: the encoder finishes and another one goes on
 *
 * A lost input leaves the encoder waiting on its pipe: it goes on where it was when the input is back.
 * What is told follows from facts alone, in `session-report.ts`.
 */
export class MediaSession implements SessionRunner {
  readonly #options: MediaSessionOptions;
  readonly #switch = new InputSwitch();
  readonly #ingest: Ingest;
  readonly #watch: OutputWatch;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  #phase: Phase = "ON";
  #encoder: EncoderRun | null = null;
  #input: StreamFacts | null = null;
  #continues = false;
  #ingestNumber = 0;
  #ingestStartedAt = 0;
  #flowingSince: number | null = null;
  #lostAt: number | null = null;
  #crashes: number[] = [];
  #crash: { readonly reason: string; readonly at: number } | null = null;
  #droppedAt: number | null = null;
  #dropCount = 0;
  #hasWaited = false;
  #told = "";
  #work: Promise<void> | null = null;
  #ended: Promise<void> | null = null;

  constructor(options: MediaSessionOptions) {
    const { launch, host, ffmpegPath, multicastInterface, mediaRoot, refuse } = options;
    this.#options = options;
    const generation = `${launch.sessionId} ${launch.generation}`;
    const continued = this.#tokens().map((token) => openLiveDirectory(mediaRoot, token, generation));
    this.#continues = continued.includes(true);
    this.#watch = new OutputWatch({ liveDirectory: liveDirectory(mediaRoot), onComplete: (output) => this.#publish(output) });
    const { type, urlA, srtPassphrase } = launch.input;
    this.#ingest = new Ingest({
      host,
      ffmpegPath,
      source: { type, url: urlA ?? "", srtPassphrase, multicastInterface },
      refuse,
      onStart: () => this.#startInput(),
      onBytes: (chunk) => this.#switch.accept("A", chunk, performance.now()),
    });
    this.#timer = setInterval(() => this.#tick(), TICK_MILLISECONDS);
    this.#report();
  }

  /** What the encoder said last, for the log. */
  get lastLines(): readonly string[] {
    return this.#encoder?.lastLines ?? [];
  }

  /** Numbers of the processes that run now: for operators and tests. */
  get pids(): { readonly ingest: number | null; readonly encoder: number | null } {
    return { ingest: this.#ingest.pid, encoder: this.#encoder?.pid ?? null };
  }

  async stop(): Promise<void> {
    this.#ended ??= this.#end("STOPPED", null);
    await this.#ended;
    await Promise.all(this.#tokens().map((token) => removeLiveDirectory(this.#options.mediaRoot, token)));
    if (this.#phase !== "STOPPED") return;
    this.#tell({ status: "STOPPED", health: "OK", reason: null });
  }

  /** Ends its processes and leaves its files, for another runner of the same start to go on with. */
  async abandon(): Promise<void> {
    this.#ended ??= this.#end("STOPPED", null);
    await this.#ended;
  }

  #giveUp(error: unknown): void {
    if (error instanceof FileTargetProblem) return this.#fail(error.message);
    this.#options.log.error({ err: error }, "a session could not be set up");
    this.#fail("The encoder could not be set up on this machine.");
  }

  #fail(reason: string): void {
    this.#ended ??= this.#end("FAILED", reason);
  }

  async #end(phase: "FAILED" | "STOPPED", reason: string | null): Promise<void> {
    this.#phase = phase;
    clearInterval(this.#timer);
    if (phase === "FAILED") this.#tell({ status: "FAILED", health: "ERROR", reason });
    else this.#tell({ status: "STOPPING", health: "OK", reason: null });
    await this.#ingest.close();
    await this.#encoder?.finish();
    await this.#work;
    // Work that was under way may have started another one meanwhile.
    await this.#encoder?.finish();
  }

  #startInput(): void {
    this.#ingestNumber += 1;
    this.#ingestStartedAt = performance.now();
    this.#switch.restart("A");
  }

  #tick(): void {
    const now = performance.now();
    this.#ingest.watch(now);
    this.#noteInput(now);
    this.#encoder?.watch(now, this.#flowingSince);
    this.#work ??= this.#look(now)
      .catch((error: unknown) => this.#giveUp(error))
      .finally(() => {
        this.#work = null;
        this.#report();
      });
  }

  #noteInput(now: number): void {
    const { isFlowing } = this.#ingest.state(now);
    if (!isFlowing && this.#flowingSince !== null) this.#lostAt = this.#switch.counters("A").lastByteAt;
    this.#flowingSince = isFlowing ? (this.#flowingSince ?? now) : null;
    if (this.#switch.dropCount === this.#dropCount) return;
    this.#dropCount = this.#switch.dropCount;
    this.#droppedAt = now;
  }

  async #look(now: number): Promise<void> {
    const gathered = this.#switch.gatheredSeconds("A");
    const isLate = now - this.#ingestStartedAt > PROBE_WAIT_MILLISECONDS;
    if (gathered !== null && gathered >= (isLate ? PROBE_SECONDS_LEAST : PROBE_SECONDS)) await this.#examineInput();
    await this.#watch.check(now);
    const { at = Infinity } = this.#crash ?? {};
    const states = this.#watch.states();
    if (states.some(({ grewAt }) => grewAt !== null && grewAt > at)) this.#crash = null;
    const oldest = Math.min(...states.map(({ grewAt }) => grewAt ?? 0));
    const since = Math.max(oldest, this.#encoder?.startedAt ?? now, this.#flowingSince ?? now);
    if (now - since > RENEW_MILLISECONDS && this.#encoder) await this.#renewEncoder();
  }

  /** An input that began anew is let through once it is known what it is and whether the encoder can go on with it. */
  async #examineInput(): Promise<void> {
    const number = this.#ingestNumber;
    const { host, ffprobePath } = this.#options;
    const facts = await probeBytes(host, ffprobePath, this.#switch.gatheredBytes("A"));
    if (this.#phase !== "ON" || number !== this.#ingestNumber) return;
    if (!facts.video && !facts.audio) return this.#ingest.reject("The input holds neither a picture nor sound that can be decoded.");
    const isOther = this.#input !== null && !isSameInput(facts, this.#input);
    const isLong = this.#lostAt !== null && performance.now() - this.#lostAt > OUTAGE_MILLISECONDS;
    this.#lostAt = null;
    this.#input = facts;
    if (this.#encoder && (isOther || isLong)) await this.#retireEncoder();
    if (isOther) await this.#forgetOutput();
    if (this.#phase !== "ON") return;
    this.#switch.release("A");
    if (!this.#encoder) this.#startEncoder();
  }

  async #retireEncoder(): Promise<void> {
    const before = this.#encoder;
    this.#encoder = null;
    this.#switch.detach();
    await before?.finish();
  }

  async #renewEncoder(): Promise<void> {
    await this.#retireEncoder();
    if (this.#phase === "ON") this.#startEncoder();
  }

  /** Players cannot go from one kind of segment to another within a playlist. */
  async #forgetOutput(): Promise<void> {
    this.#continues = false;
    await Promise.all(this.#tokens().map((token) => emptyLiveDirectory(this.#options.mediaRoot, token)));
  }

  #startEncoder(): void {
    const { launch, host, ffmpegPath, mediaRoot, fileRoot, presets, coreCount } = this.#options;
    if (!this.#input) return;
    const now = new Date();
    const filesOf = (output: OutputLaunch): readonly string[] => fileTargets(fileRoot, output, now);
    const plan = planEncoder({ outputs: launch.outputs, facts: this.#input, filesOf });
    const settings = {
      presets,
      coreCount,
      // Segments last longer than a second, so that a later start always begins beyond an earlier one.
      startNumber: Math.floor(now.getTime() / 1_000),
      runName: `r${now.getTime().toString(36)}`,
      continues: this.#continues,
    };
    this.#watch.follow(plan);
    this.#continues = true;
    this.#encoder = new EncoderRun({
      host,
      ffmpegPath,
      plan,
      settings,
      directory: liveDirectory(mediaRoot),
      onCrash: (run, reason) => this.#noteCrash(run, reason),
    });
    this.#switch.attach(this.#encoder.stdin);
    for (const token of this.#tokens()) void pruneDashFiles(mediaRoot, token).catch(() => undefined);
  }

  #noteCrash(run: EncoderRun, reason: string): void {
    if (run !== this.#encoder || this.#phase !== "ON") return;
    this.#encoder = null;
    this.#switch.detach();
    const now = performance.now();
    this.#crashes = [...this.#crashes.filter((at) => now - at < CRASH_WINDOW_MILLISECONDS), now];
    if (this.#crashes.length >= CRASH_LIMIT) return this.#fail(`The encoder crashed ${CRASH_LIMIT} times within 60 s. ${reason}`);
    this.#options.log.warn({ reason, lastLines: run.lastLines }, "an encoder ended unexpectedly");
    this.#crash = { reason: `${reason} It is being started again.`, at: now };
    this.#report();
    setTimeout(() => this.#restartEncoder(), (this.#crashes.length - 1) * RESTART_DELAY_MILLISECONDS);
  }

  /** Without an input there is nothing to encode: the next one that arrives starts it. */
  #restartEncoder(): void {
    if (this.#phase !== "ON" || this.#encoder || this.#flowingSince === null) return;
    try {
      this.#startEncoder();
    } catch (error) {
      this.#giveUp(error);
    }
  }

  /** All parts of an HTTP output are there: what players open first says what they turned out to be. */
  async #publish({ hls, token, variants }: Extract<PlannedOutput, { kind: "HTTP" }>): Promise<void> {
    if (!hls) return;
    const { host, ffprobePath, mediaRoot } = this.#options;
    const directory = join(liveDirectory(mediaRoot), token);
    const probeVariant = (name: string): Promise<StreamFacts> => probeFile(host, ffprobePath, join(directory, `${name}.m3u8`));
    await publishLadder({ directory, variants, probeVariant, inputBitsPerSecond: this.#switch.bitsPerSecond("A") });
  }

  #report(): void {
    if (this.#phase !== "ON") return;
    const now = performance.now();
    const { isFlowing, problem } = this.#ingest.state(now);
    const observation = describeSession({
      now,
      startedAt: this.#startedAt,
      hasWaited: this.#hasWaited,
      input: { isFlowing, problem, flowingSince: this.#flowingSince },
      encoder: {
        lastLine: this.#encoder?.lastLines.at(-1) ?? null,
        advancedAt: this.#encoder?.advancedAt ?? null,
        crash: this.#crash?.reason ?? null,
        droppedAt: this.#droppedAt,
      },
      playbackIds: this.#options.launch.outputs.map(({ playbackId }) => playbackId),
      outputs: this.#watch.states(),
      hasPassthrough: this.#options.launch.outputs.some(({ renditions }) => renditions.some(({ isPassthrough }) => isPassthrough)),
    });
    this.#hasWaited ||= observation.status === "WAITING";
    this.#send(observation);
  }

  /** The same of the session and all of its playbacks. */
  #tell(what: Omit<Observation, "playbacks">): void {
    this.#send({ ...what, playbacks: this.#options.launch.outputs.map(({ playbackId }) => ({ playbackId, ...what })) });
  }

  #send(observation: Observation): void {
    const text = JSON.stringify(observation);
    if (text === this.#told) return;
    this.#told = text;
    this.#options.observe(observation);
  }

  #tokens(): readonly string[] {
    return this.#options.launch.outputs.filter(({ type }) => type === "HTTP").map(({ pathToken }) => pathToken);
  }
}
