import fc from "fast-check";
import { expect, it } from "vitest";
import { firstSegmentNumber } from "../../src/encoder/segment-number.rules.ts";

const NOW = Date.UTC(2026, 10, 30);
const LAST_YEAR_BEGINS = Date.UTC(2043, 0, 1);
/** An encoder that ends earlier has made no segment. */
const RUN_MILLISECONDS_LEAST = 500;

it("playlists begin beyond all segments that were made before, however many encoders made them", () => {
  const encoder = fc.integer({ min: RUN_MILLISECONDS_LEAST, max: 20_000 });
  const playlists = fc.array(encoder, { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(playlists, { minLength: 1, maxLength: 20 }), (all) => {
      let at = NOW;
      let last = -1;
      for (const encoders of all) {
        const first = firstSegmentNumber(new Date(at));
        expect(first).toBeGreaterThan(last);
        // Each makes segments of 2 s, one at once of what it catches up with, and a short one at its end.
        const made = encoders.reduce((sum, milliseconds) => sum + Math.floor(milliseconds / 2_000) + 2, 0);
        last = first + made - 1;
        at += encoders.reduce((sum, milliseconds) => sum + milliseconds, 0);
      }
    }),
  );
});

it("is kept in 31 bits by players that know no more", () => {
  expect(firstSegmentNumber(new Date(LAST_YEAR_BEGINS))).toBeLessThan(2 ** 31);
  expect(firstSegmentNumber(new Date(0))).toBe(0);
});
