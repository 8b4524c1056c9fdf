import {
  CLOCK_PER_SECOND,
  clockDifference,
  moveClock,
  PACKET_BYTES,
  packetIdentifier,
  readClock,
  shiftPacket,
  type StreamClocks,
  type StreamIdentifiers,
} from "./transport-stream.ts";

/** Until two frames of a stream have been seen, frames count as being of 25 per second. */
const FRAME_TICKS = Math.round(CLOCK_PER_SECOND / 25);
const FRAME_TICKS_MOST = CLOCK_PER_SECOND;
/** A frame that lies so much further behind the one before it than it came later is from a clock that was set anew. */
const LEAP_TICKS = CLOCK_PER_SECOND;
/** And so is one that lies so far in front of it. */
const RETURN_TICKS = CLOCK_PER_SECOND / 5;

interface StreamEnd {
  readonly clock: number;
  readonly frameTicks: number;
  /** When that frame came, by the session's clock. */
  readonly at: number;
}

/**
 * Moves the timestamps of one transport stream by a shift that is given, and by one of its own for every time that the sender's clock
 * is set anew within the stream: what follows is laid end to end, as ffmpeg in front of us does, where it is there, for leaps of more than 10 s alone.
 */
export class Restamper {
  #shiftTicks = 0;
  #video: StreamEnd | null = null;
  #audio: StreamEnd | null = null;

  /** Where each stream ends by now, were no more of it to come; null for what has not begun. */
  get ends(): StreamClocks {
    const endOf = (end: StreamEnd | null): number | null => end && moveClock(end.clock, end.frameTicks);
    return { video: endOf(this.#video), audio: endOf(this.#audio) };
  }

  /** The time of the newest frame, of the pictures where there are any; null before the first. */
  get lastClock(): number | null {
    return (this.#video ?? this.#audio)?.clock ?? null;
  }

  /** Everything that follows is moved by so much more; so is what is known of the end. */
  move(ticks: number): void {
    this.#shiftTicks += ticks;
    if (this.#video) this.#video = { ...this.#video, clock: moveClock(this.#video.clock, ticks) };
    if (this.#audio) this.#audio = { ...this.#audio, clock: moveClock(this.#audio.clock, ticks) };
  }

  /** Moves whole packets in place. `now` is when they came. */
  restamp(packets: Buffer, { video, audio }: StreamIdentifiers, now: number): void {
    for (let at = 0; at + PACKET_BYTES <= packets.length; at += PACKET_BYTES) {
      const clock = readClock(packets, at);
      const pid = clock === null ? null : packetIdentifier(packets, at);
      if (clock !== null && pid === video) this.#video = this.#follow(this.#video, clock, now);
      else if (clock !== null && pid === audio) this.#audio = this.#follow(this.#audio, clock, now);
      if (this.#shiftTicks !== 0) shiftPacket(packets, at, this.#shiftTicks);
    }
  }

  /** The stream whose frame shows it first carries all others along. */
  #follow(before: StreamEnd | null, clock: number, now: number): StreamEnd {
    const moved = moveClock(clock, this.#shiftTicks);
    if (!before) return { clock: moved, frameTicks: FRAME_TICKS, at: now };
    const ticks = clockDifference(moved, before.clock);
    const isSetAnew = ticks < -RETURN_TICKS || ticks - ((now - before.at) * CLOCK_PER_SECOND) / 1_000 > LEAP_TICKS;
    if (isSetAnew) {
      this.#shiftTicks += before.frameTicks - ticks;
      return { ...before, clock: moveClock(before.clock, before.frameTicks), at: now };
    }
    return { clock: moved, frameTicks: ticks > 0 && ticks <= FRAME_TICKS_MOST ? ticks : before.frameTicks, at: now };
  }
}
