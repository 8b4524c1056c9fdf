import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Worker } from "node:worker_threads";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDatagramReceiver, type DatagramReceiver } from "../../src/encoder/datagram-receiver.ts";
import { startSourceWorker } from "../../src/shared/source-worker.ts";
import {
  startDashSender,
  eventually,
  freeMulticast,
  freeUdpPort,
  startHlsSender,
  startMulticastSender,
  startSrtSender,
} from "../support/media.ts";
import { processesWith } from "../support/process-list.ts";
import {
  untilJoined,
  makeTransportStream,
  packetsOf,
  sendPaced,
  startRtmpSender,
  startRtpSender,
  startRtspPublisher,
} from "../support/pull-senders.ts";
import { startRtspServer, startTls } from "../support/rtsp-server.ts";
import { makeCertificate } from "../rtmp/peers.ts";
import { LOOPBACK_ACCESS, openIngestBench, type RunningIngest } from "./ingest-harness.ts";

const log = pino({ level: "silent" });
let bench: Awaited<ReturnType<typeof openIngestBench>>;
beforeAll(async () => {
  bench = await openIngestBench();
});
afterAll(() => bench.close());

/** When each picture is to be decoded, in seconds. */
async function decodeTimes(path: string): Promise<readonly number[]> {
  const shown = ["-select_streams", "v", "-show_entries", "packet=dts_time", "-of", "csv=p=0"];
  const { stdout } = await promisify(execFile)("ffprobe", ["-v", "error", ...shown, path]);
  return stdout
    .split("\n")
    .map((line) => Number.parseFloat(line))
    .filter((time) => !Number.isNaN(time));
}

/** A picture and a sound came through, and nothing else. */
async function expectMedia(running: RunningIngest): Promise<void> {
  const streams = await eventually("two streams", async () => {
    if (running.bytes().length < 150_000) throw new Error(`${running.bytes().length} bytes, ${JSON.stringify(running.state())}`);
    const found = await running.probe();
    return found.length === 2 && found;
  });
  expect(streams.map(({ codec_name }) => codec_name)).toEqual(["h264", "aac"]);
  expect(streams[0]).toMatchObject({ width: 320, avg_frame_rate: "25/1" });
  expect(running.state()).toMatchObject({ isFlowing: true, problem: null, isAddressRefused: false });
}

