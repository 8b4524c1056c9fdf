import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { IdentifierKind } from "../../src/shared/identifier.ts";
import {
  advanceTo,
  decodeCursor,
  encodeCursor,
  isLater,
  isVisible,
  parseSnapshot,
  positionAt,
  snapshotBefore,
  snapshotText,
  wasSeen,
  type Position,
  type Snapshot,
} from "../../src/changes/position.ts";

const transaction = fc.bigInt({ min: 3n, max: 2n ** 62n });
const snapshot: fc.Arbitrary<Snapshot> = fc.uniqueArray(transaction, { minLength: 1, maxLength: 20 }).map((numbers) => {
  const ascending = numbers.toSorted((one, other) => (one < other ? -1 : 1));
  return { xmax: ascending.at(-1)!, running: ascending.slice(0, -1) };
});
const view = fc.record({ throughId: fc.option(fc.stringMatching(/^session_[a-z0-9]{26}$/)), snapshot });
const position: fc.Arbitrary<Position> = fc.record({
  snapshot,
  step: fc.option(fc.record({ to: snapshot, id: fc.maxSafeNat() })),
  own: fc.option(transaction),
  views: fc.array(view, { maxLength: 5 }),
  isPartial: fc.boolean(),
});

describe("a cursor", () => {
  it("gives back the position that it was made from", () => {
    fc.assert(
      fc.property(position, fc.option(fc.date({ min: new Date(0), noInvalidDate: true })), (given, at) => {
        const mark = { log: "log", position: given, at };
        expect(decodeCursor(encodeCursor(mark))).toEqual(mark);
      }),
    );
  });

  it("is refused, whatever other text it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => decodeCursor(text) === null),
      { numRuns: 500 },
    );
  });

  it.each([
    ["of another version", [2, "log", ["7", []], null, null, [], 0]],
    ["with transactions that PostgreSQL has no room for", [1, "log", ["zzzzzzzzzzzzz", []], null, null, [], 0]],
    ["with a snapshot out of order", [1, "log", ["9", ["5", "3"]], null, null, [], 0]],
    ["with a snapshot past its end", [1, "log", ["9", ["9"]], null, null, [], 0]],
  ])("is refused %s", (_, parts) => {
    expect(decodeCursor(Buffer.from(JSON.stringify(parts)).toString("base64url"))).toBeNull();
  });

  it("is refused when it was cut", () => {
    expect(decodeCursor(encodeCursor({ log: "log", position: positionAt(snapshotBefore(7n)), at: null }).slice(0, -3))).toBeNull();
  });
});

describe("a snapshot", () => {
  const seen = parseSnapshot("12:20:12,15");

  it.each([
    [9n, true],
    [12n, false],
    [13n, true],
    [15n, false],
    [19n, true],
    [20n, false],
    [25n, false],
  ])("12:20:12,15 sees transaction %s: %s", (number, expected) => {
    expect(isVisible(number, seen)).toBe(expected);
  });

  it("reads as PostgreSQL writes it", () => {
    for (const text of ["12:20:12,15", "20:20:"]) expect(snapshotText(parseSnapshot(text))).toBe(text);
  });

  it("is later when more transactions have ended", () => {
    expect(isLater(parseSnapshot("15:20:15"), seen)).toBe(true);
    expect(isLater(parseSnapshot("12:22:12,15,20"), seen)).toBe(true);
    expect(isLater(parseSnapshot("12:21:12,15,20"), seen)).toBe(false);
    expect(isLater(seen, seen)).toBe(false);
    expect(isLater(seen, parseSnapshot("15:20:15"))).toBe(false);
    // A crash took 18 and 19 back, which were running, and 15 has ended since.
    expect(isLater(parseSnapshot("18:18:"), parseSnapshot("15:20:15,18,19"))).toBe(true);
  });
});

describe("a position", () => {
  const early = parseSnapshot("10:10:");
  const late = parseSnapshot("20:20:");

  it("knows an object as of the first view that reaches as far as its id", () => {
    const both: Position = {
      ...positionAt(early),
      views: [
        { throughId: "session_b", snapshot: early },
        { throughId: null, snapshot: late },
      ],
    };
    expect(wasSeen(both, { objectId: "session_a", transaction: 15n })).toBe(false);
    expect(wasSeen(both, { objectId: "session_c", transaction: 15n })).toBe(true);
  });

  it("has seen objects of one kind in its views, and none of another", () => {
    const id = (kind: IdentifierKind) => `${kind}_${"0".repeat(26)}`;
    const views = [
      { throughId: id("session"), snapshot: late },
      { throughId: null, snapshot: late },
    ];
    const of = (kind: IdentifierKind) => wasSeen({ ...positionAt(early), views }, { objectId: id(kind), transaction: 15n });
    expect([of("session"), of("template"), of("alert")]).toEqual([true, false, false]);
  });

  it("knows its own transaction until the log has told so far", () => {
    const own = positionAt(early, 15n);
    expect(wasSeen(own, { objectId: "session_a", transaction: 15n })).toBe(true);
    expect(wasSeen(own, { objectId: "session_a", transaction: 14n })).toBe(false);
    expect(advanceTo(own, parseSnapshot("12:16:12,15")).own).toBe(15n);
    expect(advanceTo(own, late).own).toBeNull();
  });

  it("keeps its views until the log has caught up with them, and never goes back", () => {
    const views = [{ throughId: null, snapshot: late }];
    expect(advanceTo({ ...positionAt(early), views }, parseSnapshot("15:15:")).views).toEqual(views);
    expect(advanceTo({ ...positionAt(early), views }, late).views).toEqual([]);
    expect(advanceTo(positionAt(late), early).snapshot).toEqual(late);
  });
});
