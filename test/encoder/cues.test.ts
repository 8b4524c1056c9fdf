import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, startCuedHlsSender } from "../support/media.ts";
import { httpOutput, launchOf, openMediaBench, passthrough, rendition } from "./media-harness.ts";

let bench: Awaited<ReturnType<typeof openMediaBench>>;
beforeAll(async () => {
  bench = await openMediaBench();
});
afterAll(() => bench.close());

const WHITE_AT = 6;
const BLACK_AT = 9;

/** The input's playlist with cues in front of the segments of these numbers, and a date range that begins half a second into the first. */
function withInputCues(playlist: string): string {
  const lines = playlist.split("\n");
  const first = Number(/MEDIA-SEQUENCE:(\d+)/.exec(playlist)?.[1] ?? 0);
  let number = first;
  let date = "";
  return lines
    .flatMap((line) => {
      if (line.startsWith("#EXT-X-PROGRAM-DATE-TIME:")) date = line.slice(25);
      if (line === "" || line.startsWith("#")) return [line];
      const start = new Date(Date.parse(date.replace(/([+-]\d\d)(\d\d)$/, "$1:$2")) + 500).toISOString();
      const own = {
        [WHITE_AT]: [
          "#EXT-OATCLS-SCTE35:/DAlAAAAAAAAAP/wFAUAAAPof+//",
          "#EXT-X-CUE-OUT:3.000",
          `#EXT-X-DATERANGE:ID="a",START-DATE="${start}",PLANNED-DURATION=5.0,SCTE35-OUT=0xFC30`,
        ],
        [BLACK_AT]: ["#EXT-X-CUE-IN"],
      }[number];
      number += 1;
      return [...(own ?? []), line];
    })
    .join("\n");
}

/** When each picture of a file comes, and whether it is white, by the file's own time. */
async function brightness(path: string): Promise<readonly { readonly at: number; readonly isWhite: boolean }[]> {
  const filter = ["-vf", "signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-"];
  const { stdout } = await promisify(execFile)("ffmpeg", ["-v", "error", "-copyts", "-i", path, ...filter, "-f", "null", "-"], {
    maxBuffer: 10_000_000,
  });
  return Array.from(stdout.matchAll(/pts_time:([\d.]+)\s+lavfi\.signalstats\.YAVG=([\d.]+)/g), ([, at, value]) => ({
    at: Number(at),
    isWhite: Number(value) > 128,
  }));
}

describe("SCTE-35 of an HLS input", () => {
  it("stands in our playlists at the pictures that it belongs to", async () => {
    const sender = await startCuedHlsSender(WHITE_AT, BLACK_AT, { rewrite: withInputCues });
    const web = httpOutput({ renditions: [rendition({ frameRate: 25 }), passthrough] });
    const { session, until } = bench.start(launchOf({ type: "HLS_PULL", urlA: sender.url, hlsScte35PassthroughEnabled: true }, [web]));
    await until("the session runs", ({ status }) => status === "RUNNING", 20_000);
    const base = `${bench.url}/live/${web.pathToken}`;
    const media = async (name: string): Promise<string> => (await fetch(`${base}/${name}.m3u8`)).text();
    await eventually("the end of the break", async () => (await media("v0")).includes("#EXT-X-CUE-IN"), 30_000);
    for (const name of ["v0", "v1"]) {
      const text = await eventually("both cues, and what follows", async () => {
        const found = await media(name);
        return /#EXT-X-CUE-OUT:3\.000[\s\S]*#EXT-X-CUE-IN[\s\S]*#EXTINF/.test(found) && found;
      });
      expect(text.match(/#EXT-X-CUE-OUT/g)).toHaveLength(1);
      expect(text).toMatch(/#EXT-OATCLS-SCTE35:\/DAlAAAAAAAAAP\/wFAUAAAPof\+\/\/\n#EXT-X-CUE-OUT:3\.000\n/);
      await expectInPlace(base, text);
    }
    await session.stop();
    await sender.stop();
  });
});

/** Our playlist's own times against those of the pictures in its segments. */
async function expectInPlace(base: string, text: string): Promise<void> {
  const lines = text.split("\n");
  const segments = lines.filter((line) => line !== "" && !line.startsWith("#"));
  const bytes = await Promise.all(segments.map(async (name) => Buffer.from(await (await fetch(`${base}/${name}`)).arrayBuffer())));
  const path = join(bench.root, `cued-${segments[0]}`);
  writeFileSync(path, Buffer.concat(bytes));
  const pictures = await brightness(path);
  const begin = pictures[0]?.at ?? 0;
  const whiteAt = (pictures.find(({ isWhite }) => isWhite)?.at ?? 0) - begin;
  const blackAt = (pictures.findLast(({ isWhite }) => isWhite)?.at ?? 0) + 0.04 - begin;
  const timeOf = (tag: string): number => {
    const before = lines.slice(
      0,
      lines.findIndex((line) => line.startsWith(tag)),
    );
    return before.reduce((sum, line) => sum + (line.startsWith("#EXTINF:") ? Number.parseFloat(line.slice(8)) : 0), 0);
  };
  // On the boundary of our segments that is nearest.
  expect(Math.abs(timeOf("#EXT-X-CUE-OUT") - whiteAt)).toBeLessThanOrEqual(1.2);
  expect(Math.abs(timeOf("#EXT-X-CUE-IN") - blackAt)).toBeLessThanOrEqual(1.2);
  const dates = (pattern: RegExp): number => Date.parse((pattern.exec(text)?.[1] ?? "").replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
  const rangeAt = (dates(/DATERANGE:ID="a",START-DATE="([^"]*)"/) - dates(/PROGRAM-DATE-TIME:(\S+)/)) / 1_000;
  expect(Math.abs(rangeAt - 0.5 - whiteAt), `a range at ${rangeAt} s, white at ${whiteAt} s`).toBeLessThan(0.3);
}
