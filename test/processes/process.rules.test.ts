import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pendingSettings, ProcessKind, settingsNow, type ProcessSettings, type StoredSettings } from "../../src/processes/process.rules.ts";
import { decideProcesses, placeOf, type ProcessFacts, type ProcessRequest } from "../../src/processes/process.validation.ts";

const ON: ProcessSettings = { isEnabled: true, intervalSeconds: 10, durationSeconds: 5 };
const OFF: ProcessSettings = { ...ON, isEnabled: false };
const NOTHING = { isEnabled: false, intervalSeconds: null, durationSeconds: null };
const stored = (rest: Partial<StoredSettings>): StoredSettings => ({
  ...ON,
  startedSettings: ON,
  isRemoved: false,
  isUnderWay: true,
  ...rest,
});

describe("what a process goes by", () => {
  it.each<[string, Partial<StoredSettings>, ProcessSettings, ProcessSettings | null]>([
    ["as it was started", {}, ON, null],
    ["as it was started, whatever was set since", { intervalSeconds: 60 }, ON, { ...ON, intervalSeconds: 60 }],
    ["nothing, when it came after the start", { startedSettings: null }, NOTHING, ON],
    ["nothing, when it came after the start and is off", { startedSettings: null, isEnabled: false }, NOTHING, null],
    ["off and still off, whatever else was set", { startedSettings: OFF, isEnabled: false, intervalSeconds: 60 }, OFF, null],
    ["off until it is started on", { startedSettings: OFF }, OFF, ON],
    ["on until it is started off", { isEnabled: false }, ON, OFF],
    ["on until the end, when it was removed", { isRemoved: true }, ON, OFF],
    [
      "what is set, while nothing runs",
      { isUnderWay: false, startedSettings: OFF, intervalSeconds: 60 },
      { ...ON, intervalSeconds: 60 },
      null,
    ],
  ])("%s", (_name, rest, now, pending) => {
    expect(settingsNow(stored(rest))).toEqual(now);
    expect(pendingSettings(stored(rest))).toEqual(pending);
  });
});

const FACTS: ProcessFacts = {
  playbacks: [
    { id: "playback_1", nameKey: "web", renditionIds: ["rendition_1", "rendition_2"] },
    { id: "playback_2", nameKey: "archive", renditionIds: ["rendition_1"] },
  ],
  present: new Map([
    [placeOf({ playbackId: "playback_1", renditionId: "rendition_1", kind: "MOTION_CLIP" }), { ...ON, intervalSeconds: 30 }],
  ]),
};
const FIRST = [{ playbackId: "playback_1", renditionId: "rendition_1" }];
const thumbnail = (rest: Partial<ProcessRequest> = {}): ProcessRequest => ({
  kind: "THUMBNAIL",
  isEnabled: true,
  intervalSeconds: 10,
  targets: FIRST,
  sync: false,
  ...rest,
});
const clip = (rest: Partial<ProcessRequest> = {}) => thumbnail({ kind: "MOTION_CLIP", durationSeconds: 5, ...rest });
const recording = (rest: Partial<ProcessRequest> = {}): ProcessRequest => ({
  ...thumbnail(),
  kind: "RECORDING",
  intervalSeconds: undefined,
  ...rest,
});

