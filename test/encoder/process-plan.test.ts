import { describe, expect, it } from "vitest";
import { planEncoder, type EncoderPlan } from "../../src/encoder/encoder-plan.ts";
import { DEFAULT_PRESETS, encoderArguments } from "../../src/encoder/ffmpeg.arguments.ts";
import type { StreamFacts, VideoFacts } from "../../src/encoder/input-facts.ts";
import { clipFrames, countTaps } from "../../src/encoder/process-plan.rules.ts";
import { describeProcess, processCauses, type ProcessFacts } from "../../src/encoder/process-report.rules.ts";
import type { OutputLaunch, ProcessLaunch } from "../../src/encoder/runner.ts";
import { fileOutput, httpOutput, passthrough, rendition } from "./media-harness.ts";
import { processOf } from "./process-harness.ts";

const video: VideoFacts = {
  ...{ codec: "h264", profile: "High", level: 40, width: 1920, height: 1080 },
  ...{ frameRate: { numerator: 25, denominator: 1 }, isInterlaced: false, pixelAspect: 1 },
};
const facts: StreamFacts = { video, audio: { codec: "aac", profile: "LC" } };
const large = rendition({ id: "large", width: 1280, height: 720 });
const small = rendition({ id: "small", width: 640, height: 360 });
const old = rendition({ id: "old", width: 640, height: 480 });

function planOf(processes: readonly ProcessLaunch[], outputs: readonly OutputLaunch[], input = facts): EncoderPlan {
  return planEncoder({ outputs, facts: input, filesOf: () => ["/f/0.mkv", "/f/1.mkv"], localUrlsOf: ({ urls }) => urls, processes });
}

const settings = { presets: DEFAULT_PRESETS, coreCount: 4, startNumber: 1_000, runName: "r1", left: new Map() };
const graphOf = (plan: EncoderPlan): string => {
  const list = encoderArguments(plan, settings);
  return list[list.indexOf("-filter_complex") + 1] ?? "";
};

