import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AssetReport } from "../../src/encoder/asset-teller.ts";
import { DEFAULT_PRESETS } from "../../src/encoder/ffmpeg.arguments.ts";
import type { SessionLaunch } from "../../src/encoder/runner.ts";
import { readFrameCodes } from "../support/frame-codes.ts";
import { eventually } from "../support/media.ts";
import { isAlive } from "../support/process-list.ts";
import { nextOutput, startNode } from "../support/tied.ts";
import { httpOutput, launchOf, openMediaBench, passthrough, rendition } from "./media-harness.ts";
import { breaksOf, processOf, seamsOf, startCodedSource, whenGrown, withoutTail } from "./process-harness.ts";
import { expectSteady } from "./steadiness.ts";

const FRAME_RATE = 25;
let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "headend-killed-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Runs it in a process of its own until it runs for so long, and kills that and all it started. */
async function runAndKill(directory: string, launch: SessionLaunch, milliseconds: number): Promise<void> {
  const child = startNode(["--import", "tsx", join(import.meta.dirname, "media-process.ts"), directory, JSON.stringify(launch)]);
  const encoder = Number(await nextOutput(child));
  await sleep(milliseconds);
  child.kill("SIGKILL");
  await once(child, "exit");
  await eventually("its encoder is gone", () => !isAlive(encoder));
}

const codesOf = async (directory: string, { id, fileName }: AssetReport): Promise<readonly number[]> =>
  readFrameCodes(join(directory, "assets", id, fileName));

