import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, expect, it } from "vitest";
import { EncoderKeeper } from "../../src/encoder/encoder-keeper.ts";
import { DEFAULT_PRESETS } from "../../src/encoder/ffmpeg.arguments.ts";
import type { StreamFacts } from "../../src/encoder/input-facts.ts";
import { InputSwitch } from "../../src/encoder/input-switch.ts";
import { liveDirectory } from "../../src/encoder/live-directory.ts";
import type { MediaSessionOptions } from "../../src/encoder/media-session.options.ts";
import { OutputWatch } from "../../src/encoder/output-watch.ts";
import { createPatientClock } from "../../src/encoder/patient-clock.ts";
import { openProcessRecords } from "../../src/encoder/process-record.ts";
import { SessionProcesses } from "../../src/encoder/session-processes.ts";
import { mediaCapabilities } from "../support/media.ts";
import { httpOutput, keepAssets, launchOf } from "./media-harness.ts";

const root = mkdtempSync(join(tmpdir(), "headend-keeper-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const FACTS: StreamFacts = { video: null, audio: { codec: "aac", profile: "LC" } };

it("begins none again for an input that is there no more, as a restart that is due would", async () => {
  const { setprivPath, ffmpegPath } = await mediaCapabilities();
  const web = httpOutput();
  const session = {
    ...{ launch: launchOf({}, [web]), mediaRoot: root, fileRoot: join(root, "files"), assets: keepAssets(root) },
    ...{ host: { setprivPath, records: openProcessRecords(join(root, "processes")) }, ffmpegPath: ffmpegPath ?? "" },
    ...{ presets: DEFAULT_PRESETS, coreCount: 1, storageLevel: () => "PLENTY", log: pino({ level: "silent" }) },
  } satisfies Partial<MediaSessionOptions>;
  const live = liveDirectory(root);
  mkdirSync(join(live, web.pathToken), { recursive: true });
  const processes = new SessionProcesses(session);
  let isOn = false;
  const keeper = new EncoderKeeper({
    session: session as unknown as MediaSessionOptions,
    clock: createPatientClock(60_000),
    inputSwitch: new InputSwitch(),
    watch: new OutputWatch({ liveDirectory: live, onComplete: () => Promise.resolve(), onProblem: () => undefined }),
    processes: () => processes,
    isOn: () => isOn,
    isInputThere: () => true,
    onChange: () => undefined,
    onFailed: () => undefined,
  });
  keeper.start(FACTS);
  isOn = true;
  keeper.forgetInput("Something else came.");
  keeper.begin();
  expect(keeper.run).toBeNull();
  keeper.start(FACTS);
  expect(keeper.run).not.toBeNull();
  await keeper.retire();
  keeper.begin();
  expect(keeper.run).not.toBeNull();
  await keeper.close();
});
