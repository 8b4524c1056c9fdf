import type { Writable } from "node:stream";
import type { InputPath } from "../sessions/session.rules.ts";
import {
  CLOCK_PER_SECOND,
  clockDifference,
  firstClock,
  PacketAligner,
  shiftClocks,
  StreamTracker,
  type StreamClocks,
  type StreamIdentifiers,
} from "./transport-stream.ts";
import { Restamper } from "./restamper.ts";

/** What the encoder can be fed from: a path of the input, or the picture that stands in for it. */
export type SwitchSource = InputPath | "SLATE";

/** Beyond this an encoder has fallen behind for good: what it cannot take is dropped up to a key frame, and memory stays bounded. */
const QUEUE_LIMIT_BYTES = 4_000_000;
/** Feeding goes on, at a key frame, once so little is queued. */
const QUEUE_RESUME_BYTES = 1_000_000;
/** The newest group of pictures is kept up to this; a longer one is forgotten until its next key frame. */
const GROUP_LIMIT_BYTES = 8_000_000;
/** Sound that is further from its picture than this says nothing of where a stream ends. */
const SOUND_DISTANCE_TICKS = CLOCK_PER_SECOND / 2;

export interface SourceCounters {
  /** Bytes of media since the session began. */
  readonly bytes: number;
  /** By the session's clock, in milliseconds; null before the first byte. */
  readonly lastByteAt: number | null;
}

interface Piece {
  readonly packets: Buffer;
  readonly startsWithKey: boolean;
}

/** One source. A stream is held back after it (re)starts, until somebody has looked at what it is. */
interface SourceState {
  readonly aligner: PacketAligner;
  readonly tracker: StreamTracker;
  readonly restamper: Restamper;
  group: Piece[];
  groupBytes: number;
  groupFirstClock: number | null;
  isHeld: boolean;
  /** Whether its timestamps stand on the timeline of the output as it went on when this source was last turned to. */
  isLaid: boolean;
  bytes: number;
  lastByteAt: number | null;
}

/**
 * Bytes from the sources to the encoder. It counts them, keeps the newest group of pictures of every source, and feeds the one that is
 * selected. Whenever another source is turned to, or a stream begins anew, it goes on from its newest key frame, laid end to end with what
 * was fed before on one timeline, so that the encoder never sees a break.
 * It never makes an input wait: an encoder that is too slow misses pictures, from key frame to key frame.
 */
export class InputSwitch {
  readonly #sources = new Map<SwitchSource, SourceState>();
  #selected: SwitchSource = "A";
  #sink: Writable | null = null;
  #isDropping = false;
  #dropCount = 0;
  #ends: StreamClocks = { video: null, audio: null };
  #fedAt: number | null = null;
  /** Of media that the encoder at hand was fed; null before it was fed any. */
  #fedTicks: number | null = null;
  #now = 0;

  /** How often feeding broke off because the encoder was too slow. */
  get dropCount(): number {
    return this.#dropCount;
  }

  get selected(): SwitchSource {
    return this.#selected;
  }

  /** When something was last fed; null before. */
  get fedAt(): number | null {
    return this.#fedAt;
  }

  /** Of media that the encoder at hand was fed, from its first picture on; null while it is fed nothing, or the selected source is held. */
  get fedSeconds(): number | null {
    const isFed = this.#sink !== null && this.isReady(this.#selected);
    return this.#fedTicks === null || !isFed ? null : this.#fedTicks / CLOCK_PER_SECOND;
  }

  counters(source: SwitchSource): SourceCounters {
    const state = this.#sources.get(source);
    return { bytes: state?.bytes ?? 0, lastByteAt: state?.lastByteAt ?? null };
  }

  /** Bits that the last group of pictures took for each second of it; null before there is one. */
  bitsPerSecond(source: SwitchSource): number | null {
    const state = this.#sources.get(source);
    const ticks = state ? groupTicks(state) : null;
    if (!state || ticks === null) return null;
    return ticks < CLOCK_PER_SECOND / 4 ? null : Math.round((state.groupBytes * 8 * CLOCK_PER_SECOND) / ticks);
  }