// Each has a directory and a source of its own, and mostly waits for media.
describe.concurrent("what is recorded", () => {
  it("a kill of everything loses at most 2 s, and what is left is finished at the next start", async () => {
    const directory = join(root, "killed");
    const source = await startCodedSource();
    const ofSource = { renditionId: passthrough.id };
    const processes = [processOf("RECORDING"), processOf("REPLAY"), processOf("RECORDING", ofSource), processOf("REPLAY", ofSource)];
    const launch = { ...launchOf({ urlA: source.url }, [httpOutput({ renditions: [rendition(), passthrough] })]), processes };
    await runAndKill(directory, launch, 6_300);
    const lastSent = await source.lastCode(root);
    await source.stop();
    const bench = await openMediaBench({ root: directory, graceMilliseconds: 100 });
    const assets = await eventually("all are whole", () => {
      const told = [...bench.told.values()];
      return told.length === 4 && told.every(({ status }) => status === "READY") && told;
    });
    for (const asset of assets) {
      const codes = await codesOf(directory, asset);
      expect(breaksOf(withoutTail(codes))).toEqual([]);
      expect((lastSent - (codes.at(-1) ?? 0)) / FRAME_RATE).toBeLessThanOrEqual(2);
      expect(Math.abs((asset.durationSeconds ?? 0) - codes.length / FRAME_RATE)).toBeLessThan(0.2);
    }
    await bench.close();
  });

  it("a run that comes back goes on in the same recording, on one timeline", async () => {
    const directory = join(root, "back");
    const source = await startCodedSource();
    const processes = [processOf("RECORDING"), processOf("REPLAY")];
    const launch = { ...launchOf({ urlA: source.url }, [httpOutput({ renditions: [rendition()] })]), processes };
    await runAndKill(directory, launch, 5_000);
    const bench = await openMediaBench({ root: directory, graceMilliseconds: 2_000, presets: DEFAULT_PRESETS });
    const ids = await eventually("what was left is found", () => bench.told.size === 2 && [...bench.told.keys()]);
    const { session, until } = bench.start({ ...launch, epoch: 2 });
    await until("the session runs", ({ status, health }) => status === "RUNNING" && health === "OK", 30_000);
    // Longer than the grace of what nobody comes back for.
    await sleep(5_000);
    const sent = source.lastCode(root);
    await session.stop();
    const lastSent = await sent;
    await source.stop();
    const assets = await eventually("both are whole", () => {
      const told = [...bench.told.values()];
      return told.every(({ status }) => status === "READY") && told;
    });
    expect(assets.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    for (const asset of assets) {
      const codes = await codesOf(directory, asset);
      // One seam, at which what went by between the two lives is missing.
      const seams = seamsOf(codes);
      expect(seams.length).toBe(1);
      expect(seams[0]?.[1]).toBeGreaterThan(seams[0]?.[0] ?? 0);
      expect((lastSent - (codes.at(-1) ?? 0)) / FRAME_RATE).toBeLessThan(1);
      expect(Math.abs((asset.durationSeconds ?? 0) - codes.length / FRAME_RATE)).toBeLessThan(0.2);
      if (asset.kind === "RECORDING") await expectSteady(join(directory, "assets", asset.id, asset.fileName));
    }
    await bench.close();
  });

  it("a recording that cannot be finished fails with the reason, and is finished at the next start", async () => {
    const directory = join(root, "unfinished");
    const source = await startCodedSource();
    const recording = processOf("RECORDING");
    const broken = join(root, "broken-ffmpeg");
    writeFileSync(
      broken,
      '#!/bin/sh\necho begun >> "$0.log"\nfor last; do :; done\necho half > "${last#file:}"\necho "The disk is on fire" >&2\nexit 1\n',
    );
    chmodSync(broken, 0o755);
    const bench = await openMediaBench({ root: directory, finisherPath: broken, retryMilliseconds: [100, 100] });
    const { session, until } = bench.start({ ...launchOf({ urlA: source.url }, [httpOutput()]), processes: [recording] });
    await until("the session runs", ({ status, health }) => status === "RUNNING" && health === "OK");
    await whenGrown(bench, recording);
    await session.stop();
    await source.stop();
    const failed = await eventually("it failed", () => [...bench.told.values()].find(({ status }) => status === "FAILED"));
    expect(failed.reason).toBe("The recording could not be finished. ffmpeg says: The disk is on fire");
    expect(readFileSync(`${broken}.log`, "utf8").match(/begun/g)?.length).toBe(3);
    const names = readdirSync(join(directory, "assets", failed.id));
    expect(names).toContain("s000001.m4s");
    // No half of a file is under its name, nor under any other.
    expect(names.filter((name) => name.startsWith("recording.mp4"))).toEqual([]);
    await bench.close();
    const next = await openMediaBench({ root: directory });
    const whole = await eventually("it is whole", () => [...next.told.values()].find(({ status }) => status === "READY"));
    expect(whole.id).toBe(failed.id);
    expect(whole.reason).toBeNull();
    expect(breaksOf(await codesOf(directory, whole))).toEqual([]);
    await next.close();
  });

  it("a recording that there is no room to finish for says so, and is finished once there is", async () => {
    const directory = join(root, "narrow");
    const source = await startCodedSource();
    const bench = await openMediaBench({ root: directory });
    bench.storage.hasRoom = false;
    const recording = processOf("RECORDING");
    const { session, until } = bench.start({ ...launchOf({ urlA: source.url }, [httpOutput()]), processes: [recording] });
    await until("the session runs", ({ status, health }) => status === "RUNNING" && health === "OK");
    await whenGrown(bench, recording);
    await session.stop();
    await source.stop();
    const waiting = await eventually("it waits", () => [...bench.told.values()].find(({ reason }) => reason !== null));
    expect(waiting).toMatchObject({
      ...{ status: "IN_PROGRESS", waitsForRoom: true },
      reason: expect.stringMatching(/^There is no room .* delete what/) as string,
    });
    expect(readdirSync(join(directory, "assets", waiting.id))).not.toContain("recording.mp4");
    bench.storage.hasRoom = true;
    const whole = await eventually("it is whole", () => [...bench.told.values()].find(({ status }) => status === "READY"));
    expect(whole).toMatchObject({ id: waiting.id, reason: null });
    expect(breaksOf(await codesOf(directory, whole))).toEqual([]);
    await bench.close();
  });

  it("of several recordings one is finished at a time, at a low priority, and a kill meanwhile leaves no half file", async () => {
    const directory = join(root, "several");
    const source = await startCodedSource();
    const slow = join(root, "slow-ffmpeg");
    // Its priority is set just after it was started.
    writeFileSync(
      slow,
      '#!/bin/sh\nfor last; do :; done\necho half > "${last#file:}"\nuntil [ "$(nice)" = 19 ]; do sleep 0.05; done\necho begun >> "$0.log"\nsleep 60\n',
    );
    chmodSync(slow, 0o755);
    const processes = [processOf("RECORDING"), processOf("RECORDING", { renditionId: passthrough.id })];
    const bench = await openMediaBench({ root: directory, finisherPath: slow });
    const { session, until } = bench.start({
      ...launchOf({ urlA: source.url }, [httpOutput({ renditions: [rendition(), passthrough] })]),
      processes,
    });
    await until("the session runs", ({ status, health }) => status === "RUNNING" && health === "OK");
    await whenGrown(bench, ...processes);
    await session.stop();
    await source.stop();
    await eventually("one is being finished", () => existsSync(`${slow}.log`));
    await sleep(1_000);
    expect(readFileSync(`${slow}.log`, "utf8")).toBe("begun\n");
    const halves = readdirSync(join(directory, "assets"), { recursive: true, encoding: "utf8" }).filter((name) =>
      name.includes("recording.mp4"),
    );
    expect(halves.map((name) => basename(name))).toEqual(["recording.mp4.tmp"]);
    await bench.close();
    const next = await openMediaBench({ root: directory });
    const assets = await eventually("both are whole", () => {
      const told = [...next.told.values()];
      return told.length === 2 && told.every(({ status }) => status === "READY") && told;
    });
    for (const asset of assets) expect(breaksOf(await codesOf(directory, asset))).toEqual([]);
    await next.close();
  });
});
