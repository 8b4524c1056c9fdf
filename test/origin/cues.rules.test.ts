import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rangesUpTo, redated } from "../../src/encoder/hls-cues.rules.ts";
import { readInputPlaylist } from "../../src/encoder/hls-input.rules.ts";
import { segmentDates, withCues } from "../../src/origin/cues.rules.ts";

const BEGIN = Date.parse("2026-01-01T00:00:00Z");
/** As our encoders write it: segments of 2 s. */
function playlistOf(count: number, first = 10): string {
  const segments = Array.from({ length: count }, (_, index) => [
    "#EXTINF:2.000000,",
    `#EXT-X-PROGRAM-DATE-TIME:${new Date(BEGIN + index * 2_000).toISOString().replace("Z", "+0000")}`,
    `v0_${first + index}.ts`,
  ]);
  return ["#EXTM3U", "#EXT-X-VERSION:6", "#EXT-X-TARGETDURATION:2", `#EXT-X-MEDIA-SEQUENCE:${first}`, ...segments.flat(), ""].join("\n");
}

describe("cues in our playlists", () => {
  it.each<[string, number, number | null]>([
    ["at a boundary", 2_000, 1],
    ["a little after one", 2_900, 1],
    ["a little before one", 1_100, 1],
    ["at the first", 0, 0],
    ["just before the first", -900, 0],
    ["of what is gone", -1_100, null],
    ["nearest to a boundary that is not there yet", 5_500, null],
    ["in the far future", 600_000, null],
  ])("stand %s", (_, milliseconds, segment) => {
    const before = playlistOf(3);
    const after = withCues(before, [{ at: BEGIN + milliseconds, line: "#EXT-X-CUE-IN" }]);
    if (segment === null) return expect(after).toBe(before);
    const next = after.split("\n").slice(after.split("\n").indexOf("#EXT-X-CUE-IN") + 1);
    expect(next[0]).toBe("#EXTINF:2.000000,");
    expect(next.find((line) => line.endsWith(".ts"))).toBe(`v0_${10 + segment}.ts`);
  });

  it("keep their order, and change nothing else, whatever they are", () => {
    const cues = fc.array(
      fc.record({ at: fc.integer({ min: BEGIN - 5_000, max: BEGIN + 30_000 }), line: fc.nat(99).map((number) => `#EXT-X-CUE:${number}`) }),
    );
    fc.assert(
      fc.property(cues, fc.nat(12), (list, count) => {
        const before = playlistOf(count);
        const after = withCues(before, list);
        expect(
          after
            .split("\n")
            .filter((line) => !line.startsWith("#EXT-X-CUE:"))
            .join("\n"),
        ).toBe(before);
        const found = after.split("\n").filter((line) => line.startsWith("#EXT-X-CUE:"));
        const sorted = list.toSorted((one, other) => one.at - other.at).map(({ line }) => line);
        expect(sorted.join(" ")).toContain(found.join(" "));
      }),
    );
  });

  it("stay at their segment as the playlist moves on", () => {
    const cue = { at: BEGIN + 6_300, line: "#EXT-X-CUE-OUT:4" };
    for (let count = 4; count < 9; count += 1) {
      const after = withCues(playlistOf(count), [cue]).split("\n");
      expect(after.slice(after.indexOf(cue.line)).find((line) => line.endsWith(".ts"))).toBe("v0_13.ts");
    }
  });

  it("know the dates of segments that bear none themselves", () => {
    const text = playlistOf(3)
      .split("\n")
      .filter((line, index) => index < 6 || !line.startsWith("#EXT-X-PROGRAM"))
      .join("\n");
    expect(segmentDates(text)).toEqual([0, 1, 2].map((index) => ({ number: 10 + index, startsAt: BEGIN + index * 2_000 })));
  });
});

