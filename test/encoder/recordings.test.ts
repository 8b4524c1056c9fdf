import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AssetReport } from "../../src/encoder/asset-teller.ts";
import type { Observation } from "../../src/encoder/runner.ts";
import { readFrameCodes } from "../support/frame-codes.ts";
import { eventually } from "../support/media.ts";
import { httpOutput, launchOf, openMediaBench } from "./media-harness.ts";
import { assetPath, breaksOf, processOf, startCodedSource } from "./process-harness.ts";
import { expectSteady } from "./steadiness.ts";

const run = promisify(execFile);
let bench: Awaited<ReturnType<typeof openMediaBench>>;
beforeAll(async () => {
  bench = await openMediaBench({ graceMilliseconds: 500 });
});
afterAll(() => bench.close());

const isFine = ({ status, health }: Observation): boolean => status === "RUNNING" && health === "OK";
const FRAME_RATE = 25;

/** What was last told of the assets of these processes, in the order in which they were begun. */
function assetsOf(...processes: readonly { readonly processId: string }[]): readonly AssetReport[] {
  const ids = processes.map(({ processId }) => processId);
  return [...bench.told.values()].filter(({ processId }) => ids.includes(processId ?? ""));
}

async function whenReady(count: number, ...processes: readonly { readonly processId: string }[]): Promise<readonly AssetReport[]> {
  return eventually(`${count} assets are whole`, () => {
    const assets = assetsOf(...processes);
    return assets.length === count && assets.every(({ status }) => status === "READY") && assets;
  });
}

