import { describe, expect, it } from "vitest";
import { createCauseCount, findCauses, type CauseFacts } from "../../src/encoder/alert-causes.rules.ts";
import type { PathSourceState } from "../../src/encoder/path-source.ts";

const NOW = 100_000;
const flowing: PathSourceState = { isFlowing: true, problem: null, isAddressRefused: false, errorPercent: 0 };
const silent: PathSourceState = { ...flowing, isFlowing: false, problem: "Nothing arrived for 2 s." };
const refused: PathSourceState = { ...silent, problem: "10.1.2.3 is not allowed.", isAddressRefused: true };
const bad: PathSourceState = { ...flowing, errorPercent: 4 };

const fine: CauseFacts = {
  now: NOW,
  startedAt: 0,
  isAwaited: true,
  hasHadInput: true,
  activePath: "A",
  paths: { A: flowing, B: null },
  errorThresholdPercent: null,
  isUneven: false,
  encoder: { restarts: { count: 0, at: null, reason: "" }, crash: null, isStuck: false, isSlow: false, droppedAt: null },
  playbacks: [
    { playbackId: "a", status: "RUNNING", health: "OK", reason: null },
    { playbackId: "b", status: "RUNNING", health: "OK", reason: null },
  ],
  refusedReceivers: new Map(),
  storageFullAt: null,
  processCauses: [],
};
const encoder = (settings: Partial<CauseFacts["encoder"]>): Partial<CauseFacts> => ({ encoder: { ...fine.encoder, ...settings } });
const failing = (reason: string): Partial<CauseFacts> => ({
  playbacks: fine.playbacks.map((playback, index) => (index === 0 ? { ...playback, health: "ERROR", reason } : playback)),
});

