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

export interface GathererOptions {
  /** The packet identifier that its packets get. */
  readonly pid: number;
  /** What says its length is whole with it. Pictures are whole where the next one begins: what they say may be too little by any number of 65,536. */
  readonly endsByLength: boolean;
}

const HEADER_BYTES = 6;
const COUNTER_MODULUS = 16;
const DAMAGED = 0x80;
const SCRAMBLED = 0xc0;
const FIRST_ROOM_BYTES = 64 * PACKET_BYTES;
/** No picture is longer: beginnings of frames were lost, and the next one is waited for. */
const LIMIT_BYTES = 8_000_000;

/**
 * Gathers the packets of one stream into frames. What comes before the first beginning is left out, and so is what comes twice, or
 * scrambled: nobody could decode it, so that it is not there. What was lost or damaged was counted in front of us: nothing tells of it any more, since an encoder would throw the whole frame away for it.
 */
export class FrameGatherer {
  readonly #options: GathererOptions;
  #bytes = Buffer.allocUnsafe(FIRST_ROOM_BYTES);
  #length = 0;
  /** Of payload that the frame at hand still lacks; null while it does not say how long it is. */
  #missing: number | null = null;
  #counter = 0;
  /** The counter of the newest packet as it came, and where it stands; null before the first. */
  #newest: { readonly counter: number; readonly at: number } | null = null;

  constructor(options: GathererOptions) {
    this.#options = options;
  }

  /** Takes one packet; gives the frame that it completes, or that ends where it begins another one. */
  push(packets: Buffer, at: number): Frame | null {
    const payload = payloadStart(packets, at);
    const isScrambled = ((packets[at + 3] ?? 0) & SCRAMBLED) !== 0;
    if (payload === null || isScrambled || this.#isRepeated(packets, at, payload)) return null;
    const startsFrame = ((packets[at + 1] ?? 0) & 0x40) !== 0;
    const before = startsFrame ? this.#take() : null;
    if (startsFrame) this.#missing = missingAfterHeader(packets, payload, at + PACKET_BYTES);
    else if (this.#length === 0) return null;
    this.#keep(packets, at);
    if (this.#missing === null) return before;
    this.#missing -= at + PACKET_BYTES - payload;
    // Behind one that was cut short, it waits for what comes next.
    return this.#options.endsByLength && this.#missing <= 0 ? (before ?? this.#take()) : before;
  }

  /** A packet may be sent twice, one right behind the other, with nothing but its clock changed. */
  #isRepeated(packets: Buffer, at: number, payload: number): boolean {
    if (this.#newest?.counter !== ((packets[at + 3] ?? 0) & 0x0f)) return false;
    const [from, end] = [this.#newest.at + payload - at, this.#newest.at + PACKET_BYTES];
    return packets.compare(this.#bytes, from, end, payload, at + PACKET_BYTES) === 0;
  }

  #keep(packets: Buffer, at: number): void {
    const end = this.#length + PACKET_BYTES;
    if (end > LIMIT_BYTES) return this.#forget();
    if (end > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], this.#bytes.length * 2);
    packets.copy(this.#bytes, this.#length, at, at + PACKET_BYTES);
    const [second = 0, fourth = 0] = [packets[at + 1], packets[at + 3]];
    const { pid } = this.#options;
    this.#bytes[this.#length + 1] = (second & 0xe0 & ~DAMAGED) | (pid >> 8);
    this.#bytes[this.#length + 2] = pid & 0xff;
    this.#bytes[this.#length + 3] = (fourth & 0xf0) | this.#counter;
    this.#newest = { counter: fourth & 0x0f, at: this.#length };
    this.#counter = (this.#counter + 1) % COUNTER_MODULUS;
    this.#length = end;
  }

  #forget(): void {
    this.#newest = null;
    this.#bytes = Buffer.allocUnsafe(FIRST_ROOM_BYTES);
    this.#length = 0;
    this.#missing = null;
  }

  #take(): Frame | null {
    if (this.#length === 0) return null;
    const packets = Buffer.from(this.#bytes.subarray(0, this.#length));
    if (this.#missing !== null && this.#missing > 0) shorten(packets, this.#missing);
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

/** Has a frame of which so much was lost say how long it is without. */
function shorten(packets: Buffer, missing: number): void {
  const at = (payloadStart(packets, 0) ?? 0) + 4;
  packets.writeUInt16BE(Math.max(1, packets.readUInt16BE(at) - missing), at);
}