describe.concurrent("pulled inputs", () => {
  it.each([
    ["a timeline", true],
    ["numbers", false],
  ] as const)(
    "DASH by %s, its best picture, with nothing twice and nothing left out",
    async (_, hasTimeline) => {
      const sender = await startDashSender(hasTimeline);
      const running = bench.start({ type: "DASH_PULL", url: `${sender.url}?token=tok-dash` });
      await expectMedia(running);
      expect(processesWith("tok-dash")).toEqual([]);
      const times = await eventually(
        "five seconds",
        async () => {
          const found = await decodeTimes(running.file());
          return found.length > 125 && found;
        },
        25_000,
      );
      const steps = times.slice(1).map((time, index) => Math.round((time - (times[index] ?? 0)) * 1_000));
      expect(new Set(steps)).toEqual(new Set([40]));
      await sender.stop();
    },
    40_000,
  );

  it("says what is wrong with what arrives", async () => {
    const group = await freeMulticast();
    const running = bench.start({ type: "MULTICAST_PULL", url: `udp://${group.address}:${group.port}` });
    await untilJoined(group.port);
    await sendPaced({ ...group, packets: Array.from({ length: 3_000 }, () => Buffer.alloc(188, 1)), seconds: 11 });
    await eventually("the reason", () => running.state().problem === "What arrives is not an MPEG transport stream.");
    expect(running.starts()).toBe(0);
  });

  it("multicast, several sessions on one group, and groups kept apart on one port", async () => {
    const group = await freeMulticast();
    const other = { ...(await freeMulticast()), port: group.port };
    const sender = startMulticastSender(group);
    const otherSender = startMulticastSender({ ...other, size: "160x90" });
    const url = `udp://${group.address}:${group.port}`;
    const twins = [bench.start({ type: "MULTICAST_PULL", url }), bench.start({ type: "MULTICAST_PULL", url })];
    const apart = bench.start({ type: "MULTICAST_PULL", url: `udp://${other.address}:${group.port}` });
    await Promise.all(twins.map(expectMedia));
    await eventually("the other group", async () => apart.bytes().length > 100_000 && (await apart.probe())[0]?.width === 160);
    for (const running of [...twins, apart]) expect(running.state().errorPercent).toBe(0);
    await sender.stop();
    await otherSender.stop();
  });

  it("RTP to a group and to this machine", async () => {
    const group = await freeMulticast();
    const port = await freeUdpPort();
    const senders = [startRtpSender(group.address, group.port), startRtpSender("127.0.0.1", port)];
    const running = [
      bench.start({ type: "RTP_PULL", url: `rtp://${group.address}:${group.port}` }),
      bench.start({ type: "RTP_PULL", url: `rtp://127.0.0.1:${port}` }),
    ];
    await Promise.all(running.map(expectMedia));
    for (const one of running) expect(one.state().errorPercent).toBe(0);
    await Promise.all(senders.map((sender) => sender.stop()));
  });

  it("RTSP within its connection, with a password that nobody sees", async () => {
    const server = await startRtspServer({ userInfo: "cam:pass-w0rd-rtsp" });
    const sender = startRtspPublisher(server.port);
    const running = bench.start({ type: "RTSP_PULL", url: `rtsp://cam:pass-w0rd-rtsp@127.0.0.1:${server.port}/live/cam` });
    await expectMedia(running);
    expect(processesWith("pass-w0rd-rtsp")).toEqual([]);
    await sender.stop();
    await eventually("the loss shows", () => !running.state().isFlowing, 5_000);
    await server.close();
  });

  it("RTMP, its stream name in no process list of ours", async () => {
    const port = await freeUdpPort();
    const sender = startRtmpSender(port, "name-of-the-stream");
    const running = bench.start({ type: "RTMP_PULL", url: `rtmp://127.0.0.1:${port}/live/name-of-the-stream?token=tok-rtmp` });
    await expectMedia(running);
    expect(processesWith("name-of-the-stream").filter((pid) => pid !== sender.pid)).toEqual([]);
    await sender.stop();
    await eventually("the loss shows", () => !running.state().isFlowing, 5_000);
    expect(running.state().problem ?? "").not.toContain("tok-rtmp");
  });

  it("RTSPS and HLS over HTTPS, from servers whose certificates are trusted alone", async () => {
    const { certificate, privateKey } = await makeCertificate();
    const server = await startRtspServer();
    const senders = [startRtspPublisher(server.port), await startHlsSender()] as const;
    const inFrontOf = (port: number): Promise<number> => startTls({ certificate, privateKey, port });
    const rtspPort = await inFrontOf(server.port);
    const httpPort = await inFrontOf(Number(new URL(senders[1].url).port));
    const trusting = { access: { ...LOOPBACK_ACCESS, certificateAuthorities: certificate } };
    const rtsps = `rtsps://localhost:${rtspPort}/live/cam`;
    const [secure, web] = [
      bench.start({ type: "RTSP_PULL", url: rtsps }, trusting),
      bench.start({ type: "HLS_PULL", url: `https://localhost:${httpPort}/live.m3u8` }, trusting),
    ];
    const strict = bench.start({ type: "RTSP_PULL", url: rtsps });
    await Promise.all([secure, web].map(expectMedia));
    expect(strict.state().problem).toContain("SELF_SIGNED");
    await Promise.all(senders.map((sender) => sender.stop()));
    await server.close();
  });

  it("SRT and HLS", async () => {
    const port = await freeUdpPort();
    const senders = [startSrtSender({ port, passphrase: "correct-horse" }), await startHlsSender()] as const;
    const srt = bench.start(
      { type: "SRT_PULL", url: "" },
      { source: { type: "SRT_PULL", url: `srt://127.0.0.1:${port}`, srtPassphrase: "correct-horse", multicastInterface: null } },
    );
    const hls = bench.start({ type: "HLS_PULL", url: senders[1].url });
    await Promise.all([srt, hls].map(expectMedia));
    await Promise.all(senders.map((sender) => sender.stop()));
  });

  it("loses and damages no more than is counted, exactly", async () => {
    const group = await freeMulticast();
    const packets = packetsOf(await makeTransportStream(5));
    const isLost = (index: number): boolean => index > 500 && index % 50 === 0;
    const isDamaged = (index: number): boolean => index > 500 && index % 100 === 10;
    const sent = packets.flatMap((packet, index) => {
      if (isDamaged(index)) packet[1] = (packet[1] ?? 0) | 0x80;
      return isLost(index) ? [] : [packet];
    });
    const running = bench.start({ type: "MULTICAST_PULL", url: `udp://${group.address}:${group.port}` });
    await untilJoined(group.port);
    const sending = sendPaced({ ...group, packets: sent, seconds: 5 });
    await expectMedia(running);
    await sending;
    const bad = packets.filter((_, index) => isLost(index) || isDamaged(index)).length;
    const percent = await eventually("the share", () => {
      const found = running.state().errorPercent ?? 0;
      return Math.abs(found - (bad * 100) / packets.length) < 0.6 && found;
    });
    expect(percent).toBeGreaterThan(1.5);
  });

  it("counts what it had to give up once, and goes on behind it", async () => {
    const group = await freeMulticast();
    const own = createDatagramReceiver({ log });
    const bytes = { received: 0, lost: 0 };
    let pieces = 0;
    const datagrams: DatagramReceiver = {
      ...own,
      receive: (plan, { onBytes, onLost }) =>
        own.receive(plan, {
          onLost,
          onBytes(piece) {
            const isLost = bytes.received > 40_000 && (pieces += 1) % 4 === 0;
            bytes[isLost ? "lost" : "received"] += piece.length;
            if (isLost) onLost(piece.length);
            else onBytes(piece);
          },
        }),
    };
    const running = bench.start({ type: "MULTICAST_PULL", url: `udp://${group.address}:${group.port}` }, { datagrams });
    await untilJoined(group.port);
    const sending = sendPaced({ ...group, packets: packetsOf(await makeTransportStream(4)), seconds: 4 });
    await eventually("the stream", () => running.starts() === 1);
    await sending;
    await eventually("the share", () => {
      const expected = (bytes.lost * 100) / (bytes.lost + bytes.received);
      return expected > 3 && Math.abs((running.state().errorPercent ?? 0) - expected) < 0.3;
    });
    expect(running.starts()).toBe(1);
    await running.ingest.close();
    await own.close();
  });

  it("comes in again when the thread that receives it died", async () => {
    const group = await freeMulticast();
    const threads: Worker[] = [];
    const startThread = (): Worker => {
      threads.push(startSourceWorker(new URL("../../src/encoder/datagram-worker.ts", import.meta.url), {}));
      return threads.at(-1)!;
    };
    const datagrams = createDatagramReceiver({ log, startThread });
    const sender = startMulticastSender(group);
    const running = bench.start({ type: "MULTICAST_PULL", url: `udp://${group.address}:${group.port}` }, { datagrams });
    await expectMedia(running);
    const starts = running.starts();
    await threads[0]!.terminate();
    await eventually("it begins anew", () => running.starts() > starts);
    await expectMedia(running);
    expect(threads).toHaveLength(2);
    await running.ingest.close();
    await datagrams.close();
    await sender.stop();
  });

  it("gives the picture and the language that the remap chooses", async () => {
    const group = await freeMulticast();
    const maps = ["-map", "0:v", "-map", "0:v", "-map", "1:a", "-map", "1:a", "-s:v:1", "160x90", "-ac:a:1", "2"];
    const languages = ["-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=deu", "-metadata:s:v:1", "language=deu"];
    const packets = packetsOf(await makeTransportStream(6, [...maps, ...languages]));
    const url = `udp://${group.address}:${group.port}`;
    const rule = (priority: number, type: "VIDEO" | "AUDIO", language: string, mode: "PASSTHROUGH" | "REMAP" | "DROP") => ({
      priority,
      type,
      language,
      mode,
    });
    const plain = bench.start({ type: "MULTICAST_PULL", url });
    const german = bench.start(
      { type: "MULTICAST_PULL", url },
      { streamRemap: [rule(2, "VIDEO", "any", "PASSTHROUGH"), rule(1, "AUDIO", "de", "REMAP")] },
    );
    const silent = bench.start({ type: "MULTICAST_PULL", url }, { streamRemap: [rule(1, "VIDEO", "any", "PASSTHROUGH")] });
    const nothing = bench.start(
      { type: "MULTICAST_PULL", url },
      { streamRemap: [rule(1, "VIDEO", "any", "DROP"), rule(2, "AUDIO", "fra", "REMAP")] },
    );
    const everybody = [plain, german, silent, nothing];
    await untilJoined(group.port, everybody.length);
    const sending = sendPaced({ ...group, packets, seconds: 6 });
    const channels = async (running: RunningIngest): Promise<string> =>
      (await running.probe()).map(({ channels: count, width }) => count ?? width).join(" ");
    await eventually("the first of each", async () => (await channels(plain)) === "320 1");
    await eventually("the other language", async () => (await channels(german)) === "320 2");
    await eventually("the picture alone", async () => (await channels(silent)) === "320");
    await eventually("nothing", () => nothing.state().problem === "The stream remap leaves neither a picture nor sound.");
    await sending;
  });
});
