import { join } from "node:path";
import { Air, offAir } from "./air.ts";
import { createCauseCount, findCauses, type CauseFacts } from "./alert-causes.rules.ts";
import { CueTrack } from "./cue-track.ts";
import { EncoderKeeper } from "./encoder-keeper.ts";
import type { EncoderRun } from "./encoder-run.ts";
import type { PlannedOutput } from "./encoder-plan.ts";
import { playlistName } from "./http-files.rules.ts";
import { probeFile, type StreamFacts } from "./input-facts.ts";
import { InputSwitch } from "./input-switch.ts";
import { emptyLiveDirectory, liveDirectory, openLiveDirectory, removeLiveDirectory } from "./live-directory.ts";
import { publishLadder } from "./master-playlist.ts";
import { isStorageError, outputProblems } from "./output-problem.ts";
import { OutputWatch } from "./output-watch.ts";
import { createPatientClock } from "./patient-clock.ts";
import type { MediaSessionOptions } from "./media-session.options.ts";
import type { LiveShow, Observation, RunnerEnd, SessionControls, SessionRunner } from "./runner.ts";
import { SessionProcesses } from "./session-processes.ts";
import type { TelemetrySample } from "./telemetry.rules.ts";
import { describeSession, isEncoderStuck, type SessionFacts } from "./session-report.ts";
import { SessionMeter } from "./session-meter.ts";
import { SessionSignal } from "./session-signal.ts";
import { createTeller } from "./teller.ts";

export const TICK_MILLISECONDS = 200;
/** A tick that comes later than this after the one before says that we stood still. */
const TICK_LIMIT_MILLISECONDS = 3 * TICK_MILLISECONDS;

export interface SessionPids {
  /** Of path A. */
  readonly ingest: number | null;
  readonly encoder: number | null;
  /** Of path B; left out without failover. */
  readonly backup?: number | null;
  /** Left out while none is made. */
  readonly slate?: number;
}

const NO_PROBLEMS: ReadonlyMap<string, string> = new Map();

type Phase = "ON" | "FAILED" | "STOPPED";

/**
 * Runs one session: a source per input path, the switch, and one encoder process for all outputs.
 *
 *   no encoder   the input has not been seen, or not since the encoder crashed: STARTING, then WAITING
 *   encoding     the switch feeds the encoder; RUNNING once files of an output exist, whatever happens later
 *   restarting   the encoder crashed, or could not be set up: see `EncoderKeeper`; the fifth time within 60 s is FAILED
 *   replacing    what is fed to it would be something else, or comes after a long time: it finishes and another one goes on
 *
 * A lost input leaves the encoder waiting on its pipe: it goes on where it was when the input is back.
 * What is told follows from facts alone, in `session-report.ts`.
 */
export class MediaSession implements SessionRunner {
  readonly #options: MediaSessionOptions;
  readonly #switch = new InputSwitch();
  /** What it takes in: for operators and tests. */
  readonly signal: SessionSignal;
  readonly #watch: OutputWatch;
  readonly #clock = createPatientClock(TICK_LIMIT_MILLISECONDS);
  readonly #air: Air;
  #processes: SessionProcesses;
  readonly #keeper: EncoderKeeper;
  /** Null where the cues of the input are not wanted. */
  readonly #cues: CueTrack | null;
  readonly #meter = new SessionMeter();
  readonly #startedAt = this.#clock.now();
  readonly #leavePulse: () => void;
  #phase: Phase = "ON";
  #droppedAt: number | null = null;
  #dropCount = 0;
  readonly #countCauses = createCauseCount();
  #storageFullAt: number | null = null;
  readonly #playbackIds: readonly string[];
  readonly #hasPassthrough: boolean;
  /** Of the lines of the encoder that were read last. */
  #read: { readonly lines: readonly string[]; readonly problems: ReadonlyMap<string, string> } | null = null;
  #advancedAt: number | null = null;
  #hasWaited = false;
  readonly #send: (observation: Observation) => void;
  #work: Promise<void> | null = null;
  #ended: Promise<void> | null = null;

