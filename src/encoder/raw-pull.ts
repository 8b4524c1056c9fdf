import { ContinuityCounter } from "./continuity.rules.ts";
import { describeInputEnd, type FfmpegProcess } from "./ffmpeg.process.ts";
import { planNormalizer, type ProcessPlan, type SocketPlan } from "./ingest.arguments.ts";
import { ProgramTables } from "./program-tables.rules.ts";
import { spawnPlan, type Pull, type PullOptions } from "./pull.ts";
import { openRtpSocket } from "./rtp-socket.ts";
import { chooseStreams } from "./stream-remap.rules.ts";
import { TransportUnwrapper } from "./transport-unwrapper.rules.ts";

/** What is received before the tables are known is kept up to this, its newest part. */
const WAITING_LIMIT_BYTES = 4_000_000;
/** The process that normalises takes no more: something is wrong with it. */
const QUEUE_LIMIT_BYTES = 16_000_000;

interface Receiver {
  readonly pid: number | null;
  readonly ended: Promise<string>;
  readonly kill: () => void;
}

/**
 * Takes MPEG-TS in as it is sent, counts what is missing, and makes one clean stream of it:
 *
 *   receiver → counting, in this process → the tables say which streams there are, the remap which go on → normaliser → bytes
 *
 * Behind a demuxer nothing is missing any more: of 98 errors the stream that it wrote showed none. A group is received by a process
 * of its own, and not by a socket of ours: when our event loop stood still for 0.2 s, the usual socket buffer lost a tenth of
 * 10 Mbit/s, which would look like errors of the network; that process lost nothing in 0.6 s.
 */
export class RawPull implements Pull {
  readonly #options: PullOptions;
  readonly #receiver: Receiver;
  readonly #unwrapper = new TransportUnwrapper();
  readonly #counter = new ContinuityCounter();
  readonly #tables = new ProgramTables();
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #normalizer: FfmpegProcess | null = null;
  #reason: string | null = null;
  #hint: string | null = null;
  #isOver = false;
  readonly ended: Promise<string>;

  constructor(receiver: ProcessPlan | SocketPlan, options: PullOptions) {
    this.#options = options;
    const onBytes = (chunk: Buffer): void => this.#receive(chunk);
    this.#receiver = "port" in receiver ? openRtpSocket(receiver, onBytes) : startReceiver(receiver, options, onBytes);
    this.ended = this.#end();
  }

  get pid(): number | null {
    return this.#receiver.pid;
  }

  hint(): string | null {
    return this.#hint;
  }

  kill(): void {
    this.#isOver = true;
    this.#receiver.kill();
    this.#normalizer?.kill();
  }

  async #end(): Promise<string> {
    const reason = await this.#receiver.ended;
    this.#reason ??= reason;
    this.kill();
    await this.#normalizer?.ended;
    return this.#reason;
  }

  #stop(reason: string): void {
    this.#reason ??= reason;
    this.kill();
  }

  #receive(chunk: Buffer): void {
    if (this.#isOver) return;
    for (const { packets, lostBefore } of this.#unwrapper.push(chunk)) {
      if (lostBefore > 0) this.#counter.forget();
      const count = this.#counter.count(packets);
      this.#options.onCount({ ...count, lost: count.lost + lostBefore });
      if (packets.length > 0) this.#pass(packets);
    }
    if (this.#waitingBytes === 0 && !this.#normalizer) this.#hint = "What arrives is not an MPEG transport stream.";
  }

  #pass(packets: Buffer): void {
    if (!this.#normalizer) return this.#wait(packets);
    const { stdin } = this.#normalizer;
    if (stdin.writableLength > QUEUE_LIMIT_BYTES) return this.#stop("The input comes faster than it can be taken in.");
    stdin.write(packets);
  }

  /** Until it is known which streams there are. */
  #wait(packets: Buffer): void {
    this.#hint = "What arrives does not say which streams it holds.";
    this.#waiting.push(packets);
    this.#waitingBytes += packets.length;
    while (this.#waitingBytes > WAITING_LIMIT_BYTES) this.#waitingBytes -= this.#waiting.shift()?.length ?? 0;
    this.#tables.scan(packets);
    const { streams } = this.#tables;
    if (streams === null) return;
    const chosen = chooseStreams(streams, this.#options.streamRemap);
    if (chosen.video === null && chosen.audio === null) {
      const why = this.#options.streamRemap.length > 0 ? "The stream remap leaves" : "The input holds";
      return this.#stop(`${why} neither a picture nor sound.`);
    }
    const normalizer = spawnPlan(planNormalizer(chosen), this.#options);
    this.#normalizer = normalizer;
    normalizer.stdout.on("data", this.#options.onBytes);
    void normalizer.ended.then((end) => this.#stop(describeInputEnd(end)));
    this.#waiting.forEach((piece) => normalizer.stdin.write(piece));
    this.#waiting = [];
    this.#hint = null;
  }
}

function startReceiver(plan: ProcessPlan, options: PullOptions, onBytes: (chunk: Buffer) => void): Receiver {
  const child = spawnPlan(plan, options);
  child.stdout.on("data", onBytes);
  return { pid: child.pid, ended: child.ended.then(describeInputEnd), kill: child.kill };
}
