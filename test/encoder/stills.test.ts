import { closeSync, existsSync, fstatSync, openSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Observation, ProcessLaunch, ProcessObservation } from "../../src/encoder/runner.ts";
import { readFrameCodes } from "../support/frame-codes.ts";
import { decodeWhole, eventually, probe } from "../support/media.ts";
import { httpOutput, launchOf, openMediaBench, passthrough, rendition, type RunningSession } from "./media-harness.ts";
import { breaksOf, processOf, startCodedSource } from "./process-harness.ts";

const run = promisify(execFile);
let bench: Awaited<ReturnType<typeof openMediaBench>>;
beforeAll(async () => {
  bench = await openMediaBench();
});
afterAll(() => bench.close());

const FRAME_RATE = 25;
const isFine = ({ status, health }: Observation): boolean => status === "RUNNING" && health === "OK";

function pathOf({ pathToken, kind }: ProcessLaunch): string {
  return join(bench.root, "media/stills", pathToken, kind === "THUMBNAIL" ? "thumbnail.jpg" : "motion-clip.mp4");
}

const toldOf = ({ last }: RunningSession, { processId }: ProcessLaunch): ProcessObservation | undefined =>
  last().processes?.find((told) => told.processId === processId);

let copies = 0;

/** The next so many contents in the order that they come in, each with the version that it is told with. */
async function contentsOf(running: RunningSession, process: ProcessLaunch, count: number): Promise<readonly string[]> {
  const paths = new Map<string, string>();
  await eventually(
    `${count} contents`,
    () => {
      const content = openContent(pathOf(process));
      if (content && !paths.has(content.version)) {
        copies += 1;
        const path = join(bench.root, `copy-${copies}${process.kind === "THUMBNAIL" ? ".jpg" : ".mp4"}`);
        writeFileSync(path, content.bytes);
        paths.set(content.version, path);
      }
      return paths.size >= count && paths.has(toldOf(running, process)?.contentVersion ?? "");
    },
    30_000,
  );
  return [...paths.values()].slice(0, count);
}

/** What is in the file now, and its version: the file may be replaced at any moment, and a version is told a moment later. */
function openContent(path: string): { readonly version: string; readonly bytes: Buffer } | null {
  if (!existsSync(path)) return null;
  const file = openSync(path, "r");
  try {
    return { version: Math.round(fstatSync(file).mtimeMs).toString(36), bytes: readFileSync(file) };
  } finally {
    closeSync(file);
  }
}

async function firstCodes(paths: readonly string[]): Promise<readonly number[]> {
  return Promise.all(paths.map(async (path) => (await readFrameCodes(`file:${path}`, { isPicture: path.endsWith(".jpg") }))[0] ?? -1));
}

const distances = (codes: readonly number[]): readonly number[] => codes.slice(1).map((code, index) => code - (codes[index] ?? 0));

async function lengthOf(path: string): Promise<number> {
  const { stdout } = await run("ffprobe", ["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", `file:${path}`]);
  return Number(stdout);
}