  /** Which streams a source has, under which packet identifiers; empty before that is known. */
  layout(source: SwitchSource): string {
    return this.#sources.get(source)?.tracker.layout ?? "";
  }

  streams(source: SwitchSource): StreamIdentifiers {
    return this.#sources.get(source)?.tracker.streams ?? { table: null, video: null, audio: null };
  }

  /** A source's stream begins anew: what was kept of it is forgotten, and it is held back until `release`. */
  restart(source: SwitchSource): void {
    const before = this.#sources.get(source);
    this.#sources.set(source, {
      aligner: new PacketAligner(),
      tracker: new StreamTracker(),
      restamper: new Restamper(),
      group: [],
      groupBytes: 0,
      groupFirstClock: null,
      isHeld: true,
      isLaid: false,
      bytes: before?.bytes ?? 0,
      lastByteAt: before?.lastByteAt ?? null,
    });
  }

  /** A source is no more, and neither is what was kept of it. */
  forget(source: SwitchSource): void {
    this.#sources.delete(source);
  }

  accept(source: SwitchSource, chunk: Buffer, now: number): void {
    const state = this.#sources.get(source);
    if (!state) return;
    this.#now = now;
    state.bytes += chunk.length;
    state.lastByteAt = now;
    const packets = state.aligner.push(chunk);
    if (packets.length === 0) return;
    const { keyOffsets } = state.tracker.scan(packets);
    state.restamper.restamp(packets, state.tracker.streams, now);
    for (const piece of cut(packets, keyOffsets)) {
      keep(state, piece);
      if (state.isHeld || source !== this.#selected) continue;
      if (state.isLaid) this.#feed(state, piece);
      else this.#enter(state);
    }
  }

  /** Whether a source's stream waits to be looked at, and how many seconds of media it has gathered from its first key frame on. */
  gatheredSeconds(source: SwitchSource): number | null {
    const state = this.#sources.get(source);
    const ticks = state?.isHeld ? groupTicks(state) : null;
    return ticks === null ? null : ticks / CLOCK_PER_SECOND;
  }

  /** What a source keeps: its tables, and everything from a key frame on. */
  gatheredBytes(source: SwitchSource): Buffer {
    const state = this.#sources.get(source);
    return state ? Buffer.concat([...state.tracker.tables, ...state.group.map(({ packets }) => packets)]) : Buffer.alloc(0);
  }

  /** Whether a source can be turned to now: it has been let through, and there is a picture to begin with. */
  isReady(source: SwitchSource): boolean {
    const state = this.#sources.get(source);
    return state !== undefined && !state.isHeld && state.group.length > 0;
  }

  /** Lets a held source go on to the encoder, its timestamps moved to where the output stands. */
  release(source: SwitchSource): void {
    const state = this.#sources.get(source);
    if (!state?.isHeld) return;
    state.isHeld = false;
    if (source === this.#selected) return this.#enter(state);
    const newest = state.group.findLastIndex(({ startsWithKey }) => startsWithKey);
    if (newest > 0) setGroup(state, state.group.slice(newest));
  }

  /** Feeds from another source from now on, beginning with its newest group of pictures, or as soon as there is one. */
  select(source: SwitchSource): void {
    if (source === this.#selected) return;
    this.#selected = source;
    const state = this.#sources.get(source);
    if (!state) return;
    state.isLaid = false;
    if (!state.isHeld) this.#enter(state);
  }

  /** Feeds an encoder from now on, beginning with the last group of pictures of the selected source. */
  attach(sink: Writable): void {
    this.#sink = sink;
    this.#isDropping = false;
    this.#fedTicks = null;
    const state = this.#sources.get(this.#selected);
    if (state?.isLaid) this.#feedGroup(state);
  }

  detach(): void {
    this.#sink = null;
  }

  /** Moves what a source keeps to where the output ends, and feeds it; when it keeps nothing, that waits for its next key frame. */
  #enter(state: SourceState): void {
    if (state.group.length === 0) return;
    const ticks = this.#distance(state);
    state.isLaid = true;
    if (ticks !== 0) {
      state.restamper.move(ticks);
      // Copied, since an encoder that is slow may not have read it yet from when it was last fed.
      const moved = state.group.map(({ packets, startsWithKey }) => ({ packets: Buffer.from(packets), startsWithKey }));
      for (const { packets } of moved) shiftClocks(packets, ticks);
      setGroup(state, moved);
    }
    this.#feedGroup(state);
  }

  /** How far what a source keeps is from the end of the output: neither its picture nor its sound may begin before that. */
  #distance({ group, tracker }: SourceState): number {
    const { video, audio } = tracker.streams;
    const beginOf = (pid: number | null): number | null =>
      pid === null ? null : (group.map(({ packets }) => firstClock(packets, pid)).find((clock) => clock !== null) ?? null);
    const distanceOf = (end: number | null, begin: number | null): number | null =>
      end === null || begin === null ? null : clockDifference(end, begin);
    const picture = distanceOf(this.#ends.video, beginOf(video));
    const sound = distanceOf(this.#ends.audio, beginOf(audio));
    if (picture === null || sound === null) return picture ?? sound ?? 0;
    return Math.abs(sound - picture) > SOUND_DISTANCE_TICKS ? picture : Math.max(picture, sound);
  }

  #feedGroup(state: SourceState): void {
    this.#isDropping = state.group.length === 0;
    if (!this.#isDropping) {
      for (const packets of [...state.tracker.tables, ...state.group.map((piece) => piece.packets)]) this.#sink?.write(packets);
    }
    if (this.#sink && !this.#isDropping) this.#noteFed(state);
  }

  #feed(state: SourceState, { packets, startsWithKey }: Piece): void {
    const sink = this.#sink;
    if (!sink || sink.destroyed) return;
    if (this.#isDropping) {
      if (!startsWithKey || sink.writableLength > QUEUE_RESUME_BYTES) return;
      this.#isDropping = false;
      for (const table of state.tracker.tables) sink.write(table);
    } else if (sink.writableLength > QUEUE_LIMIT_BYTES) {
      this.#isDropping = true;
      this.#dropCount += 1;
      return;
    }
    sink.write(packets);
    this.#noteFed(state);
  }

  #noteFed({ restamper, groupFirstClock }: SourceState): void {
    const { video, audio } = restamper.ends;
    const before = this.#fedTicks === null ? groupFirstClock : (this.#ends.video ?? this.#ends.audio);
    this.#fedAt = this.#now;
    this.#ends = { video: video ?? this.#ends.video, audio: audio ?? this.#ends.audio };
    const end = this.#ends.video ?? this.#ends.audio;
    if (before !== null && end !== null) this.#fedTicks = (this.#fedTicks ?? 0) + clockDifference(end, before);
  }
}

