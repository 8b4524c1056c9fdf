import { resolve, sep } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkFilePath, filePathKey } from "../../src/network/file-path.rules.ts";

describe("paths of file outputs", () => {
  it.each([
    "a.mp4",
    "show.mkv",
    "2026/11/21/show.mp4",
    "Night Show (part 1).mp4",
    "über/наш.mkv",
    "東京/夜.mp4",
    "a-b_c+d=e,f@g.mp4",
    "(draft).mp4",
    "_x.mkv",
    "no-extension",
    `${"a".repeat(200)}`,
  ])("takes %s", (path) => {
    expect(checkFilePath(path)).toBeNull();
  });

  it.each([
    "/etc/passwd",
    "//server/share",
    "\\\\server\\share",
    "C:\\x.mp4",
    "c:x.mp4",
    "~/x.mp4",
    "~root/x",
    "..",
    ".",
    "../x.mp4",
    "a/../../x.mp4",
    "a/..",
    "./a.mp4",
    "a/./b.mp4",
  ])("does not leave its directory by %s", (path) => {
    expect(checkFilePath(path)).toMatchObject({ code: "URL_NOT_ALLOWED" });
  });

  it.each([
    ...[
      "",
      " ",
      "a/",
      "a//b.mp4",
      "a\u0000.mp4",
      "a\n.mp4",
      "a\r.mp4",
      "a\t.mp4",
      "a\u007f.mp4",
      "a\u2028b.mp4",
      "a\u202eb.mp4",
      "a\u200b.mp4",
    ],
    ...[
      "-y.mp4",
      "a/-i",
      "--help",
      ".hidden",
      "a/.ssh/x",
      "%d.mp4",
      "a%03d.mp4",
      "$Number$.mp4",
      "a*.mp4",
      "a?.mp4",
      "a|b.mp4",
      "a'b.mp4",
      'a"b.mp4',
    ],
    ...[
      "[f=null]a",
      "a:b.mp4",
      "file:a.mp4",
      "pipe:1",
      "a;b",
      "a&b",
      "a`b`",
      "a{b}",
      "a<b",
      "a>b",
      "a#b",
      "a!b",
      "a^b",
      "a\\b",
      "con",
      "NUL.mp4",
      "a/com1.mkv",
    ],
    ...[
      "a.",
      "a .",
      "a ",
      "a./b.mp4",
      "a /b.mp4",
      " a.mp4",
      "x".repeat(201),
      "é".repeat(101),
      Array.from({ length: 17 }, () => "a").join("/"),
      `${"a/".repeat(600)}b`,
    ],
    ...["http://example.com/a.mp4", "a\ud800b.mp4"],
  ])("refuses %j", (path) => {
    expect(checkFilePath(path)).not.toBeNull();
  });

  it("never gives a path outside of the directory", () => {
    const piece = fc.oneof(
      fc.constantFrom("..", ".", "/", "\\", "~", "a", "a.b", "-", "\u0000", "%2e%2e", "．．"),
      fc.string({ unit: "binary", maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.constantFrom("", "/"), (pieces, joint) => {
        const path = pieces.join(joint);
        if (checkFilePath(path) === null) expect(resolve("/recordings", path).startsWith(`/recordings${sep}`)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it("are one file in any case and Unicode form", () => {
    expect(filePathKey("Show/Ü.MP4")).toBe(filePathKey("show/u\u0308.mp4"));
    expect(filePathKey("a.mp4")).not.toBe(filePathKey("b.mp4"));
  });
});
