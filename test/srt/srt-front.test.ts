import { createSocket, type Socket } from "node:dgram";
import { afterEach, beforeEach, expect, it } from "vitest";
import { SourceRate } from "../../src/srt/source-rate.ts";
import { SrtFront } from "../../src/srt/srt-front.ts";
import type { SrtClaim } from "../../src/srt/srt-claim.ts";
import {
  readHandshake,
  Rejection,
  rejectionOf,
  SRT_MAGIC,
  streamIdExtension,
  writeHandshake,
  type Handshake,
  type HandshakePacket,
} from "../../src/srt/srt-handshake.rules.ts";
import { SrtLoss } from "../../src/srt/srt-loss.ts";
import { sequenceAfter } from "../../src/srt/srt-packet.rules.ts";
import { eventually, freeUdpPort } from "../support/media.ts";
import { CAPTURED, packetOf } from "./captured-packets.ts";

const encrypted = readHandshake(packetOf(CAPTURED.encrypted.conclusion))!.handshake;
const plain = readHandshake(packetOf(CAPTURED.plain.conclusion))!.handshake;

let front: SrtFront;
let socket: Socket;
let answers: HandshakePacket[] = [];
const claimed = (streamKey: string, isEncrypted = false): SrtClaim =>
  front.claim({
    ...{ streamKey, isEncrypted, onCalled: () => undefined },
    ...{ onAnswered: () => undefined, onConnected: () => undefined, onLeft: () => undefined },
  });

beforeEach(async () => {
  front = await SrtFront.open({ host: "127.0.0.1", port: 0 });
  answers = [];
  socket = createSocket("udp4");
  socket.on("message", (packet) => answers.push(readHandshake(packet)!));
  await new Promise<void>((resolve) => socket.connect(front.port, "127.0.0.1", resolve));
});
afterEach(async () => {
  socket.close();
  await front.close();
});

/** What the front answers to a caller's handshake. */
async function ask(packet: Buffer): Promise<Handshake> {
  const before = answers.length;
  socket.send(packet);
  return (await eventually("an answer", () => answers[before], 2_000)).handshake;
}

const cookie = async (): Promise<number> => (await ask(packetOf(CAPTURED.encrypted.induction))).cookie;
const conclusion = (handshake: Handshake, changes: Partial<Handshake>): Buffer =>
  writeHandshake({ ...handshake, ...changes }, { timestamp: 0, destination: 0 });
const withId = (handshake: Handshake, streamId: string): Pick<Handshake, "extensions"> => ({
  extensions: [...handshake.extensions.filter(({ type }) => type !== 5), streamIdExtension(streamId)],
});

it("answers a first handshake with a cookie and no more bytes than it had, and keeps nothing", async () => {
  const first = await ask(packetOf(CAPTURED.encrypted.induction));
  expect(first).toMatchObject({ version: 5, type: 1, extensionField: SRT_MAGIC });
  expect(await cookie()).toBe(first.cookie);
  expect(writeHandshake(first, { timestamp: 0, destination: 0 }).length).toBe(64);
  expect(front.size).toBe(0);
});

it.each([
  ["an unknown key", plain, "another-key", Rejection.FORBIDDEN],
  ["a key in other letters", plain, "THE-KEY", Rejection.FORBIDDEN],
  ["no key", plain, "#!::m=publish", Rejection.FORBIDDEN],
  ["the wish to be sent to", plain, "#!::r=the-key,m=request", Rejection.BAD_MODE],
  ["no encryption where it has to be", plain, "the-key", Rejection.UNSECURE],
] as const)("refuses %s", async (_, handshake, streamId, reason) => {
  claimed("the-key", true).listenAt(1);
  const answer = await ask(conclusion(handshake, { cookie: await cookie(), ...withId(handshake, streamId) }));
  expect(rejectionOf(answer)).toBe(reason);
  expect(answer.socketId).toBe(handshake.socketId);
  expect(front.size).toBe(0);
});