describe("the playlist of an input", () => {
  const range = '#EXT-X-DATERANGE:ID="x",START-DATE="2026-01-01T00:00:07.500Z",END-DATE="2026-01-01T00:00:09.500Z",SCTE35-OUT=0xFC';
  const text = [
    ...["#EXTM3U", "#EXT-X-MEDIA-SEQUENCE:5", '#EXT-X-KEY:METHOD=AES-128,URI="key?a=1"', '#EXT-X-MAP:URI="/init.mp4"', range],
    ...["#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000+00:00", "#EXTINF:6,", "a.m4s?token=1"],
    ...["#EXT-X-DISCONTINUITY", "#EXT-X-CUE-OUT:12\u0007", '#EXT-X-SCTE35:TYPE=1,CUE="/DA="', "#EXTINF:6,", "https://other.example/b"],
    ...[
      '#EXT-X-DATERANGE:ID="y",START-DATE="2026-01-01T00:00:00Z",CLASS="no splice"',
      "#EXT-X-CUE-OUT-CONT:6/12",
      "#EXTINF:6,",
      "c.ts",
      "",
    ],
  ].join("\r\n");
  const read = readInputPlaylist(text.split("\r\n"), "https://cdn.example/live/v.m3u8?session=2", "video");
  if (!read) throw new Error("a playlist");

  it("gives its segments with the cues in front of them, and their dates", () => {
    expect(read.segments).toEqual([
      { number: 5, url: "https://cdn.example/live/a.m4s?token=1", seconds: 6, startsAt: BEGIN, cues: [] },
      {
        number: 6,
        url: "https://other.example/b",
        seconds: 6,
        startsAt: BEGIN + 6_000,
        cues: ["#EXT-X-CUE-OUT:12", '#EXT-X-SCTE35:TYPE=1,CUE="/DA="'],
      },
      { number: 7, url: "https://cdn.example/live/c.ts", seconds: 6, startsAt: BEGIN + 12_000, cues: ["#EXT-X-CUE-OUT-CONT:6/12"] },
    ]);
  });

  it("becomes one of ours: nobody who reads it sees an address of the input, or a word of its", () => {
    const [key = "", map = ""] = Array.from(read.own.matchAll(/URI="([^"]*)"/g), ([, path]) => path ?? "");
    expect(read.own).toBe(
      [
        ...["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:6", "#EXT-X-MEDIA-SEQUENCE:5"],
        ...[`#EXT-X-KEY:METHOD=AES-128,URI="${key}"`, `#EXT-X-MAP:URI="${map}"`],
        ...["#EXTINF:6.000000,", "/video/5.m4s", "#EXT-X-DISCONTINUITY"],
        ...["#EXTINF:6.000000,", "/video/6.ts", "#EXTINF:6.000000,", "/video/7.ts", ""],
      ].join("\n"),
    );
    expect([read.parts.at(key), read.parts.at(map)]).toEqual(["https://cdn.example/live/key?a=1", "https://cdn.example/init.mp4"]);
    expect(read.parts.at("/part/other.mp4")).toBeNull();
  });

  it("tells date ranges at the segment that they begin in", () => {
    const [first, second, third] = read.segments;
    if (!first || !second || !third) throw new Error("three segments");
    expect(rangesUpTo(read, first)).toEqual([]);
    expect(rangesUpTo(read, second)).toEqual([{ line: range, startSeconds: 1.5, placeSeconds: 1.5 }]);
    expect(rangesUpTo(read, third)).toEqual([{ line: range, startSeconds: -4.5, placeSeconds: 0 }]);
  });

  it("gives a date range our dates, its end at the distance that it had", () => {
    expect(redated(range, Date.parse("2026-02-02T10:00:00.250Z"))).toBe(
      '#EXT-X-DATERANGE:ID="x",START-DATE="2026-02-02T10:00:00.250Z",END-DATE="2026-02-02T10:00:02.250Z",SCTE35-OUT=0xFC',
    );
    expect(redated("#EXT-X-CUE-IN", 0)).toBe("#EXT-X-CUE-IN");
  });
});
