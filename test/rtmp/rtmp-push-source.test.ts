import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createPatientClock } from "../../src/encoder/patient-clock.ts";
import { RtmpPushSource } from "../../src/rtmp/rtmp-push-source.ts";
import { startRtmpServer, type RtmpServer } from "../../src/rtmp/rtmp-server.ts";
import { createLog } from "../../src/shared/log.ts";
import { randomToken } from "../../src/shared/identifier.ts";
import { eventually, probe } from "../support/media.ts";
import { isAlive, processesWith } from "../support/process-list.ts";
import { dial, startPublisher } from "./peers.ts";

const directory = mkdtempSync(join(tmpdir(), "headend-rtmp-test-"));
const setprivPath = ["/usr/bin/setpriv", "/bin/setpriv"].find((path) => existsSync(path)) ?? null;
const host = { setprivPath, records: { add: () => undefined, remove: () => undefined } };
let server: RtmpServer;

beforeAll(async () => {
  server = await startRtmpServer({ host: "127.0.0.1", port: 0, tls: null, log: createLog({ level: "silent" }) });
});

afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

/** A source with a clock that is wound as a session winds it. */
function openSource(ffmpegPath = "ffmpeg") {
  let spawned = 0;
  const counted = { ...host, records: { ...host.records, add: () => void (spawned += 1) } };
  const clock = createPatientClock(600);
  const key = randomToken(20);
  const streams: Buffer[][] = [];
  const source = new RtmpPushSource({
    ...{ server, streamKey: key, host: counted, ffmpegPath, clock },
    handlers: { onStart: () => void streams.push([]), onBytes: (chunk) => void streams.at(-1)?.push(chunk) },
  });
  const timer = setInterval(() => {
    if (!clock.tick()) source.watch(clock.now());
  }, 100);
  return {
    source,
    key,
    url: `rtmp://127.0.0.1:${server.port}/live/${key}`,
    streams,
    spawned: () => spawned,
    state: () => source.state(clock.now()),
    async close() {
      clearInterval(timer);
      await source.close();
    },
  };
}

describe.concurrent("an input that is pushed over RTMP", () => {
  it("waits, flows as MPEG-TS with every frame, is lost at once when its publisher leaves, and flows again", async () => {
    const { source, url, key, streams, state, close } = openSource();
    expect(state()).toEqual({
      isFlowing: false,
      problem: "Nobody publishes to this input yet.",
      isAddressRefused: false,
      errorPercent: null,
    });
    expect(source.pid).toBeNull();
    const publisher = startPublisher(url, { seconds: 4 });
    await eventually("the flow", () => state().isFlowing);
    expect(state().problem).toBeNull();
    // The test's own publisher has the key in its arguments, and nobody else.
    expect(processesWith(key)).toEqual([publisher.pid]);
    await publisher.ended;
    await eventually("the loss", () => !state().isFlowing);
    expect(state().problem).toBe("The publisher ended the stream.");
    await eventually("the last bytes", () => source.pid === null);
    const again = startPublisher(url);
    await eventually("the second stream", () => streams.length === 2 && state().isFlowing);
    const file = join(directory, "one.ts");
    writeFileSync(file, Buffer.concat(streams[0] ?? []));
    const found = await probe(file);
    expect(found.map(({ codec_name }) => codec_name)).toEqual(["h264", "aac"]);
    const pid = source.pid ?? 0;
    await close();
    expect(isAlive(pid)).toBe(false);
    await again.ended;
    const late = await dial(server.port);
    expect(await late.publish(key)).toMatchObject({ 3: { code: "NetStream.Publish.BadName" } });
  });

  it("is silent 2 s after its publisher froze, goes on when that one does, and is free for another after 5 s", async () => {
    const { source, url, streams, state, close } = openSource();
    const publisher = startPublisher(url);
    await eventually("the flow", () => state().isFlowing);
    const { pid } = source;
    publisher.child.kill("SIGSTOP");
    const frozenAt = performance.now();
    await eventually("the silence", () => !state().isFlowing);
    expect(performance.now() - frozenAt).toBeGreaterThan(1_500);
    expect(state().problem).toBe("Nothing arrived from the publisher for 2 s.");
    publisher.child.kill("SIGCONT");
    await eventually("the same stream", () => state().isFlowing);
    expect([source.pid, streams.length]).toEqual([pid, 1]);
    publisher.child.kill("SIGSTOP");
    await eventually("its end", () => source.pid === null);
    expect(state().problem).toBe("The publisher sent nothing any more.");
    const other = startPublisher(url);
    await eventually("the other one", () => state().isFlowing);
    await Promise.all([publisher.kill(), other.kill()]);
    await close();
  });

  it("sends its publisher away when it is rejected, and takes it in again", async () => {
    const { source, url, streams, state, close } = openSource();
    const publisher = startPublisher(url);
    await eventually("the flow", () => state().isFlowing);
    source.reject("The input holds neither a picture nor sound.");
    expect(state()).toMatchObject({ isFlowing: false, problem: "The input holds neither a picture nor sound." });
    expect(await publisher.ended).not.toBe("");
    const again = startPublisher(url);
    await eventually("the flow", () => streams.length === 2 && state().isFlowing);
    await again.kill();
    await close();
  });

  it("ends its publisher when the process that takes it in dies or cannot be started", async () => {
    const { source, url, state, close } = openSource();
    const publisher = startPublisher(url);
    await eventually("the flow", () => state().isFlowing);
    process.kill(-(source.pid ?? 0), "SIGKILL");
    await publisher.ended;
    expect(state().problem).toBe("The process that takes the input in was ended by SIGKILL.");
    await close();
    const broken = openSource("/nowhere/ffmpeg");
    const peer = await dial(server.port);
    await peer.publish(broken.key);
    await peer.closed();
    expect(broken.state().problem).toMatch(/cannot be read|ended|could not be started/);
    await broken.close();
  });

  it("holds no more than a bounded queue for a process that hangs", async () => {
    const { source, key, state, close } = openSource();
    const peer = await dial(server.port);
    await peer.publish(key);
    const pid = await eventually("the process", () => source.pid);
    process.kill(pid, "SIGSTOP");
    const frame = { type: 9, streamId: 1, payload: Buffer.concat([Buffer.from([0x27, 1]), Buffer.alloc(1_000_000)]) };
    for (let number = 0; number < 30; number += 1) peer.send({ ...frame, timestamp: number * 40 });
    await peer.closed();
    expect(state().problem).toBe("What the publisher sent could not be taken in fast enough.");
    await close();
    expect(isAlive(pid)).toBe(false);
  });

  it("spends one process a second on publishers that come and go in a loop, and loses nothing of one that stays", async () => {
    const { source, key, url, state, spawned, close } = openSource();
    const startedAt = performance.now();
    for (let round = 0; round < 8; round += 1) {
      const peer = await dial(server.port);
      await peer.publish(key);
      peer.send({ type: 9, streamId: 1, timestamp: 0, payload: Buffer.from([0x27, 1, 0, 0, 0]) });
      peer.socket.destroy();
      await eventually("its end", () => state().problem === "The publisher closed the connection.");
      source.reject("Seen.");
    }
    expect(spawned()).toBeLessThanOrEqual(1 + Math.floor((performance.now() - startedAt) / 1_000));
    const publisher = startPublisher(url);
    await eventually("the flow", () => state().isFlowing);
    await publisher.kill();
    await close();
  });
});
