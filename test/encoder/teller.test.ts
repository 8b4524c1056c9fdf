import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, it } from "vitest";
import { DEFAULT_PRESETS } from "../../src/encoder/ffmpeg.arguments.ts";
import { MediaSession, TICK_MILLISECONDS } from "../../src/encoder/media-session.ts";
import type { PathSource } from "../../src/encoder/path-source.ts";
import { openProcessRecords } from "../../src/encoder/process-record.ts";
import { createPulse } from "../../src/encoder/pulse.ts";
import type { Observation } from "../../src/encoder/runner.ts";
import { createTeller } from "../../src/encoder/teller.ts";
import { randomToken } from "../../src/shared/identifier.ts";
import { eventually } from "../support/media.ts";
import { httpOutput, keepAssets, launchOf } from "./media-harness.ts";

const PLAYBACK = { playbackId: "playback_1", status: "STARTING", health: "OK", reason: null } as const;
const WAITING: Observation = { status: "WAITING", health: "WARNING", reason: null, playbacks: [PLAYBACK] };

function tellerAt(clock: { now: number }) {
  const told: Observation[] = [];
  return { told, tell: createTeller({ observe: (observation) => told.push(observation), now: () => clock.now }) };
}

it("tells other words for the same a few times at once, then every 10 s, and always what holds by then", () => {
  const clock = { now: 0 };
  const { told, tell } = tellerAt(clock);
  for (; clock.now < 60_000; clock.now += 200) {
    const words = `It said ${clock.now}.`;
    tell({ ...WAITING, reason: words, playbacks: [{ ...PLAYBACK, reason: words }] });
  }
  expect(told.length).toBeGreaterThan(7);
  expect(told.length).toBeLessThan(11);
  const last = told.at(-1)?.reason;
  expect(Number(/\d+/.exec(last ?? "")?.[0])).toBeGreaterThan(49_000);
});

it("tells everything else at once, and nothing twice", () => {
  const { told, tell } = tellerAt({ now: 0 });
  const observations: readonly Observation[] = [
    ...[1, 2, 3, 4, 5, 6].map((number): Observation => ({ ...WAITING, reason: `${number}` })),
    { ...WAITING, status: "RUNNING", reason: "6" },
    { ...WAITING, status: "RUNNING", health: "ERROR", reason: "7" },
    { ...WAITING, status: "RUNNING", health: "ERROR", reason: "7", playbacks: [{ ...PLAYBACK, health: "ERROR" }] },
    { ...WAITING, activePath: "B" },
    { ...WAITING, causes: [{ code: "INPUT_LOST", playbackId: null, severity: "ERROR", message: "a", occurrences: 1 }] },
    { ...WAITING, causes: [{ code: "INPUT_LOST", playbackId: null, severity: "ERROR", message: "b", occurrences: 1 }] },
    { ...WAITING, causes: [{ code: "INPUT_LOST", playbackId: null, severity: "ERROR", message: "b", occurrences: 2 }] },
  ];
  for (const observation of observations) {
    tell(observation);
    tell(observation);
  }
  // The first one is new, three differ from it in words alone; the alert's other words are one too many.
  expect(told).toEqual([...observations.slice(0, 4), ...observations.slice(6, 11), observations[12]]);
});

it("keeps a session quiet whose input words its refusal anew at every look", async () => {
  const root = join(tmpdir(), `headend-told-${randomToken(8)}`);
  let looks = 0;
  const source: PathSource = {
    type: "MULTICAST_PULL",
    pid: null,
    state: () => ({ isFlowing: false, problem: `Refused: ${(looks += 1)}.`, isAddressRefused: false, errorPercent: null }),
    watch: () => undefined,
    reject: () => undefined,
    close: () => Promise.resolve(),
  };
  const told: Observation[] = [];
  const log = pino({ level: "silent" });
  const session = new MediaSession({
    ...{ launch: launchOf({}, [httpOutput()]), observe: (observation) => told.push(observation), log },
    ...{
      ffmpegPath: "/nowhere",
      ffprobePath: "/nowhere",
      host: { setprivPath: "", records: openProcessRecords(join(root, "records"), log) },
    },
    ...{
      mediaRoot: join(root, "media"),
      assets: keepAssets(root),
      storageLevel: () => "PLENTY",
      fileRoot: join(root, "files"),
      socketDirectory: root,
      multicastInterface: null,
      presets: DEFAULT_PRESETS,
      coreCount: 1,
    },
    pulse: createPulse(TICK_MILLISECONDS),
    ...{ openPathSource: () => source, readImage: () => Promise.resolve(null), resolve: () => Promise.reject(new Error("Nobody asks")) },
  });
  await eventually("many looks", () => looks > 12);
  expect(told.length).toBeLessThan(7);
  expect(told.at(-1)).toMatchObject({ status: "WAITING", reason: expect.stringMatching(/^Refused: \d+\.$/) as string });
  await session.stop();
  expect(told.at(-1)?.status).toBe("STOPPED");
  rmSync(root, { recursive: true, force: true });
});
