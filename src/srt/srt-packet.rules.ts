/** Kinds of control packets that we read or write. */
export const ControlType = {
  HANDSHAKE: 0x0000,
  KEEP_ALIVE: 0x0001,
  ACKNOWLEDGEMENT: 0x0002,
  LOSS_REPORT: 0x0003,
  SHUTDOWN: 0x0005,
  /** The answer to an acknowledgement, by which the receiver measures the way. */
  ACKNOWLEDGEMENT_RECEIVED: 0x0006,
  DROP_REQUEST: 0x0007,
  /** Extensions of SRT; its subtype says which. */
  USER_DEFINED: 0x7fff,
} as const;
export type ControlType = (typeof ControlType)[keyof typeof ControlType];

export const HEADER_BYTES = 16;
/** Sequence numbers have 31 bits. */
export const SEQUENCE_LIMIT = 0x8000_0000;
/** Message numbers have 26 bits, and begin at 1. */
export const MESSAGE_NUMBER_LIMIT = 0x0400_0000;

const RANGE_FLAG = 0x8000_0000;
/** A whole message in one packet, which may be delivered out of order. */
const SOLO_MESSAGE = 0xc000_0000;
const RETRANSMITTED = 0x0400_0000;

/** Which of the two keys a payload is encrypted with. */
export type KeySlot = "EVEN" | "ODD";
const KEY_FLAGS: Readonly<Record<KeySlot, number>> = { EVEN: 0x0800_0000, ODD: 0x1000_0000 };

/** Where a packet belongs in the flow of its connection. */
export interface PacketPlace {
  /** Microseconds since the connection began, 32 bits. */
  readonly timestamp: number;
  /** The socket of the receiver that it is meant for; zero for one that asks for a connection. */
  readonly destination: number;
}

export interface ControlPacket extends PacketPlace {
  readonly type: number;
  readonly subtype: number;
  /** The number of an acknowledgement, the message of a drop request. */
  readonly info: number;
  readonly body: Buffer;
}

export interface DataPacket extends PacketPlace {
  readonly sequence: number;
  readonly message: number;
  readonly key: KeySlot | null;
  readonly payload: Buffer;
}

export function isControlPacket(packet: Buffer): boolean {
  return packet.length >= HEADER_BYTES && (packet[0] ?? 0) >= 0x80;
}

export function isDataPacket(packet: Buffer): boolean {
  return packet.length >= HEADER_BYTES && (packet[0] ?? 0x80) < 0x80;
}

/** Whether this is a control packet of this kind, without reading the rest of it. */
export function isControlOf(packet: Buffer, type: ControlType): boolean {
  return isControlPacket(packet) && (packet.readUInt16BE(0) & 0x7fff) === type;
}

/** Which socket a packet of any kind is meant for; zero for what is too short to say. */
export function destinationOf(packet: Buffer): number {
  return packet.length < HEADER_BYTES ? 0 : packet.readUInt32BE(12);
}

/** Null for anything else. */
export function readControlPacket(packet: Buffer): ControlPacket | null {
  if (!isControlPacket(packet)) return null;
  return {
    type: packet.readUInt16BE(0) & 0x7fff,
    subtype: packet.readUInt16BE(2),
    info: packet.readUInt32BE(4),
    timestamp: packet.readUInt32BE(8),
    destination: packet.readUInt32BE(12),
    body: packet.subarray(HEADER_BYTES),
  };
}

export function writeControlPacket(type: ControlType, place: PacketPlace, rest: Partial<ControlPacket> = {}): Buffer {
  const { subtype = 0, info = 0, body = Buffer.alloc(4) } = rest;
  const packet = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  packet.writeUInt16BE(0x8000 | type, 0);
  packet.writeUInt16BE(subtype, 2);
  packet.writeUInt32BE(info >>> 0, 4);
  packet.writeUInt32BE(place.timestamp >>> 0, 8);
  packet.writeUInt32BE(place.destination, 12);
  body.copy(packet, HEADER_BYTES);
  return packet;
}

export function writeDataPacket({ sequence, message, key, timestamp, destination, payload }: DataPacket): Buffer {
  const packet = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  packet.writeUInt32BE(sequence, 0);
  packet.writeUInt32BE((SOLO_MESSAGE | (key === null ? 0 : KEY_FLAGS[key]) | message) >>> 0, 4);
  packet.writeUInt32BE(timestamp >>> 0, 8);
  packet.writeUInt32BE(destination, 12);
  payload.copy(packet, HEADER_BYTES);
  return packet;
}

/** Says in a data packet that it was sent before. Nothing else in it may change: its payload is encrypted by its number. */
export function markRetransmitted(packet: Buffer): void {
  packet.writeUInt32BE((packet.readUInt32BE(4) | RETRANSMITTED) >>> 0, 4);
}

/** How far one sequence number lies behind another: negative when it lies before it. They go round. */
export function sequenceDistance(from: number, to: number): number {
  const ahead = (to - from + SEQUENCE_LIMIT) % SEQUENCE_LIMIT;
  return ahead < SEQUENCE_LIMIT / 2 ? ahead : ahead - SEQUENCE_LIMIT;
}

export function sequenceAfter(sequence: number, steps = 1): number {
  return (sequence + steps) % SEQUENCE_LIMIT;
}

/** From the first to the last number, both of them missing. */
export interface LossRange {
  readonly first: number;
  readonly last: number;
}

/** The body of a loss report: single numbers, and ranges of two words of which the first one's top bit is set. */
export function readLossRanges(body: Buffer): readonly LossRange[] {
  const ranges: LossRange[] = [];
  for (let at = 0; at + 4 <= body.length; at += 4) {
    const word = body.readUInt32BE(at);
    if (word < RANGE_FLAG) {
      ranges.push({ first: word, last: word });
      continue;
    }
    if (at + 8 > body.length) break;
    const last = body.readUInt32BE(at + 4);
    at += 4;
    if (last < RANGE_FLAG && sequenceDistance(word - RANGE_FLAG, last) >= 0) ranges.push({ first: word - RANGE_FLAG, last });
  }
  return ranges;
}

/** Steps from a number that was agreed on, both ends included. */
export interface StepRange {
  readonly begin: number;
  readonly end: number;
}

/** What a loss report asks for, in steps from `origin`: in order, and each number once, however often it stands there. */
export function mergeLossRanges(ranges: readonly LossRange[], origin: number): readonly StepRange[] {
  const asked = ranges.map(({ first, last }) => {
    const begin = sequenceDistance(origin, first);
    return { begin, end: begin + sequenceDistance(first, last) };
  });
  const merged: { begin: number; end: number }[] = [];
  for (const range of asked.toSorted((one, other) => one.begin - other.begin)) {
    const before = merged.at(-1);
    if (before && range.begin <= before.end + 1) before.end = Math.max(before.end, range.end);
    else merged.push(range);
  }
  return merged;
}
