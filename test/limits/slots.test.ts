import fc from "fast-check";
import { expect, it } from "vitest";
import { createSlots } from "../../src/limits/slots.ts";

it("are given out up to the limit, to each key for itself, and given back once", () => {
  const { take, taken } = createSlots(2);
  const [first, second] = [take("a"), take("a")];
  expect([take("a"), taken("a"), typeof take("b")]).toEqual([null, 2, "function"]);
  first?.();
  first?.();
  expect(taken("a")).toBe(1);
  expect(take("a")).not.toBeNull();
  second?.();
  expect(taken("a")).toBe(1);
});

it("are never more than the limit, and none is lost, in any order", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.boolean(), fc.nat(30))), (limit, steps) => {
      const { take, taken } = createSlots(limit);
      const held: Record<string, (() => void)[]> = { a: [], b: [] };
      for (const [key, isTaking, which] of steps) {
        const mine = held[key]!;
        if (isTaking) {
          const release = take(key);
          expect(release === null).toBe(mine.length === limit);
          if (release) mine.push(release);
        } else mine.splice(which % Math.max(1, mine.length), 1).forEach((release) => release());
        expect(taken(key)).toBe(mine.length);
      }
    }),
  );
});

it("are without end where there is no limit", () => {
  const { take, taken } = createSlots(null);
  const releases = Array.from({ length: 10_000 }, () => take("a"));
  expect(taken("a")).toBe(10_000);
  releases.forEach((release) => release?.());
  expect(taken("a")).toBe(0);
});
