import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readInputPlaylist } from "../../src/encoder/hls-input.rules.ts";
import { splitLines } from "../../src/encoder/hls-playlist.rules.ts";

const read = (text: string) => readInputPlaylist(splitLines(text) ?? [], "https://cdn.example/live/v.m3u8", "video");

/** All that may ever stand in a playlist that ffmpeg reads. */
const OWN_LINE = new RegExp(
  [
    ...[
      "#EXTM3U",
      "#EXT-X-VERSION:7",
      "#EXT-X-TARGETDURATION:\\d+",
      "#EXT-X-MEDIA-SEQUENCE:\\d+",
      "#EXT-X-DISCONTINUITY",
      "#EXT-X-ENDLIST",
    ],
    ...["#EXT-X-BYTERANGE:\\d+@\\d+", "#EXTINF:\\d+\\.\\d{6},", "#EXT-X-KEY:METHOD=NONE", ""],
    '#EXT-X-KEY:METHOD=(AES-128|SAMPLE-AES),URI="/part/[\\w-]{22}\\.mp4"(,IV=0x[0-9a-fA-F]{1,32})?',
    '#EXT-X-MAP:URI="/part/[\\w-]{22}\\.mp4"(,BYTERANGE="\\d+@\\d+")?',
    "/video/\\d+\\.[a-z0-9]{2,4}",
  ]
    .map((line) => `^${line}$`)
    .join("|"),
);

/** What ffmpeg opens by a scheme, or by how it reads one. */
const FOREIGN = [
  "httpproxy://127.0.0.1:5432/x:80/a.ts",
  "HTTPPROXY://127.0.0.1:5432/x:80/a.ts",
  "\u0001httpproxy://127.0.0.1:5432/x:80/a.ts",
  "http\tproxy://127.0.0.1:5432/x:80/a.ts",
  "httpproxy:127.0.0.1:5432/x:80/a.ts",
  "httpproxy+x://127.0.0.1:5432/a.ts",
  "tcp://127.0.0.1:5432/a.ts",
  "tls://127.0.0.1:5432/a.ts",
  "unix:/run/a.ts",
  "crypto+http://127.0.0.1:5432/a.ts",
  "crypto:http://127.0.0.1:5432/a.ts",
  "CRYPTO+httpproxy://127.0.0.1:5432/x:80/a.ts",
  "concat:http://127.0.0.1:5432/a.ts|http://127.0.0.1:5432/b.ts",
  "async:http://127.0.0.1:5432/a.ts",
  "cache:http://127.0.0.1:5432/a.ts",
  "data:video/mp2t;base64,R0dHRw==",
  "DATA:video/mp2t;base64,R0dHRw==",
  "file:///etc/passwd",
  "file:a.ts",
  "pipe:4",
  "http://[",
  "http://a b/",
];
/** These are of HTTP, and asked for by ourselves, who look at each address. */
const OURS: Readonly<Record<string, string>> = {
  "//127.0.0.1:5432/a.ts": "https://127.0.0.1:5432/a.ts",
  "HTTP://127.0.0.1:5432/a.ts": "http://127.0.0.1:5432/a.ts",
  "http:\\\\127.0.0.1:5432\\a.ts": "http://127.0.0.1:5432/a.ts",
  "http:127.0.0.1/a.ts": "http://127.0.0.1/a.ts",
  "http://cdn.example@0x7f.1/a.ts": "http://cdn.example@127.0.0.1/a.ts",
  // A comma ends no scheme for those who know URLs: a file of the same server.
  "subfile,,start,0,end,9,,:http://127.0.0.1/a.ts": "https://cdn.example/live/subfile,,start,0,end,9,,:http://127.0.0.1/a.ts",
  "httpproxy,timeout,1:://127.0.0.1/a.ts": "https://cdn.example/live/httpproxy,timeout,1:://127.0.0.1/a.ts",
};
const PLACES: readonly (readonly [string, (uri: string) => string])[] = [
  ["segments", (uri) => `#EXTINF:4,\n${uri}\n`],
  ["segments behind blanks", (uri) => `#EXTINF:4,\n \t${uri}\n`],
  ["keys", (uri) => `#EXT-X-KEY:METHOD=AES-128,URI="${uri}"\n#EXTINF:4,\na.ts\n`],
  ["keys without quotes", (uri) => `#EXT-X-KEY:URI=${uri.replaceAll(",", "%2C")},METHOD=SAMPLE-AES\n#EXTINF:4,\na.ts\n`],
  ["headers", (uri) => `#EXT-X-MAP:URI="${uri}"\n#EXTINF:4,\na.ts\n`],
];

describe.each(PLACES)("%s of an input's playlist", (_, line) => {
  it.each(FOREIGN)("are refused at %j", (uri) => {
    expect(read(`#EXTM3U\n#EXTINF:4,\nz.ts\n${line(uri)}`)).toBeNull();
  });

  it.each(Object.keys(OURS))("are asked of us where they stand at %j", (uri) => {
    const own = read(line(uri))?.own ?? "";
    expect(own.split("\n").filter((one) => !OWN_LINE.test(one))).toEqual([]);
  });
});

