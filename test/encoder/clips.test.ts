import { execFile } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ClipMaker, ClipMakerOptions } from "../../src/encoder/clip-maker.ts";
import { newIdentifier } from "../../src/shared/identifier.ts";
import { AssetsDocument, DeleteAssetsDocument, ShareAssetDocument, type AssetRowFragment } from "../generated/documents.ts";
import { readFrameCodes } from "../support/frame-codes.ts";
import { eventually, probe } from "../support/media.ts";
import { ClipBench, encodeCoded, passThroughReordered } from "./clip-bench.ts";

const run = promisify(execFile);
const FRAME_RATE = 25;
let bench: ClipBench;
let stream: Buffer;
let maker: ClipMaker;

beforeAll(async () => {
  bench = await ClipBench.open();
  stream = encodeCoded(20);
});
afterEach(async () => {
  await maker?.close();
  Object.assign(bench.storage, { level: "PLENTY", freeBytes: Infinity });
});
afterAll(() => bench.close());

async function startMaker(options: Partial<ClipMakerOptions> = {}): Promise<void> {
  maker = await bench.startMaker(options);
}

/** Frames of the replay that the clip has to have: those that are shown from one moment to the other. */
const framesOf = (from: number, to: number): readonly number[] =>
  Array.from({ length: Math.round((to - from) * FRAME_RATE) }, (_, index) => Math.round(from * FRAME_RATE) + index);

/** When the first packet of each of its streams is shown, and how long it is as a whole. */
async function timesOf(path: string): Promise<{ readonly video: number; readonly audio: number; readonly seconds: number }> {
  const shown = ["-show_entries", "stream=codec_type,start_time:format=duration", "-of", "json"];
  const { stdout } = await run("ffprobe", ["-v", "error", ...shown, path]);
  const { streams, format } = JSON.parse(stdout) as {
    readonly streams: readonly { readonly codec_type: string; readonly start_time: string }[];
    readonly format: { readonly duration: string };
  };
  const startOf = (type: string): number => Number(streams.find((each) => each.codec_type === type)?.start_time);
  return { video: startOf("video"), audio: startOf("audio"), seconds: Number(format.duration) };
}

/** What is at the address, without any credentials. */
async function open(clip: AssetRowFragment, url: string | null | undefined): Promise<{ readonly status: number; readonly bytes: Buffer }> {
  expect(clip.kind).toBe("CLIP");
  const response = await fetch((url ?? "").replace("http://127.0.0.1:4000", bench.server.url));
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
}

const names = (id: string): readonly string[] => readdirSync(join(bench.assetRoot, id)).toSorted();

