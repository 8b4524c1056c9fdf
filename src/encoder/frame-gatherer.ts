import { isRandomAccess, PACKET_BYTES, payloadStart, readClock } from "./transport-stream.ts";

/** A frame of a stream, or several sound frames in one: what a header with a time stands in front of. */
export interface Frame {
  /** Whole packets, of this stream alone. */
  readonly packets: Buffer;
  /** Its decoding time; null when it has none. */
  readonly clock: number | null;
  /** Its first packet says that a decoder can start with it. */
  readonly isMarked: boolean;
}

const HEADER_BYTES = 6;
const FIRST_ROOM_BYTES = 64 * PACKET_BYTES;
/** No picture is longer: beginnings of frames were lost, and the next one is waited for. */
const LIMIT_BYTES = 8_000_000;

/** Gathers the packets of one stream into frames, under another packet identifier. What comes before the first beginning is left out. */
export class FrameGatherer {
  readonly #pid: number;
  #bytes = Buffer.allocUnsafe(FIRST_ROOM_BYTES);
  #length = 0;
  /** Of payload that the frame at hand still lacks; null while it does not say how long it is. */
  #missing: number | null = null;

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** Takes one packet; gives the frame that it completes, or that ends where it begins another one. */
  push(packets: Buffer, at: number): Frame | null {
    const payload = payloadStart(packets, at);
    if (payload === null) return null;
    const startsFrame = ((packets[at + 1] ?? 0) & 0x40) !== 0;
    const before = startsFrame ? this.#take() : null;
    if (startsFrame) this.#missing = missingAfterHeader(packets, payload, at + PACKET_BYTES);
    else if (this.#length === 0) return null;
    this.#keep(packets, at);
    if (this.#missing === null) return before;
    this.#missing -= at + PACKET_BYTES - payload;
    // Behind one that was cut short, it waits for what comes next.
    return this.#missing <= 0 ? (before ?? this.#take()) : before;
  }

  #keep(packets: Buffer, at: number): void {
    if (this.#length + PACKET_BYTES > LIMIT_BYTES) return this.#forget();
    if (this.#length + PACKET_BYTES > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(this.#bytes.length * 2);
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    packets.copy(this.#bytes, this.#length, at, at + PACKET_BYTES);
    this.#bytes[this.#length + 1] = ((this.#bytes[this.#length + 1] ?? 0) & 0xe0) | (this.#pid >> 8);
    this.#bytes[this.#length + 2] = this.#pid & 0xff;
    this.#length += PACKET_BYTES;
  }

  #forget(): void {
    this.#bytes = Buffer.allocUnsafe(FIRST_ROOM_BYTES);
    this.#length = 0;
    this.#missing = null;
  }

  #take(): Frame | null {
    if (this.#length === 0) return null;
    const packets = Buffer.from(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    this.#missing = null;
    return { packets, clock: readClock(packets, 0), isMarked: isRandomAccess(packets, 0) };
  }
}

/** How much payload a frame has from its header on, by what it says itself; null when it does not say. */
function missingAfterHeader(packets: Buffer, payload: number, end: number): number | null {
  if (payload + HEADER_BYTES > end) return null;
  const length = packets.readUInt16BE(payload + 4);
  return length === 0 ? null : HEADER_BYTES + length;
}
