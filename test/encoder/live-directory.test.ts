import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { emptyLiveDirectory, emptyLiveDirectoryNow, openLiveDirectory, type LiveOrigin } from "../../src/encoder/live-directory.ts";
import { randomToken } from "../../src/shared/identifier.ts";

const root = mkdtempSync(join(tmpdir(), "headend-live-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const LONG_AGO = new Date(2026, 0, 1);
const MEDIA = ["v0.m3u8", "v0_1.ts"];
const PRIVATE = [".generation", ".private"];
const PUBLIC = [".generation"];

type OnAir = LiveOrigin["onAir"];

/** An agent that was killed while a session was on air like this has left files. */
function leave(onAir: OnAir, generation = "s 1"): { readonly token: string; readonly directory: string } {
  const token = randomToken(26);
  const directory = join(root, "live", token);
  openLiveDirectory(root, token, { generation, onAir });
  for (const name of MEDIA) writeFileSync(join(directory, name), "media");
  for (const name of [...readdirSync(directory), "."]) utimesSync(join(directory, name), LONG_AGO, LONG_AGO);
  return { token, directory };
}

it.each<[before: OnAir, now: OnAir, isKept: boolean, marks: readonly string[]]>([
  [null, null, true, PUBLIC],
  ["LIVE", "LIVE", true, PUBLIC],
  ["TEST", "TEST", true, PRIVATE],
  ["TEST", "LIVE", false, PUBLIC],
  ["LIVE", "TEST", false, PRIVATE],
  ["TEST", "OFF", false, PRIVATE],
  ["LIVE", "OFF", false, PRIVATE],
  ["OFF", "OFF", false, PRIVATE],
])("what was made as %s and is taken up as %s is kept: %s", (before, now, isKept, marks) => {
  const { token, directory } = leave(before);
  openLiveDirectory(root, token, { generation: "s 1", onAir: now });
  expect(readdirSync(directory).toSorted()).toEqual([...marks, ...(isKept ? MEDIA : [])]);
});

it("nothing of another start is kept", () => {
  const { token, directory } = leave("LIVE");
  openLiveDirectory(root, token, { generation: "s 2", onAir: "LIVE" });
  expect(readdirSync(directory)).toEqual(PUBLIC);
});

it.each(["LIVE", "TEST", "OFF", null] as const)("going on as %s writes nothing, which a full disk would not take", (onAir) => {
  const { token, directory } = leave(onAir);
  openLiveDirectory(root, token, { generation: "s 1", onAir });
  const written = readdirSync(directory).filter((name) => statSync(join(directory, name)).mtimeMs !== LONG_AGO.getTime());
  expect(written).toEqual([]);
});

describe.each([
  ["meanwhile", emptyLiveDirectory],
  ["at once", async (...where: Parameters<typeof emptyLiveDirectoryNow>) => emptyLiveDirectoryNow(...where)],
])("emptied %s", (_, empty) => {
  it("all goes but the marks, also where nothing is", async () => {
    const { token, directory } = leave("TEST");
    await empty(root, token);
    expect(readdirSync(directory).toSorted()).toEqual(PRIVATE);
    await empty(root, token);
    await empty(root, randomToken(26));
  });

  it("no playlist is left that names what is gone, where one of them, or of the segments, cannot be removed", async () => {
    // A directory cannot be removed like a file.
    for (const obstacle of ["v1.m3u8", "v1_1.ts"]) {
      const { token, directory } = leave("LIVE");
      mkdirSync(join(directory, obstacle));
      await expect(empty(root, token)).rejects.toThrow("EISDIR");
      const left = readdirSync(directory);
      if (obstacle === "v1.m3u8") expect(left).toContain("v0_1.ts");
      else expect(left).not.toContain("v0.m3u8");
    }
  });
});