describe("what the encoder makes of processes", () => {
  it("is one archive for the recording and the replay of a rendition, and a tap for each", () => {
    const ladder = httpOutput({ renditions: [large, small] });
    const processes = [
      processOf("RECORDING", { renditionId: "large" }),
      processOf("REPLAY", { renditionId: "large" }),
      processOf("REPLAY", { renditionId: "small" }),
    ];
    const plan = planOf(processes, [ladder]);
    expect(plan.processes.archives.map(({ tap, rendition: { id }, video: place }) => [tap, id, place])).toEqual([
      [0, "large", 0],
      [1, "small", 1],
    ]);
    const list = encoderArguments(plan, settings).join(" ");
    expect(list).toMatch(/f=mp4:[^|]*\]pipe:7\|[^|]*\]pipe:8 /);
    // Nothing is encoded for it, and nothing more is decoded.
    const encodersOf = (each: EncoderPlan) => encoderArguments(each, settings).filter((word) => /^(lib|aac|mjpeg)/.test(word));
    expect(encodersOf(plan)).toEqual(encodersOf(planOf([], [ladder])));
  });

  it("is one tap behind all others for the captions of a picture that may have them, while something is recorded", () => {
    const captionsOf = (processes: readonly ProcessLaunch[], codec: string): string | undefined => {
      const plan = planOf(processes, [httpOutput({ renditions: [large] })], { ...facts, video: { ...video, codec } });
      const words = encoderArguments(plan, settings);
      expect(countTaps(plan.processes)).toBe(words.join(" ").match(/pipe:(?:[789]|1\d)/g)?.length ?? 0);
      return words.find((word) => word.includes("filter_units"));
    };
    const recording = processOf("RECORDING", { renditionId: "large" });
    const thumbnail = processOf("THUMBNAIL", { renditionId: "large", intervalSeconds: 10 });
    // Beside a slave that cannot fail: alone, one that fails would end the encoder.
    expect(captionsOf([recording, thumbnail], "h264")).toMatch(/^\[f=null\]-\|\[onfail=ignore:.*pass_types=6[:\]].*pipe:9$/);
    expect(captionsOf([recording], "hevc")).toMatch(/pass_types=39[:\]].*pipe:8$/);
    expect(captionsOf([recording], "vp9")).toBeUndefined();
    expect(captionsOf([processOf("REPLAY", { renditionId: "large" }), thumbnail], "h264")).toBeUndefined();
    expect(captionsOf([processOf("RECORDING", { renditionId: "none" })], "h264")).toBeUndefined();
  });

  it("is one clip for all renditions of one shape, out of the smallest that is large enough", () => {
    const clip = { intervalSeconds: 10, durationSeconds: 3 };
    const plan = planOf(
      [
        processOf("MOTION_CLIP", { renditionId: "large", ...clip }),
        processOf("MOTION_CLIP", { renditionId: "small", ...clip }),
        processOf("MOTION_CLIP", { renditionId: "old", ...clip }),
        processOf("MOTION_CLIP", { renditionId: "small", ...clip, durationSeconds: 4 }),
      ],
      [httpOutput({ renditions: [large, small, old] })],
    );
    expect(plan.processes.stills.map(({ processIds, width, height, source }) => [processIds.length, width, height, source])).toEqual([
      [2, 640, 360, { kind: "RENDITION", rendition: small }],
      [1, 640, 480, { kind: "RENDITION", rendition: old }],
      [1, 640, 360, { kind: "RENDITION", rendition: small }],
    ]);
    // Chosen before anything else is done to them, and not scaled again.
    expect(graphOf(plan)).toMatch(/,split=3\[v1\]\[rt0\]\[rt2\];\[rt0\]select='[^']*',setsar=1,format=yuv420p\[t0\]/);
  });

  it("is a thumbnail of each rendition in its own size, one for all playbacks of it", () => {
    const every = { intervalSeconds: 10 };
    const plan = planOf(
      [
        processOf("THUMBNAIL", { renditionId: "large", ...every }),
        processOf("THUMBNAIL", { renditionId: "small", ...every }),
        processOf("THUMBNAIL", { renditionId: "small", playbackId: "playback_file", ...every }),
        processOf("THUMBNAIL", { renditionId: passthrough.id, playbackId: "playback_file", ...every }),
      ],
      [httpOutput({ renditions: [large, small] }), fileOutput({ renditions: [small, passthrough] })],
      { ...facts, video: { ...video, width: 1440, pixelAspect: 4 / 3 } },
    );
    expect(plan.processes.stills.map(({ processIds, width, height }) => [processIds.length, width, height])).toEqual([
      [1, 1280, 720],
      [2, 640, 360],
      [1, 1920, 1080],
    ]);
    expect(graphOf(plan)).toMatch(/^\[0:v:0\]split=3\[s0\]\[s1\]\[it2\];/);
  });

  it("looks at every other picture where there are more than a clip needs, and counts whole ones", () => {
    const clip = { renditionId: passthrough.id, intervalSeconds: 10, durationSeconds: 2 };
    const counts = (
      [
        [25, 1],
        [30_000, 1_001],
        [50, 1],
        [60_000, 1_001],
        [120, 1],
      ] as const
    ).map(([numerator, denominator]) => {
      const input = { ...facts, video: { ...video, frameRate: { numerator, denominator } } };
      const [still] = planOf([processOf("MOTION_CLIP", clip)], [httpOutput({ renditions: [passthrough] })], input).processes.stills;
      return still && [still.step, clipFrames(still)];
    });
    expect(counts).toEqual([
      [1, 50],
      [1, 59],
      [2, 50],
      [2, 59],
      [4, 60],
    ]);
  });

  it("decodes key frames alone for thumbnails of what passes through, and nothing for what is archived", () => {
    const output = httpOutput({ renditions: [passthrough] });
    const ofSource = { renditionId: passthrough.id };
    const argumentsOf = (...processes: readonly ProcessLaunch[]): string =>
      encoderArguments(planOf(processes, [output]), settings).join(" ");
    expect(argumentsOf(processOf("RECORDING", ofSource))).not.toContain("-filter_complex");
    expect(argumentsOf(processOf("THUMBNAIL", { ...ofSource, intervalSeconds: 10 }))).toContain("-skip_frame:v nokey");
    const both = argumentsOf(
      processOf("THUMBNAIL", { ...ofSource, intervalSeconds: 10 }),
      processOf("MOTION_CLIP", { ...ofSource, intervalSeconds: 10, durationSeconds: 1 }),
    );
    expect(both).not.toContain("-skip_frame");
  });

  it.each<[string, ProcessLaunch, Partial<StreamFacts>, string | null]>([
    ["a thumbnail without a picture", processOf("THUMBNAIL", { renditionId: "small" }), { video: null }, "no picture"],
    ["a clip without a picture", processOf("MOTION_CLIP", { renditionId: "small" }), { video: null }, "no picture"],
    ["a recording of sound alone", processOf("RECORDING", { renditionId: "small" }), { video: null }, null],
    ["a rendition that is not there", processOf("REPLAY", { renditionId: "gone" }), {}, "no such rendition"],
    ["a playback that is not there", processOf("REPLAY", { playbackId: "gone", renditionId: "small" }), {}, "no such rendition"],
    [
      "odd sound that passes through",
      processOf("RECORDING", { renditionId: passthrough.id }),
      { audio: { codec: "s302m", profile: null } },
      "codec s302m",
    ],
    ["odd sound that is encoded", processOf("RECORDING", { renditionId: "small" }), { audio: { codec: "s302m", profile: null } }, null],
  ])("fails with a reason where it cannot be: %s", (_, process, input, reason) => {
    const plan = planOf([process], [httpOutput({ renditions: [small, passthrough] })], { ...facts, ...input });
    const failure = plan.processes.failures.get(process.processId) ?? null;
    if (reason === null) expect(failure).toBeNull();
    else expect(failure).toContain(reason);
    expect(plan.processes.archives.length + plan.processes.stills.length).toBe(reason === null ? 1 : 0);
  });
});

