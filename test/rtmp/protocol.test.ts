import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitAggregate } from "../../src/rtmp/aggregate.rules.ts";
import { decodeAmf, encodeAmf, type AmfValue } from "../../src/rtmp/amf0.rules.ts";
import { ChunkReader } from "../../src/rtmp/chunk-reader.ts";
import { encodeTag, FLV_HEADER, FlvReader, isKeyFrame, isSequenceHeader, TagType, type FlvTag } from "../../src/rtmp/flv.rules.ts";
import { controlMessage, encodeMessage, MessageType, type RtmpMessage } from "../../src/rtmp/message.rules.ts";
import { ProtocolError } from "../../src/rtmp/protocol-error.ts";

const timestamps = fc.oneof(fc.nat(5_000), fc.integer({ min: 0xfffff0, max: 0x100000f }), fc.integer({ min: 0, max: 0xffffffff }));

const media: fc.Arbitrary<RtmpMessage> = fc.record({
  type: fc.constantFrom(MessageType.AUDIO, MessageType.VIDEO, MessageType.DATA, MessageType.COMMAND),
  streamId: fc.nat(3),
  timestamp: timestamps,
  payload: fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes)),
});

/** Pieces of any size. */
function* cut(data: Buffer, sizes: readonly number[]): Generator<Buffer> {
  let offset = 0;
  for (let number = 0; offset < data.length; number += 1) {
    const size = sizes[number % sizes.length] ?? 1;
    yield data.subarray(offset, offset + size);
    offset += size;
  }
}

const sizes = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 8 });

function readAll(reader: ChunkReader, pieces: Iterable<Buffer>): RtmpMessage[] {
  return [...pieces].flatMap((piece) => [...reader.push(piece)]);
}

