import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AssetReport } from "../../src/encoder/asset-teller.ts";
import { gatherParts } from "../../src/encoder/clip-parts.ts";
import { cutClip } from "../../src/encoder/cut-clip.ts";
import { openProcessRecords } from "../../src/encoder/process-record.ts";
import { NO_CONTROLS, type Observation, type ProcessLaunch } from "../../src/encoder/runner.ts";
import { newIdentifier } from "../../src/shared/identifier.ts";
import { readFrameCodes } from "../support/frame-codes.ts";
import { eventually, freeMulticast } from "../support/media.ts";
import { httpOutput, launchOf, openMediaBench, passthrough, rendition } from "./media-harness.ts";
import { assetPath, breaksOf, processOf, startCodedSource } from "./process-harness.ts";
import { expectSteady } from "./steadiness.ts";

const FRAME_RATE = 25;
let bench: Awaited<ReturnType<typeof openMediaBench>>;
beforeAll(async () => {
  bench = await openMediaBench();
});
afterAll(() => bench.close());

const isFine = ({ status, health }: Observation): boolean => status === "RUNNING" && health === "OK";
const assetsOf = (processes: readonly ProcessLaunch[]): readonly AssetReport[] =>
  [...bench.told.values()].filter(({ processId }) => processes.some((each) => each.processId === processId));

