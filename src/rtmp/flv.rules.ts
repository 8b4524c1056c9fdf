import { decodeFirstAmf } from "./amf0.rules.ts";
import { ProtocolError } from "./protocol-error.ts";

/** Kinds of FLV tags, which are RTMP's numbers of the same messages. */
export const TagType = { AUDIO: 8, VIDEO: 9, SCRIPT: 18 } as const;
export type TagType = (typeof TagType)[keyof typeof TagType];

/** One audio or video frame, one sequence header, or the description of the stream. */
export interface FlvTag {
  readonly type: TagType;
  /** Milliseconds; it wraps after 32 bits, in files that ffmpeg writes after 31. */
  readonly timestamp: number;
  readonly payload: Buffer;
}

/** Announces audio and video; readers find out by themselves when one is missing. */
export const FLV_HEADER = Buffer.from([0x46, 0x4c, 0x56, 0x01, 0x05, 0x00, 0x00, 0x00, 0x09, 0x00, 0x00, 0x00, 0x00]);

const FILE_HEADER_BYTES = FLV_HEADER.length;
const TAG_HEADER_BYTES = 11;
const BACK_POINTER_BYTES = 4;
const AVC = 7;
const LEGACY_HEVC = 12;
const AAC = 10;
/** Enhanced RTMP: the codec is a FourCC, and the low bits say what kind of packet this is. */
const EXTENDED_VIDEO = 0x80;
const EXTENDED_AUDIO = 9;
const SEQUENCE_START = 0;
const KEY_FRAME = 1;

export function encodeTag({ type, timestamp, payload }: FlvTag): Buffer {
  const tag = Buffer.allocUnsafe(TAG_HEADER_BYTES + payload.length + BACK_POINTER_BYTES);
  tag.writeUInt8(type, 0);
  tag.writeUIntBE(payload.length, 1, 3);
  tag.writeUIntBE(timestamp & 0xffffff, 4, 3);
  tag.writeUInt8(timestamp >>> 24, 7);
  tag.writeUIntBE(0, 8, 3);
  payload.copy(tag, TAG_HEADER_BYTES);
  tag.writeUInt32BE(TAG_HEADER_BYTES + payload.length, TAG_HEADER_BYTES + payload.length);
  return tag;
}

/** What a decoder needs before the first frame; it stands at the start of a stream alone. */
export function isSequenceHeader({ type, payload }: FlvTag): boolean {
  const first = payload[0] ?? 0;
  if (type === TagType.VIDEO) {
    if ((first & EXTENDED_VIDEO) !== 0) return (first & 0x0f) === SEQUENCE_START;
    const codec = first & 0x0f;
    return (codec === AVC || codec === LEGACY_HEVC) && payload[1] === 0;
  }
  if (type !== TagType.AUDIO) return false;
  const format = first >> 4;
  return format === EXTENDED_AUDIO ? (first & 0x0f) === SEQUENCE_START : format === AAC && payload[1] === 0;
}

/** A picture that a decoder can begin at. */
export function isKeyFrame(tag: FlvTag): boolean {
  return tag.type === TagType.VIDEO && (((tag.payload[0] ?? 0) >> 4) & 0x07) === KEY_FRAME && !isSequenceHeader(tag);
}

/** Whether script data is the description of the stream, and not a cue point or a text that rides along. */
export function isMetadata(payload: Buffer): boolean {
  try {
    return decodeFirstAmf(payload).value === "onMetaData";
  } catch {
    return false;
  }
}

/** Makes tags of an FLV stream that comes in pieces of any size. Throws a `ProtocolError` for what is no FLV. */
export class FlvReader {
  #rest: Buffer[] = [];
  #restBytes = 0;
  #needed = FILE_HEADER_BYTES;
  #hasHeader = false;

  push(chunk: Buffer): readonly FlvTag[] {
    this.#rest.push(chunk);
    this.#restBytes += chunk.length;
    // Joined only once a whole tag is there: a large one comes in many pieces.
    if (this.#restBytes < this.#needed) return [];
    let data = this.#rest.length === 1 ? chunk : Buffer.concat(this.#rest);
    const tags: FlvTag[] = [];
    for (;;) {
      const length = this.#lengthOfNext(data);
      this.#needed = length;
      if (data.length < length) break;
      if (this.#hasHeader) tags.push(readTag(data));
      else this.#hasHeader = true;
      data = data.subarray(length);
    }
    this.#rest = data.length === 0 ? [] : [data];
    this.#restBytes = data.length;
    return tags;
  }

  #lengthOfNext(data: Buffer): number {
    if (!this.#hasHeader) {
      if (data.length >= FILE_HEADER_BYTES && data.toString("latin1", 0, 3) !== "FLV") throw new ProtocolError("This is no FLV stream.");
      return FILE_HEADER_BYTES;
    }
    return data.length < TAG_HEADER_BYTES ? TAG_HEADER_BYTES : TAG_HEADER_BYTES + data.readUIntBE(1, 3) + BACK_POINTER_BYTES;
  }
}

function readTag(data: Buffer): FlvTag {
  const type = Object.values(TagType).find((known) => known === data.readUInt8(0));
  if (type === undefined) throw new ProtocolError("An FLV stream holds a tag of an unknown kind.");
  const length = data.readUIntBE(1, 3);
  return {
    type,
    timestamp: data.readUIntBE(4, 3) + data.readUInt8(7) * 0x1000000,
    payload: data.subarray(TAG_HEADER_BYTES, TAG_HEADER_BYTES + length),
  };
}