/** Seconds that the finished segments of a process's asset last together by now. */
function archivedSeconds(process: { readonly processId: string }): number {
  const [asset] = assetsOf(process);
  const directory = join(bench.root, "assets", asset?.id ?? "");
  const name = ["index.m3u8", "parts.m3u8"].find((candidate) => existsSync(join(directory, candidate)));
  if (asset === undefined || name === undefined) return 0;
  const lengths = Array.from(readFileSync(join(directory, name), "utf8").matchAll(/#EXTINF:([\d.]+)/g), ([, seconds]) => Number(seconds));
  return lengths.reduce((sum, seconds) => sum + seconds, 0);
}

async function lengthOf(path: string): Promise<number> {
  const { stdout } = await run("ffprobe", ["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", path]);
  return Number(stdout);
}

describe.concurrent("recordings and replays", () => {
  it("hold every frame from the start to the stop, and a replay plays while it runs", async () => {
    const source = await startCodedSource();
    const processes = [processOf("RECORDING"), processOf("REPLAY")] as const;
    const { session, until, last } = bench.start({ ...launchOf({ urlA: source.url }, [httpOutput()]), processes });
    await until("the session runs", isFine);
    await eventually("some of it is there", () => archivedSeconds(processes[1]) >= 8);
    expect(last().processes).toMatchObject(processes.map(({ processId }) => ({ processId, isActive: true, health: "OK", reason: null })));
    expect(assetsOf(...processes)).toMatchObject([{ status: "IN_PROGRESS" }, { status: "IN_PROGRESS" }]);
    const [, replay] = assetsOf(...processes);
    const path = assetPath(bench.root, replay!);
    expect(readFileSync(path, "utf8")).toContain("#EXT-X-PLAYLIST-TYPE:EVENT");
    // A player that begins at the start of what goes on.
    const watched = join(bench.root, "watched.mp4");
    await run("ffmpeg", ["-v", "error", "-nostdin", "-live_start_index", "0", "-i", path, "-t", "7", "-c", "copy", watched]);
    const seen = await readFrameCodes(watched);
    expect(breaksOf(seen)).toEqual([]);
    expect(seen.length).toBeGreaterThan(6.8 * FRAME_RATE);
    const sent = source.lastCode(bench.root);
    await session.stop();
    const lastSent = await sent;
    await source.stop();
    for (const asset of await whenReady(2, ...processes)) {
      const codes = await readFrameCodes(assetPath(bench.root, asset));
      expect(breaksOf(codes)).toEqual([]);
      expect(codes[0]).toBe(seen[0]);
      expect((lastSent - (codes.at(-1) ?? 0)) / FRAME_RATE).toBeLessThan(1);
      expect(Math.abs((await lengthOf(assetPath(bench.root, asset))) - codes.length / FRAME_RATE)).toBeLessThan(0.1);
      expect(asset.durationSeconds).toBeCloseTo(codes.length / FRAME_RATE, 1);
      expect(asset.bytes).toBeGreaterThan(100_000);
    }
    const [recording] = assetsOf(processes[0]);
    expect(readdirSync(dirname(assetPath(bench.root, recording!))).toSorted()).toEqual([".asset.json", "recording.mp4"]);
    expect(readFileSync(path, "utf8")).toMatch(/#EXT-X-ENDLIST\n$/);
    // The header stands in front: a browser begins to play at once.
    const head = readFileSync(assetPath(bench.root, recording!));
    expect(head.indexOf("moov")).toBeLessThan(head.indexOf("mdat"));
  });

  it("are no longer than was asked for: a recording ends by itself, a replay keeps the newest", async () => {
    const source = await startCodedSource();
    const processes = [processOf("RECORDING", { durationSeconds: 6 }), processOf("REPLAY", { durationSeconds: 9 })] as const;
    const { session, until } = bench.start({ ...launchOf({ urlA: source.url }, [httpOutput()]), processes });
    await until("the session runs", isFine);
    const [recording] = await whenReady(1, processes[0]);
    await until("it is not active any more", ({ status, processes: told }) => status === "RUNNING" && told?.[0]?.isActive === false);
    const recorded = await readFrameCodes(assetPath(bench.root, recording!));
    expect(recorded.length).toBeLessThanOrEqual(6 * FRAME_RATE);
    expect(recorded.length).toBeGreaterThan(5.8 * FRAME_RATE);
    const [replay] = assetsOf(processes[1]);
    const path = assetPath(bench.root, replay!);
    await eventually("older segments were dropped", () => readFileSync(path, "utf8").includes("#EXT-X-MEDIA-SEQUENCE:4"), 30_000);
    expect(readFileSync(path, "utf8")).not.toContain("PLAYLIST-TYPE");
    expect(archivedSeconds(processes[1])).toBeLessThanOrEqual(9);
    await session.stop();
    await whenReady(1, processes[1]);
    const kept = await readFrameCodes(path);
    expect(breaksOf(kept)).toEqual([]);
    expect(kept.length).toBeLessThanOrEqual(9 * FRAME_RATE);
    expect(kept.length).toBeGreaterThan(4 * FRAME_RATE);
    expect(kept[0]).toBeGreaterThan(recorded.at(-1) ?? 0);
    const segments = readdirSync(dirname(path)).filter((name) => name.endsWith(".m4s"));
    expect(segments.length).toBe(readFileSync(path, "utf8").match(/\.m4s/g)?.length);
    await source.stop();
  });

  it("go on in the same asset after the encoder crashed", async () => {
    const source = await startCodedSource();
    const processes = [processOf("RECORDING"), processOf("REPLAY")] as const;
    const { session, until } = bench.start({ ...launchOf({ urlA: source.url }, [httpOutput()]), processes });
    await until("the session runs", isFine);
    await eventually("some of it is there", () => archivedSeconds(processes[0]) >= 4);
    const { encoder } = session.pids;
    process.kill(encoder ?? 0, "SIGKILL");
    await eventually("another encoder", () => session.pids.encoder !== null && session.pids.encoder !== encoder);
    const before = archivedSeconds(processes[0]);
    await eventually("it goes on", () => archivedSeconds(processes[0]) >= before + 8);
    const sent = source.lastCode(bench.root);
    await session.stop();
    const lastSent = await sent;
    await source.stop();
    for (const asset of await whenReady(2, ...processes)) {
      const codes = await readFrameCodes(assetPath(bench.root, asset));
      // One seam at most, and none where it crashed between two: the newest group of pictures is made once more, so that nothing is missing.
      const seams = breaksOf(codes);
      expect(seams.length).toBeLessThanOrEqual(1);
      for (const [last, next] of seams) expect(next).toBeLessThanOrEqual(last + 1);
      expect((lastSent - (codes.at(-1) ?? 0)) / FRAME_RATE).toBeLessThan(1);
      if (asset.kind === "RECORDING") {
        expect(codes.length).toBeGreaterThan((before + 7) * FRAME_RATE);
        await expectSteady(assetPath(bench.root, asset));
      } else expect(readFileSync(assetPath(bench.root, asset), "utf8").match(/#EXT-X-DISCONTINUITY\n/g)?.length).toBe(1);
    }
  });

  it("go on after the input was lost and came back", async () => {
    const source = await startCodedSource();
    const processes = [processOf("RECORDING"), processOf("REPLAY")] as const;
    const { session, until } = bench.start({ ...launchOf({ urlA: source.url }, [httpOutput()]), processes });
    await until("the session runs", isFine);
    await eventually("some of it is there", () => archivedSeconds(processes[0]) >= 4);
    await source.stop();
    await until("the loss shows", ({ health }) => health === "ERROR");
    await until("nothing is made", ({ processes: told }) => told?.every(({ isActive }) => !isActive) === true);
    const again = await startCodedSource({ group: source });
    await until("it is fine again", ({ health, processes: told }) => health === "OK" && told?.every(({ isActive }) => isActive) === true);
    const before = archivedSeconds(processes[0]);
    await eventually("it goes on", () => archivedSeconds(processes[0]) >= before + 8);
    await session.stop();
    await again.stop();
    for (const asset of await whenReady(2, ...processes)) {
      const seams = breaksOf(await readFrameCodes(assetPath(bench.root, asset)));
      // What came back begins at nought.
      expect(seams.filter(([from, to]) => to < from).length).toBe(1);
      if (asset.kind === "RECORDING") await expectSteady(assetPath(bench.root, asset));
    }
  });
});
