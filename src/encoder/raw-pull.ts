import { ContinuityCounter } from "./continuity.rules.ts";
import type { DatagramPlan } from "./datagram-plan.rules.ts";
import type { DatagramInput } from "./datagram-receiver.ts";
import { describeInputEnd, type FfmpegProcess } from "./ffmpeg.process.ts";
import { planNormalizer } from "./ingest.arguments.ts";
import { plainStreams } from "./plain-stream.rules.ts";
import { ProgramTables, type AnnouncedStream } from "./program-tables.rules.ts";
import { spawnPlan, type Pull, type PullOptions } from "./pull.ts";
import { Remultiplexer } from "./remultiplexer.ts";
import { chooseStreams, type ChosenStreams } from "./stream-remap.rules.ts";
import { PACKET_BYTES } from "./transport-stream.ts";
import { TransportUnwrapper } from "./transport-unwrapper.rules.ts";

/** What is received before it is known who goes on with it is kept up to this, its newest part. */
const WAITING_LIMIT_BYTES = 4_000_000;
/** No picture that a decoder can start with came for so long: the normaliser finds out why, while the first byte may still be waited for. */
const PROOF_MILLISECONDS = 4_000;
/** Tables may say something else for a moment while their sender is begun anew; streams that are gone are seen to be gone. */
const OTHER_MILLISECONDS = 1_500;
/** The process that normalises takes no more: something is wrong with it. */
const QUEUE_LIMIT_BYTES = 16_000_000;

/** What goes on of the input, and in what form its tables said so. */
interface Chosen {
  readonly streams: ChosenStreams;
  readonly form: string;
  readonly at: number;
}

/**
 * Takes MPEG-TS in as it is sent, counts what is missing, and makes one clean stream of it:
 *
 *   thread that receives → counting → the tables say which streams there are, the remap which go on → remultiplexer → bytes
 *                                                                                   or, for what that cannot, → normaliser, a process → bytes
 *
 * Nothing of the stream is of use before the first picture that a decoder can start with, by which the remultiplexer knows whether it can:
 * until then everything is kept for the normaliser, and nothing goes on.
 * Behind either of them nothing is seen to be missing any more: of 98 errors the stream that a demuxer wrote showed none.
 */
export class RawPull implements Pull {
  readonly #options: PullOptions;
  readonly #receiver: DatagramInput;
  readonly #unwrapper = new TransportUnwrapper();
  readonly #counter = new ContinuityCounter();
  readonly #tables = new ProgramTables();
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #chosen: Chosen | null = null;
  /** What the tables said last, and since when that has been something else. */
  #announced: readonly AnnouncedStream[] | null = null;
  #otherSince: number | null = null;
  #remultiplexer: Remultiplexer | null = null;
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

  /** Of the normaliser; null where none is needed. */
  get pid(): number | null {
    return this.#normalizer?.pid ?? null;
  }

  get receivedAt(): number | null {
    return this.#remultiplexer?.receivedAt ?? null;
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
    if (this.#waitingBytes === 0 && !this.#chosen) this.#hint = "What arrives is not an MPEG transport stream.";
  }

  #noteLost(bytes: number): void {
    this.#unwrapper.skip();
    this.#counter.forget();
    this.#options.onCount({ received: 0, damaged: 0, lost: Math.round(bytes / PACKET_BYTES) });
  }

  #pass(packets: Buffer): void {
    if (this.#isOver) return;
    if (this.#normalizer) return this.#normalize(packets, this.#normalizer);
    if (!this.#remultiplexer?.isProven) this.#keep(packets);
    this.#tables.scan(packets);
    const { streams } = this.#tables;
    if (streams === null) this.#hint = "What arrives does not say which streams it holds.";
    else if (this.#chosen === null) this.#choose(streams);
    else if (this.#isOther(streams, this.#chosen)) this.#stop("The input holds other streams than before.");
    else if (this.#remultiplexer) this.#remultiplex(packets, this.#remultiplexer, this.#chosen);
  }

  #isOther(announced: readonly AnnouncedStream[], { form }: Chosen): boolean {
    const now = this.#options.clock.now();
    if (announced !== this.#announced) {
      this.#announced = announced;
      const isSame = formOf(announced, chooseStreams(announced, this.#options.streamRemap)) === form;
      this.#otherSince = isSame ? null : (this.#otherSince ?? now);
    }
    return this.#otherSince !== null && now - this.#otherSince > OTHER_MILLISECONDS;
  }

  /** Until it is known who goes on with it. In memory of its own, as what came with it for others is not kept. */
  #keep(packets: Buffer): void {
    this.#waiting.push(Buffer.from(packets));
    this.#waitingBytes += packets.length;
    while (this.#waitingBytes > WAITING_LIMIT_BYTES) this.#waitingBytes -= this.#waiting.shift()?.length ?? 0;
  }

  #choose(announced: readonly AnnouncedStream[]): void {
    const streams = chooseStreams(announced, this.#options.streamRemap);
    if (streams.video === null && streams.audio === null) {
      const why = this.#options.streamRemap.length > 0 ? "The stream remap leaves" : "The input holds";
      return this.#stop(`${why} neither a picture nor sound.`);
    }
    this.#hint = streams.video === null ? null : "No picture comes that a decoder can start with.";
    this.#chosen = { streams, form: formOf(announced, streams), at: this.#options.clock.now() };
    const plain = plainStreams(announced, streams);
    if (plain === null) return this.#startNormalizer(streams);
    this.#remultiplexer = new Remultiplexer(plain);
    this.#remultiplex(Buffer.concat(this.#waiting), this.#remultiplexer, this.#chosen);
  }

  #remultiplex(packets: Buffer, remultiplexer: Remultiplexer, { streams, at }: Chosen): void {
    const now = this.#options.clock.now();
    const made = remultiplexer.push(packets, now);
    const { isProven, isUnfit, problem } = remultiplexer;
    if (problem !== null) return this.#stop(problem);
    if (isUnfit || (!isProven && now - at > PROOF_MILLISECONDS)) return this.#startNormalizer(streams);
    if (!isProven) return;
    this.#forget();
    this.#hint = null;
    if (made.length > 0) this.#options.onBytes(made);
  }

  #startNormalizer(streams: ChosenStreams): void {
    const normalizer = spawnPlan(planNormalizer(streams), this.#options);
    this.#normalizer = normalizer;
    this.#remultiplexer = null;
    normalizer.stdout.on("data", this.#options.onBytes);
    void normalizer.ended.then((end) => this.#stop(describeInputEnd(end)));
    this.#waiting.forEach((piece) => normalizer.stdin.write(piece));
    this.#forget();
  }

  #normalize(packets: Buffer, { stdin }: FfmpegProcess): void {
    if (stdin.writableLength > QUEUE_LIMIT_BYTES) return this.#stop("The input comes faster than it can be taken in.");
    // What has to wait must not hold what came with it for others.
    stdin.write(stdin.writableLength > 0 ? Buffer.from(packets) : packets);
  }

  #forget(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}

/** One text for the same streams in the same codecs. */
function formOf(announced: readonly AnnouncedStream[], { video, audio }: ChosenStreams): string {
  return [video, audio].map((pid) => `${pid}:${announced.find((stream) => stream.pid === pid)?.streamType}`).join(" ");
}
