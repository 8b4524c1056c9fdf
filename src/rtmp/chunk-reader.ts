import { FIRST_CHUNK_BYTES, MessageType, type RtmpMessage } from "./message.rules.ts";
import { ProtocolError } from "./protocol-error.ts";

/** Chunk streams that one connection may use: senders use five, and each costs memory. */
const CHUNK_STREAMS_LIMIT = 64;
const EXTENDED_TIMESTAMP = 0xffffff;
/** Of a message header, by its format: all, without the stream, the time alone, nothing. */
const HEADER_BYTES = [11, 7, 3, 0] as const;
/** Memory of a message grows with what came of it: its announced length is only a claim. */
const FIRST_CAPACITY_BYTES = 4_096;

interface ChunkStream {
  timestamp: number;
  /** What the next message without a time of its own adds. */
  delta: number;
  /** The time field as it was sent; of type 3 it tells whether an extended one follows. */
  hasExtended: boolean;
  extended: number;
  length: number;
  type: number;
  streamId: number;
  /** What has come of the message that is under way; null between messages. */
  partial: Buffer | null;
  received: number;
}

/** Puts the messages of one connection together from chunks that come in pieces of any size. Its memory is bounded. */
export class ChunkReader {
  readonly #streams = new Map<number, ChunkStream>();
  #rest: Buffer = Buffer.alloc(0);
  #chunkBytes = FIRST_CHUNK_BYTES;
  #partialBytes = 0;
  /** The chunk that is being read, and how much of it is still to come. */
  #current: ChunkStream | null = null;
  #currentLeft = 0;
  messageLimitBytes: number;

  constructor(messageLimitBytes: number) {
    this.messageLimitBytes = messageLimitBytes;
  }

