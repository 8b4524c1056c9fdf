import { expect, it } from "vitest";
import { planEncoder } from "../../src/encoder/encoder-plan.ts";
import { isStorageProblem, outputProblems } from "../../src/encoder/output-problem.ts";
import type { VideoFacts } from "../../src/encoder/input-facts.ts";
import { processOf } from "./process-harness.ts";
import { fileOutput, httpOutput, passthrough, rendition } from "./media-harness.ts";

const VIDEO: VideoFacts = {
  ...{ codec: "h264", profile: "High", level: 40, width: 320, height: 180 },
  ...{ frameRate: { numerator: 25, denominator: 1 }, isInterlaced: false, pixelAspect: 1 },
};

it("tells which playback the encoder gave up on, and why", () => {
  const outputs = [
    httpOutput({ playbackId: "web", dashEnabled: true }),
    fileOutput({ playbackId: "copy", renditions: [passthrough] }),
    fileOutput({ playbackId: "file", renditions: [passthrough, rendition()] }),
  ];
  const plan = planEncoder({ outputs, facts: { video: null, audio: null }, filesOf: () => [], localUrlsOf: () => [] });
  const said = (slave: number, why: string): string => `[tee @ 0x] Slave muxer #${slave} failed: ${why}, continuing with 1/3 slaves.`;
  const lines = ["anything", said(4, "No space left on device"), said(1, "Input/output error"), said(9, "Nobody's")];
  expect([...outputProblems(plan, lines)]).toEqual([
    ["file", "No space left on device"],
    ["web", "Input/output error"],
  ]);
});

it("blames no playback for the captions that an encoder gave up on", () => {
  const outputs = [fileOutput({ playbackId: "copy", renditions: [passthrough] }), httpOutput({ renditions: [rendition()] })];
  const facts = { video: VIDEO, audio: null };
  const processes = [processOf("RECORDING")];
  const plan = planEncoder({ outputs, facts, filesOf: () => ["/f/0.mkv"], localUrlsOf: () => [], processes });
  const said = (count: number): string => `[tee @ 0x] Slave muxer #1 failed: Broken pipe, continuing with ${count - 1}/${count} slaves.`;
  expect([...outputProblems(plan, [said(2)])]).toEqual([]);
  expect([...outputProblems(plan, [said(3)])]).toEqual([["playback_http", "Broken pipe"]]);
});

it.each([
  ["No space left on device", true],
  ["Disk quota exceeded", true],
  ["The file cannot be made on this machine (ENOSPC).", true],
  ["Input/output error", false],
  ["Connection refused", false],
])("tells %j apart as trouble with room: %s", (reason, isStorage) => {
  expect(isStorageProblem(reason)).toBe(isStorage);
});
