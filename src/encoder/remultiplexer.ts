import { FrameGatherer, type Frame } from "./frame-gatherer.ts";
import { judgeFrame, type PlainStreams } from "./plain-stream.rules.ts";
import { createTables, FIRST_STREAM_PID } from "./program-tables.writer.ts";
import type { AnnouncedStream } from "./program-tables.rules.ts";
import { CLOCK_PER_SECOND, clockDifference, moveClock, PACKET_BYTES, packetIdentifier } from "./transport-stream.ts";

/** A frame waits no longer than this for one of the other stream that belongs in front of it, */
const WAIT_MILLISECONDS = 1_000;
/** and no longer than until so many wait with it. */
const WAITING_MOST = 1_000;
/** Times further apart are of clocks that do not belong together: one was set anew, and the other one will be. */
const APART_TICKS = 2 * CLOCK_PER_SECOND;
/** Frames further apart than this say nothing of when the next one is. */
const STEP_TICKS_MOST = CLOCK_PER_SECOND;
/** What goes on first waits so long, from the proof on, until something of each stream has come. */
const COMPLETION_MILLISECONDS = 4_000;
/** A stream of which nothing comes for so long is there no more, as an input would be. */
const SILENCE_MILLISECONDS = 2_000;
/** Marks that stay away for longer than groups of pictures are make one look whether pictures are marked that should be. */
const UNMARKED_MILLISECONDS = 10_000;

interface WaitingFrame extends Frame {
  /** When it was whole, and the how many-th it was. */
  readonly at: number;
  readonly number: number;
}

interface Track {
  readonly stream: AnnouncedStream;
  readonly gatherer: FrameGatherer;
  readonly waiting: WaitingFrame[];
  /** When the newest frame with a time was whole; null before the first. */
  cameAt: number | null;
  /** The time of the newest frame that had one, and of the one that is to follow it, going by the one before; null before. */
  clock: number | null;
  nextClock: number | null;
}

/**
 * Makes of an MPEG-TS one with the chosen streams alone, as ffmpeg would that copies them: its numbers, its tables in front of every frame
 * that a decoder can start with, every frame in one piece, and frames in the order of their times. Nothing else is changed.
 * It is for inputs whose sender says where a decoder can start: `isProven` once such a frame has come, `isUnfit` where one came before
 * that is not so, or whose frames are not what `judgeFrame` can tell. What was made before is of no use.
 */
export class Remultiplexer {
  readonly #video: Track | null;
  readonly #audio: Track | null;
  readonly #tables: () => Buffer;
  #frameCount = 0;
  #provenAt: number | null = null;
  #isUnfit = false;
  /** It went on without something of each stream. */
  #isIncomplete = false;
  #receivedAt: number | null = null;
  /** When a picture was last marked. */
  #markedAt = 0;
  #problem: string | null = null;

  constructor({ video, audio }: PlainStreams) {
    const streams = [video, audio].filter((stream) => stream !== null);
    const written = streams.map(({ streamType, language }, index) => ({ pid: FIRST_STREAM_PID + index, streamType, language }));
    const track = (stream: AnnouncedStream | null): Track | null =>
      stream && {
        stream,
        gatherer: new FrameGatherer({ pid: FIRST_STREAM_PID + streams.indexOf(stream), endsByLength: stream === audio }),
        waiting: [],
        cameAt: null,
        clock: null,
        nextClock: null,
      };
    this.#video = track(video);
    this.#audio = track(audio);
    this.#tables = createTables(written);
  }

  get isProven(): boolean {
    return this.#provenAt !== null;
  }

  get isUnfit(): boolean {
    return this.#isUnfit;
  }

  /** When the newest packet of its picture came, or of its sound where it has none; null before the first. */
  get receivedAt(): number | null {
    return this.#receivedAt;
  }

