import { ControlType, HEADER_BYTES, readControlPacket, writeControlPacket, type PacketPlace } from "./srt-packet.rules.ts";

/** The steps of a connection that a caller makes; types of 1000 and more are refusals. */
export const HandshakeType = { INDUCTION: 1, CONCLUSION: 0xffff_ffff } as const;

/** Marks a listener that speaks SRT, in its answer to the induction. */
export const SRT_MAGIC = 0x4a17;
export const HANDSHAKE_VERSION = 5;

/** Kinds of extension blocks behind a conclusion. */
export const ExtensionType = { HSREQ: 1, HSRSP: 2, KMREQ: 3, KMRSP: 4, STREAM_ID: 5, CONGESTION: 6 } as const;
export type ExtensionType = (typeof ExtensionType)[keyof typeof ExtensionType];

/** Which kinds of extension blocks follow. */
export const ExtensionFlag = { HSREQ: 1, KMREQ: 2, CONFIGURATION: 4 } as const;

/** Why a connection is refused: libsrt's own reasons, and from 1400 those that it takes over from HTTP. */
export const Rejection = {
  PEER: 2,
  RESOURCE: 3,
  ROGUE: 4,
  BACKLOG: 5,
  CLOSE: 7,
  VERSION: 8,
  BAD_SECRET: 10,
  UNSECURE: 11,
  MESSAGE_API: 12,
  CONGESTION: 13,
  TIMEOUT: 16,
  UNAUTHORIZED: 1401,
  OVERLOAD: 1402,
  FORBIDDEN: 1403,
  NOT_FOUND: 1404,
  BAD_MODE: 1405,
  CONFLICT: 1409,
} as const;
export type Rejection = (typeof Rejection)[keyof typeof Rejection];

const REJECTION_BASE = 1000;
const BODY_BYTES = 48;
const EXTENSION_HEADER_BYTES = 4;
const WORD_BYTES = 4;
/** More than any peer sends; a datagram that holds more blocks is made to keep us busy. */
const EXTENSIONS_LIMIT = 16;
/** libsrt's own limit. */
export const STREAM_ID_BYTES_LIMIT = 512;

/** One block behind a handshake; its content is a whole number of words. */
export interface HandshakeExtension {
  readonly type: number;
  readonly content: Buffer;
}

/** What both sides say of themselves when a connection begins. */
export interface Handshake {
  /** 4 in a caller's induction, 5 afterwards. */
  readonly version: number;
  /** Length of the key in eights of bytes; zero when it is left open. */
  readonly encryption: number;
  /** Flags of the extensions in a conclusion, the magic number in a listener's induction, 2 in a caller's. */
  readonly extensionField: number;
  readonly initialSequence: number;
  /** Longest datagram, with all headers, in bytes. */
  readonly datagramBytes: number;
  /** How many packets may be on their way at once. */
  readonly flowWindow: number;
  readonly type: number;
  /** The sender's own socket. */
  readonly socketId: number;
  readonly cookie: number;
  /** 16 bytes, of which nobody makes use. */
  readonly peerAddress: Buffer;
  readonly extensions: readonly HandshakeExtension[];
}

export interface HandshakePacket extends PacketPlace {
  readonly handshake: Handshake;
}

/** Null for any packet that is none, or of which a part is missing. */
export function readHandshake(packet: Buffer): HandshakePacket | null {
  const control = readControlPacket(packet);
  if (control?.type !== ControlType.HANDSHAKE || control.body.length < BODY_BYTES) return null;
  const { body, timestamp, destination } = control;
  const version = body.readUInt32BE(0);
  const type = body.readUInt32BE(20);
  const isConclusion = version >= HANDSHAKE_VERSION && type === HandshakeType.CONCLUSION;
  const extensions = isConclusion ? readExtensions(body.subarray(BODY_BYTES)) : [];
  if (extensions === null) return null;
  const handshake: Handshake = {
    version,
    encryption: body.readUInt16BE(4),
    extensionField: body.readUInt16BE(6),
    initialSequence: body.readUInt32BE(8) & 0x7fff_ffff,
    datagramBytes: body.readUInt32BE(12),
    flowWindow: body.readUInt32BE(16),
    type,
    socketId: body.readUInt32BE(24),
    cookie: body.readUInt32BE(28),
    peerAddress: body.subarray(32, BODY_BYTES),
    extensions,
  };
  return { handshake, timestamp, destination };
}