describe("what is wrong with a session", () => {
  it.each<[string, Partial<CauseFacts>, readonly string[]]>([
    ["nothing", {}, []],
    ["it just began", { isAwaited: false, hasHadInput: false, paths: { A: silent, B: silent } }, []],
    ["no input has come", { hasHadInput: false, paths: { A: silent, B: null } }, ["INPUT_LOST WARNING"]],
    ["the input is lost", { paths: { A: silent, B: null } }, ["INPUT_LOST ERROR"]],
    ["both paths are lost", { paths: { A: silent, B: silent } }, ["INPUT_LOST ERROR"]],
    ["the path that is not on is lost", { paths: { A: flowing, B: silent } }, ["INPUT_LOST WARNING"]],
    ["the path that is not on is yet to connect", { paths: { A: flowing, B: silent }, startedAt: NOW - 5_000 }, []],
    ["the path that is on is lost, the other not", { paths: { A: silent, B: flowing } }, ["INPUT_LOST WARNING"]],
    ["it is on path B", { activePath: "B", paths: { A: flowing, B: flowing } }, ["FAILED_OVER WARNING"]],
    [
      "it is on path B, and A is lost",
      { activePath: "B", paths: { A: silent, B: flowing } },
      ["INPUT_LOST WARNING", "FAILED_OVER WARNING"],
    ],
    ["packets are lost, and nobody set a limit", { paths: { A: bad, B: bad } }, []],
    ["packets are lost", { paths: { A: bad, B: flowing }, errorThresholdPercent: 3 }, ["ERROR_THRESHOLD WARNING"]],
    ["few packets are lost", { paths: { A: bad, B: flowing }, errorThresholdPercent: 4 }, []],
    ["the address is refused", { paths: { A: refused, B: null } }, ["INPUT_LOST ERROR", "URL_BLOCKED ERROR"]],
    ["the other address is refused", { paths: { A: flowing, B: refused } }, ["INPUT_LOST WARNING", "URL_BLOCKED WARNING"]],
    ["a receiver is refused", { refusedReceivers: new Map([["b", "10.1.2.3 is not allowed."]]) }, ["URL_BLOCKED ERROR b"]],
    [
      "the encoder was restarted just now",
      encoder({ restarts: { count: 2, at: NOW - 9_000, reason: "It crashed." } }),
      ["ENCODER_RESTARTED WARNING"],
    ],
    ["the encoder was restarted long ago", encoder({ restarts: { count: 2, at: NOW - 11_000, reason: "It crashed." } }), []],
    ["the encoder falls behind", encoder({ isSlow: true }), ["SLOW_ENCODING WARNING"]],
    ["the encoder dropped pictures", encoder({ droppedAt: NOW - 5_000 }), ["SLOW_ENCODING WARNING"]],
    ["an output failed", failing("Its output does not grow any more."), ["OUTPUT_FAILED ERROR a"]],
    ["outputs failed for want of input", { ...failing("The input is lost."), paths: { A: silent, B: null } }, ["INPUT_LOST ERROR"]],
    ["outputs failed for want of an encoder", { ...failing("It crashed."), ...encoder({ crash: "It crashed." }) }, []],
    ["outputs failed since the encoder hangs", { ...failing("It hangs."), ...encoder({ isStuck: true }) }, []],
    ["the disk is full under an output", failing("No space left on device."), ["OUTPUT_FAILED ERROR a", "STORAGE_FULL ERROR"]],
    ["the disk is full under the encoder", encoder({ crash: "ffmpeg says: No space left on device" }), ["STORAGE_FULL ERROR"]],
    ["the disk was full for a playlist", { storageFullAt: NOW - 2_000 }, ["STORAGE_FULL ERROR"]],
  ])("%s", (_, facts, expected) => {
    const causes = findCauses({ ...fine, ...facts });
    expect(causes.map(({ code, severity, playbackId }) => [code, severity, ...(playbackId ? [playbackId] : [])].join(" "))).toEqual(
      expected,
    );
    for (const { message } of causes) expect(message).toMatch(/^\S.+\.$|ffmpeg says/);
    const subjects = causes.map(({ code, playbackId }) => `${code} ${playbackId}`);
    expect(new Set(subjects).size).toBe(subjects.length);
  });

  it("says which path, and that B is something else", () => {
    const [cause] = findCauses({ ...fine, activePath: "B", paths: { A: flowing, B: flowing }, isUneven: true });
    expect(cause?.message).toContain("something else than path A");
    const [errors] = findCauses({ ...fine, paths: { A: bad, B: bad }, errorThresholdPercent: 3 });
    expect(errors?.message).toContain("3 % of the packets of path A and of path B");
  });

  it("is counted anew each time that it comes back, and what happens at a moment each time", () => {
    const count = createCauseCount();
    const lost = findCauses({ ...fine, paths: { A: silent, B: null } });
    const restarted = (times: number) =>
      findCauses({ ...fine, ...encoder({ restarts: { count: times, at: NOW, reason: "It crashed." } }) });
    const seen = [lost, lost, [], lost, restarted(1), restarted(2), [...lost, ...restarted(3)], []].map((found) =>
      count(found).map(({ code, occurrences }) => `${code} ${occurrences}`),
    );
    expect(seen).toEqual([
      ["INPUT_LOST 1"],
      ["INPUT_LOST 1"],
      [],
      ["INPUT_LOST 2"],
      ["ENCODER_RESTARTED 1"],
      ["ENCODER_RESTARTED 2"],
      ["INPUT_LOST 3", "ENCODER_RESTARTED 3"],
      [],
    ]);
  });

  it("is told of each subject by itself", () => {
    const count = createCauseCount();
    const both = fine.playbacks.map((playback) => ({ ...playback, health: "ERROR" as const, reason: "It stopped." }));
    count(findCauses({ ...fine, ...failing("It stopped.") }));
    expect(count(findCauses({ ...fine, playbacks: both })).map(({ playbackId, occurrences }) => [playbackId, occurrences])).toEqual([
      ["a", 1],
      ["b", 1],
    ]);
  });
});
