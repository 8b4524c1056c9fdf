import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { planEncoder, type EncoderPlan } from "../../src/encoder/encoder-plan.ts";
import { takeUpPlaylists } from "../../src/encoder/left-playlists.ts";
import type { OutputLaunch } from "../../src/encoder/runner.ts";
import { httpOutput, passthrough, rendition } from "./media-harness.ts";

const root = mkdtempSync(join(tmpdir(), "headend-left-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const VIDEO = {
  ...{ profile: null, level: null, width: 320, height: 180, isInterlaced: false, pixelAspect: 1 },
  frameRate: { numerator: 25, denominator: 1 },
};
const NONE: readonly string[] = [];

function planOf(output: OutputLaunch, codec: string): EncoderPlan {
  const facts = { video: { ...VIDEO, codec }, audio: null };
  return planEncoder({ outputs: [output], facts, filesOf: () => NONE, localUrlsOf: () => NONE });
}

/** Three segments from number 77 on, as ffmpeg writes them. */
function playlist(variant: string, extension: string): string {
  const segments = [77, 78, 79].map(
    (number) =>
      `#EXTINF:2.000000,\n#EXT-X-PROGRAM-DATE-TIME:2026-11-30T12:0${number - 77}:00.000+0000\n${variant}_${number}.${extension}\n`,
  );
  return `#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:77\n${segments.join("")}`;
}

/** All that an encoder and ourselves leave of an output, beside its playlists. */
const BESIDE = ["index.m3u8", ".cues.json", "manifest.mpd", "r1_0_00001.m4s", "v0_77.ts", "v0_78.m4s", "v1_79.ts.tmp"];

function leave({ pathToken }: OutputLaunch, playlists: Readonly<Record<string, string>>): string {
  const directory = join(root, "live", pathToken);
  mkdirSync(directory, { recursive: true });
  for (const name of [".generation", ".private", ...BESIDE]) writeFileSync(join(directory, name), "");
  for (const [name, text] of Object.entries(playlists)) writeFileSync(join(directory, name), text);
  return directory;
}

const [TS, FMP4] = [playlist("v0", "ts"), playlist("v0", "m4s")];
const ENCODED = playlist("v1", "ts");

// The source passes through as v0, in TS from H.264 and in fragmented MP4 from HEVC; what is encoded is v1, in TS from both.
it.each<[what: string, codec: string, playlists: Readonly<Record<string, string>>, goesOn: readonly string[]]>([
  ["of the kind that is made", "h264", { "v0.m3u8": TS, "v1.m3u8": ENCODED }, ["v0", "v1"]],
  ["of the kind that is made", "hevc", { "v0.m3u8": FMP4, "v1.m3u8": ENCODED }, ["v0", "v1"]],
  ["of another kind", "hevc", { "v0.m3u8": TS, "v1.m3u8": ENCODED }, []],
  ["of another kind", "h264", { "v0.m3u8": FMP4, "v1.m3u8": ENCODED }, []],
  ["with newer segments of another kind", "h264", { "v0.m3u8": TS + FMP4.slice(FMP4.indexOf("#EXTINF")) }, []],
  ["that are not there", "h264", {}, []],
  ["of which one is not there yet", "h264", { "v0.m3u8": TS }, ["v0"]],
  ["of which one is empty", "h264", { "v0.m3u8": "", "v1.m3u8": ENCODED }, []],
  ["that are empty", "h264", { "v0.m3u8": "", "v1.m3u8": "" }, []],
  ["that name no segment", "h264", { "v0.m3u8": TS.slice(0, TS.indexOf("#EXTINF")) }, []],
  ["cut short in the number of a segment", "h264", { "v0.m3u8": TS.slice(0, -"9.ts\n".length) }, []],
  ["cut short in the kind of a segment", "h264", { "v0.m3u8": TS.slice(0, -"s\n".length) }, []],
  ["cut short before the name of a segment", "h264", { "v0.m3u8": TS.slice(0, -"v0_79.ts\n".length) }, []],
  ["that hold something else", "h264", { "v0.m3u8": "\u0000".repeat(4_096), "v1.m3u8": ENCODED }, []],
])("playlists %s, of a source in %s", (_, codec, playlists, goesOn) => {
  const output = httpOutput({ renditions: [passthrough, rendition()] });
  const directory = leave(output, playlists);
  const left = takeUpPlaylists(root, planOf(output, codec));
  expect([...left]).toEqual(goesOn.map((name) => [`${output.pathToken}/${name}.m3u8`, 77]));
  const kept = goesOn.length > 0 ? [...BESIDE, ...Object.keys(playlists)] : [];
  expect(readdirSync(directory).toSorted()).toEqual([".generation", ".private", ...kept].toSorted());
});

it("an output without HLS is left as it is", () => {
  const output = httpOutput({ hlsEnabled: false, dashEnabled: true });
  const directory = leave(output, {});
  expect(takeUpPlaylists(root, planOf(output, "h264")).size).toBe(0);
  expect(readdirSync(directory)).toContain("manifest.mpd");
});

it("where nothing can be removed nothing is gone on from, nor begun", () => {
  const output = httpOutput();
  const directory = leave(output, {});
  mkdirSync(join(directory, "v0.m3u8"));
  expect(() => takeUpPlaylists(root, planOf(output, "h264"))).toThrow("EISDIR");
});