describe.concurrent("thumbnails and motion clips", () => {
  it("of encoded renditions come at their intervals to the frame, in their sizes", async () => {
    const source = await startCodedSource();
    const large = rendition({ id: "large", name: "270p", width: 480, height: 270 });
    const tiny = rendition({ id: "tiny", name: "90p", width: 160, height: 90, frameRate: 12.5 });
    const thumbnail = processOf("THUMBNAIL", { renditionId: "large", intervalSeconds: 2 });
    const slow = processOf("THUMBNAIL", { renditionId: "tiny", intervalSeconds: 4 });
    const clip = processOf("MOTION_CLIP", { renditionId: "large", intervalSeconds: 3, durationSeconds: 1 });
    const full = processOf("MOTION_CLIP", { renditionId: "tiny", intervalSeconds: 2, durationSeconds: 2 });
    const launch = launchOf({ urlA: source.url }, [httpOutput({ renditions: [large, tiny] })]);
    const running = bench.start({ ...launch, processes: [thumbnail, slow, clip, full] });
    await running.until("the session runs", isFine);
    const [thumbnails, slows, clips, fulls] = await Promise.all([
      contentsOf(running, thumbnail, 4),
      contentsOf(running, slow, 3),
      contentsOf(running, clip, 3),
      contentsOf(running, full, 4),
    ]);
    expect(distances(await firstCodes(thumbnails))).toEqual([50, 50, 50]);
    expect(distances(await firstCodes(slows))).toEqual([100, 100]);
    expect(distances(await firstCodes(clips))).toEqual([75, 75]);
    expect(distances(await firstCodes(fulls))).toEqual([50, 50, 50]);
    const sizes: readonly (readonly [ProcessLaunch, number, number, string])[] = [
      [thumbnail, 480, 270, "mjpeg"],
      [slow, 160, 90, "mjpeg"],
      [clip, 480, 270, "h264"],
      [full, 160, 90, "h264"],
    ];
    for (const [process, width, height, codec] of sizes) {
      expect(await probe(`file:${pathOf(process)}`, 1, process.kind === "THUMBNAIL")).toMatchObject([{ width, height, codec_name: codec }]);
    }
    for (const path of clips) {
      const codes = await readFrameCodes(path);
      expect(codes.length).toBe(FRAME_RATE);
      expect(breaksOf(codes)).toEqual([]);
      expect(await lengthOf(path)).toBe(1);
      // What browsers loop has its header in front.
      const bytes = readFileSync(path);
      expect(bytes.indexOf("moov")).toBeLessThan(bytes.indexOf("mdat"));
    }
    for (const path of fulls) {
      expect((await decodeWhole(`file:${path}`)).complaints).toBe("");
      expect(await lengthOf(path)).toBe(2);
    }
    const told = toldOf(running, thumbnail);
    expect(told).toMatchObject({ isActive: true, health: "OK", reason: null, contentType: "image/jpeg" });
    expect(Date.parse(told?.contentAt ?? "")).toBeGreaterThan(Date.now() - 10_000);
    expect(toldOf(running, clip)?.contentType).toBe("video/mp4");
    await running.session.stop();
    await source.stop();
    // They are kept after the stop.
    for (const [process] of sizes) expect(statSync(pathOf(process)).size).toBeGreaterThan(500);
  });

  it("of what passes through are made of the input itself", async () => {
    const source = await startCodedSource({ size: "960x540", frameRate: 50, keyFrameInterval: 50 });
    const thumbnail = processOf("THUMBNAIL", { renditionId: passthrough.id, intervalSeconds: 2 });
    const clip = processOf("MOTION_CLIP", { renditionId: passthrough.id, intervalSeconds: 3, durationSeconds: 1 });
    const running = bench.start({
      ...launchOf({ urlA: source.url }, [httpOutput({ renditions: [passthrough] })]),
      processes: [thumbnail, clip],
    });
    await running.until("the session runs", isFine);
    const [thumbnails, clips] = await Promise.all([contentsOf(running, thumbnail, 3), contentsOf(running, clip, 2)]);
    expect(distances(await firstCodes(thumbnails))).toEqual([100, 100]);
    expect(distances(await firstCodes(clips))).toEqual([150]);
    expect(await probe(`file:${pathOf(thumbnail)}`, 1, true)).toMatchObject([{ width: 960, height: 540 }]);
    // At most 640 wide, and at most 30 pictures a second.
    expect(await probe(`file:${pathOf(clip)}`)).toMatchObject([{ width: 640, height: 360, avg_frame_rate: "25/1" }]);
    const codes = await readFrameCodes(clips[0] ?? "");
    expect(codes.length).toBe(25);
    expect(new Set(distances(codes))).toEqual(new Set([2]));
    await running.session.stop();
    await source.stop();
  });

  it("decode key frames alone where nothing else has to be decoded", async () => {
    const source = await startCodedSource({ keyFrameInterval: 25 });
    const thumbnail = processOf("THUMBNAIL", { renditionId: passthrough.id, intervalSeconds: 2 });
    const running = bench.start({
      ...launchOf({ urlA: source.url }, [httpOutput({ renditions: [passthrough] })]),
      processes: [thumbnail],
    });
    await running.until("the session runs", isFine);
    const codes = await firstCodes(await contentsOf(running, thumbnail, 4));
    expect(distances(codes)).toEqual([50, 50, 50]);
    expect(codes.every((code) => code % 25 === 0)).toBe(true);
    await running.session.stop();
    await source.stop();
  });

  it("of sound alone fail with a reason, an alert, and nothing else", async () => {
    const source = await startCodedSource({ hasVideo: false });
    const [thumbnail, recording] = [processOf("THUMBNAIL", { intervalSeconds: 2 }), processOf("RECORDING")];
    const running = bench.start({ ...launchOf({ urlA: source.url }, [httpOutput()]), processes: [thumbnail, recording] });
    await running.until("the session runs", isFine);
    await eventually("the recording runs", () => toldOf(running, recording)?.isActive);
    expect(toldOf(running, thumbnail)).toMatchObject({
      ...{ isActive: false, health: "ERROR", reason: "The input has no picture." },
      ...{ contentVersion: null, contentType: null, contentAt: null },
    });
    expect(running.last().causes).toEqual([
      {
        ...{ code: "PROCESS_FAILED", playbackId: null, processId: thumbnail.processId, severity: "ERROR", occurrences: 1 },
        message: "Thumbnail: The input has no picture.",
      },
    ]);
    await running.session.stop();
    await source.stop();
    await eventually("it is whole", () =>
      [...bench.told.values()].some(({ processId, status }) => processId === recording.processId && status === "READY"),
    );
    const [asset] = [...bench.told.values()].filter(({ processId }) => processId === recording.processId);
    expect(await probe(join(bench.root, "assets", asset!.id, "recording.mp4"))).toMatchObject([{ codec_name: "aac" }]);
  });
});

