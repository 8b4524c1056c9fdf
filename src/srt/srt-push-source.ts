import { createSocket } from "node:dgram";
import { spawnFfmpeg, type FfmpegProcess, type ProcessEnd, type ProcessHost } from "../encoder/ffmpeg.process.ts";
import type { PathSource, PathSourceHandlers, PathSourceState } from "../encoder/path-source.ts";
import type { PatientClock } from "../encoder/patient-clock.ts";
import type { EndStart } from "./listener-starts.ts";
import type { SrtClaim } from "./srt-claim.ts";
import type { SrtFront } from "./srt-front.ts";
import { planSrtListener } from "./srt-listener.arguments.ts";

export interface SrtPushSourceOptions {
  readonly front: SrtFront;
  readonly streamKey: string;
  /** Null when the session does not encrypt. */
  readonly passphrase: string | null;
  /** Whether somebody publishes with the stream key by another protocol; left out: never. */
  readonly isTaken?: () => boolean;
  /** A publisher was let in. */
  readonly onPublisher?: () => void;
  readonly host: ProcessHost;
  readonly ffmpegPath: string;
  readonly clock: PatientClock;
  readonly handlers: PathSourceHandlers;
}

const SILENCE_SECONDS = 2;
const FIRST_BYTE_SECONDS = 10;
/** Enough for one that comes back after a loss to find it there. */
const UNUSED_SECONDS = 10;
/** A caller asks four times a second, until it gives up. */
const CALLING_MILLISECONDS = 1_000;
/** What a publisher sent last comes out after it left, its latency later. */
const LEAVING_MILLISECONDS = 400;
const RETRY_MILLISECONDS_LEAST = 200;
const RETRY_MILLISECONDS_MOST = 5_000;

/**
 * Waits for a publisher with one stream key, for ever:
 *
 *   ASLEEP     no process, until somebody calls who has the key: what is pushed to seldom costs nothing. A caller asks for 3 s, and a
 *              process listens long before that, unless many are called at once: then each waits for its turn, and starts if it is
 *              called still
 *   LISTENING  a process listens behind the front, and nobody is connected to it; it is ended when nobody is for 10 s
 *   CONNECTED  the front let a publisher in; its first byte is still to come, and the process is ended when that takes too long
 *   FLOWING    bytes come out; the process is ended when they stop for 2 s, or the publisher leaves
 *   RESTING    no process; not at all after a publisher that was taken in, else 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5 … s
 *
 *   ASLEEP → LISTENING → CONNECTED → FLOWING → RESTING → LISTENING → ASLEEP, and any of those with a process to RESTING
 *
 * A process takes one publisher, and ends with it.
 */
export class SrtPushSource implements PathSource {
  readonly type = "SRT_PUSH";
  readonly #options: SrtPushSourceOptions;
  readonly #claim: SrtClaim;
  #child: FfmpegProcess | null = null;
  #timer: NodeJS.Timeout | null = null;
  #leaving: NodeJS.Timeout | null = null;
  #isAsleep = true;
  /** The process to come is for a caller, and for no other reason. */
  #isCalled = false;
  #calledAt = 0;
  #endStart: EndStart | null = null;
  #listeningAt = 0;
  #connectedAt: number | null = null;
  #firstByteAt: number | null = null;
  #lastByteAt = 0;
  #isEnding = false;
  #isClosed = false;
  #failures = 0;
  #problem: string | null = null;
  #attempt: Promise<void> = Promise.resolve();

