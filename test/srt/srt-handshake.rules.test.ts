import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  extensionOf,
  ExtensionType,
  HandshakeType,
  readHandshake,
  Rejection,
  rejectionOf,
  SRT_MAGIC,
  streamIdExtension,
  streamIdOf,
  withCookie,
  writeHandshake,
  writeRejection,
  type HandshakePacket,
} from "../../src/srt/srt-handshake.rules.ts";
import { readControlPacket, readLossRanges, sequenceAfter, sequenceDistance } from "../../src/srt/srt-packet.rules.ts";
import { readStreamRequest } from "../../src/srt/srt-stream-id.rules.ts";
import { CAPTURED, packetOf } from "./captured-packets.ts";

const packets: readonly (readonly [string, string])[] = Object.entries(CAPTURED).flatMap(([group, members]) =>
  Object.entries(members).map(([name, hexadecimal]) => [`${group} ${name}`, hexadecimal] as const),
);
const handshakes = packets.filter(([, hexadecimal]) => hexadecimal.startsWith("80000000"));

function read(hexadecimal: string): HandshakePacket {
  const packet = readHandshake(packetOf(hexadecimal));
  if (!packet) throw new Error("No handshake");
  return packet;
}

describe("handshakes as they were captured", () => {
  it.each(handshakes)("%s is written again as it was read", (_, hexadecimal) => {
    const { handshake, ...place } = read(hexadecimal);
    expect(writeHandshake(handshake, place).toString("hex")).toBe(hexadecimal);
  });

  it("an induction and its answer", () => {
    expect(read(CAPTURED.encrypted.induction)).toMatchObject({
      destination: 0,
      timestamp: 163,
      handshake: { version: 4, type: HandshakeType.INDUCTION, socketId: 0x19a741b9, cookie: 0, datagramBytes: 1500, flowWindow: 8192 },
    });
    expect(read(CAPTURED.encrypted.inductionAnswer)).toMatchObject({
      destination: 0x19a741b9,
      handshake: { version: 5, type: HandshakeType.INDUCTION, extensionField: SRT_MAGIC, cookie: 0x651e74c3 },
    });
  });

  it.each([
    [CAPTURED.encrypted.conclusion, "#!::r=KEY1234,m=publish", true],
    [CAPTURED.longKey.conclusion, "live-key-1", true],
    [CAPTURED.plain.conclusion, "hello%20world x", false],
    [CAPTURED.liveTransmit.conclusion, "#!::r=KEY1234,m=request", false],
  ])("a conclusion %#", (hexadecimal, streamId, isEncrypted) => {
    const { handshake } = read(hexadecimal);
    expect(handshake.type).toBe(HandshakeType.CONCLUSION);
    expect(streamIdOf(handshake)).toBe(streamId);
    expect(extensionOf(handshake, ExtensionType.KMREQ) !== null).toBe(isEncrypted);
    expect(extensionOf(handshake, ExtensionType.HSREQ)?.length).toBe(12);
    expect(rejectionOf(handshake)).toBeNull();
  });

  it("the answer of a listener holds the caller's own key message", () => {
    const asked = extensionOf(read(CAPTURED.encrypted.conclusion).handshake, ExtensionType.KMREQ);
    expect(extensionOf(read(CAPTURED.encrypted.conclusionAnswer).handshake, ExtensionType.KMRSP)).toEqual(asked);
  });

  it("refusals of a listener", () => {
    expect(rejectionOf(read(CAPTURED.refusals.wrongPassphrase).handshake)).toBe(Rejection.BAD_SECRET);
    expect(rejectionOf(read(CAPTURED.refusals.noPassphrase).handshake)).toBe(Rejection.UNSECURE);
  });

  it("what is no handshake is none", () => {
    const others = packets.filter(([, hexadecimal]) => !hexadecimal.startsWith("80000000"));
    expect(others.length).toBeGreaterThan(3);
    expect(others.map(([, hexadecimal]) => readHandshake(packetOf(hexadecimal)))).toEqual(others.map(() => null));
  });
});

describe("what we write", () => {
  it.each([
    ["PEER", 1002],
    ["UNSECURE", 1011],
    ["FORBIDDEN", 2403],
    ["CONFLICT", 2409],
  ] as const)("a refusal for %s is of the type %i", (reason, type) => {
    const asked = read(CAPTURED.encrypted.conclusion);
    const answer = writeRejection(asked, Rejection[reason], 77);
    expect(answer.length).toBe(64);
    expect(answer.readUInt32BE(36)).toBe(type);
    const { handshake, ...place } = read(answer.toString("hex"));
    expect(place).toEqual({ timestamp: 77, destination: 0x19a741b9 });
    expect(rejectionOf(handshake)).toBe(Rejection[reason]);
  });

  it("another cookie changes nothing else", () => {
    const packet = packetOf(CAPTURED.encrypted.conclusion);
    const changed = withCookie(packet, 0xdead_beef);
    expect(read(changed.toString("hex")).handshake.cookie).toBe(0xdead_beef);
    expect(withCookie(changed, 0x651e_74c3)).toEqual(packet);
    expect(packet.toString("hex")).toBe(CAPTURED.encrypted.conclusion);
  });

  it("any stream ID comes back", () => {
    const streamIds = fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }).filter((text) => !text.includes("\0"));
    fc.assert(
      fc.property(streamIds, (streamId) => {
        const { handshake, ...place } = read(CAPTURED.plain.conclusion);
        const extensions = [streamIdExtension(streamId)];
        const packet = writeHandshake({ ...handshake, extensions }, place);
        expect(streamIdOf(read(packet.toString("hex")).handshake)).toBe(streamId);
      }),
    );
  });
});