describe("settings of processes", () => {
  it.each<[string, readonly ProcessRequest[], readonly (readonly [code: string, path: string])[]]>([
    ["the least interval", [thumbnail({ intervalSeconds: 10 })], []],
    ["the longest interval", [thumbnail({ intervalSeconds: 3600 })], []],
    ["too short an interval", [thumbnail({ intervalSeconds: 9 })], [["INVALID_VALUE", "0.intervalSeconds"]]],
    ["too long an interval", [thumbnail({ intervalSeconds: 3601 })], [["INVALID_VALUE", "0.intervalSeconds"]]],
    ["no interval", [thumbnail({ intervalSeconds: null })], [["REQUIRED", "0.intervalSeconds"]]],
    ["no interval, off", [thumbnail({ isEnabled: false, intervalSeconds: undefined })], [["REQUIRED", "0.intervalSeconds"]]],
    ["a thumbnail with a duration", [thumbnail({ durationSeconds: 5 })], [["NOT_APPLICABLE", "0.durationSeconds"]]],
    ["a thumbnail with no duration, said", [thumbnail({ durationSeconds: null })], []],
    ["the longest clip", [clip({ intervalSeconds: 60, durationSeconds: 60 })], []],
    ["too long a clip", [clip({ intervalSeconds: 3600, durationSeconds: 61 })], [["INVALID_VALUE", "0.durationSeconds"]]],
    ["a clip of nothing", [clip({ durationSeconds: 0 })], [["INVALID_VALUE", "0.durationSeconds"]]],
    ["a clip longer than its interval", [clip({ intervalSeconds: 10, durationSeconds: 11 })], [["INVALID_VALUE", "0.durationSeconds"]]],
    [
      "a clip longer than the interval that is set already",
      [clip({ intervalSeconds: undefined, durationSeconds: 31 })],
      [["INVALID_VALUE", "0.durationSeconds"]],
    ],
    ["a clip as long as the interval that is set already", [clip({ intervalSeconds: undefined, durationSeconds: 30 })], []],
    ["a clip without a length", [clip({ durationSeconds: null })], [["REQUIRED", "0.durationSeconds"]]],
    ["the entire stream", [recording({ durationSeconds: null })], []],
    ["a second of it", [recording({ durationSeconds: 1 })], []],
    ["none of it", [recording({ durationSeconds: 0 })], [["INVALID_VALUE", "0.durationSeconds"]]],
    ["a recording at intervals", [recording({ intervalSeconds: 10 })], [["NOT_APPLICABLE", "0.intervalSeconds"]]],
    ["neither targets nor sync", [thumbnail({ targets: undefined })], [["REQUIRED", "0.targets"]]],
    ["no targets", [thumbnail({ targets: [] })], [["REQUIRED", "0.targets"]]],
    ["targets and sync", [thumbnail({ sync: true })], [["NOT_APPLICABLE", "0.sync"]]],
    [
      "a rendition of another playback",
      [thumbnail({ targets: [{ playbackName: "ARCHIVE ", renditionId: "rendition_2" }] })],
      [["NOT_FOUND", "0.targets.0.renditionId"]],
    ],
    [
      "a playback that is not there",
      [thumbnail({ targets: [...FIRST, { playbackId: "playback_9", renditionId: "rendition_1" }] })],
      [["NOT_FOUND", "0.targets.1.playbackId"]],
    ],
    [
      "a name that is not there",
      [thumbnail({ targets: [{ playbackName: "Radio", renditionId: "rendition_1" }] })],
      [["NOT_FOUND", "0.targets.0.playbackName"]],
    ],
    ["no playback said", [thumbnail({ targets: [{ renditionId: "rendition_1" }] })], [["REQUIRED", "0.targets.0.playbackId"]]],
    [
      "a playback said twice",
      [thumbnail({ targets: [{ playbackId: "playback_1", playbackName: "Web", renditionId: "rendition_1" }] })],
      [["NOT_APPLICABLE", "0.targets.0.playbackName"]],
    ],
    ["a rendition twice", [thumbnail({ targets: [...FIRST, ...FIRST] })], [["DUPLICATE_ID", "0.targets.1"]]],
    ["a rendition by sync and by target", [thumbnail({ targets: null, sync: true }), thumbnail()], [["DUPLICATE_ID", "1.targets.0"]]],
    [
      "one mistake for many renditions",
      [thumbnail({ targets: null, sync: true, intervalSeconds: 5 })],
      [["INVALID_VALUE", "0.intervalSeconds"]],
    ],
    [
      "every mistake of all settings",
      [thumbnail({ intervalSeconds: 5 }), recording({ intervalSeconds: 5 }), clip({ targets: [] })],
      [
        ["INVALID_VALUE", "0.intervalSeconds"],
        ["NOT_APPLICABLE", "1.intervalSeconds"],
        ["REQUIRED", "2.targets"],
      ],
    ],
  ])("%s", (_name, requests, expected) => {
    const { errors = [] } = decideProcesses(requests, FACTS);
    expect(errors.map(({ code, path }) => [code, path.join(".")])).toEqual(expected);
  });

  it("apply to every rendition of every playback by sync", () => {
    const { wanted = [] } = decideProcesses([recording({ targets: undefined, sync: true })], FACTS);
    expect(wanted.map(({ playbackId, renditionId }) => [playbackId, renditionId])).toEqual([
      ["playback_1", "rendition_1"],
      ["playback_1", "rendition_2"],
      ["playback_2", "rendition_1"],
    ]);
  });

  it("stay as they are where they are left out", () => {
    const { wanted } = decideProcesses([clip({ intervalSeconds: undefined, durationSeconds: undefined, isEnabled: false })], FACTS);
    expect(wanted).toMatchObject([{ settings: { isEnabled: false, intervalSeconds: 30, durationSeconds: 5 } }]);
  });

  it("of a session without playbacks are refused by sync", () => {
    const { errors } = decideProcesses([thumbnail({ targets: null, sync: true })], { playbacks: [], present: new Map() });
    expect(errors).toMatchObject([{ code: "NO_PLAYBACK", path: ["0", "sync"] }]);
  });

  it("are within their ranges, or refused, whatever is sent", () => {
    const seconds = fc.oneof(fc.constant(undefined), fc.constant(null), fc.integer({ min: -5, max: 4_000 }));
    const request = fc.record({
      kind: fc.constantFrom(...Object.values(ProcessKind)),
      isEnabled: fc.boolean(),
      intervalSeconds: seconds,
      durationSeconds: seconds,
      targets: fc.constantFrom(undefined, FIRST),
      sync: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 4 }), (requests) => {
        const { wanted, errors } = decideProcesses(requests, FACTS);
        expect((wanted === undefined) !== (errors === undefined)).toBe(true);
        for (const { kind, settings } of wanted ?? []) {
          const { intervalSeconds, durationSeconds } = settings;
          if (kind === "THUMBNAIL" || kind === "MOTION_CLIP")
            expect(intervalSeconds).toSatisfy((value: number) => value >= 10 && value <= 3600);
          else expect(intervalSeconds).toBeNull();
          if (kind === "MOTION_CLIP")
            expect(durationSeconds).toSatisfy((value: number) => value >= 1 && value <= Math.min(60, intervalSeconds ?? 0));
          else if (kind === "THUMBNAIL") expect(durationSeconds).toBeNull();
          else expect(durationSeconds ?? 1).toBeGreaterThanOrEqual(1);
        }
      }),
    );
  });
});