  constructor(options: SrtPushSourceOptions) {
    this.#options = options;
    this.#claim = options.front.claim({
      streamKey: options.streamKey,
      isEncrypted: options.passphrase !== null,
      ...(options.isTaken && { isTaken: options.isTaken }),
      onCalled: () => this.#wake(),
      onAnswered: () => this.#endStart?.(),
      onConnected: () => {
        this.#connectedAt = options.clock.now();
        options.onPublisher?.();
      },
      onLeft: () => this.#leave(),
    });
  }

  get isOccupied(): boolean {
    return this.#claim.isConnected;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  state(now: number): PathSourceState {
    const isFlowing = this.#firstByteAt !== null && now - this.#lastByteAt <= SILENCE_SECONDS * 1_000;
    return {
      isFlowing,
      problem: isFlowing ? null : this.#describe(),
      isAddressRefused: false,
      errorPercent: this.#claim.lossPercent(),
    };
  }

  watch(now: number): void {
    if (!this.#child || this.#isEnding) return;
    if (this.#connectedAt === null) {
      if (now - this.#listeningAt > UNUSED_SECONDS * 1_000) this.#fallAsleep();
      return;
    }
    if (this.#firstByteAt === null) {
      if (now - this.#connectedAt > FIRST_BYTE_SECONDS * 1_000) this.#end("The publisher sends nothing that can be read.");
      return;
    }
    if (now - this.#lastByteAt > SILENCE_SECONDS * 1_000) this.#end(`Nothing arrived from the publisher for ${SILENCE_SECONDS} s.`);
  }

  reject(reason: string): void {
    this.#firstByteAt = null;
    this.#end(reason);
  }

  /** Lets go of callers that are about to be let in, since somebody else was. */
  turnAway(): void {
    if (!this.#claim.isConnected) this.#claim.drop();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#endStart?.();
    this.#claim.release();
    this.#child?.kill();
    await this.#attempt;
  }

  #wake(): void {
    this.#calledAt = this.#options.clock.now();
    if (!this.#isAsleep || this.#isClosed) return;
    this.#isAsleep = false;
    this.#isCalled = true;
    // One that is still ending is followed by another.
    if (!this.#child) this.#schedule(0);
  }

  #fallAsleep(): void {
    this.#isAsleep = true;
    this.#isEnding = true;
    // It listened well, whatever failed before.
    this.#failures = 0;
    this.#claim.listenAt(null);
    this.#child?.kill();
  }

  #describe(): string {
    if (!this.#claim.isFirst) return "Another session of this encoder holds the stream key.";
    if (this.#claim.isConnected) return "A publisher is connected, and its stream has not arrived yet.";
    return this.#claim.refusal ?? this.#problem ?? "No publisher is connected.";
  }

  /** It ends by itself once all that it has is out; a dead publisher's does not always. */
  #leave(): void {
    if (this.#connectedAt === null || this.#isEnding) return;
    this.#problem = "The publisher left.";
    this.#leaving = setTimeout(() => this.#child?.kill(), LEAVING_MILLISECONDS);
  }

  #end(reason: string): void {
    this.#isEnding = true;
    this.#claim.listenAt(null);
    this.#problem = reason;
    this.#child?.kill();
  }

  #schedule(milliseconds: number): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#endStart = this.#options.front.starts.ask((endStart) => this.#begin(endStart));
    }, milliseconds);
  }

  #begin(endStart: EndStart): void {
    const isCalledInVain = this.#isCalled && this.#options.clock.now() - this.#calledAt > CALLING_MILLISECONDS;
    this.#isCalled = false;
    if (!isCalledInVain) {
      this.#attempt = this.#run().finally(endStart);
      return;
    }
    this.#isAsleep = true;
    endStart();
  }

  /** Whatever goes wrong, another attempt follows, unless it sleeps. */
  async #run(): Promise<void> {
    let end: ProcessEnd | null = null;
    try {
      end = await this.#listen();
    } catch {
      this.#problem = "Nobody can be listened for now.";
    }
    if (this.#isClosed || this.#isAsleep) return;
    this.#claim.listenAt(null);
    const hadStream = this.#firstByteAt !== null;
    this.#firstByteAt = null;
    if (end && this.#connectedAt === null && !this.#isEnding) this.#problem = describeEnd(end);
    this.#rest(hadStream);
  }

  async #listen(): Promise<ProcessEnd | null> {
    const { host, ffmpegPath, passphrase } = this.#options;
    const port = await findFreePort();
    if (this.#isClosed) return null;
    const plan = planSrtListener({ port, passphrase });
    const child = spawnFfmpeg(host, { binary: ffmpegPath, arguments: plan.arguments, secrets: plan.secrets, script: plan.script });
    this.#child = child;
    this.#listeningAt = this.#options.clock.now();
    this.#isEnding = false;
    this.#connectedAt = null;
    this.#firstByteAt = null;
    child.stdout.on("data", (chunk: Buffer) => this.#take(chunk));
    this.#claim.listenAt(port);
    const end = await child.ended;
    this.#child = null;
    if (this.#leaving) clearTimeout(this.#leaving);
    return end;
  }

  #take(chunk: Buffer): void {
    if (this.#isEnding || this.#isClosed) return;
    if (this.#connectedAt === null) return this.#end("A program on this machine took the place of the publisher.");
    const { clock, handlers } = this.#options;
    if (this.#firstByteAt === null) {
      this.#firstByteAt = clock.now();
      handlers.onStart();
    }
    this.#lastByteAt = clock.now();
    handlers.onBytes(chunk);
  }

  #rest(hadStream: boolean): void {
    if (hadStream) this.#failures = 0;
    if (hadStream && !this.#isEnding) return this.#schedule(0);
    this.#schedule(Math.min(RETRY_MILLISECONDS_LEAST * 2 ** this.#failures, RETRY_MILLISECONDS_MOST));
    this.#failures += 1;
  }
}

/** A port that nobody has now; libsrt says so when somebody took it meanwhile, and the next one is tried. */
async function findFreePort(): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(0, "127.0.0.1", resolve);
  });
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

function describeEnd({ code, signal, lastLine }: ProcessEnd): string {
  if (signal !== null) return `The process that waits for publishers was ended by ${signal}.`;
  return `Nobody can be listened for${code === null ? "" : ` (code ${code})`}.${lastLine === null ? "" : ` ffmpeg says: ${lastLine}`}`;
}
