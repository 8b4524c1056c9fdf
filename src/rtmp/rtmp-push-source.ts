import { describeInputEnd, spawnFfmpeg, type FfmpegProcess, type ProcessEnd, type ProcessHost } from "../encoder/ffmpeg.process.ts";
import { ANALYSIS, OUTPUT, QUIET } from "../encoder/ingest.arguments.ts";
import type { PathSource, PathSourceHandlers, PathSourceState } from "../encoder/path-source.ts";
import type { PatientClock } from "../encoder/patient-clock.ts";
import type { Registration } from "./key-registry.ts";
import type { RtmpServer } from "./rtmp-server.ts";

export interface RtmpPushSourceOptions {
  readonly server: RtmpServer;
  readonly streamKey: string;
  /** Whether somebody publishes with the stream key by another protocol; left out: never. */
  readonly isTaken?: () => boolean;
  /** A publisher was let in. */
  readonly onPublisher?: () => void;
  readonly host: ProcessHost;
  readonly ffmpegPath: string;
  readonly clock: PatientClock;
  readonly handlers: PathSourceHandlers;
}

const SILENCE_MILLISECONDS = 2_000;
/** A publisher whose connection stands and who sends nothing of use is sent away after so long: it may do better when it comes anew. */
const USELESS_MILLISECONDS = 6_000;
const FIRST_BYTE_MILLISECONDS = 10_000;
/** Time to give out what it still holds, once the publisher has left. */
const LAST_BYTES_MILLISECONDS = 2_000;
/** More than this waiting for ffmpeg means that it hangs, since it only copies. */
const QUEUE_LIMIT_BYTES = 16_000_000;
/** From one process to the next: of publishers that come and go in a loop, each is held back for so long before it costs one. */
const SPAWN_MILLISECONDS = 1_000;

const ARGUMENTS = [
  ...QUIET,
  ...ANALYSIS,
  ...["-protocol_whitelist", "pipe", "-f", "flv", "-i", "pipe:0"],
  ...["-map", "0:v:0?", "-map", "0:a:0?", ...OUTPUT],
];

interface Run {
  /** Null while it is held back. */
  child: FfmpegProcess | null;
  /** What came until then. */
  readonly held: Buffer[];
  heldBytes: number;
  startedAt: number;
  firstByteAt: number | null;
  lastByteAt: number;
}

/**
 * Waits for a publisher on a stream key, and makes MPEG-TS of what it sends:
 *
 *   WAITING     nobody publishes
 *   PUBLISHING  a publisher was let in, and a process of ffmpeg takes its media, at most one a second; flowing from its first byte on
 *
 *   WAITING → PUBLISHING when somebody with the key comes; back when that one leaves, falls silent, is rejected, or the process ends
 *
 * A pause of the publisher is silence after 2 s, yet its connection stands until the server drops it: what was held up goes on.
 */
export class RtmpPushSource implements PathSource {
  readonly type = "RTMP_PUSH";
  readonly #options: RtmpPushSourceOptions;
  readonly #registration: Registration;
  readonly #ends = new Set<Promise<ProcessEnd>>();
  #run: Run | null = null;
  #spawnedAt = -Infinity;
  #spawning: NodeJS.Timeout | null = null;
  /** The process of a publisher that left, while it gives out its last. */
  #leaving: FfmpegProcess | null = null;
  #problem: string | null = "Nobody publishes to this input yet.";