it("refuses the old handshake, and says nothing to a wrong cookie or to what it does not know", async () => {
  claimed("the-key").listenAt(1);
  const good = await cookie();
  expect(rejectionOf(await ask(conclusion(plain, { version: 4, cookie: good })))).toBe(Rejection.VERSION);
  const before = answers.length;
  socket.send(conclusion(plain, { cookie: good + 1, ...withId(plain, "the-key") }));
  socket.send(conclusion(plain, { type: 0 }));
  socket.send(Buffer.from("hello, who is there?"));
  expect(await cookie()).toBe(good);
  expect(answers.length).toBe(before + 1);
  expect(front.size).toBe(0);
});

it("lets callers wait while nobody listens for them", async () => {
  const claim = claimed("the-key");
  const before = answers.length;
  socket.send(conclusion(plain, { cookie: await cookie(), ...withId(plain, "the-key") }));
  await cookie();
  expect(answers.length).toBe(before + 2);
  expect(claim.isConnected).toBe(false);
});

it("keeps few callers half open for one key, and forgets them", async () => {
  const claim = claimed("the-key", true);
  claim.listenAt(await freeUdpPort());
  const good = await cookie();
  const asks = (socketId: number): Buffer => conclusion(encrypted, { cookie: good, socketId, ...withId(encrypted, "the-key") });
  for (let socketId = 1; socketId <= 8; socketId += 1) socket.send(asks(socketId));
  expect(rejectionOf(await ask(asks(9)))).toBe(Rejection.OVERLOAD);
  expect(front.size).toBe(8);
  await eventually("all of them forgotten", () => front.size === 0, 8_000);
});

it("answers no source more often than anybody calls", async () => {
  for (let count = 0; count < 2_000; count += 1) socket.send(packetOf(CAPTURED.encrypted.induction));
  await eventually("answers", () => answers.length >= 150);
  await eventually("another answer, a little later", async () => (await cookie()) !== 0);
  expect(answers.length).toBeLessThan(700);
});

it("cannot be opened twice on one port", async () => {
  await expect(SrtFront.open({ host: "127.0.0.1", port: front.port })).rejects.toThrow(/EADDRINUSE/);
});

it("holds each source to its rate, within bounded memory", () => {
  const rate = new SourceRate({ burst: 3, perSecond: 10, sourcesLimit: 2 });
  expect([0, 0, 0, 0].map((now) => rate.take("a", now))).toEqual([true, true, true, false]);
  expect(rate.take("a", 50)).toBe(false);
  expect(rate.take("a", 150)).toBe(true);
  expect(rate.take("b", 150)).toBe(true);
  expect(rate.take("c", 150)).toBe(true);
  // The first one was forgotten for the third.
  expect([1, 2, 3].map(() => rate.take("a", 150))).toEqual([true, true, true]);
});

it("counts what never arrived, over the last 30 s", () => {
  const begin = 0x7fff_fff0;
  const loss = new SrtLoss(begin);
  expect(loss.percent(0)).toBeNull();
  for (let step = 0; step < 100; step += 1) {
    // One in ten is missing; one in ten comes late.
    if (step % 10 !== 3) loss.noteData(sequenceAfter(begin, step % 10 === 5 ? step + 1 : step % 10 === 6 ? step - 1 : step));
  }
  loss.noteAcknowledged(sequenceAfter(begin, 50), 1_000);
  expect(loss.percent(1_000)).toBe(10);
  loss.noteAcknowledged(sequenceAfter(begin, 40), 1_000);
  loss.noteAcknowledged(sequenceAfter(begin, 100), 11_000);
  expect(loss.percent(11_000)).toBe(10);
  for (let step = 100; step < 200; step += 1) loss.noteData(sequenceAfter(begin, step));
  loss.noteAcknowledged(sequenceAfter(begin, 200), 20_000);
  expect(loss.percent(20_000)).toBe(5);
  expect(loss.percent(32_000)).toBeCloseTo((100 * 5) / 150, 1);
  expect(loss.percent(60_000)).toBeNull();
});
