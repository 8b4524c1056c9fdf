import { writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { once } from "node:events";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RefusalLog } from "../../src/rtmp/refusal-log.ts";
import { startRtmpServer, type RtmpServer } from "../../src/rtmp/rtmp-server.ts";
import { networkOf, WaitingRoom } from "../../src/rtmp/waiting-room.ts";
import { encodeTag } from "../../src/rtmp/flv.rules.ts";
import { commandMessage, encodeMessage, MessageType, UserControl, userControlMessage } from "../../src/rtmp/message.rules.ts";
import { createLog } from "../../src/shared/log.ts";
import { randomToken } from "../../src/shared/identifier.ts";
import { eventually } from "../support/media.ts";
import { dial, makeCertificate, probePackets, recordingSink, startPublisher } from "./peers.ts";

const lines: string[] = [];
const log = createLog({ level: "info", destination: { write: (line) => void lines.push(line) } });
const directory = mkdtempSync(join(tmpdir(), "headend-rtmp-test-"));
let server: RtmpServer;

beforeAll(async () => {
  const { certificate, privateKey } = await makeCertificate();
  server = await startRtmpServer({ host: "127.0.0.1", port: 0, tls: { port: 0, certificate, privateKey }, log });
});

afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

const urlOf = (key: string, application = "live"): string => `rtmp://127.0.0.1:${server.port}/${application}/${key}`;

async function probed(flv: Buffer): Promise<readonly string[]> {
  const file = join(directory, `${randomToken(8)}.flv`);
  writeFileSync(file, flv);
  return probePackets(file);
}