  constructor(options: RtmpPushSourceOptions) {
    this.#options = options;
    this.#registration = options.server.register(options.streamKey, {
      ...(options.isTaken && { isTaken: options.isTaken }),
      onBegin: () => this.#begin(),
      onBytes: (flv) => this.#feed(flv),
      onEnd: (reason) => this.#end(reason),
    });
  }

  get isOccupied(): boolean {
    return this.#run !== null;
  }

  get pid(): number | null {
    return this.#run?.child?.pid ?? null;
  }

  state(now: number): PathSourceState {
    const run = this.#run;
    const isFlowing = run !== null && run.firstByteAt !== null && now - run.lastByteAt <= SILENCE_MILLISECONDS;
    return { isFlowing, problem: isFlowing ? null : this.#describe(run), isAddressRefused: false, errorPercent: null };
  }

  watch(now: number): void {
    const run = this.#run;
    if (!run) return;
    if (run.firstByteAt === null) {
      if (now - run.startedAt > FIRST_BYTE_MILLISECONDS) this.reject("The publisher sends nothing that can be read.");
    } else if (now - run.lastByteAt > USELESS_MILLISECONDS) {
      this.reject("The publisher sent neither picture nor sound any more.");
    }
  }

  reject(reason: string): void {
    this.#registration.drop(reason);
    this.#problem = reason;
    // Of what was given up on, nothing is wanted any more.
    this.#leaving?.kill();
    this.#leaving = null;
  }

  async close(): Promise<void> {
    this.#registration.close();
    this.#leaving?.kill();
    await Promise.all(this.#ends);
  }

  #describe(run: Run | null): string | null {
    if (run === null) return this.#problem;
    return run.firstByteAt === null ? null : `Nothing arrived from the publisher for ${SILENCE_MILLISECONDS / 1_000} s.`;
  }

  #begin(): void {
    const run: Run = { child: null, held: [], heldBytes: 0, startedAt: this.#options.clock.now(), firstByteAt: null, lastByteAt: 0 };
    this.#run = run;
    this.#options.onPublisher?.();
    const wait = this.#spawnedAt + SPAWN_MILLISECONDS - performance.now();
    if (wait <= 0) this.#spawn(run);
    else this.#spawning = setTimeout(() => this.#spawn(run), wait);
  }

  #spawn(run: Run): void {
    const { host, ffmpegPath, streamKey, clock } = this.#options;
    this.#spawnedAt = performance.now();
    this.#leaving?.kill();
    this.#leaving = null;
    const child = spawnFfmpeg(host, { binary: ffmpegPath, arguments: ARGUMENTS, secrets: [streamKey] });
    run.child = child;
    run.startedAt = clock.now();
    child.stdout.on("data", (chunk: Buffer) => this.#give(run, chunk));
    const ended = child.ended;
    this.#ends.add(ended);
    void ended.then((end) => {
      this.#ends.delete(ended);
      if (this.#leaving === child) this.#leaving = null;
      if (this.#run === run) this.reject(describeInputEnd(end));
    });
    for (const flv of run.held.splice(0)) child.stdin.write(flv);
  }

  #give(run: Run, chunk: Buffer): void {
    if (this.#run !== run && this.#leaving !== run.child) return;
    if (run.firstByteAt === null) {
      run.firstByteAt = this.#options.clock.now();
      this.#options.handlers.onStart();
    }
    run.lastByteAt = this.#options.clock.now();
    this.#options.handlers.onBytes(chunk);
  }

  #feed(flv: Buffer): void {
    const run = this.#run;
    if (!run) return;
    const stdin = run.child?.stdin;
    if ((stdin?.writableLength ?? run.heldBytes) > QUEUE_LIMIT_BYTES) {
      return this.reject("What the publisher sent could not be taken in fast enough.");
    }
    if (stdin?.writable) stdin.write(flv);
    if (stdin) return;
    run.held.push(flv);
    run.heldBytes += flv.length;
  }

  #end(reason: string): void {
    const child = this.#run?.child;
    this.#run = null;
    this.#problem = reason;
    if (this.#spawning) clearTimeout(this.#spawning);
    if (!child) return;
    this.#leaving = child;
    child.stdin.end();
    const deadline = setTimeout(() => child.kill(), LAST_BYTES_MILLISECONDS);
    void child.ended.then(() => clearTimeout(deadline));
  }
}
