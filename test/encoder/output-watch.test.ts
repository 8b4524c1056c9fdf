import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { planEncoder } from "../../src/encoder/encoder-plan.ts";
import type { VideoFacts } from "../../src/encoder/input-facts.ts";
import type { OutputSenderState } from "../../src/encoder/output-sender.ts";
import { OutputWatch } from "../../src/encoder/output-watch.ts";
import { httpOutput, passthrough, rendition } from "./media-harness.ts";

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

it("looks at what grew once a second, and at what is awaited each time", async () => {
  const watch = new OutputWatch({ liveDirectory: directory, onComplete: () => Promise.resolve(), onProblem: () => undefined });
  const grewAt = () => watch.states()[0]?.grewAt;
  grow(1);
  watch.follow(plan, noFeeds);
  await watch.check(10_000);
  expect(grewAt()).toBe(null);
  grow(2);
  await watch.check(10_200);
  expect(grewAt()).toBe(10_200);
  await watch.check(10_400);
  grow(3);
  await watch.check(11_200);
  expect(grewAt()).toBe(10_200);
  await watch.check(11_400);
  expect(grewAt()).toBe(11_400);
});

it("reads of every receiver whether it gets what is made, and what the encoder could do about it", async () => {
  const ladder = httpOutput({ type: "SRT_PUSH", playbackId: "srt", renditions: [rendition(), rendition({ id: "r2", name: "90p" })] });
  const group = httpOutput({ type: "MULTICAST", playbackId: "group" });
  const copied = httpOutput({ type: "RTMP_PUSH", playbackId: "rtmp", renditions: [passthrough] });
  const video: VideoFacts = {
    ...{ codec: "hevc", profile: null, level: null, width: 320, height: 180, isInterlaced: false, pixelAspect: 1 },
    frameRate: { numerator: 25, denominator: 1 },
  };
  const feedPlan = planEncoder({
    outputs: [ladder, group, copied],
    facts: { video, audio: null },
    filesOf: () => [],
    localUrlsOf: ({ renditions }) => renditions.map(() => "unix:/x"),
  });
  const fine: OutputSenderState = { isConnected: true, bytes: 0, problem: null, isAddressRefused: false };
  const senders = { srt: [{ ...fine }, { ...fine }], group: [{ ...fine }] } as Record<
    string,
    { -readonly [K in keyof OutputSenderState]: OutputSenderState[K] }[]
  >;
  let madeSeconds = 0;
  const watch = new OutputWatch({ liveDirectory: directory, onComplete: () => Promise.resolve(), onProblem: () => undefined });
  watch.follow(feedPlan, { states: (id) => senders[id] ?? [], madeSeconds: () => madeSeconds });
  const [one, other] = senders["srt"] ?? [];
  if (!one || !other) throw new Error("There are two");

  await watch.check(1_000);
  expect(watch.states()).toMatchObject([
    { playbackId: "srt", exists: false, grewAt: null, fedAt: null, problem: null },
    { playbackId: "group", exists: false },
    { playbackId: "rtmp", exists: false, fedAt: Infinity, problem: "RTMP does not carry the codec hevc of the source." },
  ]);
  one.bytes = 1_000;
  Object.assign(other, { isConnected: false, problem: "Nobody is there." });
  madeSeconds = 1;
  await watch.check(2_000);
  // One of two gets it: it exists, and is not whole; a blip is no problem yet, and nothing that the encoder could help.
  expect(watch.states()).toMatchObject([
    { exists: true, grewAt: null, fedAt: 2_000, problem: null, laggard: "90p" },
    { exists: true, grewAt: 2_000 },
    {},
  ]);
  await watch.check(4_000);
  expect(watch.states()[0]).toMatchObject({ fedAt: 2_000, problem: "The rendition “90p”: Nobody is there." });
  Object.assign(other, { isConnected: true, bytes: 1, problem: null });
  Object.assign(senders["group"]?.[0] ?? {}, { isConnected: false, problem: "No route." });
  madeSeconds = 2;
  await watch.check(5_000);
  await watch.check(7_000);
  expect(watch.states()).toMatchObject([
    { grewAt: 2_000, problem: null, laggard: "180p" },
    { grewAt: 2_000, problem: "No route.", laggard: null },
    {},
  ]);
});
