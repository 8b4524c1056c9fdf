import { describe, expect, it } from "vitest";
import { masterPlaylist, readPlaylist as readLines, splitLines } from "../../src/encoder/hls-playlist.rules.ts";

const readPlaylist = (text: string) => readLines(splitLines(text) ?? []);

describe("HLS playlists of inputs", () => {
  it("of a master the best variant is taken, with its own audio", () => {
    const text = [
      "#EXTM3U",
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="de",DEFAULT=NO,URI="de.m3u8"',
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="en",DEFAULT=YES,URI="en.m3u8"',
      "#EXT-X-STREAM-INF:BANDWIDTH=100,RESOLUTION=320x180",
      "low.m3u8",
      '#EXT-X-STREAM-INF:BANDWIDTH=900,CODECS="avc1.4d401f,mp4a.40.2",AUDIO="a"',
      "",
      "high/index.m3u8?token=a,b",
    ].join("\r\n");
    expect(readPlaylist(text)).toEqual({
      kind: "MASTER",
      variant: { uri: "high/index.m3u8?token=a,b", audioUri: "en.m3u8", bandwidth: 900 },
    });
  });

  it("of a media playlist its pace is read", () => {
    const text = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:41\n#EXTINF:6,\na.ts\n#EXTINF:6,\nb.ts\n";
    expect(readPlaylist(text)).toMatchObject({ kind: "MEDIA", targetSeconds: 6 });
  });

  it("a live media playlist has another edge once it goes on, whatever its signatures, and one that has ended has none", () => {
    const edgeOf = (sequence: number, segments: string): unknown => {
      const read = readPlaylist(`#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:${sequence}\n${segments}`);
      return read.kind === "MEDIA" ? read.edge : undefined;
    };
    const first = edgeOf(41, "#EXTINF:6,\na.ts?s=1\n#EXTINF:6,\nb.ts?s=1\n");
    expect(edgeOf(41, "#EXTINF:6,\na.ts?s=2\n#EXTINF:6,\nb.ts?s=2\n")).toBe(first);
    expect(edgeOf(42, "#EXTINF:6,\nb.ts?s=1\n")).toBe(first);
    expect(edgeOf(42, "#EXTINF:6,\nb.ts?s=1\n#EXTINF:6,\nc.ts?s=1\n")).not.toBe(first);
    expect(edgeOf(1, "#EXTINF:6,\nb.ts\n#EXTINF:6,\nb.ts\n")).not.toBe(edgeOf(2, "#EXTINF:6,\nb.ts\n#EXTINF:6,\nb.ts\n"));
    expect(edgeOf(41, "#EXTINF:6,\na.ts\n#EXT-X-ENDLIST\n")).toBeNull();
  });

  it("one variant is named to ffmpeg, and nothing else", () => {
    expect(masterPlaylist("http://h/v.m3u8", null)).toBe("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhttp://h/v.m3u8\n");
    const withAudio = masterPlaylist("http://h/v.m3u8", "http://h/a.m3u8");
    expect(readPlaylist(withAudio)).toEqual({
      kind: "MASTER",
      variant: { uri: "http://h/v.m3u8", audioUri: "http://h/a.m3u8", bandwidth: 1 },
    });
  });

  it.each([
    ["variants that are nowhere", "#EXT-X-STREAM-INF:\n", 50_000],
    ["a name that does not end", "#EXT-X-STREAM-INF:A".padEnd(1_000_000, "A"), 1],
    ["quotes that do not end", `#EXT-X-STREAM-INF:${',A="'.repeat(250_000)}`, 1],
  ])("with %s hold nobody up", (_, piece, count) => {
    const startedAt = performance.now();
    expect(readPlaylist(`#EXTM3U\n${piece.repeat(count)}\n`)).toEqual({ kind: "MASTER", variant: null });
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  it("are looked into up to a number of variants and of lines", () => {
    const variants = Array.from({ length: 1_000 }, (_, index) => `#EXT-X-STREAM-INF:BANDWIDTH=${index}\n${index}.m3u8\n`);
    expect(readPlaylist(variants.join(""))).toMatchObject({ variant: { uri: "199.m3u8" } });
    expect(splitLines("a\n".repeat(50_000))).toHaveLength(50_001);
    expect(splitLines("a\n".repeat(700_000))).toBeNull();
  });
});
