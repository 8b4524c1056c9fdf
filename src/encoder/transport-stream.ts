/** One packet of an MPEG transport stream, in bytes. */
export const PACKET_BYTES = 188;

const SYNC_BYTE = 0x47;
const PAT_PID = 0;
/** Timestamps are 33 bits of a 90 kHz clock. */
const CLOCK_MODULUS = 2 ** 33;
export const CLOCK_PER_SECOND = 90_000;

const VIDEO_STREAM_TYPES: ReadonlySet<number> = new Set([0x01, 0x02, 0x10, 0x1b, 0x20, 0x24, 0x33, 0x42, 0xd1, 0xea]);

/** Cuts a byte stream into whole packets; bytes in front of the first sync byte are dropped. */
export class PacketAligner {
  #rest: Buffer = Buffer.alloc(0);

  /** All packets that are whole by now, in one buffer. */
  push(chunk: Buffer): Buffer {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    let start = 0;
    while (start < bytes.length && !isPacketStart(bytes, start)) start += 1;
    const end = start + Math.floor((bytes.length - start) / PACKET_BYTES) * PACKET_BYTES;
    this.#rest = bytes.subarray(end);
    return bytes.subarray(start, end);
  }
}

function isPacketStart(bytes: Buffer, at: number): boolean {
  if (bytes[at] !== SYNC_BYTE) return false;
  const next = at + PACKET_BYTES;
  return next >= bytes.length || bytes[next] === SYNC_BYTE;
}

export interface StreamIdentifiers {
  readonly table: number | null;
  readonly video: number | null;
  readonly audio: number | null;
}

/** A time of each stream, in ticks of 90 kHz modulo 2^33. */
export interface StreamClocks {
  readonly video: number | null;
  readonly audio: number | null;
}

/** What a scan of whole packets found. */
export interface PacketScan {
  /** Where in the buffer pictures begin from which a decoder can start. */
  readonly keyOffsets: readonly number[];
}

/**
 * Follows one transport stream: learns its tables, finds where a decoder can start, and keeps the newest timestamp.
 * Without video, a decoder can start anywhere: such a stream is cut every `AUDIO_CUT_SECONDS`.
 */
export class StreamTracker {
  #pat: Buffer | null = null;
  #pmt: Buffer | null = null;
  #pmtPid: number | null = null;
  #videoPid: number | null = null;
  #audioPid: number | null = null;
  #streamTypes = "";
  #lastCutClock: number | null = null;
  #lastClock: number | null = null;

  /** The tables that a decoder needs before it meets a key frame; empty until they are known. */
  get tables(): readonly Buffer[] {
    return this.#pat && this.#pmt ? [this.#pat, this.#pmt] : [];
  }

  /** Decoding time of the newest frame, in ticks of 90 kHz modulo 2^33; null before the first. */
  get lastClock(): number | null {
    return this.#lastClock;
  }