describe("a clip of an ended replay", () => {
  it.each([
    ["on a key frame", 4, 10],
    ["between key frames, over several segments", 5.48, 14.6],
    ["of the very beginning", 0, 5],
    ["of the very end", 13.04, 20],
  ])("that is encoded anew begins and ends at the frames that were asked for: %s", async (_, from, to) => {
    await startMaker();
    const made = await bench.create(await bench.makeReplay(stream), [from, to], { name: "The goal" });
    expect(made).toMatchObject({ kind: "CLIP", status: "IN_PROGRESS", url: null, name: "The goal", process: null, renditionName: "720p" });
    const clip = await bench.whenSettled(made.id);
    expect(clip).toMatchObject({ status: "READY", contentType: "video/mp4", statusReason: null, shareUrl: made.shareUrl });
    expect(await readFrameCodes(bench.pathOf(clip))).toEqual(framesOf(from, to));
    expect(clip.durationSeconds).toBeCloseTo(to - from, 1);
    const { video, audio, seconds } = await timesOf(bench.pathOf(clip));
    expect(Math.max(video, audio)).toBeLessThan(0.05);
    expect(Math.abs(seconds - (to - from))).toBeLessThan(0.1);
    expect((await probe(bench.pathOf(clip))).map(({ codec_name }) => codec_name).toSorted()).toEqual(["aac", "h264"]);
    // Its header stands in front, and of what it was made of nothing is left.
    const file = readFileSync(bench.pathOf(clip));
    expect(file.indexOf("moov")).toBeLessThan(file.indexOf("mdat"));
    expect(clip.bytes).toBe(file.length);
    expect(names(clip.id)).toEqual([".asset.json", "clip.mp4"]);
  });

  it("that is copied begins at the key frame at or before the cue, and is as the replay is", async () => {
    await startMaker();
    const replay = await bench.makeReplay(stream);
    for (const [from, to, key] of [
      [7.4, 13.4, 6],
      [8, 14, 8],
    ] as const) {
      const clip = await bench.whenSettled((await bench.create(replay, [from, to], { frameAccurate: false })).id);
      expect(clip.status).toBe("READY");
      const codes = await readFrameCodes(bench.pathOf(clip));
      expect(codes).toEqual(framesOf(key, key + codes.length / FRAME_RATE));
      expect((codes.at(-1) ?? 0) + 1).toBeGreaterThanOrEqual(Math.round(to * FRAME_RATE));
      expect(codes.length / FRAME_RATE - (to - key)).toBeLessThan(0.2);
      const { video, audio } = await timesOf(bench.pathOf(clip));
      expect(Math.abs(video - audio)).toBeLessThan(0.1);
    }
  });

  it.each(["closed", "open"] as const)(
    "of reordered pictures in %s groups lacks none up to its last, copied or encoded anew",
    async (groups) => {
      await startMaker();
      const growing = await bench.startReplay(null, false);
      await growing.feed(passThroughReordered(20, groups));
      await growing.end();
      const group = 52;
      // Ends at places of the pattern of four that differ, and at the ends of a segment.
      for (const frames of [250, 251, 253, 4 * group, 4 * group + 1]) {
        const [from, to] = [Math.max(0, frames - 140) / FRAME_RATE, frames / FRAME_RATE] as const;
        const copied = await bench.whenSettled((await bench.create(growing.id, [from, Math.max(to, 5)], { frameAccurate: false })).id);
        // The decoder speaks of what the first picture of an open group no longer has before it, and shows every one of them.
        const codes = await readFrameCodes(bench.pathOf(copied), { ignoreComplaints: groups === "open" });
        const key = Math.floor(Math.round(from * FRAME_RATE) / group) * group;
        expect(codes).toEqual(Array.from({ length: codes.length }, (_, index) => key + index));
        const surplus = (codes.at(-1) ?? 0) + 1 - Math.max(frames, 125);
        expect(surplus).toBeGreaterThanOrEqual(0);
        expect(surplus).toBeLessThanOrEqual(4);
        expect(copied.durationSeconds).toBeCloseTo(codes.length / FRAME_RATE, 0);
        const encoded = await bench.whenSettled((await bench.create(growing.id, [from, Math.max(to, 5)])).id);
        expect(await readFrameCodes(bench.pathOf(encoded))).toEqual(framesOf(from, Math.max(to, 5)));
      }
    },
  );

  it("goes over from one encoder process to the next", async () => {
    await startMaker();
    const replay = await bench.makeReplay(stream, stream);
    const clip = await bench.whenSettled((await bench.create(replay, [17, 24])).id);
    expect(clip.status).toBe("READY");
    const codes = await readFrameCodes(bench.pathOf(clip));
    expect(codes).toEqual([...framesOf(17, 20), ...framesOf(0, codes.length / FRAME_RATE - 3)]);
    expect(Math.abs(codes.length - 7 * FRAME_RATE)).toBeLessThanOrEqual(1);
  });

  it("that would be of two kinds of pictures fails, and says where they meet", async () => {
    await startMaker();
    const replay = await bench.makeReplay(stream, encodeCoded(10, "640x360"));
    const clip = await bench.whenSettled((await bench.create(replay, [17, 24])).id);
    expect(clip.status).toBe("FAILED");
    expect(clip.statusReason).toMatch(/^From second 20\.0 on the replay has another kind of picture or sound\./);
    const later = await bench.whenSettled((await bench.create(replay, [21, 27])).id);
    expect(await readFrameCodes(bench.pathOf(later))).toEqual(framesOf(1, 7).slice(0, 6 * FRAME_RATE));
  });
});

