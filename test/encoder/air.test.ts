import { mkdirSync, mkdtempSync, readdirSync, rmSync, rmdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { Air } from "../../src/encoder/air.ts";
import { emptyLiveDirectory, openLiveDirectory } from "../../src/encoder/live-directory.ts";
import { NO_CONTROLS, type EventControls, type SessionControls } from "../../src/encoder/runner.ts";
import { randomToken } from "../../src/shared/identifier.ts";
import { httpOutput, launchOf } from "./media-harness.ts";

type OnAir = EventControls["onAir"];

const root = mkdtempSync(join(tmpdir(), "headend-air-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function controlsOf(onAir: OnAir): SessionControls {
  const show = onAir === "LIVE" ? { runId: "run_1", processes: [] } : null;
  return { ...NO_CONTROLS, event: { onAir, isBackupOnly: false, show } };
}

/** A session of an event that has made something, and what is done to it. */
function begin(onAir: OnAir) {
  const token = randomToken(26);
  const directory = join(root, "live", token);
  openLiveDirectory(root, token, { generation: "s 1", onAir });
  for (const name of ["v0.m3u8", "v0_1.ts"]) writeFileSync(join(directory, name), "media");
  const done: string[] = [];
  const state = { isResting: false };
  const air = new Air({
    ...{ mediaRoot: root, tokens: [token], launch: { ...launchOf({}, [httpOutput()]), controls: controlsOf(onAir) } },
    retire: () => Promise.resolve(void done.push("retired")),
    forgetOutput: async () => {
      await emptyLiveDirectory(root, token);
      done.push("forgotten");
    },
    enter: (show) => Promise.resolve(void done.push(`entered ${show?.runId ?? "nothing"}`)),
    begin: () => void done.push("begun"),
    isResting: () => state.isResting,
  });
  return { air, directory, done, state, names: () => readdirSync(directory).toSorted() };
}

const PRIVATE = [".generation", ".private"];
const PUBLIC = [".generation"];

describe("a change of what a session of an event encodes for", () => {
  it.each<[before: OnAir, now: OnAir, done: readonly string[], left: readonly string[]]>([
    ["OFF", "TEST", ["retired", "forgotten", "entered nothing", "begun"], PRIVATE],
    ["OFF", "LIVE", ["retired", "forgotten", "entered run_1", "begun"], PUBLIC],
    ["TEST", "LIVE", ["retired", "forgotten", "entered run_1", "begun"], PUBLIC],
    ["TEST", "OFF", ["retired", "forgotten", "entered nothing"], PRIVATE],
    ["LIVE", "OFF", ["retired", "forgotten", "entered nothing"], PRIVATE],
  ])("from %s to %s leaves nothing of what was made, and is made once", async (before, now, done, left) => {
    const session = begin(before);
    expect(await session.air.align()).toBe(false);
    session.air.control(controlsOf(now));
    expect(await session.air.align()).toBe(true);
    expect(await session.air.align()).toBe(false);
    expect(session.done).toEqual(done);
    expect(session.names()).toEqual(left);
    expect(session.air.isOn).toBe(now !== "OFF");
  });

  // Neither a directory among the files nor one in the place of the mark can be removed or written as a file.
  it.each<[before: OnAir, now: OnAir, later: OnAir, obstacle: string, left: readonly string[]]>([
    ["LIVE", "OFF", "OFF", "obstacle", PRIVATE],
    ["TEST", "OFF", "OFF", "obstacle", PRIVATE],
    ["TEST", "LIVE", "LIVE", "obstacle", PUBLIC],
    ["LIVE", "OFF", "LIVE", "obstacle", PUBLIC],
    ["TEST", "OFF", "TEST", "obstacle", PRIVATE],
    ["TEST", "LIVE", "OFF", "obstacle", PRIVATE],
    ["LIVE", "OFF", "OFF", ".private", PRIVATE],
    ["LIVE", "TEST", "TEST", ".private", PRIVATE],
    ["TEST", "LIVE", "LIVE", ".private", PUBLIC],
  ])("from %s to %s that fails, %s being wanted then, is made once what kept it has passed: %s", async (...row) => {
    const [before, now, later, obstacle, left] = row;
    const session = begin(before);
    const path = join(session.directory, obstacle);
    rmSync(path, { force: true });
    mkdirSync(path);
    session.air.control(controlsOf(now));
    await expect(session.air.align()).rejects.toThrow("EISDIR");
    await expect(session.air.align()).rejects.toThrow("EISDIR");
    session.air.control(controlsOf(later));
    expect(session.air.isOn).toBe(false);
    expect(session.done).not.toContain("begun");
    rmdirSync(path);
    writeFileSync(join(session.directory, "v0_2.ts"), "media");
    session.done.length = 0;
    expect(await session.air.align()).toBe(true);
    const entered = later === "LIVE" ? "entered run_1" : "entered nothing";
    expect(session.done).toEqual(["retired", "forgotten", entered, ...(later === "OFF" ? [] : ["begun"])]);
    expect(session.names()).toEqual(left);
    expect(session.air.isOn).toBe(later !== "OFF");
    expect(await session.air.align()).toBe(false);
  });

  it("that failed waits for its time, one that is asked for does not", async () => {
    const session = begin("LIVE");
    const path = join(session.directory, "obstacle");
    mkdirSync(path);
    session.state.isResting = true;
    session.air.control(controlsOf("OFF"));
    await expect(session.air.align()).rejects.toThrow("EISDIR");
    rmdirSync(path);
    expect(await session.air.align()).toBe(false);
    session.state.isResting = false;
    expect(await session.air.align()).toBe(true);
  });
});