/** Seconds that the finished parts of the first of these processes last together by now. */
function archivedSeconds(processes: readonly ProcessLaunch[]): number {
  const [asset] = assetsOf(processes.slice(0, 1));
  const path = join(bench.root, "assets", asset?.id ?? "", "parts.m3u8");
  if (!asset || !existsSync(path)) return 0;
  return Array.from(readFileSync(path, "utf8").matchAll(/#EXTINF:([\d.]+)/g), ([, seconds]) => Number(seconds)).reduce(
    (sum, each) => sum + each,
    0,
  );
}

/** Waits until that has grown by so much, of which up to 4 s may have been made before. */
async function grow(processes: readonly ProcessLaunch[], seconds: number): Promise<void> {
  const before = archivedSeconds(processes);
  await eventually(`${seconds} s more`, () => archivedSeconds(processes) >= before + seconds, 40_000);
}

/** One whole asset of each process, each without a break between encoder processes, by the process. */
async function whenWhole(
  processes: readonly ProcessLaunch[],
): Promise<readonly { readonly asset: AssetReport; readonly codes: readonly number[] }[]> {
  const assets = await eventually("all are whole", () => {
    const told = assetsOf(processes);
    return told.length === processes.length && told.every(({ status }) => status === "READY") && told;
  });
  const read = [];
  for (const asset of assets) {
    const path = assetPath(bench.root, asset);
    if (asset.kind === "RECORDING") await expectSteady(path);
    else expect(readFileSync(path, "utf8")).not.toContain("EXT-X-DISCONTINUITY");
    read.push({ asset, codes: await readFrameCodes(path) });
  }
  return read;
}

/** The frames of a clip of a replay, from one moment to another. */
async function cut(replay: AssetReport, cueInSeconds: number, cueOutSeconds: number): Promise<readonly number[]> {
  const report: AssetReport = { ...replay, id: newIdentifier("asset"), kind: "CLIP", fileName: "clip.mp4" };
  const order = { report, replayId: replay.id, isReplayStored: false, cueInSeconds, cueOutSeconds, isFrameAccurate: true, attempts: 0 };
  const assetRoot = join(bench.root, "assets");
  const { parts, state } = await gatherParts({ assetRoot, objectStore: null }, order);
  expect(state).toEqual({ state: "WHOLE" });
  const directory = join(assetRoot, report.id);
  const { setprivPath, ffmpegPath } = bench.capabilities;
  const host = { setprivPath, records: openProcessRecords(join(bench.root, "processes")) };
  const wanted = { ...order, directory, parts, fileName: report.fileName, createdAt: report.createdAt };
  await cutClip(wanted, { host, ffmpegPath: ffmpegPath ?? "", onStart: () => undefined });
  return readFrameCodes(join(directory, report.fileName));
}

describe("recordings, replays and clips", () => {
  it("go over to the other path in one file, and nothing but what the switch took is missing", async () => {
    const groups = { A: await freeMulticast(), B: await freeMulticast() };
    const urls = { urlA: `udp://${groups.A.address}:${groups.A.port}`, urlB: `udp://${groups.B.address}:${groups.B.port}` };
    const first = await startCodedSource({ group: groups.A });
    const ofSource = { renditionId: passthrough.id };
    const processes = [processOf("RECORDING"), processOf("REPLAY"), processOf("RECORDING", ofSource), processOf("REPLAY", ofSource)];
    const failover = { recoveryIntervalSeconds: -1, errorThresholdPercent: null };
    const outputs = [httpOutput({ renditions: [rendition(), passthrough] })];
    const running = bench.start({ ...launchOf({ ...urls, failover }, outputs), processes });
    await running.until("the session runs", isFine);
    await grow(processes, 4);
    // Later than the first one, so that its frames are told from those of that.
    const second = await startCodedSource({ group: groups.B });
    await eventually("the other path can be taken", () => running.session.signal.path("B")?.view.usableSince);
    const { encoder } = running.session.pids;
    await first.stop();
    await running.until("it is on B", ({ activePath }) => activePath === "B");
    await grow(processes, 8);
    expect(running.session.pids.encoder).toBe(encoder);
    await running.session.stop();
    await second.stop();
    for (const { asset, codes } of await whenWhole(processes)) {
      const seams = breaksOf(codes);
      expect(seams.length).toBe(1);
      const [[last, next] = [0, 0]] = seams;
      expect(next).toBeLessThan(last);
      // Where it is encoded, a picture stands for those that did not come; what is copied has none for them.
      const missing = (asset.durationSeconds ?? 0) - codes.length / FRAME_RATE;
      expect(missing).toBeGreaterThan(-0.1);
      expect(missing).toBeLessThan(1);
      if (asset.kind !== "REPLAY" || asset.renditionName !== "180p") continue;
      const seam = codes.indexOf(next, codes.lastIndexOf(last));
      const from = Math.max(0, seam - 60);
      expect(await cut(asset, from / FRAME_RATE, (from + 130) / FRAME_RATE)).toEqual(codes.slice(from, from + 130));
    }
  });

  it("hold the slate for as long as it was shown, asked for or on loss, in one file", async () => {
    const source = await startCodedSource();
    const processes = [processOf("RECORDING"), processOf("REPLAY")];
    const launch = launchOf({ urlA: source.url }, [httpOutput()]);
    const running = bench.start({ ...launch, slate: { isShownOnLoss: true, imageId: null }, processes });
    const { session, until } = running;
    const show = (isSlateWanted: boolean): void => session.control({ ...NO_CONTROLS, isSlateWanted });
    await until("the session runs", isFine);
    const { encoder } = session.pids;
    await grow(processes, 4);
    show(true);
    await until("the slate shows", ({ isSlateShowing }) => isSlateShowing === true);
    await grow(processes, 8);
    expect(running.last().processes?.every(({ isActive }) => isActive)).toBe(true);
    show(false);
    await until("it is hidden", ({ isSlateShowing }) => isSlateShowing === false);
    await grow(processes, 4);
    await source.stop();
    await until("it shows on loss", ({ isSlateShowing }) => isSlateShowing === true);
    await grow(processes, 8);
    expect(session.pids.encoder).toBe(encoder);
    await session.stop();
    for (const { asset, codes } of await whenWhole(processes)) {
      const seams = breaksOf(codes);
      const [[before, slate] = [0, 0], [, after] = [0, 0], [end, again] = [0, 0]] = seams;
      expect(seams).toEqual([
        [before, slate],
        [slate, after],
        [end, slate],
      ]);
      expect(again).toBe(slate);
      // It takes the place of what came meanwhile: the clock of the recording is that of the show.
      const begin = codes.lastIndexOf(before) + 1;
      const shown = codes.indexOf(after) - begin;
      expect(shown).toBeGreaterThan(2 * FRAME_RATE);
      expect(Math.abs(after - before - shown) / FRAME_RATE).toBeLessThan(2);
      expect(codes.length - 1 - codes.lastIndexOf(end)).toBeGreaterThan(2 * FRAME_RATE);
      expect(asset.durationSeconds).toBeCloseTo(codes.length / FRAME_RATE, 0);
      if (asset.kind !== "REPLAY") continue;
      const from = Math.max(0, begin - 30);
      expect(await cut(asset, from / FRAME_RATE, (from + 125) / FRAME_RATE)).toEqual(codes.slice(from, from + 125));
    }
  });
});
