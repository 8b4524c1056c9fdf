import fc from "fast-check";
import { GraphQLError, Kind } from "graphql";
import { describe, expect, it } from "vitest";
import { Cursor, DateTime, Url } from "../../src/graphql/scalars.ts";

const refused = expect.objectContaining({ extensions: { code: "BAD_USER_INPUT" } });

describe("DateTime", () => {
  it.each([
    ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z"],
    ["2026-01-31t12:00:00.5z", "2026-01-31T12:00:00.500Z"],
    ["2026-01-31T12:00:00.123456+02:00", "2026-01-31T10:00:00.123Z"],
    ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"],
  ])("reads %s and answers %s", (text, answer) => {
    expect(DateTime.serialize(DateTime.parseValue(text))).toBe(answer);
  });

  it.each([
    "",
    "2026-01-31",
    "2026-01-31T12:00:00",
    "2026-02-30T12:00:00Z",
    "2026-13-01T12:00:00Z",
    "2026-01-31T25:00:00Z",
    "yesterday",
    "1769860800000",
    1_769_860_800_000,
    null,
    {},
    [],
  ])("refuses %j", (value) => {
    expect(() => DateTime.parseValue(value)).toThrow(refused);
  });

  it("refuses every other text as the caller's mistake", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => DateTime.parseValue(text)).toThrow(GraphQLError);
      }),
    );
  });

  it("gives back every moment", () => {
    fc.assert(
      fc.property(fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true }), (moment) => {
        expect(DateTime.parseLiteral({ kind: Kind.STRING, value: DateTime.serialize(moment) }, {})).toEqual(moment);
      }),
    );
  });
});

describe("URL", () => {
  it.each(["https://example.org/a?b=c", "srt://127.0.0.1:9000?mode=caller", "udp://@239.0.0.1:5000"])("takes %s as it is", (text) => {
    expect(Url.parseValue(text)).toBe(text);
  });

  it.each(["", "example.org", "/path", "http://", `https://example.org/${"x".repeat(5_000)}`, 7, null])("refuses %j", (value) => {
    expect(() => Url.parseValue(value)).toThrow(refused);
  });
});

describe("Cursor", () => {
  it.each(["", "a b", "a\u0000", "x".repeat(20_000), 7])("refuses %j", (value) => {
    expect(() => Cursor.parseValue(value)).toThrow(refused);
  });

  it("takes the characters of its alphabet", () => {
    expect(Cursor.parseLiteral({ kind: Kind.STRING, value: "aZ09-_" }, {})).toBe("aZ09-_");
    expect(() => Cursor.parseLiteral({ kind: Kind.INT, value: "7" }, {})).toThrow(refused);
  });
});