export function writeHandshake(handshake: Handshake, place: PacketPlace): Buffer {
  const { version, encryption, extensionField, initialSequence, datagramBytes, flowWindow, type, socketId, cookie } = handshake;
  const body = Buffer.alloc(BODY_BYTES);
  body.writeUInt32BE(version, 0);
  body.writeUInt16BE(encryption, 4);
  body.writeUInt16BE(extensionField, 6);
  body.writeUInt32BE(initialSequence, 8);
  body.writeUInt32BE(datagramBytes, 12);
  body.writeUInt32BE(flowWindow, 16);
  body.writeUInt32BE(type, 20);
  body.writeUInt32BE(socketId, 24);
  body.writeUInt32BE(cookie, 28);
  handshake.peerAddress.copy(body, 32, 0, 16);
  return writeControlPacket(ControlType.HANDSHAKE, place, {
    body: Buffer.concat([body, ...handshake.extensions.map(writeExtension)]),
  });
}

/** The same packet with another cookie: nothing else of it is ours to change. */
export function withCookie(packet: Buffer, cookie: number): Buffer {
  const changed = Buffer.from(packet);
  changed.writeUInt32BE(cookie, HEADER_BYTES + 28);
  return changed;
}

/** What a listener answers to a caller that it does not take. */
export function writeRejection({ handshake }: HandshakePacket, reason: Rejection, timestamp = 0): Buffer {
  const answer: Handshake = { ...handshake, type: REJECTION_BASE + reason, extensions: [] };
  return writeHandshake(answer, { timestamp, destination: handshake.socketId });
}

/** The reason in a handshake that refuses a connection; null in any other. */
export function rejectionOf({ type }: Handshake): number | null {
  return type >= REJECTION_BASE && type < HandshakeType.CONCLUSION ? type - REJECTION_BASE : null;
}

export function extensionOf({ extensions }: Handshake, type: ExtensionType): Buffer | null {
  return extensions.find((extension) => extension.type === type)?.content ?? null;
}

/** The stream ID that a caller names; null without one, or with one that is too long or no text. */
export function streamIdOf(handshake: Handshake): string | null {
  const content = extensionOf(handshake, ExtensionType.STREAM_ID);
  if (content === null || content.length > STREAM_ID_BYTES_LIMIT) return null;
  const bytes = swapWords(content);
  const end = bytes.indexOf(0);
  const text = bytes.subarray(0, end < 0 ? bytes.length : end);
  const streamId = text.toString("utf8");
  return streamId !== "" && Buffer.from(streamId, "utf8").equals(text) ? streamId : null;
}

export function streamIdExtension(streamId: string): HandshakeExtension {
  const bytes = Buffer.from(streamId, "utf8");
  const padded = Buffer.alloc(Math.ceil(bytes.length / WORD_BYTES) * WORD_BYTES);
  bytes.copy(padded);
  return { type: ExtensionType.STREAM_ID, content: swapWords(padded) };
}

/** Null when a block is cut off, which no honest peer sends. */
function readExtensions(bytes: Buffer): readonly HandshakeExtension[] | null {
  const extensions: HandshakeExtension[] = [];
  let at = 0;
  while (at + EXTENSION_HEADER_BYTES <= bytes.length && extensions.length < EXTENSIONS_LIMIT) {
    const begin = at + EXTENSION_HEADER_BYTES;
    const end = begin + bytes.readUInt16BE(at + 2) * WORD_BYTES;
    if (end > bytes.length) return null;
    extensions.push({ type: bytes.readUInt16BE(at), content: bytes.subarray(begin, end) });
    at = end;
  }
  return at === bytes.length ? extensions : null;
}

function writeExtension({ type, content }: HandshakeExtension): Buffer {
  const header = Buffer.alloc(EXTENSION_HEADER_BYTES);
  header.writeUInt16BE(type, 0);
  header.writeUInt16BE(content.length / WORD_BYTES, 2);
  return Buffer.concat([header, content]);
}

/** Texts travel as words of 32 bits, each with its bytes turned round. */
function swapWords(bytes: Buffer): Buffer {
  const whole = bytes.subarray(0, bytes.length - (bytes.length % WORD_BYTES));
  return Buffer.from(whole).swap32();
}
