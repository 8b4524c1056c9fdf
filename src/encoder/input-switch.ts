import type { Writable } from "node:stream";
import type { InputPath } from "../sessions/session.rules.ts";
import { CLOCK_PER_SECOND, clockDifference, firstClock, moveClock, PacketAligner, shiftClocks, StreamTracker } from "./transport-stream.ts";

/** Beyond this an encoder has fallen behind for good: what it cannot take is dropped up to a key frame, and memory stays bounded. */
const QUEUE_LIMIT_BYTES = 4_000_000;
/** Feeding goes on, at a key frame, once so little is queued. */
const QUEUE_RESUME_BYTES = 1_000_000;
/** The newest group of pictures is kept up to this; a longer one is forgotten until its next key frame. */
const GROUP_LIMIT_BYTES = 8_000_000;
/** What lies between the last frame of one stream and the first of the next on the common timeline. */
const SEAM_TICKS = Math.round(CLOCK_PER_SECOND / 25);

export interface PathCounters {
  /** Bytes of media since the session began. */
  readonly bytes: number;
  /** By the monotonic clock, in milliseconds; null before the first byte. */
  readonly lastByteAt: number | null;
}

interface Piece {
  readonly packets: Buffer;
  readonly startsWithKey: boolean;
}

/** One input path. A stream is held back after it (re)starts, until somebody has looked at what it is. */
interface PathState {
  aligner: PacketAligner;
  tracker: StreamTracker;
  group: Buffer[];
  groupBytes: number;
  groupFirstClock: number | null;
  isHeld: boolean;
  /** Moves this stream onto the timeline of the output. */
  shiftTicks: number;
  bytes: number;
  lastByteAt: number | null;
}

/**
 * Bytes from the inputs to the encoder. It counts them, keeps the last group of pictures of every path, feeds that of the
 * active path, and lays streams that begin anew end to end on one timeline, so that the encoder never sees a break.
 * It never makes an input wait: an encoder that is too slow misses pictures, from key frame to key frame.
 */
export class InputSwitch {
  readonly #paths = new Map<InputPath, PathState>();
  #activePath: InputPath = "A";
  #sink: Writable | null = null;
  #isDropping = false;
  #dropCount = 0;
  #writtenClock: number | null = null;

  /** How often feeding broke off because the encoder was too slow. */
  get dropCount(): number {
    return this.#dropCount;
  }

  counters(path: InputPath): PathCounters {
    const state = this.#paths.get(path);
    return { bytes: state?.bytes ?? 0, lastByteAt: state?.lastByteAt ?? null };
  }

  /** Bits that the last group of pictures took for each second of it; null before there is one. */
  bitsPerSecond(path: InputPath): number | null {
    const state = this.#paths.get(path);
    if (!state || state.groupFirstClock === null || state.tracker.lastClock === null) return null;
    const ticks = clockDifference(moveClock(state.tracker.lastClock, state.shiftTicks), state.groupFirstClock);
    return ticks < CLOCK_PER_SECOND / 4 ? null : Math.round((state.groupBytes * 8 * CLOCK_PER_SECOND) / ticks);
  }

  /** A path's stream begins anew: what was kept of it is forgotten, and it is held back until `release`. */
  restart(path: InputPath): void {
    const before = this.#paths.get(path);
    this.#paths.set(path, {
      aligner: new PacketAligner(),
      tracker: new StreamTracker(),
      group: [],
      groupBytes: 0,
      groupFirstClock: null,
      isHeld: true,
      shiftTicks: 0,
      bytes: before?.bytes ?? 0,
      lastByteAt: before?.lastByteAt ?? null,
    });
  }

  accept(path: InputPath, chunk: Buffer, now: number): void {
    const state = this.#paths.get(path);
    if (!state) return;
    state.bytes += chunk.length;
    state.lastByteAt = now;
    const packets = state.aligner.push(chunk);
    if (packets.length === 0) return;
    const { keyOffsets } = state.tracker.scan(packets);
    if (!state.isHeld) shiftClocks(packets, state.shiftTicks);
    for (const piece of cut(packets, keyOffsets)) {
      this.#keep(state, piece);
      if (!state.isHeld && path === this.#activePath) this.#feed(state, piece);
    }
  }

  /** Whether a path's stream waits to be looked at, and how many seconds of media it has gathered from its first key frame on. */
  gatheredSeconds(path: InputPath): number | null {
    const state = this.#paths.get(path);
    if (!state?.isHeld || state.groupFirstClock === null || state.tracker.lastClock === null) return null;
    return clockDifference(state.tracker.lastClock, state.groupFirstClock) / CLOCK_PER_SECOND;
  }

  /** What a path keeps: its tables, and everything from a key frame on. */
  gatheredBytes(path: InputPath): Buffer {
    const state = this.#paths.get(path);
    return state ? Buffer.concat([...state.tracker.tables, ...state.group]) : Buffer.alloc(0);
  }

  /** Lets a held path go on to the encoder, its timestamps moved to where the output stands. */
  release(path: InputPath): void {
    const state = this.#paths.get(path);
    if (!state?.isHeld) return;
    state.isHeld = false;
    const first = state.group.map(firstClock).find((clock) => clock !== null) ?? null;
    if (this.#writtenClock !== null && first !== null) {
      state.shiftTicks = clockDifference(this.#writtenClock, first) + SEAM_TICKS;
      for (const packets of state.group) shiftClocks(packets, state.shiftTicks);
    }
    if (path === this.#activePath) this.#feedGroup(state);
  }

  /** Feeds an encoder from now on, beginning with the last group of pictures of the active path. */
  attach(sink: Writable): void {
    this.#sink = sink;
    this.#isDropping = false;
    const state = this.#paths.get(this.#activePath);
    if (state && !state.isHeld) this.#feedGroup(state);
  }

  detach(): void {
    this.#sink = null;
  }

  #keep(state: PathState, { packets, startsWithKey }: Piece): void {
    if (startsWithKey && !(state.isHeld && state.group.length > 0)) {
      state.group = [];
      state.groupBytes = 0;
      state.groupFirstClock = firstClock(packets);
    } else if (state.group.length === 0) {
      return;
    }
    state.group.push(packets);
    state.groupBytes += packets.length;
    if (state.groupBytes > GROUP_LIMIT_BYTES) {
      state.group = [];
      state.groupBytes = 0;
      state.groupFirstClock = null;
    }
  }

  #feedGroup(state: PathState): void {
    if (!this.#sink) return;
    this.#isDropping = state.group.length === 0;
    if (this.#isDropping) return;
    for (const packets of [...state.tracker.tables, ...state.group]) this.#sink.write(packets);
    this.#noteWritten(state);
  }

  #feed(state: PathState, { packets, startsWithKey }: Piece): void {
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
    this.#noteWritten(state);
  }

  #noteWritten(state: PathState): void {
    const { lastClock } = state.tracker;
    if (lastClock !== null) this.#writtenClock = moveClock(lastClock, state.shiftTicks);
  }
}

/** Splits packets in front of every key frame. */
function cut(packets: Buffer, keyOffsets: readonly number[]): Piece[] {
  const starts = keyOffsets[0] === 0 ? keyOffsets : [0, ...keyOffsets];
  return starts.map((start, index) => ({
    packets: packets.subarray(start, starts[index + 1] ?? packets.length),
    startsWithKey: start !== 0 || keyOffsets[0] === 0,
  }));
}