describe("the playlist of an input", () => {
  it.each(Object.entries(OURS))("has a segment %j at %s", (uri, url) => {
    expect(read(`#EXTINF:4,\n${uri}`)?.segments[0]?.url).toBe(url);
  });

  it("whatever it says, becomes one that names nothing but what is ours", () => {
    const words = [
      "#EXT-X-KEY:",
      "METHOD=AES-128",
      ",",
      "URI=",
      '"',
      "httpproxy://a/b:80",
      "a.ts",
      "#EXTINF:",
      "4",
      "-1e99",
      "#EXT-X-MAP:",
    ];
    const more = [
      "\n",
      "\r",
      "\u2028",
      "\u0085",
      "\u0000",
      "BYTERANGE=",
      "5@",
      "IV=0x12",
      "IV=0xzz",
      "#EXT-X-BYTERANGE:",
      "#EXT-X-STREAM-INF:",
    ];
    const tags = [
      "#EXT-X-MEDIA-SEQUENCE:",
      "#EXT-X-ENDLIST",
      "#EXT-X-TARGETDURATION:",
      "1e9",
      "Infinity",
      "NaN",
      "#EXT-X-DISCONTINUITY",
      " ",
    ];
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...words, ...more, ...tags), fc.string()), { maxLength: 40 }), (pieces) => {
        const found = read(pieces.join(""));
        expect((found?.own ?? "").split("\n").filter((one) => !OWN_LINE.test(one))).toEqual([]);
        for (const { url } of found?.segments ?? []) expect(url).toMatch(/^https?:/);
      }),
      { numRuns: 500 },
    );
  });

  it("keeps keys and headers to their segments, and gives byte ranges their beginnings", () => {
    const text = [
      ...["#EXT-X-MEDIA-SEQUENCE:7", "#EXT-X-TARGETDURATION:2", '#EXT-X-MAP:URI="i.mp4",BYTERANGE="9"', "#EXT-X-BYTERANGE:10@90"],
      ...["#EXTINF:2,", "a.mp4", "#EXT-X-BYTERANGE:20", "#EXTINF:2,", "a.mp4", '#EXT-X-KEY:METHOD=AES-128,IV=0x1F,URI="k"'],
      ...['#EXT-X-KEY:METHOD=SAMPLE-AES,KEYFORMAT="com.other",URI="skd://x"', "#EXTINF:2.5,", "b.php?x=.mp3"],
      ...["#EXT-X-KEY:METHOD=NONE", "#EXTINF:2,", "c.AAC", "#EXT-X-ENDLIST"],
    ];
    const part = "/part/*.mp4";
    expect(read(text.join("\n"))?.own.replace(/part\/[\w-]+/g, "part/*")).toBe(
      [
        ...["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:3", "#EXT-X-MEDIA-SEQUENCE:7"],
        ...[`#EXT-X-MAP:URI="${part}",BYTERANGE="9@0"`, "#EXT-X-BYTERANGE:10@90", "#EXTINF:2.000000,", "/video/7.mp4"],
        ...["#EXT-X-BYTERANGE:20@100", "#EXTINF:2.000000,", "/video/8.mp4"],
        ...[`#EXT-X-KEY:METHOD=AES-128,URI="${part}",IV=0x1F`, `#EXT-X-MAP:URI="${part}",BYTERANGE="9@0"`],
        ...["#EXTINF:2.500000,", "/video/9.ts", "#EXT-X-KEY:METHOD=NONE", `#EXT-X-MAP:URI="${part}",BYTERANGE="9@0"`],
        ...["#EXTINF:2.000000,", "/video/10.aac", "#EXT-X-ENDLIST", ""],
      ].join("\n"),
    );
  });

  it("names the newest segments of what is live by their numbers, however far one can go back", () => {
    const segments = Array.from({ length: 14_400 }, (_, index) => `#EXTINF:6,\n${index}.ts\n`).join("");
    const found = read(`#EXT-X-MEDIA-SEQUENCE:1000\n#EXT-X-KEY:METHOD=AES-128,URI="k"\n${segments}`);
    expect(found?.segments.at(-1)).toMatchObject({ number: 15_399, url: "https://cdn.example/live/14399.ts" });
    expect(found?.segments.length).toBeLessThan(100);
    expect(found?.own).toContain(`#EXT-X-MEDIA-SEQUENCE:${found?.segments[0]?.number}\n#EXT-X-KEY:METHOD=AES-128`);
  });

  it.each([
    ["segments", "a\n".repeat(59_000)],
    ["headers", '#EXT-X-MAP:URI="a"\nb\n'.repeat(29_000)],
    ["keys", '#EXT-X-KEY:A="",B="",C="",URI="a"\n'.repeat(40_000)],
    ["cues", `${"#EXT-X-CUE-OUT:1\n".repeat(59_000)}a\n`],
    ["ranges", '#EXT-X-DATERANGE:START-DATE="2026-01-01T00:00:00Z",SCTE35-OUT=0\n'.repeat(20_000)],
  ])("holds nobody up by many %s, ended or not", (_, text) => {
    for (const end of ["", "#EXT-X-ENDLIST\n"]) {
      const startedAt = performance.now();
      const found = read(text + end);
      expect(performance.now() - startedAt).toBeLessThan(3_000);
      expect(found?.segments.length).toBeLessThanOrEqual(end === "" ? 60 : 5_000);
      expect(found?.segments[0]?.cues.length ?? 0).toBeLessThanOrEqual(20);
      expect(found?.ranges.length).toBeLessThanOrEqual(100);
    }
  });
});
