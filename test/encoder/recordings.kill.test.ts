import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { AssetReport } from "../../src/encoder/asset-teller.ts";
import type { SessionLaunch } from "../../src/encoder/runner.ts";
import { readFrameCodes } from "../support/frame-codes.ts";
import { eventually } from "../support/media.ts";
import { isAlive } from "../support/process-list.ts";
import { nextOutput, startNode } from "../support/tied.ts";
import { httpOutput, launchOf, openMediaBench, rendition } from "./media-harness.ts";
import { breaksOf, processOf, startCodedSource } from "./process-harness.ts";

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

it("a kill of everything loses at most 2 s, and what is left is finished at the next start", async () => {
  const directory = join(root, "killed");
  const source = await startCodedSource();
  const processes = [processOf("RECORDING"), processOf("REPLAY")];
  const launch = { ...launchOf({ urlA: source.url }, [httpOutput({ renditions: [rendition()] })]), processes };
  await runAndKill(directory, launch, 6_300);
  const lastSent = await source.lastCode(root);
  await source.stop();
  const bench = await openMediaBench({ root: directory, graceMilliseconds: 100 });
  const assets = await eventually("both are whole", () => {
    const told = [...bench.told.values()];
    return told.length === 2 && told.every(({ status }) => status === "READY") && told;
  });
  for (const asset of assets) {
    const codes = await codesOf(directory, asset);
    expect(breaksOf(codes)).toEqual([]);
    expect((lastSent - (codes.at(-1) ?? 0)) / 25).toBeLessThanOrEqual(2);
    expect(asset.durationSeconds).toBeCloseTo(codes.length / 25, 1);
  }
  await bench.close();
}, 60_000);