describe("a clip of a replay in the object store", () => {
  it("is made of what is fetched from there, by another encoder when its own is away", async () => {
    const replay = await bench.makeReplay(stream);
    await bench.moveAssets();
    expect([bench.isThere(replay), existsSync(join(bench.root, "store", replay, "index.m3u8"))]).toEqual([false, true]);
    await bench.server.database.executor.execute(sql`
      update assets set encoder_id = ${newIdentifier("encoder")} where id = ${replay}`);
    await startMaker();
    const clip = await bench.whenSettled((await bench.create(replay, [5.48, 14.6])).id);
    expect(clip).toMatchObject({ status: "READY", statusReason: null });
    expect(await readFrameCodes(bench.pathOf(clip))).toEqual(framesOf(5.48, 14.6));
    expect(names(clip.id)).toEqual([".asset.json", "clip.mp4"]);
  });

  it("waits a while for one that is away, and then fails", async () => {
    const replay = await bench.makeReplay(stream);
    await bench.moveAssets();
    const away = { ...bench.objectStore, open: () => Promise.reject(new Error("The object store is away.")) };
    await startMaker({ objectStore: away, waitSeconds: 0.5 });
    expect(await bench.whenSettled((await bench.create(replay, [4, 10])).id)).toMatchObject({
      ...{ status: "FAILED", statusReason: "What it is made of cannot be read or kept on the machine of its encoder." },
    });
  });
});

describe("a clip of a running replay", () => {
  it("is made while that goes on, and of what is still to come once it is there", async () => {
    await startMaker();
    const replay = await bench.startReplay();
    await replay.feed(stream);
    const clip = await bench.whenSettled((await bench.create(replay.id, [2.2, 9.2])).id);
    expect(await readFrameCodes(bench.pathOf(clip))).toEqual(framesOf(2.2, 9.2));
    await bench.server.database.executor.execute(sql`update assets set created_at = now() - interval '40 seconds' where id = ${replay.id}`);
    const early = await bench.create(replay.id, [14, 26]);
    await eventually("what is there of it is kept", () => bench.isThere(early.id, "s000004.m4s"));
    expect((await bench.find(early.id)).status).toBe("IN_PROGRESS");
    await replay.feed(stream);
    const late = await bench.whenSettled(early.id);
    expect((await readFrameCodes(bench.pathOf(late))).slice(0, 250)).toEqual([...framesOf(14, 20), ...framesOf(0, 4)]);
    await replay.end();
  });

  it("fails when what was asked for does not come", async () => {
    await startMaker({ waitSeconds: 1 });
    const replay = await bench.startReplay();
    await replay.feed(stream);
    await bench.server.database.executor.execute(sql`update assets set created_at = now() - interval '40 seconds' where id = ${replay.id}`);
    const clip = await bench.whenSettled((await bench.create(replay.id, [18, 26])).id);
    expect([clip.status, clip.statusReason]).toEqual(["FAILED", "The replay ends at second 16.0."]);
    expect(bench.isThere(clip.id)).toBe(false);
    await replay.end();
  });

  it("counts its cues from what was first, of a replay that keeps its newest part too", async () => {
    await startMaker();
    const replay = await bench.startReplay(12);
    await replay.feed(stream);
    await replay.end();
    const [asset] = (await bench.server.graphql(AssetsDocument, { kind: ["REPLAY"], first: 1 })).assets.nodes;
    expect(asset).toMatchObject({ id: replay.id, droppedSeconds: 8, durationSeconds: 12 });
    expect(readFileSync(join(bench.assetRoot, replay.id, "index.m3u8"), "utf8")).toContain("#EXT-X-HEADEND-DROPPED-SECONDS:8.000000\n");
    const clip = await bench.whenSettled((await bench.create(replay.id, [9, 15])).id);
    expect(await readFrameCodes(bench.pathOf(clip))).toEqual(framesOf(9, 15));
  });
});