it("stop first when the disk is nearly full, and go on by themselves", async () => {
  const source = await startCodedSource();
  const [thumbnail, recording] = [processOf("THUMBNAIL", { intervalSeconds: 1 }), processOf("RECORDING")];
  const running = bench.start({ ...launchOf({ urlA: source.url }, [httpOutput()]), processes: [thumbnail, recording] });
  await running.until("the session runs", isFine);
  await contentsOf(running, thumbnail, 2);
  bench.storage.level = "LOW";
  const stopped = await running.until("the thumbnail stops", () => toldOf(running, thumbnail)?.isActive === false);
  expect(toldOf(running, thumbnail)).toMatchObject({ health: "WARNING", reason: expect.stringContaining("nearly full") as string });
  expect(stopped.causes).toMatchObject([{ code: "STORAGE_FULL", severity: "WARNING", playbackId: null }]);
  expect(toldOf(running, recording)).toMatchObject({ isActive: true, health: "OK" });
  const before = toldOf(running, thumbnail)?.contentVersion;
  bench.storage.level = "FULL";
  const full = await running.until("the recording pauses", () => toldOf(running, recording)?.isActive === false);
  expect(full).toMatchObject({ status: "RUNNING", health: "OK" });
  expect(full.causes).toMatchObject([{ code: "STORAGE_FULL", severity: "ERROR" }]);
  const pausedAt = await source.lastCode(bench.root);
  await eventually("more was sent", async () => (await source.lastCode(bench.root)) > pausedAt + 3 * FRAME_RATE);
  expect(toldOf(running, thumbnail)?.contentVersion).toBe(before);
  bench.storage.level = "PLENTY";
  await running.until("both are active", ({ processes }) => processes?.every(({ isActive }) => isActive) === true);
  await contentsOf(running, thumbnail, 3);
  await running.session.stop();
  await source.stop();
  const asset = await eventually("it is whole", () =>
    [...bench.told.values()].find(({ processId, status }) => processId === recording.processId && status === "READY"),
  );
  // What came meanwhile is missing, and the rest is laid together.
  const codes = await readFrameCodes(join(bench.root, "assets", asset.id, "recording.mp4"));
  expect(breaksOf(codes).length).toBe(1);
  expect(asset.durationSeconds).toBeCloseTo(codes.length / FRAME_RATE, 1);
});