describe.concurrent("publishing over RTMP", () => {
  it("with the key gives every frame as FLV, and says when it is over", async () => {
    const heard = recordingSink();
    const key = randomToken(20);
    server.register(key, heard.sink);
    const publisher = startPublisher(urlOf(key), { seconds: 2 });
    expect(await publisher.ended).toBe("");
    await eventually("the end", () => heard.ends.length > 0);
    expect(heard.ends).toEqual(["The publisher ended the stream."]);
    const [video, audio] = await probed(heard.flv());
    expect(video).toBe("h264:50");
    expect(Number(audio?.split(":")[1])).toBeGreaterThan(85);
    expect(lines.join("")).not.toContain(key);
  });

  it("gives on what arrived together as one, before it says that it is over", async () => {
    const given: (Buffer | string)[] = [];
    const key = randomToken(20);
    server.register(key, {
      ...{ onBegin: () => undefined, onBytes: (flv) => void given.push(flv), onEnd: (reason) => void given.push(reason) },
    });
    const peer = await dial(server.port);
    await peer.publish(key);
    const frame = { type: 8, streamId: 1, timestamp: 40, payload: Buffer.from([0xaf, 1, 7]) } as const;
    const joined = { ...frame, type: MessageType.AGGREGATE, payload: Buffer.concat(Array.from({ length: 400 }, () => encodeTag(frame))) };
    const goodbye = commandMessage(["deleteStream", 0, null, 1]);
    const messages = [...Array.from({ length: 400 }, () => frame), joined, goodbye];
    peer.socket.write(Buffer.concat(messages.map((message) => encodeMessage(message, 128))));
    await eventually("its end", () => given.at(-1) === "The publisher ended the stream.");
    const media = given.filter((each) => typeof each !== "string");
    expect(Buffer.concat(media).length).toBe(13 + 800 * encodeTag(frame).length);
    expect(media.length).toBeLessThan(12);
    peer.socket.destroy();
  });

  it("over TLS gives the same", async () => {
    const heard = recordingSink();
    const key = randomToken(20);
    server.register(key, heard.sink);
    const publisher = startPublisher(`rtmps://127.0.0.1:${server.tlsPort}/live/${key}`, { seconds: 1 });
    await publisher.ended;
    await eventually("the end", () => heard.ends.length > 0);
    expect((await probed(heard.flv()))[0]).toBe("h264:25");
  });

  it("with a wrong key, without one, to another application, or to play, gets not one byte through", async () => {
    const heard = recordingSink();
    const key = randomToken(20);
    server.register(key, heard.sink);
    const wrong = [urlOf(`${key}x`), urlOf(key.slice(0, -1)), urlOf(key.toLowerCase() + "A"), urlOf(key, "other"), urlOf("")];
    const said = await Promise.all(wrong.map((url) => startPublisher(url, { seconds: 2 }).ended));
    for (const words of said) expect(words).not.toBe("");
    expect(said[0]).toContain("The stream cannot be published here.");
    const player = await dial(server.port);
    await player.shakeHands();
    player.command("connect", 1, { app: "live" });
    player.command("createStream", 2, null);
    player.command("play", 3, null, key);
    await player.closed();
    expect(heard.begins() + heard.bytes()).toBe(0);
  });

  it("is refused to a second publisher, while the first goes on", async () => {
    const heard = recordingSink();
    const key = randomToken(20);
    server.register(key, heard.sink);
    const first = startPublisher(urlOf(key));
    await eventually("media", () => heard.bytes() > 20_000);
    const second = startPublisher(urlOf(key), { seconds: 2 });
    expect(await second.ended).toContain("The stream cannot be published here.");
    const before = heard.bytes();
    await eventually("more of the first", () => heard.bytes() > before + 20_000);
    expect([heard.begins(), heard.ends.length]).toEqual([1, 0]);
    await first.kill();
  });

  it("goes on with a publisher that was killed and is back", async () => {
    const heard = recordingSink();
    const key = randomToken(20);
    server.register(key, heard.sink);
    const first = startPublisher(urlOf(key));
    await eventually("media", () => heard.bytes() > 20_000);
    await first.kill();
    const second = startPublisher(urlOf(key));
    await eventually("the second one", () => heard.begins() === 2);
    expect(heard.ends).toHaveLength(1);
    await second.kill();
  });

  it("frees the key of a publisher that froze, after 5 s of silence", async () => {
    const heard = recordingSink();
    const key = randomToken(20);
    server.register(key, heard.sink);
    const held = startPublisher(urlOf(key));
    await eventually("media", () => heard.bytes() > 20_000);
    held.child.kill("SIGSTOP");
    const at = performance.now();
    expect(await startPublisher(urlOf(key), { seconds: 1 }).ended).toContain("cannot be published");
    await eventually("the end of the frozen one", () => heard.ends.includes("The publisher sent nothing any more."));
    expect(performance.now() - at).toBeLessThan(8_000);
    const back = startPublisher(urlOf(key));
    await eventually("the one that is back", () => heard.begins() === 2);
    await Promise.all([back.kill(), held.kill()]);
  });

  it("ends when the key is given back, or goes to a newer registration", async () => {
    const [older, newer] = [recordingSink(), recordingSink()];
    const key = randomToken(20);
    const registration = server.register(key, older.sink);
    const first = await dial(server.port);
    await first.publish(key);
    const second = server.register(key, newer.sink);
    await first.closed();
    expect(older.ends).toEqual(["Another run of the session took the stream key over."]);
    registration.close();
    const third = await dial(server.port);
    expect(await third.publish(key)).toMatchObject({ 3: { code: "NetStream.Publish.Start" } });
    second.close();
    await third.closed();
    expect(newer.ends).toEqual(["The input was closed."]);
    const fourth = await dial(server.port);
    expect(await fourth.publish(key)).toMatchObject({ 3: { code: "NetStream.Publish.BadName" } });
  });

  it("ends at once when whoever registered the key wants no publisher now, and refuses an empty key", async () => {
    const heard = recordingSink();
    const key = randomToken(20);
    const registration = server.register(key, { ...heard.sink, onBegin: () => registration.drop("Not now.") });
    const peer = await dial(server.port);
    expect(await peer.publish(key)).toMatchObject({ 3: { code: "NetStream.Publish.Failed" } });
    await peer.closed();
    expect([heard.ends, heard.bytes()]).toEqual([["Not now."], 0]);
    expect(() => server.register("", heard.sink)).toThrow("never empty");
  });

  it("passes frames of codecs that it does not know as they are, and answers pings", async () => {
    const heard = recordingSink();
    const key = randomToken(20);
    server.register(key, heard.sink);
    const publisher = await dial(server.port);
    await publisher.publish(key);
    const payload = Buffer.concat([Buffer.from([0x90]), Buffer.from("hvc1"), Buffer.alloc(300, 9)]);
    publisher.send({ type: MessageType.VIDEO, streamId: 1, timestamp: 0x1234567, payload });
    publisher.send(userControlMessage(UserControl.PING_REQUEST, 77));
    await eventually("the frame", () => heard.flv().includes(payload));
    expect(heard.flv().subarray(13, 24).toString("hex")).toBe(`09000131234567010000${"00"}`);
    publisher.socket.destroy();
  });
});

describe.concurrent("hostile peers", () => {
  it("that send nonsense are closed, and disturb nobody", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 3_000 }), fc.boolean(), async (bytes, isShaken) => {
        const peer = await dial(server.port);
        if (isShaken) await peer.shakeHands();
        peer.socket.end(Buffer.from(bytes));
        await peer.closed();
      }),
      { numRuns: 25 },
    );
  });

  it("that send media, large messages or too much before the key are closed at once", async () => {
    const early = await dial(server.port);
    await early.shakeHands();
    early.send({ type: MessageType.VIDEO, streamId: 1, timestamp: 0, payload: Buffer.alloc(10) });
    const large = await dial(server.port);
    await large.shakeHands();
    large.socket.write(Buffer.from([0x03, 0, 0, 0, 0xff, 0xff, 0xff, 20, 0, 0, 0, 0]));
    const many = await dial(server.port);
    await many.shakeHands();
    for (let number = 0; number < 200; number += 1) many.send({ type: 99, streamId: 0, timestamp: 0, payload: Buffer.alloc(1_000) });
    const started = performance.now();
    await Promise.all([early.closed(), large.closed(), many.closed()]);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(lines.join("")).toContain("Media was sent before publishing.");
  });

  it("with a key and a message above the limit lose their connection", async () => {
    const heard = recordingSink();
    const key = randomToken(20);
    server.register(key, heard.sink);
    const peer = await dial(server.port);
    await peer.publish(key);
    peer.socket.write(Buffer.from([0x06, 0, 0, 0, 0xff, 0xff, 0xff, 9, 1, 0, 0, 0]));
    await peer.closed();
    expect(heard.ends).toEqual(["A message is larger than what is taken."]);
  });

  it("that take their time are closed after 10 s, over TLS as well, and at once when one address has too many", async () => {
    const started = performance.now();
    const slow = await dial(server.port);
    const drip = setInterval(() => slow.socket.write(Buffer.from([3])), 100);
    const silent = connect(server.tlsPort ?? 0, "127.0.0.1");
    silent.on("error", () => undefined).resume();
    const silentClosed = new Promise((resolve) => silent.once("close", resolve));
    await slow.closed();
    await silentClosed;
    clearInterval(drip);
    const seconds = (performance.now() - started) / 1_000;
    expect(seconds).toBeGreaterThan(9);
    expect(seconds).toBeLessThan(13);
  });
});

