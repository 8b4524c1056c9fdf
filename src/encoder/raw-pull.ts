import { ContinuityCounter } from "./continuity.rules.ts";
import type { DatagramPlan } from "./datagram-plan.rules.ts";
import type { DatagramInput } from "./datagram-receiver.ts";
import { describeInputEnd, type FfmpegProcess } from "./ffmpeg.process.ts";
import { planNormalizer } from "./ingest.arguments.ts";
import { ProgramTables } from "./program-tables.rules.ts";
import { spawnPlan, type Pull, type PullOptions } from "./pull.ts";
import { chooseStreams } from "./stream-remap.rules.ts";
import { PACKET_BYTES } from "./transport-stream.ts";
import { TransportUnwrapper } from "./transport-unwrapper.rules.ts";

/** What is received before the tables are known is kept up to this, its newest part. */
const WAITING_LIMIT_BYTES = 4_000_000;
/** The process that normalises takes no more: something is wrong with it. */
const QUEUE_LIMIT_BYTES = 16_000_000;

/**
 * Takes MPEG-TS in as it is sent, counts what is missing, and makes one clean stream of it:
 *
 *   thread that receives → counting → the tables say which streams there are, the remap which go on → normaliser, a process → bytes
 *
 * Behind a demuxer nothing is missing any more: of 98 errors the stream that it wrote showed none.
 */
export class RawPull implements Pull {
  readonly #options: PullOptions;
  readonly #receiver: DatagramInput;
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

  constructor(plan: DatagramPlan, options: PullOptions) {
    this.#options = options;
    this.#receiver = options.datagrams.receive(plan, {
      onBytes: (chunk) => this.#receive(chunk),
      onLost: (bytes) => this.#noteLost(bytes),
    });
    this.ended = this.#end();
  }

  get pid(): number | null {
    return this.#normalizer?.pid ?? null;
  }

  hint(): string | null {
    return this.#hint;
  }

  kill(): void {
    this.#isOver = true;
    this.#receiver.close();
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

  #noteLost(bytes: number): void {
    this.#unwrapper.skip();
    this.#counter.forget();
    this.#options.onCount({ received: 0, damaged: 0, lost: Math.round(bytes / PACKET_BYTES) });
  }

  #pass(packets: Buffer): void {
    if (!this.#normalizer) return this.#wait(packets);
    const { stdin } = this.#normalizer;
    if (stdin.writableLength > QUEUE_LIMIT_BYTES) return this.#stop("The input comes faster than it can be taken in.");
    // What has to wait must not hold what came with it for others.
    stdin.write(stdin.writableLength > 0 ? Buffer.from(packets) : packets);
  }

  /** Until it is known which streams there are. */
  #wait(packets: Buffer): void {
    this.#hint = "What arrives does not say which streams it holds.";
    this.#waiting.push(Buffer.from(packets));
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
