import { execFile, execFileSync, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AudioFacts, StreamFacts, VideoFacts } from "../../src/encoder/input-facts.ts";
import type { Observation, SessionControls, SlateSettings } from "../../src/encoder/runner.ts";
import { findSlateLack, slateArguments } from "../../src/encoder/slate.rules.ts";
import { eventually, freeMulticast, startMulticastSender, type Sender } from "../support/media.ts";
import { isAlive } from "../support/process-list.ts";
import { expectSteady } from "./steadiness.ts";
import { fileOutput, httpOutput, launchOf, openMediaBench, passthrough, rendition } from "./media-harness.ts";

const run = promisify(execFile);

const video: VideoFacts = {
  ...{ codec: "h264", profile: "High", level: 31, width: 1280, height: 720, isInterlaced: false, pixelAspect: 1 },
  frameRate: { numerator: 30_000, denominator: 1_001 },
  pixelFormat: "yuv420p",
};
const audio: AudioFacts = { codec: "aac", profile: "LC", sampleRate: 44_100, channels: 1 };
const streams = { table: 0x1000, video: 0x100, audio: 0x101 };

describe("what a slate is made like", () => {
  const encoded = [{ renditions: [rendition()] }];

  it.each<[string, Parameters<typeof findSlateLack>[0], StreamFacts, string | null]>([
    ["a usual input", encoded, { video, audio }, null],
    ["a picture alone", encoded, { video, audio: null }, null],
    ["sound alone", encoded, { video: null, audio }, null],
    ["ten bits", encoded, { video: { ...video, codec: "hevc", pixelFormat: "yuv420p10le" }, audio }, null],
    ["broadcast", encoded, { video: { ...video, codec: "mpeg2video" }, audio: { ...audio, codec: "mp2" } }, null],
    ["a rendition that copies", [{ renditions: [rendition(), passthrough] }], { video, audio }, "passes the source through"],
    ["a picture that nobody makes", encoded, { video: { ...video, codec: "vc1" }, audio }, "cannot make vc1 pictures"],
    ["an odd format of pixels", encoded, { video: { ...video, pixelFormat: "gbrp" }, audio }, "cannot make h264 pictures"],
    ["sound that nobody makes", encoded, { video, audio: { ...audio, codec: "dts" } }, "cannot make dts sound"],
    ["an odd number of channels", encoded, { video, audio: { ...audio, channels: 3 } }, "cannot make aac sound"],
  ])("%s", (_, outputs, facts, lack) => {
    const found = findSlateLack(outputs, facts);
    if (lack === null) expect(found).toBeNull();
    else expect(found).toContain(lack);
  });

  it("is the input: codec, size, rate, sound, and the identifiers of its streams", () => {
    const text = slateArguments({ facts: { video, audio }, streams: { table: 4_000, video: 300, audio: 310 }, picture: null }).join(" ");
    for (const part of ["size=1280x720:rate=30000/1001", "-c:v libx264", "-g 30", "-c:a aac", "sample_rate=44100:channel_layout=mono"]) {
      expect(text).toContain(part);
    }
    expect(text).toContain("-streamid 0:300 -streamid 1:310 -mpegts_pmt_start_pid 4000");
    const sound = slateArguments({ facts: { video: null, audio }, streams: { ...streams, video: null }, picture: "image/png" }).join(" ");
    expect(sound).toContain("-map 0:a:0");
    expect(sound).not.toContain("pipe:0");
  });

  it("is made of no picture that is larger than pictures may be, whatever its header said", () => {
    const words = slateArguments({
      facts: { video, audio: null },
      streams: { table: null, video: null, audio: null },
      picture: "image/png",
    });
    const source = ["-v", "error", "-f", "lavfi", "-i", "color=white:size=4100x4100", "-frames:v", "1", "-c:v", "png"];
    const large = execFileSync("ffmpeg", [...source, "-f", "image2pipe", "pipe:1"], { maxBuffer: 10_000_000 });
    const { status, stdout } = spawnSync("ffmpeg", words, { input: large, timeout: 8_000 });
    expect(status).toBeGreaterThan(0);
    expect(stdout.length).toBe(0);
  });
});