  constructor(options: MediaSessionOptions) {
    const { launch, mediaRoot } = options;
    this.#options = options;
    this.#playbackIds = launch.outputs.map(({ playbackId }) => playbackId);
    this.#hasPassthrough = launch.outputs.some(({ renditions }) => renditions.some(({ isPassthrough }) => isPassthrough));
    this.#send = createTeller({ observe: options.observe, now: () => performance.now() });
    const origin = { generation: `${launch.sessionId} ${launch.generation}`, onAir: launch.controls.event?.onAir ?? null };
    for (const token of this.#tokens()) openLiveDirectory(mediaRoot, token, origin);
    this.#watch = new OutputWatch({
      liveDirectory: liveDirectory(mediaRoot),
      onComplete: (output) => this.#publish(output),
      onProblem: (error) => this.#noteUnpublished(error),
    });
    this.#air = new Air({
      ...{ launch, mediaRoot, tokens: this.#tokens() },
      retire: () => this.#keeper.retire(),
      forgetOutput: () => this.#forgetOutput(),
      enter: (show) => this.#enter(show),
      begin: () => this.#keeper.begin(),
      isResting: () => this.#keeper.isResting(this.#clock.now()),
    });
    this.#processes = new SessionProcesses(options);
    this.#keeper = new EncoderKeeper({
      session: options,
      processes: () => this.#processes,
      clock: this.#clock,
      inputSwitch: this.#switch,
      watch: this.#watch,
      isOn: () => this.#phase === "ON" && this.#air.isOn,
      isInputThere: () => this.signal.isThere,
      onChange: () => this.#report(),
      onFailed: (reason) => this.#fail(reason),
    });
    const isCued = launch.input.type === "HLS_PULL" && launch.input.hlsScte35PassthroughEnabled;
    this.#cues = isCued ? this.#openCues() : null;
    this.signal = new SessionSignal({
      session: options,
      clock: this.#clock,
      inputSwitch: this.#switch,
      keeper: this.#keeper,
      isOn: () => this.#phase === "ON",
      onOther: () => this.#forgetOutput(),
      ...(this.#cues ? { onCue: (cue) => this.#cues?.note(cue, this.#clock.now()) } : {}),
    });
    this.#leavePulse = options.pulse.follow(() => this.#tick());
    this.#report();
  }

  #openCues(): CueTrack {
    const { mediaRoot } = this.#options;
    return new CueTrack({
      liveDirectory: liveDirectory(mediaRoot),
      run: () => this.#keeper.run,
      fedSeconds: () => this.#switch.fedSeconds,
    });
  }

  /** What the encoder said last, for the log. */
  get lastLines(): readonly string[] {
    return this.#keeper.run?.lastLines ?? [];
  }

  /** Numbers of the processes that run now: for operators and tests. */
  get pids(): SessionPids {
    const { signal } = this;
    const backup = signal.path("B");
    return {
      ingest: signal.path("A")?.pid ?? null,
      encoder: this.#keeper.run?.pid ?? null,
      ...(backup ? { backup: backup.pid } : {}),
      ...(signal.slatePid === null ? {} : { slate: signal.slatePid }),
    };
  }

  control(controls: SessionControls): void {
    this.#air.control(controls);
    this.signal.control(controls);
  }

  telemetry(): TelemetrySample | null {
    return this.#phase === "ON" ? this.#meter.sample(this.#clock.now(), this.signal.choice.activePath, new Date()) : null;
  }

  async stop(end: RunnerEnd = "ENDED"): Promise<void> {
    this.#ended ??= this.#end("STOPPED", null, end);
    await this.#ended;
    await Promise.all(this.#tokens().map((token) => removeLiveDirectory(this.#options.mediaRoot, token)));
    if (this.#phase !== "STOPPED") return;
    this.#tell({ status: "STOPPED", health: "OK", reason: null });
  }

  /** Ends its processes and leaves its files, for another runner of the same start to go on with. */
  async abandon(): Promise<void> {
    this.#ended ??= this.#end("STOPPED", null, "LEFT");
    await this.#ended;
  }

  #fail(reason: string): void {
    this.#ended ??= this.#end("FAILED", reason);
  }

  async #end(phase: "FAILED" | "STOPPED", reason: string | null, end: RunnerEnd = "ENDED"): Promise<void> {
    this.#phase = phase;
    this.#leavePulse();
    if (phase === "FAILED") this.#tell({ status: "FAILED", health: "ERROR", reason });
    else this.#tell({ status: "STOPPING", health: "OK", reason: null });
    await this.signal.close();
    await this.#keeper.close();
    await this.#work;
    await this.#processes.close(end);
  }

  #tick(): void {
    const isLate = this.#clock.tick();
    const now = this.#clock.now();
    // What arrived while we stood still is read after this tick: by the next one it is known who was silent.
    if (isLate) return;
    this.signal.tick(now);
    this.#noteDrops(now);
    this.#meter.note(now, this.#keeper.run, this.signal.metered);
    this.#keeper.run?.watch(now, this.signal.fedSince);
    this.#work ??= this.#look(now)
      .catch((error: unknown) => this.#keeper.noteFault(error))
      .finally(() => {
        this.#work = null;
        this.#report();
      });
  }

  #noteDrops(now: number): void {
    if (this.#switch.dropCount === this.#dropCount) return;
    this.#dropCount = this.#switch.dropCount;
    this.#droppedAt = now;
  }

  async #look(now: number): Promise<void> {
    await this.signal.look(now);
    if (this.#phase !== "ON") return;
    if (await this.#air.align()) this.#advancedAt = null;
    if (!this.#air.isOn) return;
    await this.#watch.check(now);
    await this.#cues?.check(now);
    await this.#keeper.check(now, this.signal.fedSince);
  }

  /** A session of an event has its run, and with it its processes, only once that is live. */
  async #enter(show: LiveShow | null): Promise<void> {
    await this.#processes.close("ENDED");
    const { runId, processes } = show ?? { runId: null, processes: [] };
    this.#processes = new SessionProcesses({ ...this.#options, launch: { ...this.#options.launch, runId, processes } });
  }

  /** Players cannot go from one kind of segment to another within a playlist. */
  async #forgetOutput(): Promise<void> {
    await Promise.all(this.#tokens().map((token) => emptyLiveDirectory(this.#options.mediaRoot, token)));
  }

  /** All parts of an HTTP output are there: what players open first says what they turned out to be. */
  async #publish({ hls, token, variants }: Extract<PlannedOutput, { kind: "HTTP" }>): Promise<void> {
    if (!hls) return;
    const { host, ffprobePath, mediaRoot } = this.#options;
    const directory = join(liveDirectory(mediaRoot), token);
    const probeVariant = (name: string): Promise<StreamFacts> => probeFile(host, ffprobePath, join(directory, playlistName(name)));
    await publishLadder({ directory, variants, probeVariant, inputBitsPerSecond: this.#switch.bitsPerSecond(this.#switch.selected) });
  }

  #noteUnpublished(error: unknown): void {
    this.#options.log.warn({ err: error }, "a ladder could not be published yet");
    if (isStorageError(error)) this.#storageFullAt = this.#clock.now();
  }

  #report(): void {
    if (this.#phase !== "ON") return;
    if (!this.#air.isOn) return this.#reportOffAir();
    const facts = this.#facts(this.#clock.now());
    const described = describeSession(facts);
    this.#hasWaited ||= described.status === "WAITING";
    const causes = this.#countCauses(findCauses(this.#causeFacts(facts, described)));
    const processes = this.#processes.observations(facts.now);
    const { status, health, reason, playbacks } = described;
    const { choice, isSlateShowing, slateProblem } = this.signal;
    const { activePath, nextRecoveryAt, switches } = choice.observation;
    // Written out here and below, as objects that are spread into others take several times as long, five times a second.
    this.#send({
      status,
      health,
      reason: reason ?? slateProblem,
      playbacks,
      activePath,
      nextRecoveryAt,
      switches,
      isSlateShowing,
      causes,
      processes,
    });
  }

  #reportOffAir(): void {
    const fault = this.#air.isChanging ? this.#keeper.crash : null;
    this.#send({ ...offAir(this.#options.launch, fault), ...this.signal.choice.observation });
  }

  #facts(now: number): SessionFacts {
    const { run, crash } = this.#keeper;
    const { active } = this.signal;
    this.#advancedAt = run ? (run.advancedAt ?? run.startedAt) : this.#advancedAt;
    return {
      now,
      startedAt: this.#startedAt,
      hasWaited: this.#hasWaited,
      input: {
        isFlowing: active?.state.isFlowing ?? false,
        problem: active?.state.problem ?? null,
        fedSince: this.signal.fedSince,
      },
      encoder: { lastLine: run?.lastLines.at(-1) ?? null, advancedAt: this.#advancedAt, crash, droppedAt: this.#droppedAt },
      playbackIds: this.#playbackIds,
      outputs: this.#watch.states(),
      problems: run ? this.#problemsOf(run) : NO_PROBLEMS,
      hasPassthrough: this.#hasPassthrough,
    };
  }

  /** Read anew only where it has said more. */
  #problemsOf({ plan, lastLines }: EncoderRun): ReadonlyMap<string, string> {
    if (this.#read?.lines !== lastLines) this.#read = { lines: lastLines, problems: outputProblems(plan, lastLines) };
    return this.#read.problems;
  }

  #causeFacts(facts: SessionFacts, { status, playbacks }: Observation): CauseFacts {
    const { now, startedAt, encoder } = facts;
    const { signal } = this;
    return {
      now,
      startedAt,
      playbacks,
      isAwaited: status !== "STARTING",
      hasHadInput: signal.hasHadInput,
      isUneven: signal.isUneven,
      activePath: signal.choice.activePath,
      paths: { A: signal.path("A")?.state ?? null, B: signal.path("B")?.state ?? null },
      errorThresholdPercent: this.#options.launch.input.failover?.errorThresholdPercent ?? null,
      encoder: {
        restarts: this.#keeper.restarts,
        crash: encoder.crash,
        isStuck: isEncoderStuck(facts),
        isSlow: this.#meter.isSlow(now, signal.fedSince),
        droppedAt: encoder.droppedAt,
      },
      refusedReceivers: this.#keeper.refusedReceivers,
      storageFullAt: this.#storageFullAt,
      processCauses: this.#processes.causes(now),
    };
  }

  /** The same of the session and all of its playbacks. */
  #tell(what: Pick<Observation, "status" | "health" | "reason">): void {
    const { activePath, switches } = this.signal.choice.observation;
    const playbacks = this.#options.launch.outputs.map(({ playbackId }) => ({ playbackId, ...what }));
    this.#send({ ...what, playbacks, activePath, switches });
  }

  #tokens(): readonly string[] {
    return this.#options.launch.outputs.filter(({ type }) => type === "HTTP").map(({ pathToken }) => pathToken);
  }
}
