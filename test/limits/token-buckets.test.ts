import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTokenBuckets } from "../../src/limits/token-buckets.ts";

/** Buckets of 100 points that fill in a minute, and the hand that moves their clock. */
function buckets(policy = { pointsPerMinute: 100, burst: 100 }) {
  let now = 0;
  const made = createTokenBuckets(policy, { now: () => new Date(now) });
  return { ...made, pass: (milliseconds: number) => void (now += milliseconds) };
}

describe("a bucket", () => {
  it("is full at first, gives all or nothing, and says how long to wait", () => {
    const { take, level } = buckets();
    expect(take("a", 60)).toBe(0);
    expect(take("a", 60)).toBe(12_000);
    expect(level("a")).toEqual({ remaining: 40, fullAfterMilliseconds: 36_000 });
    expect(take("a", 40)).toBe(0);
    expect(take("b", 100)).toBe(0);
  });

  it("has, after the wait that it named, what was wanted", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 1, max: 10_000 }),
        fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 20 }),
        (pointsPerMinute, burst, wanted) => {
          const { take, pass } = buckets({ pointsPerMinute, burst });
          for (const points of wanted) {
            const wait = take("a", points);
            if (wait === 0) continue;
            pass(wait);
            expect(take("a", points)).toBe(0);
          }
        },
      ),
    );
  });

  it("gives over any time no more than it held and what came back", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 120 }), fc.integer({ min: 0, max: 30_000 })), { minLength: 1, maxLength: 40 }),
        (steps) => {
          const { take, pass } = buckets();
          let [taken, passed] = [0, 0];
          for (const [points, milliseconds] of steps) {
            if (take("a", points) === 0) taken += Math.min(points, 100);
            pass(milliseconds);
            passed += milliseconds;
            expect(taken).toBeLessThanOrEqual(100 + (passed * 100) / 60_000 + 1e-6);
          }
        },
      ),
    );
  });

  it("takes a full one for what is more than it can ever hold", () => {
    const { take, level } = buckets();
    expect(take("a", 5_000)).toBe(0);
    expect(level("a").remaining).toBe(0);
  });

  it("is filled up from what is owed, which is at most another full one", () => {
    const { owe, wait, take } = buckets();
    for (let count = 0; count < 150; count += 1) owe("a", 1);
    expect(wait("a", 1)).toBe(51 * 600);
    for (let count = 0; count < 500; count += 1) owe("a", 1);
    expect(take("a", 1)).toBe(101 * 600);
  });

  it("loses nothing when the clock is set back", () => {
    const { take, pass, level } = buckets();
    take("a", 10);
    pass(-1_000_000);
    expect(level("a").remaining).toBe(90);
  });

  it("is forgotten once it has filled up again", () => {
    const { take, pass, size } = buckets();
    for (let round = 0; round < 50; round += 1) {
      for (let caller = 0; caller < 1_000; caller += 1) take(`${round} ${caller}`, 1);
      pass(60_000);
    }
    expect(size()).toBeLessThanOrEqual(2_000);
  });
});