describe("what is sent to hurt", () => {
  it.each(handshakes)("%s cut off anywhere is no handshake, or one with whole blocks", (_, hexadecimal) => {
    const packet = packetOf(hexadecimal);
    for (let length = 0; length < packet.length; length += 1) {
      const cut = readHandshake(packet.subarray(0, length));
      if (cut) expect(writeHandshake(cut.handshake, cut)).toEqual(packet.subarray(0, length));
    }
  });

  it("garbage and damaged packets never throw", () => {
    const damaged = fc
      .tuple(fc.constantFrom(...packets), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 12 }), fc.uint8Array({ maxLength: 40 }))
      .map(([[, hexadecimal], changes, tail]) => {
        const packet = packetOf(hexadecimal);
        for (const [at, value] of changes) packet[at % packet.length] = value;
        return Buffer.concat([packet, tail]);
      });
    const garbage = fc.uint8Array({ maxLength: 1600 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(damaged, garbage), (packet) => {
        const handshake = readHandshake(packet);
        if (handshake) {
          const streamId = streamIdOf(handshake.handshake);
          if (streamId !== null) readStreamRequest(streamId);
          rejectionOf(handshake.handshake);
          writeRejection(handshake, Rejection.FORBIDDEN);
        }
        const control = readControlPacket(packet);
        if (control) readLossRanges(control.body);
      }),
      { numRuns: 2_000 },
    );
  });

  it("a stream ID that is too long, empty, or no text is none", () => {
    const { handshake } = read(CAPTURED.plain.conclusion);
    const withId = (content: Buffer) => ({ ...handshake, extensions: [{ type: ExtensionType.STREAM_ID, content }] });
    expect(streamIdOf(withId(Buffer.alloc(516, 0x41)))).toBeNull();
    expect(streamIdOf(withId(Buffer.alloc(0)))).toBeNull();
    expect(streamIdOf(withId(Buffer.alloc(4)))).toBeNull();
    expect(streamIdOf(withId(Buffer.from([0x80, 0xff, 0xfe, 0xc0])))).toBeNull();
    expect(streamIdOf({ ...handshake, extensions: [] })).toBeNull();
  });
});

describe("stream IDs", () => {
  it.each([
    ["live-key-1", "live-key-1", true],
    ["#!::r=live-key-1,m=publish", "live-key-1", true],
    ["#!::m=publish,r=live-key-1", "live-key-1", true],
    ["#!::u=me,h=host,t=stream,r=live-key-1", "live-key-1", true],
    ["#!::r=live-key-1,m=bidirectional", "live-key-1", true],
    ["#!::r=live-key-1,m=request", "live-key-1", false],
  ])("%s", (streamId, streamKey, isPublishing) => {
    expect(readStreamRequest(streamId)).toEqual({ streamKey, isPublishing });
  });

  it.each(["#!::", "#!::m=publish", "#!::r=,m=publish", "#!::r"])("%s names no key", (streamId) => {
    expect(readStreamRequest(streamId)).toBeNull();
  });
});

describe("sequence numbers", () => {
  it("go round", () => {
    expect(sequenceAfter(0x7fff_ffff)).toBe(0);
    expect(sequenceDistance(0x7fff_fffe, 3)).toBe(5);
    expect(sequenceDistance(3, 0x7fff_fffe)).toBe(-5);
    expect(sequenceDistance(9, 9)).toBe(0);
  });

  it("of losses are read one by one and in ranges; what makes no sense is left out", () => {
    const words = (...values: number[]): Buffer => {
      const body = Buffer.alloc(values.length * 4);
      values.forEach((value, index) => body.writeUInt32BE(value, index * 4));
      return body;
    };
    expect(readLossRanges(words(5, 0x8000_0007, 9, 12))).toEqual([
      { first: 5, last: 5 },
      { first: 7, last: 9 },
      { first: 12, last: 12 },
    ]);
    expect(readLossRanges(words(0xffff_fffe, 2))).toEqual([{ first: 0x7fff_fffe, last: 2 }]);
    expect(readLossRanges(words(0x8000_0009, 7, 0x8000_0001))).toEqual([]);
  });
});