  /** The messages that became whole, one by one, so that a limit that changes with one holds for the next. Throws a `ProtocolError`. */
  *push(data: Buffer): Generator<RtmpMessage> {
    const all = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data]);
    this.#rest = Buffer.alloc(0);
    let offset = 0;
    for (;;) {
      if (this.#current === null) {
        const used = this.#readHeader(all, offset);
        if (used === 0) break;
        offset += used;
      }
      offset += this.#readPayload(all, offset);
      if (this.#currentLeft > 0) return;
      const message = this.#finishChunk();
      if (message && !this.#control(message)) yield message;
    }
    // Copied, and at most a header long: a slice would keep the whole of what was read.
    this.#rest = Buffer.from(all.subarray(offset));
  }

  /** Gives how many bytes the header took; 0 when it is not whole yet. */
  #readHeader(data: Buffer, start: number): number {
    const basic = readBasicHeader(data, start);
    if (!basic) return 0;
    const { format, chunkStreamId } = basic;
    const known = this.#streams.get(chunkStreamId);
    if (!known && format !== 0) throw new ProtocolError("A chunk refers to one that was never sent.");
    const headerEnd = start + basic.length + HEADER_BYTES[format];
    if (data.length < headerEnd) return 0;
    const at = start + basic.length;
    const isContinuation = format === 3 && known?.partial !== null && known !== undefined;
    const hasExtended = format === 3 ? (known?.hasExtended ?? false) : data.readUIntBE(at, 3) === EXTENDED_TIMESTAMP;
    if (hasExtended && data.length < headerEnd + 4) return 0;
    const extended = hasExtended ? data.readUInt32BE(headerEnd) : 0;
    // Some senders leave the extended time out of a message's further chunks: then these bytes are media.
    const isRepeated = hasExtended && !(isContinuation && extended !== known?.extended);
    const length = headerEnd + (isRepeated ? 4 : 0) - start;
    if (isContinuation && known) {
      this.#begin(known);
      return length;
    }
    const stream = known ?? this.#addStream(chunkStreamId);
    this.#readMessageHeader(stream, data, { at, format, extended: hasExtended ? extended : null });
    this.#begin(stream);
    return length;
  }

  #addStream(chunkStreamId: number): ChunkStream {
    if (this.#streams.size >= CHUNK_STREAMS_LIMIT) throw new ProtocolError("The connection uses too many chunk streams.");
    const stream: ChunkStream = {
      ...{ timestamp: 0, delta: 0, hasExtended: false, extended: 0, length: 0, type: 0, streamId: 0 },
      ...{ partial: null, received: 0 },
    };
    this.#streams.set(chunkStreamId, stream);
    return stream;
  }

  #readMessageHeader(stream: ChunkStream, data: Buffer, header: { at: number; format: number; extended: number | null }): void {
    const { at, format, extended } = header;
    this.#forget(stream);
    if (format < 3) {
      stream.hasExtended = extended !== null;
      stream.extended = extended ?? 0;
      stream.delta = extended ?? data.readUIntBE(at, 3);
    }
    if (format < 2) {
      stream.length = data.readUIntBE(at + 3, 3);
      stream.type = data.readUInt8(at + 6);
    }
    if (format === 0) {
      stream.streamId = data.readUInt32LE(at + 7);
      stream.timestamp = stream.delta;
    } else {
      stream.timestamp = (stream.timestamp + stream.delta) >>> 0;
    }
    if (stream.length > this.messageLimitBytes) throw new ProtocolError("A message is larger than what is taken.");
    stream.partial = Buffer.allocUnsafe(Math.min(stream.length, FIRST_CAPACITY_BYTES));
  }

  #begin(stream: ChunkStream): void {
    this.#current = stream;
    this.#currentLeft = Math.min(this.#chunkBytes, stream.length - stream.received);
  }

  #readPayload(data: Buffer, offset: number): number {
    const stream = this.#current;
    if (!stream?.partial) return 0;
    const count = Math.min(this.#currentLeft, data.length - offset);
    this.#partialBytes += count;
    if (this.#partialBytes > this.messageLimitBytes) throw new ProtocolError("Too many messages are under way at once.");
    if (stream.received + count > stream.partial.length) {
      const capacity = Math.min(stream.length, Math.max(stream.partial.length * 2, stream.received + count));
      const grown = Buffer.allocUnsafe(capacity);
      stream.partial.copy(grown, 0, 0, stream.received);
      stream.partial = grown;
    }
    data.copy(stream.partial, stream.received, offset, offset + count);
    stream.received += count;
    this.#currentLeft -= count;
    return count;
  }

  #finishChunk(): RtmpMessage | null {
    const stream = this.#current;
    this.#current = null;
    if (!stream?.partial || stream.received < stream.length) return null;
    const { type, streamId, timestamp, partial } = stream;
    this.#forget(stream);
    return { type, streamId, timestamp, payload: partial };
  }

  #forget(stream: ChunkStream): void {
    this.#partialBytes -= stream.received;
    stream.partial = null;
    stream.received = 0;
  }

  /** What changes how the rest is to be read; tells whether the message was of that kind. */
  #control({ type, payload }: RtmpMessage): boolean {
    if (type !== MessageType.SET_CHUNK_SIZE && type !== MessageType.ABORT) return false;
    if (payload.length < 4) throw new ProtocolError("A control message is too short.");
    const value = payload.readUInt32BE(0);
    if (type === MessageType.ABORT) {
      const stream = this.#streams.get(value);
      if (stream) this.#forget(stream);
      return true;
    }
    if (value === 0 || value > 0x7fffffff) throw new ProtocolError("A chunk size is out of range.");
    this.#chunkBytes = value;
    return true;
  }
}

/** Format and chunk stream of a chunk, in one to three bytes; null when they are not all there. */
function readBasicHeader(
  data: Buffer,
  start: number,
): { readonly format: 0 | 1 | 2 | 3; readonly chunkStreamId: number; readonly length: number } | null {
  const first = data[start];
  if (first === undefined) return null;
  const format = (first >> 6) as 0 | 1 | 2 | 3;
  const low = first & 0x3f;
  if (low > 1) return { format, chunkStreamId: low, length: 1 };
  const second = data[start + 1];
  const third = low === 1 ? data[start + 2] : 0;
  if (second === undefined || third === undefined) return null;
  return { format, chunkStreamId: 64 + second + third * 256, length: low === 1 ? 3 : 2 };
}
