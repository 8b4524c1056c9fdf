import fc from "fast-check";
import { expect, it } from "vitest";
import { firstSegmentNumber } from "../../src/encoder/segment-number.rules.ts";

const START = Date.UTC(2026, 10, 30);
const END = Date.UTC(2043, 0, 1);
/** What a session may be restarted after at the earliest: its encoder opens its input for longer. */
const RUN_MILLISECONDS_LEAST = 300;

it("a start begins beyond the segments of all runs before it, however short these were", () => {
  const run = fc.integer({ min: RUN_MILLISECONDS_LEAST, max: 20_000 });
  fc.assert(
    fc.property(fc.array(run, { minLength: 1, maxLength: 30 }), (lengths) => {
      let at = START;
      let last = -1;
      for (const length of lengths) {
        const first = firstSegmentNumber(new Date(at));
        expect(first).toBeGreaterThan(last);
        // Segments of 2 s and the short one at the end.
        last = first + Math.floor(length / 2_000);
        at += length;
      }
    }),
  );
});

it("is kept in 31 bits by players that know no more", () => {
  expect(firstSegmentNumber(new Date(END))).toBeLessThan(2 ** 31);
  expect(firstSegmentNumber(new Date(0))).toBe(0);
});
