import { createDecipheriv, pbkdf2Sync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkOutputUrl } from "../../src/network/url.rules.ts";
import { acceptAnswer, conclusionOf } from "../../src/srt/srt-caller.rules.ts";
import { SrtCipher } from "../../src/srt/srt-cipher.ts";
import { extensionOf, ExtensionType, readHandshake, Rejection, streamIdOf, writeRejection } from "../../src/srt/srt-handshake.rules.ts";
import { readControlPacket, sequenceAfter, writeDataPacket } from "../../src/srt/srt-packet.rules.ts";
import { SrtSendQueue, type SrtSendQueueOptions } from "../../src/srt/srt-send-queue.ts";
import { readSrtTarget, type SrtTarget } from "../../src/srt/srt-target.rules.ts";
import { TsChunker } from "../../src/srt/ts-chunker.ts";
import { CAPTURED, packetOf } from "./captured-packets.ts";

const WRAP_START = Buffer.alloc(8, 0xa6);
const CAPTURED_PASSPHRASE = "0123456789abc";

/** Takes keys out of a key message as a receiver does. */
function unwrap(message: Buffer, passphrase: string): readonly Buffer[] {
  const keyBytes = (message[15] ?? 0) * 4;
  const salt = message.subarray(16, 32);
  const wrapping = pbkdf2Sync(passphrase, salt.subarray(8), 2048, keyBytes, "sha1");
  const decipher = createDecipheriv(`id-aes${keyBytes * 8}-wrap`, wrapping, WRAP_START);
  const keys = Buffer.concat([decipher.update(message.subarray(32)), decipher.final()]);
  return Array.from({ length: keys.length / keyBytes }, (_, index) => keys.subarray(index * keyBytes, (index + 1) * keyBytes));
}

function decrypt(payload: Buffer, from: { sequence: number; key: Buffer; message: Buffer }): Buffer {
  const counter = Buffer.alloc(16);
  counter.writeUInt32BE(from.sequence, 10);
  for (let at = 0; at < 14; at += 1) counter[at]! ^= from.message[16 + at]!;
  return createDecipheriv(`aes-${from.key.length * 8}-ctr`, from.key, counter).update(payload);
}

describe("encryption", () => {
  it("reads what libsrt wrote: its key messages, and a payload that begins with a packet of MPEG-TS", () => {
    const message = extensionOf(readHandshake(packetOf(CAPTURED.encrypted.conclusion))!.handshake, ExtensionType.KMREQ)!;
    const [key] = unwrap(message, CAPTURED_PASSPHRASE);
    const payload = decrypt(Buffer.from("cb5109d97420e26dfa510288fc336325", "hex"), { sequence: 0x1b2fff09, key: key!, message });
    expect(payload[0]).toBe(0x47);
    expect(() => unwrap(message, "another passphrase")).toThrow();
    expect(unwrap(readControlPacket(packetOf(CAPTURED.longKey.keyMessage))!.body, CAPTURED_PASSPHRASE).length).toBe(2);
  });

  it.each([16, 24, 32] as const)("with a key of %i bytes is undone by the key message alone, through changes of the key", (keyBytes) => {
    const passphrase = "a passphrase of ours";
    const cipher = new SrtCipher({ passphrase, keyBytes, refreshPackets: 50, announcePackets: 20 });
    expect(cipher.firstMessage.subarray(0, 16).toString("hex")).toBe(
      `122029010000000002000200000004${(keyBytes / 4).toString(16).padStart(2, "0")}`,
    );
    let keys = unwrap(cipher.firstMessage, passphrase);
    const slots: string[] = [];
    const messages = new Set<string>();
    for (let step = 0; step < 260; step += 1) {
      const sequence = sequenceAfter(0x7fff_ff80, step);
      const clear = Buffer.from(`packet number ${step}`);
      const { key: slot, payload } = cipher.encrypt(sequence, clear);
      if (slots.at(-1) !== slot) slots.push(slot);
      const key = keys.length === 1 ? keys[0]! : keys[slot === "EVEN" ? 0 : 1]!;
      expect(decrypt(payload, { sequence, key, message: cipher.firstMessage })).toEqual(clear);
      const { announcement } = cipher;
      if (!announcement) continue;
      messages.add(announcement.toString("hex"));
      expect(announcement[3]).toBe(3);
      keys = unwrap(announcement, passphrase);
      if (step % 10 === 0) cipher.confirm(announcement);
    }
    expect(slots).toEqual(["EVEN", "ODD", "EVEN", "ODD", "EVEN", "ODD"]);
    expect(messages.size).toBe(5);
  });

  it("keeps its key until the next one is confirmed, and says when it has had it for too long", () => {
    const cipher = new SrtCipher({ passphrase: "a passphrase", keyBytes: 16, refreshPackets: 50, announcePackets: 20 });
    const slots = Array.from({ length: 120 }, (_, step) => cipher.encrypt(step, Buffer.alloc(1)).key);
    expect(new Set(slots)).toEqual(new Set(["EVEN"]));
    cipher.confirm(Buffer.from("something else"));
    expect(cipher.announcement).not.toBeNull();
    expect(cipher.isWornOut).toBe(false);
    cipher.encrypt(120, Buffer.alloc(1));
    expect(cipher.isWornOut).toBe(true);
  });
});

