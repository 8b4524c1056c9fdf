import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { tmpdir } from "node:os";
import { createServer as createTlsServer } from "node:tls";
import { once } from "node:events";
import { afterAll, describe, expect, it } from "vitest";
import type { Resolution } from "../../src/network/resolve.ts";
import { encodeAmf } from "../../src/rtmp/amf0.rules.ts";
import { encodeTag, FLV_HEADER, FlvReader, isKeyFrame, isSequenceHeader, TagType } from "../../src/rtmp/flv.rules.ts";
import { RtmpSender } from "../../src/rtmp/rtmp-sender.ts";
import { startRtmpServer } from "../../src/rtmp/rtmp-server.ts";
import { createLog } from "../../src/shared/log.ts";
import { randomToken } from "../../src/shared/identifier.ts";
import { eventually } from "../support/media.ts";
import { processesWith } from "../support/process-list.ts";
import { startPasswordReceiver } from "./password-receiver.ts";
import {
  freePort,
  makeCertificate,
  openReceiver,
  probePackets,
  probePictures,
  recordingSink,
  startEncoder,
  startPublisher,
} from "./peers.ts";

const directory = mkdtempSync(join(tmpdir(), "headend-rtmp-test-"));
const allow = async (): Promise<Resolution> => ({ kind: "ALLOWED", addresses: ["127.0.0.1"] });
const fileOf = (name: string): string => join(directory, `${name}.ts`);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A door that can be held shut in front of a receiver: what it does not read stays with the sender. */
async function openDoor(target: number) {
  const sockets: Socket[] = [];
  let isShut = false;
  const server = createServer((socket) => {
    const behind = connect(target, "127.0.0.1");
    sockets.push(socket, behind);
    for (const each of [socket, behind]) each.on("error", () => each.destroy());
    socket.pipe(behind).pipe(socket);
    if (isShut) socket.unpipe(behind).pause();
  });
  server.listen(await freePort(), "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    shut() {
      isShut = true;
      sockets.forEach((socket, index) => index % 2 === 0 && socket.unpipe(sockets[index + 1]).pause());
    },
    open() {
      isShut = false;
      sockets.forEach((socket, index) => index % 2 === 0 && socket.pipe(sockets[index + 1]!));
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe.concurrent("sending to a foreign RTMP server", () => {
  it("gives it every stream from a key frame on, and no process has the key in its arguments", async () => {
    const key = randomToken(20);
    const receiver = await openReceiver({ key });
    const sender = new RtmpSender({ url: receiver.url, resolve: allow });
    expect(sender.state()).toEqual({ isConnected: false, bytes: 0, problem: null, isAddressRefused: false });
    expect(Buffer.byteLength(sender.localUrl.slice("unix:".length))).toBeLessThan(107);
    expect(statSync(dirname(sender.localUrl.slice("unix:".length))).mode & 0o077).toBe(0);
    const encoder = startEncoder(sender.localUrl, fileOf("plain"));
    await eventually("the connection", () => sender.state().isConnected);
    await eventually("the media", () => sender.state().bytes > 150_000);
    expect(processesWith(key)).toEqual([]);
    await encoder.kill("SIGINT");
    await sender.close();
    await sender.close();
    expect(existsSync(dirname(sender.localUrl.slice("unix:".length)))).toBe(false);
    const [file = ""] = receiver.recorded();
    const packets = await eventually("the recording", () => probePackets(file));
    expect(packets.map((each) => each.split(":")[0])).toEqual(["h264", "aac"]);
    expect((await probePictures(file))[0]?.isKey).toBe(true);
    await receiver.close();
  });

  it("feeds it again within 3 s of its return, while the encoder goes on", async () => {
    const receiver = await openReceiver({ key: "evening-show" });
    const sender = new RtmpSender({ url: receiver.url, resolve: allow });
    const encoder = startEncoder(sender.localUrl, fileOf("killed"));
    await eventually("the media", () => sender.state().bytes > 60_000);
    await receiver.kill();
    await eventually("the loss", () => !sender.state().isConnected && sender.state().problem !== null);
    const written = statSync(fileOf("killed")).size;
    await eventually("more of the encoder", () => statSync(fileOf("killed")).size > written + 60_000);
    expect(sender.state().problem).toBe("The receiver cannot be reached.");
    const before = sender.state().bytes;
    await receiver.start();
    const returnedAt = performance.now();
    await eventually("more of the media", () => sender.state().bytes > before + 10_000);
    expect(performance.now() - returnedAt).toBeLessThan(3_000);
    const second = await eventually("the second recording", () => receiver.recorded()[1]);
    await eventually("a key frame first", async () => (await probePictures(second))[0]?.isKey);
    await encoder.kill();
    await sender.close();
    await receiver.close();
  });

  it("says so when the receiver does not take the stream key, which stays unsaid", async () => {
    const receiver = await openReceiver({ key: "the-right-one" });
    const wrong = `wrong-${randomToken(20)}`;
    const sender = new RtmpSender({ url: `rtmp://127.0.0.1:${receiver.port}/live/${wrong}`, resolve: allow });
    const encoder = startEncoder(sender.localUrl, fileOf("wrong"));
    const problem = await eventually("the problem", () => sender.state().problem);
    expect(problem).toBe("The receiver closed the connection instead of taking the stream: the stream key may be a wrong one.");
    await eventually("more attempts", () => receiver.asked.length > 2);
    expect(sender.state()).toMatchObject({ isConnected: false, bytes: 0 });
    expect(receiver.recorded()).toEqual([]);
    await encoder.kill();
    await sender.close();
    await receiver.close();
  });

  it("goes on over one connection when the encoder is killed and another begins at zero", async () => {
    const receiver = await openReceiver({ key: "evening-show" });
    const sender = new RtmpSender({ url: receiver.url, resolve: allow });
    const first = startEncoder(sender.localUrl, fileOf("first"));
    await eventually("the media", () => sender.state().bytes > 100_000);
    await first.kill();
    const before = sender.state().bytes;
    const second = startEncoder(sender.localUrl, fileOf("second"));
    await eventually("more of the media", () => sender.state().bytes > before + 100_000);
    expect(receiver.asked).toEqual(["evening-show"]);
    await second.kill();
    await sender.close();
    const pictures = await probePictures(receiver.recorded()[0] ?? "");
    const steps = pictures.slice(1).map(({ time }, index) => time - (pictures[index]?.time ?? 0));
    expect(Math.min(...steps)).toBeGreaterThan(0);
    expect(Math.max(...steps)).toBeLessThan(4);
    await receiver.close();
  });

  it("over TLS trusts a certificate of the receiver's name alone", async () => {
    const receiver = await openReceiver({ key: "evening-show" });
    const { certificate, privateKey } = await makeCertificate();
    const names: (string | false | undefined)[] = [];
    const terminator = createTlsServer({ cert: certificate, key: privateKey }, (socket) => {
      names.push((socket as { servername?: string | false }).servername);
      const behind = connect(receiver.port, "127.0.0.1");
      for (const each of [socket, behind]) each.on("error", () => each.destroy());
      socket.pipe(behind).pipe(socket);
    });
    terminator.on("tlsClientError", () => undefined);
    terminator.listen(0, "127.0.0.1");
    await once(terminator, "listening");
    const address = terminator.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const open = (host: string, trustedCertificates: string | null) => {
      const sender = new RtmpSender({ url: `rtmps://${host}:${port}/live/evening-show`, resolve: allow, trustedCertificates });
      return { sender, encoder: startEncoder(sender.localUrl, fileOf(randomToken(8))) };
    };
    const trusted = open("localhost", certificate);
    await eventually("the media", () => trusted.sender.state().bytes > 30_000);
    expect(names).toContain("localhost");
    const byAddress = open("127.0.0.1", certificate);
    const unknown = open("localhost", null);
    const misnamed = open("elsewhere.example", certificate);
    for (const { sender } of [unknown, misnamed]) {
      expect(await eventually("the problem", () => sender.state().problem)).toMatch(/^The receiver's certificate is not one to trust: /);
      expect(sender.state().bytes).toBe(0);
    }
    // What comes after the handshake says that it was fine: the name is in use by the first one.
    const taken = await eventually("the answer", () => byAddress.sender.state().problem);
    expect(taken).toMatch(/^The receiver refuses the stream: NetStream\.Publish\.BadName/);
    for (const { sender, encoder } of [trusted, byAddress, unknown, misnamed]) {
      await encoder.kill();
      await sender.close();
    }
    await new Promise((resolve) => terminator.close(resolve));
    await receiver.close();
  });

  it("asks at every connection whether the address is allowed, and connects nowhere else", async () => {
    const receiver = await openReceiver({ key: "evening-show" });
    let resolution: Resolution = { kind: "REFUSED", problem: { code: "URL_NOT_ALLOWED", message: "The address is not allowed here." } };
    const asked: string[] = [];
    const sender = new RtmpSender({
      url: `rtmp://receiver.example:${receiver.port}/live/evening-show`,
      resolve: async (url) => {
        asked.push(url);
        return resolution;
      },
    });
    const encoder = startEncoder(sender.localUrl, fileOf("refused"));
    await eventually("the refusal", () => sender.state().isAddressRefused && asked.length > 1);
    expect(sender.state()).toMatchObject({ isConnected: false, problem: "The address is not allowed here." });
    resolution = { kind: "UNRESOLVED", message: "The name receiver.example has no address now." };
    await eventually("the unknown name", () => sender.state().problem === resolution["message" as never]);
    expect(sender.state().isAddressRefused).toBe(false);
    resolution = { kind: "ALLOWED", addresses: ["127.0.0.1"] };
    await eventually("the media", () => sender.state().bytes > 10_000);
    expect(new Set(asked)).toEqual(new Set([`rtmp://receiver.example:${receiver.port}/live/evening-show`]));
    await encoder.kill();
    await sender.close();
    await receiver.close();
  });

  it("answers a receiver that wants a user and password as ffmpeg does", async () => {
    const receiver = await startPasswordReceiver({ userName: "ada", password: "pass word" });
    const reference = startPublisher(`rtmp://ada:pass word@127.0.0.1:${receiver.port}/live/theirs`, { seconds: 1 });
    await reference.ended;
    expect(receiver.published).toEqual(["theirs"]);
    const right = new RtmpSender({ url: `rtmp://ada:pass%20word@127.0.0.1:${receiver.port}/live/ours`, resolve: allow });
    const wrong = new RtmpSender({ url: `rtmp://ada:letmein@127.0.0.1:${receiver.port}/live/never`, resolve: allow });
    const encoders = [startEncoder(right.localUrl, fileOf("right")), startEncoder(wrong.localUrl, fileOf("mistaken"))];
    await eventually("the media", () => right.state().bytes > 10_000);
    const problem = await eventually("the refusal", () => wrong.state().problem);
    expect(problem).toMatch(/^The receiver refuses the stream: /);
    expect(problem).not.toContain("letmein");
    expect(receiver.published).toEqual(["theirs", "ours"]);
    for (const encoder of encoders) await encoder.kill();
    await Promise.all([right.close(), wrong.close()]);
    await receiver.close();
  });
});

/** Writes numbered pictures as an encoder would, as fast as they are read; every tenth is a key frame. */
function openPictureWriter(localUrl: string) {
  const socket = connect(localUrl.slice("unix:".length));
  let number = 0;
  socket.on("error", () => undefined);
  socket.write(FLV_HEADER);
  socket.write(encodeTag({ type: TagType.SCRIPT, timestamp: 0, payload: encodeAmf(["onMetaData", { width: 320 }]) }));
  socket.write(encodeTag({ type: TagType.VIDEO, timestamp: 0, payload: Buffer.from([0x17, 0, 0, 0, 0, 1]) }));
  return {
    count: () => number,
    async write(count: number, bytes: number) {
      for (const end = number + count; number < end; number += 1) {
        const payload = Buffer.concat([Buffer.from([number % 10 === 0 ? 0x17 : 0x27, 1, 0, 0, 0, 0, 0, 0, 0]), Buffer.alloc(bytes)]);
        payload.writeUInt32BE(number, 5);
        socket.write(encodeTag({ type: TagType.VIDEO, timestamp: number * 40, payload }));
      }
      await eventually("all that was written is read", () => socket.writableLength === 0);
    },
    close: () => socket.destroy(),
  };
}

/** Our own server as the receiver, behind a door that can be held shut. */
async function openBehindDoor() {
  const server = await startRtmpServer({ host: "127.0.0.1", port: 0, tls: null, log: createLog({ level: "silent" }) });
  const heard = recordingSink();
  server.register("evening-show", heard.sink);
  const door = await openDoor(server.port);
  const sender = new RtmpSender({ url: `rtmp://127.0.0.1:${door.port}/live/evening-show`, resolve: allow });
  const encoder = openPictureWriter(sender.localUrl);
  await encoder.write(20, 100);
  await eventually("the media", () => heard.bytes() > 1_000);
  const close = async (): Promise<void> => {
    encoder.close();
    await sender.close();
    await door.close();
    await server.close();
  };
  return { heard, door, sender, encoder, close };
}

describe.concurrent("a receiver that says nothing", () => {
  it("is given up after a while when it stops to take anything, and found again", async () => {
    const { heard, door, sender, encoder, close } = await openBehindDoor();
    door.shut();
    // More than what the system holds for a connection.
    for (let round = 0; round < 4; round += 1) await encoder.write(100, 100_000);
    await eventually("the end of the connection", () => sender.state().problem === "The connection to the receiver broke.");
    expect(sender.state().isConnected).toBe(false);
    door.open();
    await eventually("the newest picture", async () => {
      await encoder.write(10, 100);
      return heard.begins() === 2 && numbersOf(heard.flv().subarray(heard.startOf(1))).length > 20;
    });
    await close();
  });

  it("at one of its addresses is reached at another", async () => {
    const server = await startRtmpServer({ host: "127.0.0.1", port: 0, tls: null, log: createLog({ level: "silent" }) });
    const heard = recordingSink();
    server.register("evening-show", heard.sink);
    const sender = new RtmpSender({
      url: `rtmp://receiver.example:${server.port}/live/evening-show`,
      resolve: async () => ({ kind: "ALLOWED", addresses: ["127.0.0.9", "127.0.0.1"] }),
    });
    const encoder = openPictureWriter(sender.localUrl);
    await eventually("the media", async () => {
      await encoder.write(10, 100);
      return heard.bytes() > 1_000;
    });
    encoder.close();
    await sender.close();
    await server.close();
  });

  it("is told apart from one that cannot be reached", async () => {
    const silent = createServer((socket) => void socket.on("error", () => undefined).resume());
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    const address = silent.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const sender = new RtmpSender({ url: `rtmp://127.0.0.1:${port}/live/evening-show`, resolve: allow });
    const encoder = openPictureWriter(sender.localUrl);
    await encoder.write(20, 100);
    await eventually("the problem", () => sender.state().problem === "The receiver does not answer as one of RTMP.");
    encoder.close();
    await sender.close();
    await new Promise((resolve) => silent.close(resolve));
  });
});

describe("a receiver that is too slow", () => {
  it("holds up no encoder and no memory, and gets whole groups of pictures once it takes some", async () => {
    const { heard, door, encoder, close } = await openBehindDoor();
    door.shut();
    const before = process.memoryUsage().arrayBuffers;
    for (let round = 0; round < 12; round += 1) await encoder.write(100, 50_000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60_000_000);
    door.open();
    await encoder.write(30, 100);
    await eventually("the newest picture", () => numbersOf(heard.flv()).at(-1)?.number === encoder.count() - 1);
    const arrived = numbersOf(heard.flv());
    expect(arrived.length).toBeLessThan(encoder.count());
    arrived.slice(1).forEach((each, index) => expect(each.isKey || each.number === (arrived[index]?.number ?? 0) + 1).toBe(true));
    await close();
  });
});

function numbersOf(flv: Buffer): readonly { readonly number: number; readonly isKey: boolean }[] {
  return new FlvReader()
    .push(flv)
    .filter((tag) => tag.type === TagType.VIDEO && !isSequenceHeader(tag))
    .map((tag) => ({ number: tag.payload.readUInt32BE(5), isKey: isKeyFrame(tag) }));
}
