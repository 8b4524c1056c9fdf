import { tmpdir } from "node:os";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextStorageLevel, STORAGE_LIMITS, StorageLevel } from "../../src/encoder/storage-level.rules.ts";
import { openStorageWatch } from "../../src/encoder/storage-watch.ts";
import { silentLog, waitUntil } from "./world.ts";

const MB = 1_000_000;

describe("the level of a disk", () => {
  it.each<[StorageLevel, number, StorageLevel]>([
    ["PLENTY", 1_000, "PLENTY"],
    ["PLENTY", 999, "LOW"],
    ["PLENTY", 299, "FULL"],
    ["LOW", 1_499, "LOW"],
    ["LOW", 1_500, "PLENTY"],
    ["LOW", 300, "LOW"],
    ["LOW", 299, "FULL"],
    ["FULL", 499, "FULL"],
    ["FULL", 500, "LOW"],
    ["FULL", 1_499, "LOW"],
    ["FULL", 1_500, "PLENTY"],
  ])("after %s with %i MB free is %s", (before, megabytes, after) => {
    expect(nextStorageLevel(before, megabytes * MB)).toBe(after);
  });

  it("is the same at a second look, and never better with less room", () => {
    const rank = { PLENTY: 0, LOW: 1, FULL: 2 } as const;
    const level = fc.constantFrom(...Object.values(StorageLevel));
    const free = fc.integer({ min: 0, max: 2 * STORAGE_LIMITS.LOW.endsAbove });
    fc.assert(
      fc.property(level, free, free, (before, one, other) => {
        const after = nextStorageLevel(before, one);
        expect(nextStorageLevel(after, one)).toBe(after);
        const [less, more] = [Math.min(one, other), Math.max(one, other)];
        expect(rank[nextStorageLevel(before, less)]).toBeGreaterThanOrEqual(rank[nextStorageLevel(before, more)]);
      }),
    );
  });
});

describe("a watch of a disk", () => {
  it("follows what is free, and keeps its level while that cannot be found out", async () => {
    let free: number | null = 2_000 * MB;
    let looks = 0;
    const readFreeBytes = async () => {
      looks += 1;
      if (free === null) throw new Error("gone");
      return free;
    };
    const watch = await openStorageWatch({ directory: "anywhere", log: silentLog, readFreeBytes, everyMilliseconds: 5 });
    expect(watch.level()).toBe("PLENTY");
    free = 100 * MB;
    await waitUntil(watch.level, (level) => level === "FULL");
    free = null;
    const before = looks;
    await waitUntil(
      () => looks,
      (count) => count > before + 1,
    );
    expect(watch.level()).toBe("FULL");
    free = 900 * MB;
    await waitUntil(watch.level, (level) => level === "LOW");
    await watch.close();
  });

  it("knows a real disk", async () => {
    const watch = await openStorageWatch({ directory: tmpdir(), log: silentLog });
    expect(Object.values(StorageLevel)).toContain(watch.level());
    await watch.close();
  });
});
