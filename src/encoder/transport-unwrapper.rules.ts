import { PACKET_BYTES } from "./transport-stream.ts";

/** Packets that follow one another. */
export interface PacketRun {
  /** Whole packets of the transport stream, in order; may be empty, and may be a part of what was pushed. */
  readonly packets: Buffer;
  /** Packets that went missing in front of them, with the RTP packets they were in. */
  readonly lostBefore: number;
}

const SYNC_BYTE = 0x47;
const RTP_VERSION = 2;
const RTP_HEADER_BYTES = 12;
const MPEG_TS_PAYLOAD = 33;
const SEQUENCE_MODULUS = 65_536;
/** Nobody sends a longer one; it is taken for chance. */
const EXTENSION_LIMIT_BYTES = 1_024;
/** A greater step is a sender that began anew. */
const GAP_LIMIT = 3_000;
/** Seven packets fill a datagram: what is assumed to have been in a lost one before any was seen. */
const PACKETS_IN_DATAGRAM = 7;

/**
 * Takes MPEG-TS out of received datagrams that were strung together, sent as they are or in RTP (payload type 33): where they begin
 * is told by the packets themselves, all of 188 bytes that begin with 0x47, and by the headers of RTP between them, which begin
 * with 0x80 to 0xbf. Whatever else comes is skipped. Of RTP, what comes late or twice is left out.
 */
export class TransportUnwrapper {
  #rest: Buffer = Buffer.alloc(0);
  /** What came last was a packet or a header, and no rubbish in which a sync byte means nothing. */
  #isAligned = false;
  #sequence: number | null = null;
  #source: number | null = null;
  #isLate = false;
  #inDatagram = 0;
  #datagramPackets = PACKETS_IN_DATAGRAM;

  /** What is whole by now, cut where something is missing. */
  push(chunk: Buffer): readonly PacketRun[] {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const runs: PacketRun[] = [];
    let pieces: Buffer[] = [];
    let lostBefore = 0;
    let at = 0;
    /** Where the packets begin that lie side by side up to `at`. */
    let from = 0;
    while (at < bytes.length) {
      const length = this.#lengthAt(bytes, at);
      if (length === null) break;
      const isPacket = length === PACKET_BYTES && bytes[at] === SYNC_BYTE;
      if (isPacket) this.#inDatagram += 1;
      if (!isPacket || this.#isLate) {
        if (from < at) pieces.push(bytes.subarray(from, at));
        from = at + length;
      }
      if (!isPacket && length > 1) {
        const lost = this.#noteHeader(bytes, at);
        if (lost > 0) {
          runs.push({ packets: inOne(pieces), lostBefore });
          pieces = [];
          lostBefore = lost;
        }
      }
      this.#isAligned = length > 1;
      at += length;
    }
    if (from < at) pieces.push(bytes.subarray(from, at));
    this.#rest = bytes.subarray(at);
    runs.push({ packets: inOne(pieces), lostBefore });
    return runs;
  }

  /** What comes next does not follow on what came: how much is missing is known, and counted elsewhere. */
  skip(): void {
    this.#rest = Buffer.alloc(0);
    this.#isAligned = false;
    this.#sequence = null;
    this.#isLate = false;
    this.#inDatagram = 0;
  }

  /** Of the packet or header that begins there; 1 for a byte of neither; null when more bytes are needed to tell. */
  #lengthAt(bytes: Buffer, at: number): number | null {
    const left = bytes.length - at;
    if (bytes[at] === SYNC_BYTE) {
      if (left < PACKET_BYTES) return null;
      if (left === PACKET_BYTES) return this.#isAligned ? PACKET_BYTES : null;
      return isStart(bytes[at + PACKET_BYTES]) ? PACKET_BYTES : 1;
    }
    if (!isRtpByte(bytes[at])) return 1;
    const length = headerLength(bytes, at);
    if (length === null) return null;
    return length > 1 && left <= length ? null : length > 1 && bytes[at + length] !== SYNC_BYTE ? 1 : length;
  }

  /** How many packets went missing in front of this header. */
  #noteHeader(bytes: Buffer, at: number): number {
    const sequence = bytes.readUInt16BE(at + 2);
    const source = bytes.readUInt32BE(at + 8);
    if (this.#inDatagram > 0) this.#datagramPackets = this.#inDatagram;
    this.#inDatagram = 0;
    const isFirst = this.#sequence === null || this.#source !== source;
    const step = isFirst ? 1 : (sequence - (this.#sequence ?? 0) + SEQUENCE_MODULUS) % SEQUENCE_MODULUS;
    const isAnew = step > GAP_LIMIT && step < SEQUENCE_MODULUS - GAP_LIMIT;
    this.#isLate = !isAnew && (step === 0 || step >= SEQUENCE_MODULUS - GAP_LIMIT);
    if (this.#isLate) return 0;
    this.#sequence = sequence;
    this.#source = source;
    return isAnew ? 0 : (step - 1) * this.#datagramPackets;
  }
}

function inOne(pieces: readonly Buffer[]): Buffer {
  const [first] = pieces;
  return first && pieces.length === 1 ? first : Buffer.concat(pieces);
}

function isStart(byte: number | undefined): boolean {
  return byte === SYNC_BYTE || isRtpByte(byte);
}

function isRtpByte(byte: number | undefined): boolean {
  return byte !== undefined && byte >> 6 === RTP_VERSION;
}

/** Of an RTP header with its list of sources and its extension; 1 when there is none; null when more bytes are needed to tell. */
function headerLength(bytes: Buffer, at: number): number | null {
  if (bytes.length - at < RTP_HEADER_BYTES) return null;
  if (((bytes[at + 1] ?? 0) & 0x7f) !== MPEG_TS_PAYLOAD) return 1;
  const length = RTP_HEADER_BYTES + 4 * ((bytes[at] ?? 0) & 0x0f);
  const hasExtension = ((bytes[at] ?? 0) & 0x10) !== 0;
  if (!hasExtension) return length;
  if (bytes.length - at < length + 4) return null;
  const extension = 4 * bytes.readUInt16BE(at + length + 2);
  return extension > EXTENSION_LIMIT_BYTES ? 1 : length + 4 + extension;
}