describe("the chunks of RTMP", () => {
  it("give the messages that were cut into them, whatever the sizes of chunks and of pieces", () => {
    fc.assert(
      fc.property(fc.array(media, { maxLength: 12 }), fc.integer({ min: 1, max: 5_000 }), sizes, (messages, chunkBytes, pieces) => {
        const data = Buffer.concat([
          encodeMessage(controlMessage(MessageType.SET_CHUNK_SIZE, chunkBytes), 128),
          ...messages.map((message) => encodeMessage(message, chunkBytes)),
        ]);
        expect(readAll(new ChunkReader(1_000_000), cut(data, pieces))).toEqual(messages);
      }),
    );
  });

  it("of nonsense are refused, never an error of ours", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4_000 }), sizes, (bytes, pieces) => {
        try {
          readAll(new ChunkReader(16_384), cut(Buffer.from(bytes), pieces));
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });

  it("of a message with one byte changed are refused, or give messages within the limit", () => {
    fc.assert(
      fc.property(media, fc.nat(), fc.nat(255), (message, position, value) => {
        const data = encodeMessage(message, 128);
        data[position % data.length] = value;
        try {
          for (const { payload } of readAll(new ChunkReader(16_384), [data, data, data]))
            expect(payload.length).toBeLessThanOrEqual(16_384);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });

  it("of several messages at once are told apart", () => {
    const [one, other] = [Buffer.alloc(200, 1), Buffer.alloc(200, 2)];
    const [first, second] = [
      encodeMessage({ type: MessageType.AUDIO, streamId: 1, timestamp: 5, payload: one }, 128),
      encodeMessage({ type: MessageType.VIDEO, streamId: 1, timestamp: 6, payload: other }, 128),
    ];
    const mixed = [first.subarray(0, 140), second.subarray(0, 140), first.subarray(140), second.subarray(140)];
    expect(readAll(new ChunkReader(1_000), mixed).map(({ payload }) => payload)).toEqual([one, other]);
  });

  it("without a full header add to the time before them", () => {
    const reader = new ChunkReader(1_000);
    const full = Buffer.from([0x04, 0, 0, 100, 0, 0, 1, 8, 1, 0, 0, 0, 0xaa]);
    const withLength = Buffer.from([0x44, 0, 0, 20, 0, 0, 2, 8, 0xbb, 0xbb]);
    const withTime = Buffer.from([0x84, 0, 0, 30, 0xcc, 0xcc]);
    const bare = Buffer.from([0xc4, 0xdd, 0xdd]);
    const messages = readAll(reader, [Buffer.concat([full, withLength, withTime, bare])]);
    expect(messages.map(({ timestamp }) => timestamp)).toEqual([100, 120, 150, 180]);
    expect(messages.map(({ streamId, payload }) => [streamId, payload.length])).toEqual([
      [1, 1],
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
  });

  it("may leave an extended time out of a message's further chunks, as some senders do", () => {
    const payload = Buffer.alloc(200, 3);
    const full = encodeMessage({ type: MessageType.VIDEO, streamId: 1, timestamp: 0x2000000, payload }, 128);
    const [head, rest] = [full.subarray(0, 16 + 128), full.subarray(16 + 128 + 5)];
    const messages = readAll(new ChunkReader(1_000), [head, Buffer.from([0xc6]), rest]);
    expect(messages).toEqual([{ type: MessageType.VIDEO, streamId: 1, timestamp: 0x2000000, payload }]);
  });

  it("are bounded: in a message's size, in messages under way, in chunk streams, in the size of a chunk", () => {
    const large = Buffer.from([0x04, 0, 0, 0, 0xff, 0xff, 0xff, 9, 1, 0, 0, 0]);
    expect(() => readAll(new ChunkReader(8_000_000), [large])).toThrow(ProtocolError);
    const open = Array.from({ length: 60 }, (_, number) =>
      Buffer.concat([Buffer.from([0x02 + number, 0, 0, 0, 0, 0x10, 0, 9, 1, 0, 0, 0]), Buffer.alloc(128)]),
    );
    expect(() => readAll(new ChunkReader(5_000), open)).toThrow("Too many messages are under way");
    const streams = Array.from({ length: 80 }, (_, number) => Buffer.from([0x00, number, 0, 0, 0, 0, 0, 0, 9, 1, 0, 0, 0]));
    expect(() => readAll(new ChunkReader(5_000), streams)).toThrow("too many chunk streams");
    const zero = encodeMessage(controlMessage(MessageType.SET_CHUNK_SIZE, 0), 128);
    expect(() => readAll(new ChunkReader(5_000), [zero])).toThrow("out of range");
    const huge = encodeMessage(controlMessage(MessageType.SET_CHUNK_SIZE, 0x7fffffff), 128);
    const whole = encodeMessage({ type: MessageType.VIDEO, streamId: 1, timestamp: 0, payload: Buffer.alloc(4_000) }, 0x7fffffff);
    expect(readAll(new ChunkReader(5_000), [huge, whole])).toHaveLength(1);
  });
});

describe("values of AMF0", () => {
  const values: fc.Arbitrary<AmfValue> = fc.letrec<{ value: AmfValue }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.double({ noNaN: true }),
      fc.boolean(),
      fc.string({ unit: "grapheme", maxLength: 30 }),
      fc.constant(null),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), tie("value"), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).value;

  it("are read as they were written", () => {
    fc.assert(
      fc.property(fc.array(values, { maxLength: 4 }), (list) => {
        fc.pre(!JSON.stringify(list).includes("__proto__"));
        expect(decodeAmf(encodeAmf(list))).toEqual(list);
      }),
    );
    const long = "x".repeat(70_000);
    expect(decodeAmf(encodeAmf([long]))).toEqual([long]);
  });

  it("of nonsense are refused, and nothing of them reaches a prototype", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          decodeAmf(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
    const name = Buffer.from("__proto__");
    const hostile = Buffer.concat([Buffer.from([3, 0, name.length]), name, encodeAmf([{ polluted: true }]), Buffer.from([0, 0, 9])]);
    expect(Object.getPrototypeOf(decodeAmf(hostile)[0])).toBeNull();
    expect(decodeAmf(Buffer.concat([Buffer.from([8, 0, 0, 0, 9]), Buffer.from([0, 1, 0x61, 6, 0, 0, 9])]))).toEqual([{ a: null }]);
    const deep = Buffer.concat(Array.from({ length: 2_000 }, () => Buffer.from([3, 0, 1, 0x61])));
    expect(() => decodeAmf(deep)).toThrow(ProtocolError);
    expect(() => decodeAmf(Buffer.from([10, 0xff, 0xff, 0xff, 0xff]))).toThrow(ProtocolError);
  });
});

describe("tags of FLV", () => {
  const tags: fc.Arbitrary<FlvTag> = fc.record({
    type: fc.constantFrom(TagType.AUDIO, TagType.VIDEO, TagType.SCRIPT),
    timestamp: timestamps,
    payload: fc.uint8Array({ maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
  });

  it("are read as they were written, in pieces of any size", () => {
    fc.assert(
      fc.property(fc.array(tags, { maxLength: 10 }), sizes, (list, pieces) => {
        const reader = new FlvReader();
        const stream = Buffer.concat([FLV_HEADER, ...list.map(encodeTag)]);
        expect([...cut(stream, pieces)].flatMap((piece) => reader.push(piece))).toEqual(list);
      }),
    );
    expect(() => new FlvReader().push(Buffer.alloc(64))).toThrow(ProtocolError);
  });

  it("tell key frames and sequence headers, of the old codecs and of those with a FourCC", () => {
    const video = (...bytes: number[]): FlvTag => ({ type: TagType.VIDEO, timestamp: 0, payload: Buffer.from(bytes) });
    const audio = (...bytes: number[]): FlvTag => ({ type: TagType.AUDIO, timestamp: 0, payload: Buffer.from(bytes) });
    const fourCc = [...Buffer.from("hvc1")];
    expect([video(0x17, 0), video(0x90, ...fourCc), audio(0xaf, 0), audio(0x90, ...Buffer.from("Opus"))].map(isSequenceHeader)).toEqual([
      ...[true, true, true, true],
    ]);
    expect([video(0x17, 1), video(0x27, 1), video(0x91, ...fourCc), video(0xa3, ...fourCc), audio(0xaf, 1)].map(isSequenceHeader)).toEqual([
      ...[false, false, false, false, false],
    ]);
    expect([video(0x17, 1), video(0x91, ...fourCc), video(0x93, ...fourCc)].map(isKeyFrame)).toEqual([true, true, true]);
    expect([video(0x17, 0), video(0x27, 1), video(0xa1, ...fourCc), audio(0x1f, 1), video()].map(isKeyFrame)).toEqual([
      ...[false, false, false, false, false],
    ]);
  });

  it("come out of a message of several parts with times of their own", () => {
    const parts = [
      { type: TagType.VIDEO, timestamp: 1_000, payload: Buffer.from([0x17, 1]) },
      { type: TagType.AUDIO, timestamp: 1_020, payload: Buffer.from([0xaf, 1]) },
    ];
    const message = { type: MessageType.AGGREGATE, streamId: 1, timestamp: 7_000, payload: Buffer.concat(parts.map(encodeTag)) };
    expect(splitAggregate(message).map(({ timestamp }) => timestamp)).toEqual([7_000, 7_020]);
    expect(() => splitAggregate({ ...message, payload: message.payload.subarray(0, 20) })).toThrow(ProtocolError);
    // As many as fit into the largest message would cost seconds.
    const many = (count: number) => ({ ...message, payload: Buffer.concat(Array.from({ length: count }, () => encodeTag(parts[1]!))) });
    expect(splitAggregate(many(500)).length).toBe(500);
    const flood = many(400_000);
    const startedAt = performance.now();
    expect(() => splitAggregate(flood)).toThrow(ProtocolError);
    expect(performance.now() - startedAt).toBeLessThan(50);
  });
});