describe("the share of a clip", () => {
  it("opens it without credentials once it is whole, until it is withdrawn or ends, and nothing meanwhile", async () => {
    const asked = await bench.create(await bench.makeReplay(stream), [4, 10], { name: "The goal" });
    expect(asked.shareUrl).toMatch(/\/share\/[0-9a-z]{26}$/);
    expect((await open(asked, asked.shareUrl)).status).toBe(404);
    await startMaker();
    const clip = await bench.whenSettled(asked.id);
    const { status, bytes } = await eventually("it opens", async () => {
      const opened = await open(clip, clip.shareUrl);
      return opened.status === 200 && opened;
    });
    expect([status, bytes.equals(readFileSync(bench.pathOf(clip)))]).toEqual([200, true]);
    expect((await open(clip, clip.url)).bytes.equals(bytes)).toBe(true);
    const saved = await fetch(`${clip.shareUrl!.replace("http://127.0.0.1:4000", bench.server.url)}?download`);
    expect(saved.headers.get("content-disposition")).toContain('filename="The goal.mp4"');
    const share = (input: { readonly isShared: boolean; readonly expiresAt?: string }) =>
      bench.server.graphql(ShareAssetDocument, { input: { id: clip.id, ...input } });
    const isGone = () => eventually("it does not open", async () => (await open(clip, clip.shareUrl)).status === 404);
    await share({ isShared: true, expiresAt: new Date(Date.now() + 1_500).toISOString() });
    await isGone();
    await share({ isShared: true });
    await eventually("it opens again", async () => (await open(clip, clip.shareUrl)).status === 200);
    await share({ isShared: false });
    await isGone();
    expect((await bench.find(clip.id)).shareUrl).toBeNull();
  });
});

