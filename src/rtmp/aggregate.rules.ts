import { TagType, type FlvTag } from "./flv.rules.ts";
import type { RtmpMessage } from "./message.rules.ts";
import { ProtocolError } from "./protocol-error.ts";

const PART_HEADER_BYTES = 11;
const BACK_POINTER_BYTES = 4;
/** Publishers join some seconds of audio and video at most. */
const PARTS_MOST = 500;

/** Audio and video that was sent in one message, laid out as FLV tags with times of their own. Throws a `ProtocolError` for too many. */
export function splitAggregate({ payload, timestamp }: RtmpMessage): readonly FlvTag[] {
  const tags: FlvTag[] = [];
  let first: number | null = null;
  let parts = 0;
  for (let offset = 0; offset < payload.length;) {
    parts += 1;
    if (parts > PARTS_MOST) throw new ProtocolError("A message has more parts than are taken.");
    if (offset + PART_HEADER_BYTES > payload.length) throw new ProtocolError("A message of several parts is cut off.");
    const type = payload.readUInt8(offset);
    const length = payload.readUIntBE(offset + 1, 3);
    const time = payload.readUIntBE(offset + 4, 3) + payload.readUInt8(offset + 7) * 0x1000000;
    const start = offset + PART_HEADER_BYTES;
    if (start + length > payload.length) throw new ProtocolError("A message of several parts is cut off.");
    first ??= time;
    if (type === TagType.AUDIO || type === TagType.VIDEO) {
      tags.push({ type, timestamp: (timestamp + time - first) >>> 0, payload: payload.subarray(start, start + length) });
    }
    offset = start + length + BACK_POINTER_BYTES;
  }
  return tags;
}