describe("URLs of receivers", () => {
  const ALL =
    "srt://host.example:9000?mode=caller&transtype=live&streamid=#!::r=a+b,m=publish&passphrase=ten+letters&pbkeylen=24&enforced_encryption=0" +
    "&latency=300000&peerlatency=800000&tlpktdrop=0&nakreport=0&maxbw=0&inputbw=100000&oheadbw=50&pkt_size=1400&connect_timeout=1500" +
    "&lossmaxttl=5&kmrefreshrate=1000&kmpreannounce=900&ipttl=12";

  it("give every option that callers may set its effect", () => {
    expect(checkOutputUrl("SRT_PUSH", ALL, { allowedNetworks: [] })).toBeNull();
    expect(readSrtTarget(ALL)).toEqual({
      port: 9000,
      streamId: "#!::r=a b,m=publish",
      passphrase: "ten letters",
      keyBytes: 24,
      isEncryptionEnforced: false,
      ownLatencyMilliseconds: 300,
      peerLatencyMilliseconds: 800,
      dropsLatePackets: false,
      wantsPeriodicLossReports: false,
      payloadBytes: 1316,
      connectTimeoutMilliseconds: 1500,
      rate: { kind: "FIXED", bytesPerSecond: 150_000 },
      keyRefreshPackets: 1000,
      keyAnnouncePackets: 499,
      ttl: 12,
    } satisfies SrtTarget);
  });

  it("have libsrt's defaults", () => {
    expect(readSrtTarget("srt://[2001:db8::1]:9000")).toMatchObject({
      streamId: null,
      passphrase: null,
      keyBytes: null,
      isEncryptionEnforced: true,
      ownLatencyMilliseconds: 120,
      peerLatencyMilliseconds: 120,
      dropsLatePackets: true,
      payloadBytes: 1316,
      connectTimeoutMilliseconds: 3000,
      rate: { kind: "UNLIMITED" },
      keyRefreshPackets: 0x0100_0000,
      keyAnnouncePackets: 0x1000,
    });
    expect(readSrtTarget("srt://host.example:9000?maxbw=0")?.rate).toEqual({ kind: "MEASURED", factor: 1.25 });
    expect(["srt://host.example", "udp://host.example:1", "nothing"].map(readSrtTarget)).toEqual([null, null, null]);
  });

  it("show in the handshake as libsrt would send it", () => {
    const target = readSrtTarget("srt://h:1?streamid=live-key-1&passphrase=0123456789abc&pbkeylen=32&latency=350000")!;
    const { handshake } = readHandshake(packetOf(CAPTURED.longKey.conclusion))!;
    const keyMessage = extensionOf(handshake, ExtensionType.KMREQ)!;
    const ours = conclusionOf(handshake, { target, cookie: handshake.cookie, keyMessage });
    expect(streamIdOf(ours)).toBe("live-key-1");
    const { peerAddress: _peerAddress, extensions, ...rest } = handshake;
    expect(ours).toMatchObject(rest);
    expect(ours.extensions.slice(1)).toEqual(extensions.slice(1));
    const [mine, its] = [ours, handshake].map((each) => extensionOf(each, ExtensionType.HSREQ)!);
    // All but packet filters, which we do not have.
    expect(mine!.readUInt32BE(4)).toBe(its!.readUInt32BE(4) & ~0x80);
    expect(mine!.subarray(8)).toEqual(its!.subarray(8));
  });

  it("are answered by receivers that take them or say why not", () => {
    const target = readSrtTarget("srt://h:1?passphrase=0123456789abc")!;
    const asked = readHandshake(packetOf(CAPTURED.encrypted.conclusion))!;
    const keyMessage = extensionOf(asked.handshake, ExtensionType.KMREQ)!;
    const { handshake: answer } = readHandshake(packetOf(CAPTURED.encrypted.conclusionAnswer))!;
    expect(acceptAnswer(answer, { target, keyMessage })).toEqual({ latencyMilliseconds: 120, dropsLatePackets: true });
    const withKey = (content: Buffer) => ({ ...answer, extensions: [answer.extensions[0]!, { type: ExtensionType.KMRSP, content }] });
    const badSecret = withKey(Buffer.from([0, 0, 0, 4]));
    expect(acceptAnswer(badSecret, { target, keyMessage })).toEqual({
      problem: "The receiver refused the connection: its passphrase is another one.",
    });
    expect(acceptAnswer(badSecret, { target: { ...target, isEncryptionEnforced: false }, keyMessage })).not.toHaveProperty("problem");
    expect(acceptAnswer({ ...answer, extensions: [] }, { target, keyMessage })).toHaveProperty("problem");
    for (const reason of Object.values(Rejection)) {
      const { handshake } = readHandshake(writeRejection(asked, reason))!;
      expect(acceptAnswer(handshake, { target, keyMessage })).toHaveProperty(
        "problem",
        expect.stringMatching(/^The receiver refused the connection: .+\.$/),
      );
    }
  });
});