describe("the maker of clips", () => {
  /** In the place of ffmpeg. */
  function script(name: string, text: string): string {
    const path = join(bench.root, name);
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  it("makes a clip although its replay is deleted meanwhile", async () => {
    const replay = await bench.makeReplay(stream);
    const { id } = await bench.create(replay, [4, 10]);
    await startMaker({ ffmpegPath: script("waiting", "sleep 60") });
    await eventually("its parts are kept", () => bench.isThere(id, "parts.m3u8"));
    await bench.server.graphql(DeleteAssetsDocument, { input: { ids: [replay] } });
    rmSync(join(bench.assetRoot, replay), { recursive: true });
    await maker.close();
    await startMaker();
    expect(await readFrameCodes(bench.pathOf(await bench.whenSettled(id)))).toEqual(framesOf(4, 10));
  });

  it("fails a clip whose replay is gone", async () => {
    const replay = await bench.makeReplay(stream);
    const { id } = await bench.create(replay, [4, 10]);
    renameSync(join(bench.assetRoot, replay), join(bench.root, "elsewhere"));
    await startMaker();
    expect(await bench.whenSettled(id)).toMatchObject({ status: "FAILED", statusReason: "The files of the replay are gone." });
  });

  const NO_ROOM = {
    status: "FAILED",
    statusReason:
      "There is nearly no room left on the encoder's disk. Delete assets that are no longer needed, or ask for the clip again when there is room.",
    url: null,
  };

  it.each<[string, Partial<ClipBench["storage"]>]>([
    ["while the disk is nearly full", { level: "LOW" }],
    ["what is larger than what is free", { freeBytes: 1_000 }],
  ])("refuses %s", async (_, storage) => {
    Object.assign(bench.storage, storage);
    await startMaker();
    const clip = await bench.whenSettled((await bench.create(await bench.makeReplay(stream), [4, 10])).id);
    expect(clip).toMatchObject(NO_ROOM);
    expect(bench.isThere(clip.id)).toBe(false);
  });

  it("ends what it is at once the disk is nearly full", async () => {
    await startMaker({ ffmpegPath: script("filling", 'echo begun > "$0.log"; sleep 60') });
    const { id } = await bench.create(await bench.makeReplay(stream), [4, 10]);
    await eventually("it is begun", () => existsSync(join(bench.root, "filling.log")));
    bench.storage.level = "LOW";
    expect(await bench.whenSettled(id)).toMatchObject(NO_ROOM);
    expect(bench.isThere(id)).toBe(false);
  });

  it("tries again, and then says why it could not be made", async () => {
    const broken = script(
      "broken",
      'echo begun >> "$0.log"\nfor last; do :; done\necho half > "${last#file:}"\necho "The disk is on fire" >&2\nexit 1',
    );
    await startMaker({ ffmpegPath: broken, retryMilliseconds: [50, 50] });
    const clip = await bench.whenSettled((await bench.create(await bench.makeReplay(stream), [4, 10])).id);
    expect(clip).toMatchObject({
      status: "FAILED",
      statusReason: "The clip could not be made. ffmpeg says: The disk is on fire",
    });
    expect(readFileSync(`${broken}.log`, "utf8").match(/begun/g)?.length).toBe(3);
    expect(bench.isThere(clip.id)).toBe(false);
    expect((await bench.server.graphql(DeleteAssetsDocument, { input: { ids: [clip.id] } })).deleteAssets.userErrors).toEqual([]);
  });

  it("ends what comes no further", async () => {
    await startMaker({ ffmpegPath: script("stalled", "sleep 60"), stallMilliseconds: 200, retryMilliseconds: [] });
    const clip = await bench.whenSettled((await bench.create(await bench.makeReplay(stream), [4, 10])).id);
    expect(clip).toMatchObject({ status: "FAILED", statusReason: "The clip could not be made: ffmpeg came no further." });
  });

  it("makes one at a time at a low priority; what is ended meanwhile leaves no half file, and is made by the next", async () => {
    const slow = script(
      "slow",
      'for last; do :; done\necho half > "${last#file:}"\nuntil [ "$(nice)" = 19 ]; do sleep 0.05; done\necho begun >> "$0.log"\nsleep 60',
    );
    const replay = await bench.makeReplay(stream);
    const asked = [await bench.create(replay, [4, 10]), await bench.create(replay, [5, 11])];
    await startMaker({ ffmpegPath: slow });
    await eventually("both are kept, and one is being made", () => {
      return existsSync(`${slow}.log`) && asked.every(({ id }) => bench.isThere(id, "parts.m3u8"));
    });
    expect(asked.map(({ id }) => names(id).filter((name) => name.startsWith("clip.mp4")))).toEqual([["clip.mp4.tmp"], []]);
    expect(await Promise.all(asked.map(async ({ id }) => (await bench.find(id)).status))).toEqual(["IN_PROGRESS", "IN_PROGRESS"]);
    await maker.close();
    expect(readFileSync(`${slow}.log`, "utf8")).toBe("begun\n");
    await startMaker();
    for (const [index, { id }] of asked.entries()) {
      const clip = await bench.whenSettled(id);
      expect(await readFrameCodes(bench.pathOf(clip))).toEqual(framesOf(4 + index, 10 + index));
      expect(names(id)).toEqual([".asset.json", "clip.mp4"]);
    }
  });

  it("does not try for ever what its encoder dies of", async () => {
    const { id } = await bench.create(await bench.makeReplay(stream), [4, 10]);
    await bench.server.database.executor.execute(sql`update clips set attempts = 4 where asset_id = ${id}`);
    await startMaker();
    expect(await bench.whenSettled(id)).toMatchObject({ status: "FAILED", statusReason: "It could not be made in 4 attempts." });
  });

  it("tells again of what it had made and not told", async () => {
    await startMaker();
    const { id } = await bench.whenSettled((await bench.create(await bench.makeReplay(stream), [4, 10])).id);
    await maker.close();
    const marker = await bench.markerOf(id);
    await bench.server.database.executor.execute(sql`update assets set status = 'IN_PROGRESS', bytes = null where id = ${id}`);
    await startMaker({ ffmpegPath: script("unused", "exit 1") });
    expect(await bench.whenSettled(id)).toMatchObject({ status: "READY", bytes: marker?.bytes, durationSeconds: marker?.durationSeconds });
  });
});