  /** Why the input is no more what it was when it was proven, as a sentence; null while it is. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Takes whole packets that came at this time of a monotonic clock, in milliseconds; gives what can go on, in memory of its own. */
  push(packets: Buffer, now: number): Buffer {
    for (let at = 0; at + PACKET_BYTES <= packets.length && !this.#isUnfit; at += PACKET_BYTES) {
      const pid = packetIdentifier(packets, at);
      const track = pid === this.#video?.stream.pid ? this.#video : pid === this.#audio?.stream.pid ? this.#audio : null;
      if (track && track === (this.#video ?? this.#audio)) this.#receivedAt = now;
      const frame = track?.gatherer.push(packets, at);
      if (track && frame) this.#add(track, frame, now);
    }
    if (this.isProven) this.#problem ??= this.#findProblem(now);
    return this.#take(now);
  }

  #add(track: Track, frame: Frame, now: number): void {
    if (this.isProven) this.#watch(frame, track, now);
    else this.#judge(frame, track.stream, now);
    this.#frameCount += 1;
    const { packets, clock, isMarked } = frame;
    track.waiting.push({ packets, clock, isMarked, at: now, number: this.#frameCount });
    if (clock === null) return;
    track.cameAt = now;
    const step = track.clock === null ? null : clockDifference(clock, track.clock);
    track.nextClock = step === null || step <= 0 || step > STEP_TICKS_MOST ? null : moveClock(clock, step);
    track.clock = clock;
  }

  #judge({ packets }: Frame, stream: AnnouncedStream, now: number): void {
    const kind = judgeFrame(packets, stream);
    this.#isUnfit ||= kind === "UNFIT";
    const isProof = kind === "KEY" || (kind === "ORDINARY" && this.#video === null);
    if (!isProof) return;
    this.#provenAt = now;
    this.#markedAt = now;
  }

  #watch({ packets, isMarked }: Frame, track: Track, now: number): void {
    if (this.#isIncomplete && track.cameAt === null) this.#problem ??= `The input holds ${nameOf(track)} that it did not hold before.`;
    if (track !== this.#video) return;
    if (isMarked) this.#markedAt = now;
    else if (now - this.#markedAt > UNMARKED_MILLISECONDS && judgeFrame(packets, track.stream) === "UNFIT")
      this.#problem ??= "The input does not say any more where a decoder can start.";
  }

  /** Where nothing comes at all, it is the input that is lost. */
  #findProblem(now: number): string | null {
    const [video, audio] = [this.#video, this.#audio];
    if (!video || !audio) return null;
    const isGone = ({ cameAt }: Track): boolean => cameAt !== null && now - cameAt > SILENCE_MILLISECONDS;
    const goesOn = ({ cameAt }: Track): boolean => cameAt !== null && now - cameAt <= SILENCE_MILLISECONDS / 2;
    const gone = isGone(video) && goesOn(audio) ? video : isGone(audio) && goesOn(video) ? audio : null;
    return gone && `The input holds ${nameOf(gone)} no more.`;
  }

  #take(now: number): Buffer {
    const pieces: Buffer[] = [];
    for (let track = this.#next(now); track !== null; track = this.#next(now)) {
      const frame = track.waiting.shift();
      if (!frame) break;
      if ((frame.isMarked && track === this.#video) || this.#video === null) pieces.push(this.#tables());
      pieces.push(frame.packets);
    }
    return Buffer.concat(pieces);
  }

  /** Whose turn it is; null while it has to be waited for. */
  #next(now: number): Track | null {
    const [video, audio] = [this.#video, this.#audio];
    const [picture, sound] = [video?.waiting[0], audio?.waiting[0]];
    if (picture && sound) return isBefore(picture, sound) ? video : audio;
    const [track, other] = picture ? [video, audio] : [audio, video];
    const first = track?.waiting[0];
    if (!track || !first) return null;
    return other === null || this.#hasWaited(track, other, now) || isBeforeNext(first, other) ? track : null;
  }

  /** Whether what waits of a stream has to go on, though nothing waits of the other one. */
  #hasWaited({ waiting }: Track, { cameAt }: Track, now: number): boolean {
    const isFull = waiting.length > WAITING_MOST;
    if (cameAt !== null) return isFull || now - (waiting[0]?.at ?? now) >= WAIT_MILLISECONDS;
    const isOver = this.#provenAt !== null && now - this.#provenAt >= COMPLETION_MILLISECONDS;
    this.#isIncomplete ||= isFull || isOver;
    return this.#isIncomplete;
  }
}

function nameOf({ stream: { type } }: Track): string {
  return type === "VIDEO" ? "a picture" : "sound";
}

/** Whether the next frame of the other stream, when it comes, belongs behind this one. */
function isBeforeNext({ clock }: WaitingFrame, { nextClock }: Track): boolean {
  const ticks = clock === null || nextClock === null ? null : clockDifference(clock, nextClock);
  return ticks !== null && ticks <= 0 && ticks >= -APART_TICKS;
}

/** By their times; by when they came where these say nothing. */
function isBefore(one: WaitingFrame, other: WaitingFrame): boolean {
  const ticks = one.clock === null || other.clock === null ? null : clockDifference(one.clock, other.clock);
  return ticks === null || Math.abs(ticks) > APART_TICKS ? one.number < other.number : ticks <= 0;
}