/** How much media a source keeps from its key frame on; null when none. */
function groupTicks({ groupFirstClock, restamper: { lastClock } }: SourceState): number | null {
  return groupFirstClock === null || lastClock === null ? null : clockDifference(lastClock, groupFirstClock);
}

function keep(state: SourceState, piece: Piece): void {
  if (piece.startsWithKey && !(state.isHeld && state.group.length > 0)) setGroup(state, []);
  else if (state.group.length === 0) return;
  if (state.group.length === 0) state.groupFirstClock = firstClock(piece.packets);
  state.group.push(piece);
  state.groupBytes += piece.packets.length;
  if (state.groupBytes > GROUP_LIMIT_BYTES) setGroup(state, []);
}

function setGroup(state: SourceState, group: Piece[]): void {
  state.group = group;
  state.groupBytes = group.reduce((sum, { packets }) => sum + packets.length, 0);
  state.groupFirstClock = group.map(({ packets }) => firstClock(packets)).find((clock) => clock !== null) ?? null;
}

/** Splits packets in front of every key frame. */
function cut(packets: Buffer, keyOffsets: readonly number[]): Piece[] {
  const starts = keyOffsets[0] === 0 ? keyOffsets : [0, ...keyOffsets];
  return starts.map((start, index) => ({
    packets: packets.subarray(start, starts[index + 1] ?? packets.length),
    startsWithKey: start !== 0 || keyOffsets[0] === 0,
  }));
}