const NOW = 100_000;
const archived: ProcessFacts = {
  ...{ process: { processId: "p", kind: "RECORDING", intervalSeconds: null }, now: NOW, isAdvancing: true, failure: null },
  ...{ storageLevel: "PLENTY", still: null },
  archive: { problem: null, beganAt: NOW - 60_000, grewAt: NOW - 300, droppedAt: null, isComplete: false },
};
const still: ProcessFacts = {
  ...archived,
  process: { processId: "q", kind: "THUMBNAIL", intervalSeconds: 10 },
  archive: null,
  still: { problem: null, content: { version: "v", contentType: "image/jpeg", at: "then" }, madeAt: NOW - 9_000 },
};
const archiveWith = (settled: Partial<NonNullable<ProcessFacts["archive"]>>): ProcessFacts => ({
  ...archived,
  archive: { ...archived.archive!, ...settled },
});
const full = { reason: "There is no room left on the encoder's disk.", isStorage: true };

describe("what is told of a process", () => {
  it.each<[string, ProcessFacts, string, readonly string[]]>([
    ["a recording goes on", archived, "active OK", []],
    ["its encoder makes nothing", { ...archived, isAdvancing: false }, "idle OK", []],
    ["it cannot be", { ...archived, failure: "The input has no picture." }, "idle ERROR", ["PROCESS_FAILED ERROR"]],
    ["it is complete", archiveWith({ isComplete: true, grewAt: 0 }), "idle OK", []],
    ["it cannot be written", archiveWith({ problem: { reason: "(EIO)", isStorage: false } }), "idle ERROR", ["PROCESS_FAILED ERROR"]],
    ["there is no room for it", archiveWith({ problem: full }), "idle ERROR", ["STORAGE_FULL ERROR"]],
    ["the disk is nearly full", { ...archived, storageLevel: "LOW" }, "active OK", ["STORAGE_FULL WARNING"]],
    ["the encoder hands over nothing", archiveWith({ grewAt: null }), "idle ERROR", ["PROCESS_FAILED ERROR"]],
    ["the encoder has just begun", archiveWith({ beganAt: NOW - 5_000, grewAt: null }), "active OK", []],
    ["the disk was too slow", archiveWith({ droppedAt: NOW - 2_000 }), "active WARNING", []],
    ["a thumbnail comes", still, "active OK", []],
    ["no thumbnail comes", { ...still, still: { ...still.still!, madeAt: NOW - 51_000 } }, "idle ERROR", ["PROCESS_FAILED ERROR"]],
    ["the disk is nearly full for a thumbnail", { ...still, storageLevel: "LOW" }, "idle WARNING", ["STORAGE_FULL WARNING"]],
    ["there is no room for a thumbnail", { ...still, still: { ...still.still!, problem: full } }, "idle ERROR", ["STORAGE_FULL ERROR"]],
  ])("%s", (_, facts, state, alerts) => {
    const { isActive, health, reason } = describeProcess(facts);
    expect(`${isActive ? "active" : "idle"} ${health}`).toBe(state);
    expect(reason === null).toBe(health === "OK");
    expect(processCauses([facts], facts.storageLevel).map(({ code, severity }) => `${code} ${severity}`)).toEqual(alerts);
  });

  it("keeps the latest content of a thumbnail, whatever becomes of it", () => {
    const told = { contentVersion: "v", contentType: "image/jpeg", contentAt: "then" };
    expect(describeProcess({ ...still, isAdvancing: false })).toMatchObject(told);
    expect(describeProcess({ ...still, failure: "It failed." })).toMatchObject(told);
    expect(describeProcess(archived)).toMatchObject({ contentVersion: null, contentType: null, contentAt: null });
  });

  it("is one alert for each that failed, and one for the room", () => {
    const failed = [archived, still].map((facts) => ({ ...facts, failure: "It failed." }));
    const causes = processCauses([...failed, { ...still, storageLevel: "FULL" }, archiveWith({ problem: full })], "FULL");
    expect(causes.map(({ code, severity, processId, message }) => [code, severity, processId ?? null, message])).toEqual([
      ["PROCESS_FAILED", "ERROR", "p", "Recording: It failed."],
      ["PROCESS_FAILED", "ERROR", "q", "Thumbnail: It failed."],
      ["STORAGE_FULL", "ERROR", null, expect.stringContaining("recordings, replays, thumbnails")],
    ]);
  });
});
