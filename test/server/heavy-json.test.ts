import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isHeavyJson } from "../../src/server/heavy-json.ts";

const heavy = (text: string) => isHeavyJson(Buffer.from(text));
const list = (count: number, item: (index: number) => string) => Array.from({ length: count }, (_, index) => item(index)).join(",");

describe("JSON that nobody should parse", () => {
  it.each([
    ["a depth of 1,000", `${"[".repeat(1_000)}1${"]".repeat(1_000)}`, false],
    ["a depth of 1,001", `${"[".repeat(1_001)}1${"]".repeat(1_001)}`, true],
    ["a depth of 1,001 without an end", '{"a":'.repeat(1_001), true],
    ["5,000 fields", `{${list(5_000, (index) => `"v${index}":1`)}}`, false],
    ["5,001 fields", `{${list(5_001, (index) => `"v${index}":1`)}}`, true],
    ["5,001 fields far within", `[[{"a":{${list(5_001, (index) => `"v${index}":1`)}}}]]`, true],
    ["as many fields in many objects", `[${list(1_000, () => '{"a":1,"b":2,"c":{"d":3}}')}]`, false],
    ["200,000 values", `[${list(200_001, () => "1")}]`, false],
    ["more values", `[${list(200_002, () => "1")}]`, true],
    ["more values in many lists", `[${list(2_001, () => `[${list(101, () => "1")}]`)}]`, true],
    ["marks in texts", JSON.stringify({ a: "[{:,".repeat(100_000), b: '\\"[['.repeat(100_000), ["{".repeat(2_000)]: 1 }), false],
    ["a text that ends in a backslash", `["\\\\",${"[".repeat(1_001)}`, true],
    ["brackets that close what nobody opened", `${"]".repeat(10_000)}[1]`, false],
    ["nothing", "", false],
  ])("is told by %s", (_, text, expected) => {
    expect(heavy(text)).toBe(expected);
  });

  it("is nothing that a client would send", () => {
    fc.assert(fc.property(fc.json({ maxDepth: 20 }), (text) => !heavy(text)));
  });
});
