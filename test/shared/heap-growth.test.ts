import { describe, expect, it } from "vitest";
import { growthPercent } from "../../src/shared/heap-growth.ts";

const MEGABYTE = 1024 * 1024;

describe("how far a heap may grow before it is collected", () => {
  it.each([
    { usedMegabytes: 32, percent: 300 },
    { usedMegabytes: 96, percent: 100 },
    { usedMegabytes: 192, percent: 50 },
    { usedMegabytes: 2_000, percent: 50 },
  ])("by $percent % of $usedMegabytes MB", ({ usedMegabytes, percent }) => {
    expect(growthPercent(usedMegabytes * MEGABYTE)).toBe(percent);
  });
});
