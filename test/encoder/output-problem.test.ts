import { expect, it } from "vitest";
import { planEncoder } from "../../src/encoder/encoder-plan.ts";
import { isStorageProblem, outputProblems } from "../../src/encoder/output-problem.ts";
import { fileOutput, httpOutput, passthrough, rendition } from "./media-harness.ts";

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

it.each([
  ["No space left on device", true],
  ["Disk quota exceeded", true],
  ["The file cannot be made on this machine (ENOSPC).", true],
  ["Input/output error", false],
  ["Connection refused", false],
])("tells %j apart as trouble with room: %s", (reason, isStorage) => {
  expect(isStorageProblem(reason)).toBe(isStorage);
});
