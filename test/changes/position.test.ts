import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeCursor, encodeCursor, isVisible, parseSnapshot, positionAt, remainingViews, wasSeen, type Position } from "../../src/changes/position.ts";

const transaction = fc.bigInt({ min: 3n, max: 2n ** 63n });
const snapshot = fc.record({ xmin: transaction, xmax: transaction, running: fc.array(transaction, { maxLength: 20 }) });
const view = fc.record({ throughId: fc.option(fc.stringMatching(/^session_[a-z0-9]{26}$/)), snapshot, own: fc.option(transaction) });
const position: fc.Arbitrary<Position> = fc.record({
  from: transaction,
  step: fc.option(fc.record({ to: transaction, id: fc.maxSafeNat() })),
  views: fc.array(view, { maxLength: 5 }),
  isPartial: fc.boolean(),
});

describe("a cursor", () => {
  it("gives back the position that it was made from, but for views that no longer matter", () => {
    fc.assert(
      fc.property(position, (given) => {
        const decoded = decodeCursor(encodeCursor("log", given));
        expect(decoded).toEqual({ log: "log", position: { ...given, views: remainingViews(given.views, given.from) } });
      }),
    );
  });

  it("is refused, whatever other text it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(decodeCursor(text)).toBeNull();
      }),
    );
  });

  it("is refused when it was cut or altered into another shape", () => {
    const cursor = encodeCursor("log", positionAt(7n));
    expect(decodeCursor(cursor.slice(0, -3))).toBeNull();
    expect(decodeCursor(Buffer.from(JSON.stringify([2, "log", "7", null, [], 0])).toString("base64url"))).toBeNull();
  });
});

describe("a view", () => {
  const seen = { throughId: null, snapshot: parseSnapshot("10:20:12,15"), own: 25n };

  it.each([
    [9n, true],
    [10n, true],
    [12n, false],
    [13n, true],
    [15n, false],
    [19n, true],
    [20n, false],
    [24n, false],
    [25n, true],
  ])("of 10:20:12,15 and its own 25 sees transaction %s: %s", (number, expected) => {
    expect(isVisible(number, seen)).toBe(expected);
  });

  it("is the first that reaches as far as the object's id", () => {
    const views = [
      { throughId: "session_b", snapshot: parseSnapshot("10:10:"), own: null },
      { throughId: null, snapshot: parseSnapshot("20:20:"), own: null },
    ];
    expect(wasSeen(views, { objectId: "session_a", transaction: 15n })).toBe(false);
    expect(wasSeen(views, { objectId: "session_c", transaction: 15n })).toBe(true);
  });

  it("is dropped once the log is past all that it could not see", () => {
    expect(remainingViews([seen], 20n)).toEqual([seen]);
    expect(remainingViews([seen], 25n)).toEqual([seen]);
    expect(remainingViews([seen], 26n)).toEqual([]);
  });
});