describe("what is sent", () => {
  const BEGIN = 0x7fff_fffa;
  function queueOf(options: Partial<SrtSendQueueOptions> = {}) {
    const sent: { sequence: number; isAgain: boolean }[] = [];
    const queue = new SrtSendQueue({
      ...{ initialSequence: BEGIN, windowPackets: 8_192, dropAfterMilliseconds: 1_000, rate: { kind: "UNLIMITED" } },
      send: (packet) => sent.push({ sequence: packet.readUInt32BE(0), isAgain: (packet[4]! & 0x04) !== 0 }),
      ...options,
    });
    const push = (count: number, now: number): void => {
      for (let step = 0; step < count; step += 1) {
        const sequence = queue.nextSequence;
        const place = { message: 1, key: null, timestamp: 0, destination: 1 } as const;
        queue.push(writeDataPacket({ sequence, ...place, payload: Buffer.alloc(1_000) }), 1_000, now);
      }
    };
    return { queue, sent, push };
  }
  const nth = (step: number): number => sequenceAfter(BEGIN, step);

  it("goes out at once, and again when it is missed; what was acknowledged counts once", () => {
    const { queue, sent, push } = queueOf();
    push(10, 0);
    expect(sent.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 10 }, (_, step) => nth(step)));
    expect(queue.acknowledge(nth(4), null)).toBe(4_000);
    expect(queue.acknowledge(nth(4), null)).toBe(0);
    expect(queue.acknowledge(nth(2), null)).toBe(0);
    expect(queue.acknowledge(nth(11), null)).toBe(0);
    expect(queue.reportLoss([{ first: nth(5), last: nth(7) }], 1)).toEqual([]);
    queue.pump(1);
    expect(sent.slice(10)).toEqual([5, 6, 7].map((step) => ({ sequence: nth(step), isAgain: true })));
    // Asked for, and not here any more: the receiver is told to go on without.
    expect(queue.reportLoss([{ first: nth(1), last: nth(4) }], 2)).toEqual([{ first: nth(1), last: nth(3) }]);
    expect(queue.acknowledge(nth(10), null)).toBe(6_000);
    expect(queue.isEmpty).toBe(true);
  });

  it("goes out again once per way there and back, and no faster than a line could carry it, however often it is asked for", () => {
    const { queue, sent, push } = queueOf({ windowPackets: 20_000, dropAfterMilliseconds: null });
    push(16_384, 0);
    queue.noteRoundTrip(40);
    sent.length = 0;
    // As many ranges as fit into one packet, each of all that there is, and one of all that was before.
    const everything = Array.from({ length: 182 }, () => ({ first: nth(0), last: nth(16_383) }));
    const startedAt = performance.now();
    const before = { first: sequenceAfter(BEGIN, 0x8000_0000 - 9), last: nth(3) };
    expect(queue.reportLoss([...everything, before, before], 100)).toEqual([
      { first: before.first, last: sequenceAfter(BEGIN, 0x7fff_ffff) },
    ]);
    queue.pump(100);
    expect(performance.now() - startedAt).toBeLessThan(100);
    expect(sent.length).toBe(200);
    for (let now = 101; now < 110; now += 1) {
      queue.reportLoss(everything, now);
      queue.pump(now);
    }
    expect(sent.length).toBe(200);
    expect(queue.acknowledge(nth(16_374), null)).toBe(16_374_000);
    for (let now = 110; now < 148; now += 1) {
      queue.reportLoss(everything, now);
      queue.pump(now);
    }
    expect(sent.slice(200).map(({ sequence }) => sequence)).toEqual(Array.from({ length: 10 }, (_, step) => nth(16_374 + step)));
    queue.reportLoss(everything, 151);
    queue.pump(151);
    expect(sent.length).toBe(220);
  });

  it("is no more at once than the receiver has room for", () => {
    const { queue, sent, push } = queueOf({ windowPackets: 5 });
    push(20, 0);
    expect(sent.length).toBe(5);
    queue.acknowledge(nth(5), 3);
    queue.pump(1);
    expect(sent.length).toBe(8);
  });

  it("is given up once it is too late, sent or not", () => {
    const { queue, sent, push } = queueOf({ windowPackets: 2 });
    push(5, 0);
    push(1, 900);
    queue.pump(1_001);
    expect(sent.map(({ sequence }) => sequence)).toEqual([nth(0), nth(1), nth(5)]);
    expect(queue.acknowledge(nth(6), null)).toBe(1_000);
    expect(queue.isEmpty).toBe(true);
    const patient = queueOf({ dropAfterMilliseconds: null });
    patient.push(5, 0);
    patient.queue.pump(60_000);
    expect(patient.queue.acknowledge(nth(5), null)).toBe(5_000);
  });

  it("keeps to its rate", () => {
    const { queue, sent, push } = queueOf({ rate: { kind: "FIXED", bytesPerSecond: 50_800 }, dropAfterMilliseconds: null });
    push(200, 0);
    for (let now = 20; now <= 2_000; now += 20) queue.pump(now);
    // 1,016 bytes each, 50 a second.
    expect(sent.length).toBeGreaterThanOrEqual(98);
    expect(sent.length).toBeLessThanOrEqual(106);
    const measured = queueOf({ rate: { kind: "MEASURED", factor: 1.25 }, dropAfterMilliseconds: null });
    for (let now = 0; now <= 2_000; now += 10) measured.push(1, now);
    measured.push(500, 2_010);
    for (let now = 2_030; now <= 3_010; now += 20) measured.queue.pump(now);
    // What came before, a second of it with a quarter more, and what may go at once.
    expect(measured.sent.length).toBeGreaterThan(201 + 110);
    expect(measured.sent.length).toBeLessThan(201 + 145);
  });

  it("stays in order whatever receivers say", () => {
    const word = fc.oneof(
      fc.record({ kind: fc.constant("push" as const), count: fc.integer({ min: 1, max: 30 }) }),
      fc.record({ kind: fc.constant("acknowledge" as const), step: fc.integer({ min: -50, max: 400 }), room: fc.option(fc.nat(100)) }),
      fc.record({ kind: fc.constant("loss" as const), from: fc.integer({ min: -50, max: 400 }), length: fc.nat(500) }),
      fc.record({ kind: fc.constant("time" as const), milliseconds: fc.nat(600) }),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 60 }), (words) => {
        const { queue, sent, push } = queueOf({ windowPackets: 40 });
        let now = 0;
        let acknowledged = 0;
        for (const said of words) {
          if (said.kind === "push") push(said.count, now);
          if (said.kind === "acknowledge")
            acknowledged += queue.acknowledge(sequenceAfter(nth(0), (said.step + 0x8000_0000) % 0x8000_0000), said.room);
          if (said.kind === "loss")
            queue.reportLoss(
              [{ first: sequenceAfter(BEGIN, said.from + 0x8000_0000), last: sequenceAfter(BEGIN, said.from + said.length + 0x8000_0000) }],
              now,
            );
          if (said.kind === "time") queue.pump((now += said.milliseconds));
        }
        const firsts = sent.filter(({ isAgain }) => !isAgain).map(({ sequence }) => (sequence - BEGIN + 0x8000_0000) % 0x8000_0000);
        expect(firsts).toEqual([...new Set(firsts)].toSorted((one, other) => one - other));
        expect(acknowledged).toBeLessThanOrEqual(firsts.length * 1_000);
      }),
      { numRuns: 300 },
    );
  });

  it("is cut into whole packets of MPEG-TS, however it came", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.integer({ min: 1, max: 5_000 }), fc.constant("flush" as const)), { maxLength: 40 }), (steps) => {
        const payloads: Buffer[] = [];
        const chunker = new TsChunker(1_316, (payload) => payloads.push(payload));
        let written = 0;
        for (const step of steps) {
          if (step === "flush") chunker.flush();
          else chunker.push(Buffer.from(Uint8Array.from({ length: step }, () => (written++ % 188 === 0 ? 0x47 : 0))));
        }
        chunker.flush();
        expect(payloads.every((payload) => payload.length <= 1_316 && payload.length % 188 === 0 && payload[0] === 0x47)).toBe(true);
        expect(Buffer.concat(payloads).length).toBe(written - (written % 188));
      }),
      { numRuns: 100 },
    );
  });
});
