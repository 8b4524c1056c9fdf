import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseInput } from "../../src/graphql/input.ts";
import { Refusal, UserErrorCode } from "../../src/shared/user-error.ts";

const schema = z.object({
  name: z.string().max(5, "at most 5 characters").trim(),
  size: z.int().min(1).nullish(),
  items: z
    .array(z.object({ url: z.string() }))
    .max(2)
    .default([]),
  kind: z.enum(["A", "B"]).optional(),
});

function refusalsOf(input: unknown) {
  try {
    parseInput(schema, input);
  } catch (error) {
    if (error instanceof Refusal) return error.errors.map(({ code, path }) => [code, path.join(".")]);
    throw error;
  }
  return [];
}

describe("an input", () => {
  it("is what its schema makes of it, absent and null kept apart", () => {
    expect(parseInput(schema, { name: " a ", size: null })).toEqual({ name: "a", size: null, items: [] });
    expect("size" in parseInput(schema, { name: "a" })).toBe(false);
  });

  it.each<[string, unknown, unknown]>([
    ["a missing value", {}, [["REQUIRED", "input.name"]]],
    ["null where a value is wanted", { name: null }, [["REQUIRED", "input.name"]]],
    ["a value of another type", { name: 7 }, [["INVALID_VALUE", "input.name"]]],
    ["a value out of range", { name: "a", size: 0 }, [["INVALID_VALUE", "input.size"]]],
    ["a text too long", { name: "abcdef" }, [["INVALID_VALUE", "input.name"]]],
    ["a list too long", { name: "a", items: [{ url: "" }, { url: "" }, { url: "" }] }, [["TOO_MANY_ITEMS", "input.items"]]],
    ["another value", { name: "a", kind: "C" }, [["INVALID_VALUE", "input.kind"]]],
    [
      "everything at once",
      { items: [{}, { url: 1 }], size: -1 },
      [
        ["REQUIRED", "input.name"],
        ["INVALID_VALUE", "input.size"],
        ["REQUIRED", "input.items.0.url"],
        ["INVALID_VALUE", "input.items.1.url"],
      ],
    ],
    ["NUL", { name: "a\u0000" }, [["INVALID_VALUE", "input.name"]]],
    ["half a surrogate pair", { name: "a", items: [{ url: "\udc00" }] }, [["INVALID_VALUE", "input.items.0.url"]]],
    ["half a surrogate pair as a key", { name: "a", "\ud800": 1 }, [["INVALID_VALUE", "input"]]],
  ])("with %s is refused, and where is told", (_, input, expected) => {
    expect(refusalsOf(input)).toEqual(expected);
  });

  it("takes whole surrogate pairs", () => {
    expect(refusalsOf({ name: "🎬" })).toEqual([]);
  });

  it("is refused by a rule of its own with the code that the rule names", () => {
    const ruled = z.object({ url: z.string() }).superRefine((_, context) => {
      context.addIssue({ code: "custom", message: "No.", path: ["url"], params: { code: UserErrorCode.URL_NOT_ALLOWED } });
    });
    expect(() => parseInput(ruled, { url: "x" })).toThrow(
      expect.objectContaining({ errors: [{ code: "URL_NOT_ALLOWED", message: "No.", path: ["input", "url"] }] }),
    );
  });

  it("is told at most a hundred refusals", () => {
    const many = z.object({ list: z.array(z.string()) });
    try {
      parseInput(many, { list: Array.from({ length: 5_000 }, () => 1) });
      expect.unreachable();
    } catch (error) {
      expect((error as Refusal).errors).toHaveLength(100);
    }
  });
});
