import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AssetReport } from "../../src/encoder/asset-teller.ts";
import { readCaptionPairs, renderCaptionLine, renderScenarist } from "../../src/encoder/captions.rules.ts";
import type { OutputLaunch, ProcessLaunch } from "../../src/encoder/runner.ts";
import { makeCaptionedFilm, readSrt, wordsOf } from "../support/captions.ts";
import { readFrameCodes } from "../support/frame-codes.ts";
import { eventually, freeMulticast, startSender } from "../support/media.ts";
import { httpOutput, launchOf, openMediaBench, passthrough, rendition, type RunningSession } from "./media-harness.ts";
import { assetPath, processOf } from "./process-harness.ts";

const run = promisify(execFile);
const FRAMES_PER_SECOND = 25;
/** Every third second of the film a caption, for two seconds. */
const CAPTIONS = Array.from({ length: 30 }, (_, number) => ({ text: wordsOf(number), shownAt: 3 * number + 3, erasedAt: 3 * number + 5 }));

let bench: Awaited<ReturnType<typeof openMediaBench>>;
let film: string;
let silentFilm: string;

beforeAll(async () => {
  bench = await openMediaBench({ graceMilliseconds: 500 });
  film = join(bench.root, "film.ts");
  silentFilm = join(bench.root, "silent.ts");
  makeCaptionedFilm(film, { seconds: 95, captions: CAPTIONS });
  await run("ffmpeg", ["-v", "error", "-nostdin", "-i", film, "-c", "copy", "-bsf:v", "filter_units=remove_types=6", silentFilm]);
});
afterAll(() => bench.close());

async function startFilm(path: string, outputs: readonly OutputLaunch[], processes: readonly ProcessLaunch[]): Promise<RunningSession> {
  const { address, port } = await freeMulticast();
  const target = `udp://${address}:${port}?localaddr=127.0.0.1&pkt_size=1316&ttl=0`;
  const running = bench.start({ ...launchOf({ urlA: `udp://${address}:${port}` }, outputs), processes });
  startSender(["-v", "error", "-nostdin", "-re", "-i", path, "-c", "copy", "-f", "mpegts", "-muxdelay", "0.1", target]);
  await running.until("the session runs", ({ status, health }) => status === "RUNNING" && health === "OK", 30_000);
  return running;
}

const assetsOf = (processes: readonly ProcessLaunch[]): readonly AssetReport[] =>
  processes.flatMap(({ processId }) => [...bench.told.values()].filter((asset) => asset.processId === processId));

