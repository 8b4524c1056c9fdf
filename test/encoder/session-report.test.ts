import { describe, expect, it } from "vitest";
import type { OutputState } from "../../src/encoder/output-watch.ts";
import { describeSession, type SessionFacts } from "../../src/encoder/session-report.ts";

const NOW = 100_000;
const outputOf = (playbackId: string, own: Partial<OutputState> = {}): OutputState => ({
  ...{ playbackId, exists: true, grewAt: NOW - 1_000, fedAt: NOW - 1_000, problem: null, laggard: null },
  ...own,
});
const running: SessionFacts = {
  now: NOW,
  startedAt: 0,
  hasWaited: false,
  input: { isFlowing: true, problem: null, fedSince: 1_000 },
  encoder: { lastLine: null, advancedAt: NOW - 100, crash: null, droppedAt: null },
  playbackIds: ["a", "b"],
  outputs: [outputOf("a"), outputOf("b")],
  problems: new Map(),
  hasPassthrough: false,
};
const nothing = running.outputs.map((output) => ({ ...output, exists: false, grewAt: null }));
const gone = { problem: "Nobody is there." };
const lost = { isFlowing: false, problem: "Nothing arrived for 2 s.", fedSince: null };

describe("what is told of a session", () => {
  it.each<[string, Partial<SessionFacts>, string, string]>([
    ["all is well", {}, "RUNNING", "OK"],
    ["it just began", { outputs: [], input: { isFlowing: false, problem: null, fedSince: null }, startedAt: NOW - 500 }, "STARTING", "OK"],
    ["nothing arrives", { outputs: [], input: { ...lost, problem: null } }, "WAITING", "WARNING"],
    ["the input is refused", { outputs: [], input: lost, startedAt: NOW - 100 }, "WAITING", "WARNING"],
    ["input came, output not yet", { outputs: nothing, input: { ...running.input, fedSince: NOW - 2_000 } }, "STARTING", "OK"],
    [
      "it waited, and output is not there yet",
      { outputs: nothing, hasWaited: true, input: { ...running.input, fedSince: NOW - 2_000 } },
      "WAITING",
      "OK",
    ],
    ["input came, and no output ever", { outputs: nothing }, "STARTING", "ERROR"],
    ["the first encoder crashed", { outputs: nothing, encoder: { ...running.encoder, crash: "It crashed." } }, "STARTING", "ERROR"],
    ["the input is lost", { input: lost }, "RUNNING", "ERROR"],
    ["the encoder crashed", { encoder: { ...running.encoder, crash: "It crashed." } }, "RUNNING", "ERROR"],
    ["the encoder stands still", { encoder: { ...running.encoder, advancedAt: NOW - 5_000 } }, "RUNNING", "ERROR"],
    ["the encoder is too slow", { encoder: { ...running.encoder, droppedAt: NOW - 5_000 } }, "RUNNING", "WARNING"],
    [
      "one output stopped",
      { outputs: running.outputs.map((output, index) => (index === 0 ? { ...output, grewAt: NOW - 9_000 } : output)) },
      "RUNNING",
      "WARNING",
    ],
    ["all output stopped", { outputs: running.outputs.map((output) => ({ ...output, grewAt: NOW - 9_000 })) }, "RUNNING", "ERROR"],
    [
      "the input came back just now",
      {
        input: { ...running.input, fedSince: NOW - 500 },
        encoder: { ...running.encoder, advancedAt: NOW - 60_000 },
        outputs: running.outputs.map((output) => ({ ...output, grewAt: NOW - 60_000 })),
      },
      "RUNNING",
      "OK",
    ],
    [
      "the input pauses between two segments",
      {
        input: { ...running.input, fedSince: null },
        encoder: { ...running.encoder, advancedAt: NOW - 15_000 },
        outputs: running.outputs.map((output) => ({ ...output, grewAt: NOW - 15_000 })),
      },
      "RUNNING",
      "OK",
    ],
  ])("%s", (_, facts, status, health) => {
    const observation = describeSession({ ...running, ...facts });
    expect([observation.status, observation.health]).toEqual([status, health]);
    expect(observation.playbacks.map(({ playbackId }) => playbackId)).toEqual(["a", "b"]);
    if (health !== "OK") expect(observation.reason).not.toBeNull();
  });

  it.each<[string, Partial<SessionFacts>, readonly string[], readonly string[]]>([
    ["one receiver is gone", { outputs: [outputOf("a"), outputOf("b", gone)] }, ["RUNNING", "WARNING"], ["OK", "ERROR"]],
    ["all receivers are gone", { outputs: [outputOf("a", gone), outputOf("b", gone)] }, ["RUNNING", "ERROR"], ["ERROR", "ERROR"]],
    [
      "no receiver was ever there",
      { hasWaited: true, outputs: ["a", "b"].map((id) => outputOf(id, { ...gone, exists: false, grewAt: null })) },
      ["STARTING", "ERROR"],
      ["ERROR", "ERROR"],
    ],
    ["a receiver is gone, and so is the input", { input: lost, outputs: [outputOf("a", gone)] }, ["RUNNING", "ERROR"], ["ERROR", "ERROR"]],
  ])("%s", (_, facts, whole, each) => {
    const { status, health, reason, playbacks } = describeSession({ ...running, ...facts });
    expect([status, health]).toEqual(whole);
    expect(playbacks.map((playback) => playback.health)).toEqual(each);
    expect(reason).toContain(facts.input ? "The input is lost" : "Nobody is there.");
  });

  it("tells the output that stopped from the one that goes on, and one that never began", () => {
    const outputs = [outputOf("a"), outputOf("b", { exists: false, grewAt: null })];
    const { playbacks } = describeSession({ ...running, outputs, problems: new Map([["b", "No space left on device"]]) });
    expect(playbacks).toMatchObject([
      { status: "RUNNING", health: "OK" },
      { status: "STARTING", health: "ERROR", reason: "It has no output yet: No space left on device." },
    ]);
  });
});