  /** The packet identifiers of its first video and audio stream; null for what it has none of. */
  get streams(): StreamIdentifiers {
    return { table: this.#pmtPid, video: this.#videoPid, audio: this.#audioPid };
  }

  /** Every stream with its kind, in one text: a decoder that was set up for one layout cannot go on with another. */
  get layout(): string {
    return this.#streamTypes;
  }

  scan(packets: Buffer): PacketScan {
    const keyOffsets: number[] = [];
    for (let at = 0; at + PACKET_BYTES <= packets.length; at += PACKET_BYTES) {
      const second = packets[at + 1] ?? 0;
      const startsUnit = (second & 0x40) !== 0;
      if (!startsUnit) continue;
      const pid = ((second & 0x1f) << 8) | (packets[at + 2] ?? 0);
      if (pid === PAT_PID) this.#readPat(packets, at);
      else if (pid === this.#pmtPid) this.#readPmt(packets, at);
      else if (this.#noteUnit(packets, at, pid)) keyOffsets.push(at);
    }
    return { keyOffsets };
  }

  #readPat(packets: Buffer, at: number): void {
    const section = sectionStart(packets, at);
    if (section === null || packets[section] !== 0x00) return;
    this.#pat = Buffer.from(packets.subarray(at, at + PACKET_BYTES));
    const end = Math.min(section + 3 + sectionLength(packets, section) - 4, at + PACKET_BYTES - 4);
    for (let entry = section + 8; entry + 4 <= end; entry += 4) {
      const isNetwork = packets.readUInt16BE(entry) === 0;
      if (isNetwork) continue;
      this.#pmtPid = packets.readUInt16BE(entry + 2) & 0x1fff;
      return;
    }
  }

  #readPmt(packets: Buffer, at: number): void {
    const section = sectionStart(packets, at);
    if (section === null || packets[section] !== 0x02) return;
    this.#pmt = Buffer.from(packets.subarray(at, at + PACKET_BYTES));
    const packetEnd = at + PACKET_BYTES;
    const end = Math.min(section + 3 + sectionLength(packets, section) - 4, packetEnd - 5);
    const descriptors = section + 10 + 2 <= packetEnd ? packets.readUInt16BE(section + 10) & 0x0fff : 0;
    const pids = { video: [] as number[], other: [] as number[] };
    const types: string[] = [];
    for (let entry = section + 12 + descriptors; entry + 5 <= end; entry += 5 + (packets.readUInt16BE(entry + 3) & 0x0fff)) {
      const list = VIDEO_STREAM_TYPES.has(packets[entry] ?? 0) ? pids.video : pids.other;
      list.push(packets.readUInt16BE(entry + 1) & 0x1fff);
      types.push(`${packets[entry] ?? 0}@${packets.readUInt16BE(entry + 1) & 0x1fff}`);
    }
    this.#streamTypes = types.join(" ");
    this.#videoPid = pids.video[0] ?? null;
    this.#audioPid = pids.other[0] ?? null;
  }

  /** Notes the time of the unit that starts here; true when a decoder can start with it. */
  #noteUnit(packets: Buffer, at: number, pid: number): boolean {
    const clock = readClock(packets, at);
    if (clock !== null && (pid === this.#videoPid || this.#videoPid === null)) {
      this.#lastClock = clock;
    }
    if (pid === this.#videoPid) return isRandomAccess(packets, at);
    if (this.#videoPid !== null || pid !== this.#audioPid || clock === null) return false;
    const isDue =
      this.#lastCutClock === null || Math.abs(clockDifference(clock, this.#lastCutClock)) >= AUDIO_CUT_SECONDS * CLOCK_PER_SECOND;
    if (isDue) this.#lastCutClock = clock;
    return isDue;
  }
}

const AUDIO_CUT_SECONDS = 2;

/** `later - earlier` in ticks, across the wrap of the clock. */
export function clockDifference(later: number, earlier: number): number {
  const difference = moveClock(later, -earlier);
  return difference >= CLOCK_MODULUS / 2 ? difference - CLOCK_MODULUS : difference;
}

/** Moves every timestamp of these packets by so many ticks, in place, so that a stream that began anew goes on where the last one ended. */
export function shiftClocks(packets: Buffer, ticks: number): void {
  if (ticks === 0) return;
  for (let at = 0; at + PACKET_BYTES <= packets.length; at += PACKET_BYTES) shiftPacket(packets, at, ticks);
}

/** The same for the one packet that begins there. */
export function shiftPacket(packets: Buffer, at: number, ticks: number): void {
  const hasAdaptation = ((packets[at + 3] ?? 0) & 0x20) !== 0;
  if (hasAdaptation && (packets[at + 4] ?? 0) >= 7 && ((packets[at + 5] ?? 0) & 0x10) !== 0) shiftProgramClock(packets, at + 6, ticks);
  const header = frameHeader(packets, at);
  if (header === null) return;
  const flags = (packets[header + 7] ?? 0) >> 6;
  if (flags & 2) writeStamp(packets, header + 9, moveClock(readStamp(packets, header + 9), ticks));
  if (flags === 3) writeStamp(packets, header + 14, moveClock(readStamp(packets, header + 14), ticks));
}

/** A timestamp moved by so many ticks, around the wrap of the clock. */
export function moveClock(clock: number, ticks: number): number {
  return (((clock + ticks) % CLOCK_MODULUS) + CLOCK_MODULUS) % CLOCK_MODULUS;
}

/** The program clock reference: 33 bits of 90 kHz, 6 reserved, 9 bits of 27 MHz which stay as they are. */
function shiftProgramClock(packets: Buffer, at: number, ticks: number): void {
  const base = packets.readUInt32BE(at) * 2 + ((packets[at + 4] ?? 0) >> 7);
  const shifted = moveClock(base, ticks);
  packets.writeUInt32BE(Math.floor(shifted / 2), at);
  packets[at + 4] = ((shifted % 2) << 7) | ((packets[at + 4] ?? 0) & 0x7f);
}

/** Where a section begins in a packet that starts one, behind its pointer field. */
function sectionStart(packets: Buffer, at: number): number | null {
  const payload = payloadStart(packets, at);
  if (payload === null) return null;
  const section = payload + 1 + (packets[payload] ?? 0);
  return section + 12 <= at + PACKET_BYTES ? section : null;
}

function sectionLength(packets: Buffer, section: number): number {
  return packets.readUInt16BE(section + 1) & 0x0fff;
}

/** Where the payload of a packet begins; null when it has none. */
export function payloadStart(packets: Buffer, at: number): number | null {
  const control = (packets[at + 3] ?? 0) >> 4;
  if ((control & 1) === 0) return null;
  const start = at + 4 + ((control & 2) !== 0 ? 1 + (packets[at + 4] ?? 0) : 0);
  return start < at + PACKET_BYTES ? start : null;
}

/** Whether a packet says that a decoder can start with the frame that begins in it. */
export function isRandomAccess(packets: Buffer, at: number): boolean {
  const hasAdaptation = ((packets[at + 3] ?? 0) & 0x20) !== 0;
  return hasAdaptation && (packets[at + 4] ?? 0) > 0 && ((packets[at + 5] ?? 0) & 0x40) !== 0;
}

/** Where the header of an elementary stream's frame begins, when one with its optional fields begins in this packet. */
export function frameHeader(packets: Buffer, at: number): number | null {
  if (((packets[at + 1] ?? 0) & 0x40) === 0) return null;
  const start = payloadStart(packets, at);
  if (start === null || start + 19 > at + PACKET_BYTES) return null;
  const isFrame = packets[start] === 0 && packets[start + 1] === 0 && packets[start + 2] === 1;
  return isFrame && ((packets[start + 6] ?? 0) & 0xc0) === 0x80 ? start : null;
}

export function packetIdentifier(packets: Buffer, at: number): number {
  return packets.readUInt16BE(at + 1) & 0x1fff;
}

/** The decoding time of the frame that begins in a packet, where there is one, else its presentation time; null when none begins. */
export function readClock(packets: Buffer, at: number): number | null {
  const header = frameHeader(packets, at);
  if (header === null) return null;
  const flags = (packets[header + 7] ?? 0) >> 6;
  if (flags === 3) return readStamp(packets, header + 14);
  return flags === 2 ? readStamp(packets, header + 9) : null;
}

function readStamp(packets: Buffer, at: number): number {
  const high = ((packets[at] ?? 0) >> 1) & 0x07;
  const middle = packets.readUInt16BE(at + 1) >> 1;
  const low = packets.readUInt16BE(at + 3) >> 1;
  return high * 2 ** 30 + middle * 2 ** 15 + low;
}

function writeStamp(packets: Buffer, at: number, clock: number): void {
  packets[at] = ((packets[at] ?? 0) & 0xf1) | ((Math.floor(clock / 2 ** 30) & 0x07) << 1);
  packets.writeUInt16BE(((Math.floor(clock / 2 ** 15) & 0x7fff) << 1) | 1, at + 1);
  packets.writeUInt16BE(((clock & 0x7fff) << 1) | 1, at + 3);
}

/** The decoding time at which these packets begin, or one stream in them: that of its first frame; null when none begins. */
export function firstClock(packets: Buffer, pid?: number | null): number | null {
  for (let at = 0; at + PACKET_BYTES <= packets.length; at += PACKET_BYTES) {
    if (pid !== undefined && packetIdentifier(packets, at) !== pid) continue;
    const clock = readClock(packets, at);
    if (clock !== null) return clock;
  }
  return null;
}
