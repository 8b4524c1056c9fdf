import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answerParts, isLargeAnswer } from "../../src/graphql/large-answer.ts";

/** As the executor makes them. */
const bare = (value: object) => Object.assign(Object.create(null) as Record<string, unknown>, value);
const items = (count: number) => Array.from({ length: count }, (_, row) => bare({ row, name: `Channel ${row}`, session: null }));

describe("an answer is large", () => {
  it.each<[string, unknown, boolean]>([
    ["with nothing in it", null, false],
    ["with a few fields", { a: 1, b: { c: "x", d: [1, 2] } }, false],
    ["with a page of a list", { a: { nodes: items(100) } }, false],
    ["with a list of thousands in a payload", { a: { sessions: items(1_001) } }, true],
    ["with a list of thousands", { a: items(1_001) }, true],
    ["with a file of rows", { a: { csv: "x".repeat(200_000) } }, true],
  ])("%s", (_what, data, isLarge) => {
    expect(isLargeAnswer({ data: data as Record<string, unknown> | null })).toBe(isLarge);
  });
});

describe("the parts of an answer", () => {
  const textOf = (answer: object) => [...answerParts(answer)].join("");

  it("are together what it is as JSON, whatever it holds", () => {
    const answer = fc.record(
      {
        errors: fc.array(fc.record({ message: fc.string() })),
        data: fc.option(fc.jsonValue({ maxDepth: 8 })),
        extensions: fc.dictionary(fc.string(), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(answer, (given) => {
        const { errors, data, extensions } = given;
        expect(textOf(given)).toBe(`${JSON.stringify({ errors, data, extensions })}\n`);
      }),
    );
  });

  it("are small, and part no character", () => {
    for (const before of [65_533, 65_534, 65_535, 65_536, 65_537]) {
      const answer = {
        data: bare({ a: bare({ csv: `${"x".repeat(before)}😀${'\u0000"\\\ud800é'.repeat(40_000)}`, sessions: items(20_000) }) }),
      };
      const parts = [...answerParts(answer)];
      expect(parts.join("")).toBe(`${JSON.stringify(answer)}\n`);
      // Six characters for one that JSON escapes.
      expect(Math.max(...parts.map((part) => part.length))).toBeLessThan(7 * 65_536);
      expect(parts.length).toBeGreaterThan(10);
    }
  });
});