describe("a server of its own", () => {
  it("takes 32 connections of one address that do not publish, and lets others in once they are gone", async () => {
    const own = await startRtmpServer({ host: "127.0.0.1", port: 0, tls: null, log });
    const heard = recordingSink();
    own.register("a-key-of-mine", heard.sink);
    const waiting = await Promise.all(Array.from({ length: 32 }, () => dial(own.port)));
    const tooMany = await dial(own.port);
    await tooMany.closed();
    expect(waiting.some(({ isClosed }) => isClosed())).toBe(false);
    for (const { socket } of waiting) socket.destroy();
    await eventually("room", async () => (await dial(own.port)).publish("a-key-of-mine"));
    await own.close();
    await own.close();
    expect(heard.ends).toEqual(["The server was closed."]);
    await expect(startRtmpServer({ host: "127.0.0.1", port: server.port, tls: null, log })).rejects.toThrow("EADDRINUSE");
    const tls = { port: 0, certificate: "no certificate", privateKey: "no key" };
    await expect(startRtmpServer({ host: "127.0.0.1", port: 0, tls, log })).rejects.toThrow();
  });

  it("lets somebody in who comes to publish, however many strangers wait", async () => {
    const own = await startRtmpServer({ host: "127.0.0.1", port: 0, tls: null, log });
    own.register("a-key-of-mine", recordingSink().sink);
    const strangers = Array.from({ length: 256 }, (_, number) =>
      connect({ host: "127.0.0.1", port: own.port, localAddress: `127.0.0.${10 + (number % 8)}` }).on("error", () => undefined),
    );
    await Promise.all(strangers.map((stranger) => once(stranger, "connect")));
    let sentAway = 0;
    for (const stranger of strangers) stranger.on("close", () => (sentAway += 1)).resume();
    const peer = await dial(own.port);
    expect(await peer.publish("a-key-of-mine")).toMatchObject({ 3: { code: "NetStream.Publish.Start" } });
    await eventually("room was made", () => sentAway > 0);
    expect(sentAway).toBe(1);
    await own.close();
  });

  it("takes all addresses of one IPv6 network for one, and makes room where most are", () => {
    const room = new WaitingRoom();
    const sentAway: string[] = [];
    const enter = (address: string) => room.enter(address, () => sentAway.push(address));
    const one = Array.from({ length: 32 }, (_, number) => enter(`2001:db8:0:1:${number.toString(16)}::7`));
    expect(one.every((leave) => leave !== null)).toBe(true);
    expect(enter("2001:db8:0:1:ffff::1")).toBeNull();
    expect(enter("::ffff:192.0.2.7")).not.toBeNull();
    expect(networkOf("::ffff:192.0.2.7")).toBe(networkOf("192.0.2.7"));
    one[0]?.();
    one[0]?.();
    expect(enter("2001:db8:0:1::2")).not.toBeNull();
    for (let number = 0; number < 224; number += 1) enter(`2001:db8:1:${number.toString(16)}::7`);
    expect(sentAway).toEqual(["2001:db8:0:1:1::7"]);
  });

  it("writes one line a minute for each reason and network that it refuses, and how many it left out", () => {
    const written: { readonly address: string; readonly unlogged: number }[] = [];
    const destination = { write: (line: string) => void written.push(JSON.parse(line) as (typeof written)[number]) };
    let now = 0;
    const refusals = new RefusalLog(createLog({ level: "info", destination }), () => now);
    for (; now < 120_000; now += 1_000) refusals.note(`2001:db8::${(now / 1_000).toString(16)}`, "The stream key is unknown.");
    expect(written.map(({ unlogged }) => unlogged)).toEqual([0, 59]);
    for (let number = 0; number < 3_000; number += 1) refusals.note(`2001:db8:${number.toString(16)}::1`, "The stream key is unknown.");
    expect(written.length).toBeLessThan(510);
  });

  it("cuts what it tells into chunks of the size that it announced", () => {
    const message = { type: MessageType.COMMAND, streamId: 0, timestamp: 0, payload: Buffer.alloc(300) };
    expect(encodeMessage(message, 128)).toHaveLength(300 + 12 + 2);
  });
});
