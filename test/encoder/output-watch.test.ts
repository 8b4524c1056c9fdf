import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { planEncoder } from "../../src/encoder/encoder-plan.ts";
import { OutputWatch } from "../../src/encoder/output-watch.ts";
import { httpOutput } from "./media-harness.ts";

const directory = mkdtempSync(join(tmpdir(), "headend-watch-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const noFeeds = { states: () => [], madeSeconds: () => 0 };
const output = httpOutput();
const plan = planEncoder({ outputs: [output], facts: { video: null, audio: null }, filesOf: () => [], localUrlsOf: () => [] });
mkdirSync(join(directory, output.pathToken));
const grow = (segments: number): void =>
  writeFileSync(join(directory, output.pathToken, "v0.m3u8"), "#EXTINF:2,\nv0_1.ts\n".repeat(segments));

it("publishes again what could not be published, and keeps what grew when another encoder begins", async () => {
  const problems: unknown[] = [];
  let isFull = true;
  const watch = new OutputWatch({
    liveDirectory: directory,
    onComplete: () => (isFull ? Promise.reject(new Error("ENOSPC")) : Promise.resolve()),
    onProblem: (error) => problems.push(error),
  });
  const state = () => watch.states()[0];
  watch.follow(plan, noFeeds);
  grow(1);
  await watch.check(1_000);
  await watch.check(1_200);
  expect(problems).toEqual([new Error("ENOSPC")]);
  expect(state()?.exists).toBe(false);
  isFull = false;
  grow(2);
  await watch.check(3_000);
  expect(problems.length).toBe(1);
  expect(state()).toMatchObject({ exists: true, grewAt: 3_000 });
  watch.follow(plan, noFeeds);
  await watch.check(4_000);
  expect(state()).toMatchObject({ exists: true, grewAt: 3_000 });
});