const isFine = ({ health, playbacks }: Observation): boolean => health === "OK" && playbacks.every(({ status }) => status === "RUNNING");
const controls = (isSlateWanted: boolean): SessionControls => ({ switch: { number: 0, toPath: null, actor: null }, isSlateWanted });

let bench: Awaited<ReturnType<typeof openMediaBench>>;
beforeAll(async () => {
  const white = execFileSync("ffmpeg", [
    ...["-v", "error", "-f", "lavfi", "-i", "color=white:size=300x200", "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "pipe:1"],
  ]);
  bench = await openMediaBench({
    images: new Map([
      ["image_white", white],
      ["image_broken", Buffer.concat([white.subarray(0, 40), Buffer.alloc(200, 1)])],
    ]),
  });
});
afterAll(() => bench.close());

async function open(name: string, slate: SlateSettings, isSlateWanted = false) {
  const group = await freeMulticast();
  let sender: Sender | null = null;
  const web = httpOutput({ renditions: [rendition({ width: 160, height: 90, videoBitrateKbps: 100 })] });
  const file = fileOutput({ urls: [`slate/${name}`], renditions: web.renditions });
  const launch = launchOf({ urlA: `udp://${group.address}:${group.port}` }, [web, file]);
  const running = bench.start({ ...launch, slate, controls: controls(isSlateWanted) });
  return {
    ...running,
    send: () => (sender = startMulticastSender({ ...group, size: "160x90" })),
    async cut() {
      await sender?.stop();
      sender = null;
    },
    playlist: async () => (await fetch(`${bench.url}/live/${web.pathToken}/v0.m3u8`)).text(),
    async close() {
      await running.session.stop();
      await sender?.stop();
      const directory = join(bench.root, "files/slate");
      return join(directory, readdirSync(directory).find((entry) => entry.startsWith(`${name}-`)) ?? "");
    },
  };
}

/** Seconds at which a recording falls silent, and the mean brightness of each of its pictures. */
async function inspect(path: string) {
  const filters = ["-vf", "signalstats,metadata=print:key=lavfi.signalstats.YAVG", "-af", "silencedetect=n=-50dB:d=0.6"];
  const { stderr } = await run("ffmpeg", ["-hide_banner", "-i", path, ...filters, "-f", "null", "-"], { maxBuffer: 50_000_000 });
  const numbers = (pattern: RegExp): readonly number[] => Array.from(stderr.matchAll(pattern), ([, value]) => Number(value));
  return { silentAt: numbers(/silence_start: ([\d.]+)/g), brightness: numbers(/signalstats\.YAVG=([\d.]+)/g) };
}

describe.concurrent("a slate", () => {
  it("is shown when it is wanted, with the picture that was uploaded and no sound, and hidden again", async () => {
    const { session, until, observations, send, close, playlist } = await open("wanted", { isShownOnLoss: false, imageId: "image_white" });
    send();
    await until("the session runs", isFine);
    const { encoder } = session.pids;
    session.control(controls(true));
    await until("the slate shows", ({ isSlateShowing }) => isSlateShowing === true);
    const slate = session.pids.slate ?? 0;
    expect(isAlive(slate)).toBe(true);
    await eventually("some seconds of it", async () => ((await playlist()).match(/#EXTINF/g)?.length ?? 0) >= 4);
    session.control(controls(false));
    const after = await until("it is hidden", ({ isSlateShowing }) => isSlateShowing === false);
    expect(isFine(after)).toBe(true);
    await eventually("its process is gone", () => !isAlive(slate) && session.pids.slate === undefined);
    await eventually("some seconds of the input", async () => ((await playlist()).match(/#EXTINF/g)?.length ?? 0) >= 6);
    expect(await playlist()).not.toContain("DISCONTINUITY");
    expect(session.pids.encoder).toBe(encoder);
    const shown = observations.filter(({ isSlateShowing }) => isSlateShowing === true);
    expect(shown.every(isFine)).toBe(true);
    const path = await close();
    await expectSteady(path);
    const { silentAt, brightness } = await inspect(path);
    // White in the middle, the ground at both sides; the test picture is neither.
    const isWhite = brightness.map((value) => value > 180);
    const [begin, end] = [isWhite.indexOf(true), isWhite.lastIndexOf(true)];
    expect(begin).toBeGreaterThan(25);
    expect(end).toBeLessThan(isWhite.length - 25);
    expect(isWhite.slice(begin, end).every(Boolean)).toBe(true);
    expect(silentAt.length).toBe(1);
    expect(Math.abs((silentAt[0] ?? 0) - begin / 25)).toBeLessThan(0.3);
  });

  it("comes by itself when the input is lost, and goes when that is back; nothing is well meanwhile", async () => {
    const { session, until, send, cut, close, playlist } = await open("lost", { isShownOnLoss: true, imageId: "image_broken" });
    const waiting = await until("it waits", ({ status }) => status === "WAITING");
    expect(waiting.isSlateShowing).toBe(false);
    send();
    await until("the session runs", isFine);
    const { encoder } = session.pids;
    await cut();
    const lost = await until("the slate shows", ({ isSlateShowing }) => isSlateShowing === true);
    expect(lost).toMatchObject({ status: "RUNNING", health: "ERROR" });
    expect(lost.reason).toContain("The input is lost");
    expect(lost.causes?.map(({ code, severity }) => `${code} ${severity}`)).toEqual(["INPUT_LOST ERROR"]);
    const count = (text: string): number => Number(/_(\d+)\.ts\s*$/.exec(text)?.[1]);
    const before = count(await playlist());
    await eventually("output goes on", async () => count(await playlist()) >= before + 2);
    send();
    const back = await until("the input is back", (observation) => isFine(observation) && observation.isSlateShowing === false);
    expect(back.causes).toEqual([]);
    expect(session.pids.encoder).toBe(encoder);
    await eventually("new segments", async () => count(await playlist()) >= before + 4);
    expect(await playlist()).not.toContain("DISCONTINUITY");
    const path = await close();
    await expectSteady(path);
    // The picture that comes with the product, since the uploaded one is broken.
    const { brightness } = await inspect(path);
    expect(brightness.filter((value) => value < 60).length).toBeGreaterThan(50);
  });

  it("is not shown before there was an input, and makes no session RUNNING", async () => {
    const { until, observations, send, close } = await open("early", { isShownOnLoss: true, imageId: null }, true);
    await until("it waits", ({ status }) => status === "WAITING");
    send();
    await until("the slate shows", ({ isSlateShowing, status }) => isSlateShowing === true && status === "RUNNING");
    const running = observations.findIndex(({ status }) => status === "RUNNING");
    expect(
      observations
        .slice(
          0,
          observations.findLastIndex(({ status }) => status === "WAITING"),
        )
        .some((seen) => seen.isSlateShowing),
    ).toBe(false);
    expect(running).toBeGreaterThan(0);
    await close();
  });

  it("is not shown where the source is passed through, and the reason says so", async () => {
    const group = await freeMulticast();
    const sender = startMulticastSender({ ...group, size: "160x90" });
    const launch = launchOf({ urlA: `udp://${group.address}:${group.port}` }, [httpOutput({ renditions: [passthrough] })]);
    const { session, until } = bench.start({ ...launch, controls: controls(true) });
    const seen = await until("it says why", ({ status, reason }) => status === "RUNNING" && reason !== null);
    expect(seen).toMatchObject({ health: "OK", isSlateShowing: false });
    expect(seen.reason).toContain("passes the source through");
    await session.stop();
    await sender.stop();
  });
});
