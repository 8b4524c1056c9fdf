import { encodeAmf, type AmfValue } from "./amf0.rules.ts";

/** Numbers of RTMP's messages; audio, video and data are those of FLV tags. */
export const MessageType = {
  SET_CHUNK_SIZE: 1,
  ABORT: 2,
  ACKNOWLEDGEMENT: 3,
  USER_CONTROL: 4,
  WINDOW_ACKNOWLEDGEMENT_SIZE: 5,
  SET_PEER_BANDWIDTH: 6,
  AUDIO: 8,
  VIDEO: 9,
  DATA_AMF3: 15,
  COMMAND_AMF3: 17,
  DATA: 18,
  COMMAND: 20,
  AGGREGATE: 22,
} as const;

/** A whole message, put together from its chunks. */
export interface RtmpMessage {
  readonly type: number;
  readonly streamId: number;
  /** Milliseconds, 32 bits. */
  readonly timestamp: number;
  readonly payload: Buffer;
}

/** Until a side says otherwise, chunks carry so many bytes. */
export const FIRST_CHUNK_BYTES = 128;

/** Chunk streams that we send on: one for each kind of thing, as everybody does. */
const ChunkStream = { CONTROL: 2, COMMAND: 3, AUDIO: 4, DATA: 5, VIDEO: 6 } as const;

const EXTENDED_TIMESTAMP = 0xffffff;
const PEER_BANDWIDTH_DYNAMIC = 2;

export const UserControl = { STREAM_BEGIN: 0, PING_REQUEST: 6, PING_RESPONSE: 7 } as const;

/** Cuts a message into chunks of that size; the first has a full header, so that nothing depends on what went before. */
export function encodeMessage({ type, streamId, timestamp, payload }: RtmpMessage, chunkBytes: number): Buffer {
  const chunkStream = chunkStreamOf(type);
  const isExtended = timestamp >= EXTENDED_TIMESTAMP;
  const head = Buffer.alloc(isExtended ? 16 : 12);
  head.writeUInt8(chunkStream, 0);
  head.writeUIntBE(isExtended ? EXTENDED_TIMESTAMP : timestamp, 1, 3);
  head.writeUIntBE(payload.length, 4, 3);
  head.writeUInt8(type, 7);
  head.writeUInt32LE(streamId, 8);
  if (isExtended) head.writeUInt32BE(timestamp, 12);
  const next = Buffer.alloc(isExtended ? 5 : 1);
  next.writeUInt8(0xc0 | chunkStream, 0);
  if (isExtended) next.writeUInt32BE(timestamp, 1);
  const parts: Buffer[] = [head];
  for (let offset = 0; offset < payload.length; offset += chunkBytes) {
    if (offset > 0) parts.push(next);
    parts.push(payload.subarray(offset, offset + chunkBytes));
  }
  return Buffer.concat(parts);
}

export function commandMessage(values: readonly AmfValue[], streamId = 0): RtmpMessage {
  return { type: MessageType.COMMAND, streamId, timestamp: 0, payload: encodeAmf(values) };
}

/** A control message with one number, such as a window's or a chunk's size. */
export function controlMessage(type: number, value: number): RtmpMessage {
  const payload = Buffer.alloc(type === MessageType.SET_PEER_BANDWIDTH ? 5 : 4);
  payload.writeUInt32BE(value >>> 0, 0);
  if (type === MessageType.SET_PEER_BANDWIDTH) payload.writeUInt8(PEER_BANDWIDTH_DYNAMIC, 4);
  return { type, streamId: 0, timestamp: 0, payload };
}

export function userControlMessage(event: number, value: number): RtmpMessage {
  const payload = Buffer.alloc(6);
  payload.writeUInt16BE(event, 0);
  payload.writeUInt32BE(value >>> 0, 2);
  return { type: MessageType.USER_CONTROL, streamId: 0, timestamp: 0, payload };
}

/** What to answer to a ping; null when the message is none. */
export function pongFor({ type, payload }: RtmpMessage): RtmpMessage | null {
  if (type !== MessageType.USER_CONTROL || payload.length < 6 || payload.readUInt16BE(0) !== UserControl.PING_REQUEST) return null;
  return userControlMessage(UserControl.PING_RESPONSE, payload.readUInt32BE(2));
}

/** The text of a command or data message in AMF0; that of version 3 begins with a byte more, and is AMF0 behind it. */
export function amfPayload({ type, payload }: RtmpMessage): Buffer {
  const isVersion3 = type === MessageType.COMMAND_AMF3 || type === MessageType.DATA_AMF3;
  return isVersion3 && payload[0] === 0 ? payload.subarray(1) : payload;
}

function chunkStreamOf(type: number): number {
  switch (type) {
    case MessageType.COMMAND:
      return ChunkStream.COMMAND;
    case MessageType.AUDIO:
      return ChunkStream.AUDIO;
    case MessageType.VIDEO:
      return ChunkStream.VIDEO;
    case MessageType.DATA:
      return ChunkStream.DATA;
    default:
      return ChunkStream.CONTROL;
  }
}