const partsOf = (asset: AssetReport | undefined): number => {
  const playlist = join(bench.root, "assets", asset?.id ?? "", "parts.m3u8");
  return existsSync(playlist) ? Array.from(readFileSync(playlist, "utf8").matchAll(/#EXTINF/g)).length : 0;
};

async function untilParts(count: number, processes: readonly ProcessLaunch[]): Promise<void> {
  await eventually(`${count} parts`, () => assetsOf(processes).every((asset) => partsOf(asset) >= count), 60_000);
}

async function whenWhole(processes: readonly ProcessLaunch[]): Promise<readonly AssetReport[]> {
  return eventually(
    "the recordings are whole",
    () => {
      const assets = assetsOf(processes);
      return assets.length === processes.length && assets.every(({ status }) => status === "READY") && assets;
    },
    30_000,
  );
}

/** What it was made of goes a moment after it is whole. */
const untilAlone = (directory: string, names: readonly string[]): Promise<unknown> =>
  eventually(`${names.join(", ")} alone`, () => {
    const found = readdirSync(directory).toSorted().join();
    if (found === names.join()) return true;
    throw new Error(found);
  });

/** Every caption is shown while the picture is that of the frames that it was sent for, to within half a second. */
async function expectInTime(asset: AssetReport, framesPerSecond: number, least: number): Promise<void> {
  const directory = dirname(assetPath(bench.root, asset));
  const shown = readSrt(readFileSync(join(directory, asset.captionsFileName ?? "none"), "utf8"));
  const codes = await readFrameCodes(assetPath(bench.root, asset));
  const codeAt = (seconds: number): number => codes[Math.min(codes.length - 1, Math.round(seconds * framesPerSecond))] ?? -1;
  expect(shown.length).toBeGreaterThanOrEqual(least);
  for (const { text, from, to } of shown) {
    const sent = CAPTIONS.find((caption) => caption.text === text);
    expect(sent, text).toBeDefined();
    expect(Math.abs(codeAt(from) / FRAMES_PER_SECOND - sent!.shownAt), `${text} from ${from}`).toBeLessThan(0.5);
    const isCutOff = to >= codes.length / framesPerSecond - 0.5;
    if (!isCutOff) expect(Math.abs(codeAt(to) / FRAMES_PER_SECOND - sent!.erasedAt), `${text} to ${to}`).toBeLessThan(0.5);
  }
}

describe("captions that come with a picture", () => {
  it("become a file beside each recording, whatever its pictures are encoded to, and nothing of a replay", async () => {
    const same = rendition({ id: "same" });
    const slow = rendition({ id: "slow", frameRate: 10, width: 160, height: 90 });
    const h265 = rendition({ id: "h265", videoCodec: "H265" });
    const output = httpOutput({ renditions: [same, slow, h265, passthrough] });
    const kept = ["same", "slow", "h265", "rendition_p"].map((renditionId) => processOf("RECORDING", { renditionId }));
    const replay = processOf("REPLAY", { renditionId: "same" });
    const { session } = await startFilm(film, [output], [...kept, replay]);
    await untilParts(4, kept);
    await session.stop();
    const assets = await whenWhole(kept);
    for (const [index, asset] of assets.entries()) {
      expect(asset.captionsFileName, `of ${kept[index]!.renditionId}`).toBe("captions.srt");
      const directory = dirname(assetPath(bench.root, asset));
      await untilAlone(directory, [".asset.json", "captions.srt", "recording.mp4"]);
      const sizes = ["captions.srt", "recording.mp4"].map((name) => readFileSync(join(directory, name)).length);
      expect(asset.bytes).toBe(sizes[0]! + sizes[1]!);
      await expectInTime(asset, kept[index]!.renditionId === "slow" ? 10 : FRAMES_PER_SECOND, 4);
    }
    const texts = assets.map(({ id }) => readFileSync(join(bench.root, "assets", id, "captions.srt"), "utf8"));
    expect(new Set(texts.map((text) => readSrt(text).length)).size).toBe(1);
    const [whole] = await whenWhole([replay]);
    expect(whole).toMatchObject({ captionsFileName: null });
    expect(readdirSync(dirname(assetPath(bench.root, whole!))).some((name) => name.startsWith("captions"))).toBe(false);
  });

  it("stay with their pictures when the encoder is killed in between", async () => {
    const kept = [processOf("RECORDING")];
    const { session } = await startFilm(film, [httpOutput()], kept);
    await untilParts(2, kept);
    const { encoder } = session.pids;
    process.kill(encoder ?? 0, "SIGKILL");
    await eventually("another encoder", () => session.pids.encoder !== null && session.pids.encoder !== encoder);
    await untilParts(partsOf(assetsOf(kept)[0]) + 3, kept);
    await session.stop();
    const [asset] = await whenWhole(kept);
    await expectInTime(asset!, FRAMES_PER_SECOND, 5);
  });

  it("make no file where there are none", async () => {
    const kept = [processOf("RECORDING")];
    const { session } = await startFilm(silentFilm, [httpOutput()], kept);
    await untilParts(2, kept);
    await session.stop();
    const [asset] = await whenWhole(kept);
    expect(asset).toMatchObject({ captionsFileName: null });
    await untilAlone(dirname(assetPath(bench.root, asset!)), [".asset.json", "recording.mp4"]);
  });

  it("spoil no recording when they cannot be read", async () => {
    const kept = [processOf("RECORDING")];
    const { session } = await startFilm(film, [httpOutput()], kept);
    await untilParts(2, kept);
    const [begun] = assetsOf(kept);
    const directory = dirname(assetPath(bench.root, begun!));
    // Where the file is to be written there is something else.
    mkdirSync(join(directory, "captions.srt.tmp"));
    await session.stop();
    const [asset] = await whenWhole(kept);
    expect(asset).toMatchObject({ captionsFileName: null, reason: null });
    expect((await readFrameCodes(assetPath(bench.root, asset!))).length).toBeGreaterThan(100);
  });
});

/** As A/53 has it, escaped as in H.264. */
const messageOf = (...triplets: readonly (readonly number[])[]): Buffer =>
  Buffer.from([0, 0, 1, 6, 4, 40, 0xb5, 0, 0x31, 0x47, 0x41, 0x39, 0x34, 3, 0x40 | triplets.length, 0xff, ...triplets.flat(), 0xff, 0x80]);

describe("what is read of captions", () => {
  it("is what field 1 holds, in its order, and nothing that says nothing", () => {
    const field1 = [0xfc, 0x94, 0x2c];
    expect(readCaptionPairs(messageOf(field1, [0xfd, 0x15, 0x2c], [0xfe, 1, 2], [0xf8, 0x94, 0x20], [0xfc, 0x80, 0x80]))).toEqual(["942c"]);
    expect(readCaptionPairs(Buffer.concat([messageOf(field1), messageOf([0xfc, 0xc8, 0xe5])]))).toEqual(["942c", "c8e5"]);
    // Two zeros and a byte below 4 are sent with a 3 in between.
    expect(readCaptionPairs(messageOf([0xfd, 0, 0, 3], field1))).toEqual(["942c"]);
    expect(readCaptionPairs(messageOf(field1).subarray(0, 18))).toEqual([]);
    // A message in a message, of which a picture can hold as many as it has bytes.
    const inner = [0xff, 0xff, ...messageOf().subarray(6, 14), 0x41, 0xff, ...field1];
    expect(readCaptionPairs(messageOf(...[0, 3, 6, 9, 12].map((at) => inner.slice(at, at + 3))))).toEqual(["942c"]);
    expect(readCaptionPairs(Buffer.alloc(0))).toEqual([]);
  });

  it("is written down in the order of showing, up to the end, without a line that was cut off", async () => {
    const lines = [2.08, 2, 2.01, 2.04, 99].map((seconds) =>
      renderCaptionLine({ seconds, pairs: [`94${(20 + (seconds % 1) * 100).toFixed(0)}`] }),
    );
    const read = async (texts: readonly string[]): Promise<string> => {
      const parts: string[] = [];
      for await (const part of renderScenarist(toLines(texts), 3_661.5)) parts.push(part);
      return parts.join("");
    };
    expect(await read([...lines.map((line) => line.trimEnd()), "3.000 94", "3.0"])).toBe(
      "Scenarist_SCC V1.0\n\n00:00:02:00\t9420 9421\n00:00:02:01\t9424\n00:00:02:02\t9428\n00:01:39:00\t9420\n01:01:01:15\t942c 942c\n",
    );
  });
});

async function* toLines(texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}
