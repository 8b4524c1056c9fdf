import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Archive } from "../../src/encoder/archive.ts";
import { ArchiveFolder } from "../../src/encoder/archive-folder.ts";
import { dropOld, parsePlaylist, renderPlaylist, totalSeconds, type ArchivePlaylist } from "../../src/encoder/archive-playlist.rules.ts";
import type { AssetMarker } from "../../src/encoder/asset-marker.ts";
import { FragmentReader } from "../../src/encoder/fragment-reader.ts";
import { moveFragment, readFragment, readTracks } from "../../src/encoder/mp4.rules.ts";
import { codedPicture, readFrameCodes } from "../support/frame-codes.ts";
import { eventually } from "../support/media.ts";
import { breaksOf, seamsOf, withoutTail } from "./process-harness.ts";

let root: string;
/** Ten seconds of what an encoder hands over. */
let stream: Buffer;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "headend-archive-"));
  stream = encode(10);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function encode(seconds: number, size = "320x180"): Buffer {
  const inputs = ["-f", "lavfi", "-i", codedPicture({ size }), "-f", "lavfi", "-i", "sine=sample_rate=48000", "-t", String(seconds)];
  const codec = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "100", "-sc_threshold", "0"];
  const grid = ["-force_key_frames", "expr:gte(t,n_forced*2)", "-c:a", "aac"];
  const flags = "+frag_keyframe+empty_moov+default_base_moof+delay_moov+frag_discont";
  const format = ["-movflags", flags, "-use_editlist", "0", "-avoid_negative_ts", "make_non_negative", "-frag_duration", "500000"];
  return execFileSync("ffmpeg", ["-v", "error", "-nostdin", ...inputs, ...codec, ...grid, ...format, "-f", "mp4", "pipe:1"], {
    maxBuffer: 100_000_000,
  });
}

let number = 0;
function markerOf(kind: "RECORDING" | "REPLAY", limitSeconds: number | null = null): AssetMarker {
  number += 1;
  return {
    ...{ id: `asset_${number}`, organizationId: "o", sessionId: "s", runId: "r", processId: `p${number}`, kind, playbackId: "b" },
    ...{ renditionId: "d", playbackName: null, renditionName: null, fileName: "index.m3u8", contentType: "", createdAt: "" },
    ...{
      limitSeconds,
      isIndependent: true,
      state: "OPEN",
      reason: null,
      bytes: 0,
      durationSeconds: 0,
      droppedSeconds: 0,
      captionsFileName: null,
      waitsForRoom: false,
    },
  };
}

interface Kept {
  readonly archive: Archive;
  folders: ArchiveFolder[];
  readonly full: ArchiveFolder[];
  isStorageFull: boolean;
}

function openArchive(open: () => Promise<ArchiveFolder[]>): Kept {
  const kept: Kept = {
    folders: [] as ArchiveFolder[],
    full: [] as ArchiveFolder[],
    isStorageFull: false,
    archive: new Archive({
      openFolders: async () => {
        kept.folders = await open();
        return kept.folders;
      },
      replaceFolder: () => Promise.resolve(null),
      onFull: (folder) => kept.full.push(folder),
      onGrowth: () => undefined,
      isStorageFull: () => kept.isStorageFull,
      log: pino({ level: "silent" }),
    }),
  };
  return kept;
}

/** Hands a stream over in chunks as pipes do, and waits for its end. */
async function feed(archive: Archive, bytes: Buffer, chunkBytes = 64 * 1024): Promise<void> {
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, at) =>
    bytes.subarray(at * chunkBytes, (at + 1) * chunkBytes),
  );
  const readable = Readable.from(chunks);
  archive.follow(readable);
  await new Promise((resolve) => readable.once("close", resolve));
}

async function archiveOf(marker: AssetMarker, ...streams: readonly Buffer[]): Promise<string> {
  const kept = openArchive(async () => [await ArchiveFolder.create(root, marker)]);
  for (const each of streams) await feed(kept.archive, each);
  await kept.archive.close();
  await kept.folders[0]?.end();
  return join(root, marker.id);
}

describe("an archive", () => {
  it("is the same whatever the chunks that it comes in", async () => {
    const whole = await archiveOf(markerOf("REPLAY"), stream);
    const names = readdirSync(whole).filter((name) => name.endsWith(".m4s"));
    expect(names).toEqual(["s000001.m4s", "s000002.m4s", "s000003.m4s"]);
    for (const chunkBytes of [1_000, 4_097, stream.length]) {
      const marker = markerOf("REPLAY");
      const { archive } = openArchive(async () => [await ArchiveFolder.create(root, marker)]);
      await feed(archive, stream, chunkBytes);
      await archive.close();
      for (const name of names) expect(readFileSync(join(root, marker.id, name)).equals(readFileSync(join(whole, name)))).toBe(true);
    }
    expect(await readFrameCodes(join(whole, "index.m3u8"))).toEqual(Array.from({ length: 250 }, (_, code) => code));
  });

  it("lays what another encoder makes behind what there is, on one timeline", async () => {
    const directory = await archiveOf(markerOf("REPLAY"), stream, stream, encode(3));
    const codes = await readFrameCodes(join(directory, "index.m3u8"));
    expect(codes.length).toBe(575);
    expect(breaksOf(codes)).toEqual([
      [249, 0],
      [249, 0],
    ]);
    const playlist = parsePlaylist(readFileSync(join(directory, "index.m3u8"), "utf8"));
    expect(totalSeconds(playlist.segments)).toBeCloseTo(23, 1);
    expect(playlist.segments.filter(({ isBreak }) => isBreak).map(({ number: place }) => place)).toEqual([4, 7]);
    expect(new Set(playlist.segments.map(({ header }) => header))).toEqual(new Set(["i1.mp4"]));
    // Every fragment of every track begins where the one before it ended, or a moment later at a seam, and never before.
    const tracks = readTracks(readFileSync(join(directory, "i1.mp4")));
    const ends = new Map<number, number>();
    let gaps = 0;
    for (const { number: place } of playlist.segments) {
      const bytes = readFileSync(join(directory, `s00000${place}.m4s`));
      for (const piece of new FragmentReader().push(bytes)) {
        if (piece.kind !== "FRAGMENT") continue;
        for (const { trackId, begin, end } of readFragment(piece.moof, tracks)) {
          const distance = begin - (ends.get(trackId) ?? begin);
          expect(distance).toBeGreaterThanOrEqual(0);
          if (distance > 1) gaps += 1;
          ends.set(trackId, end);
        }
      }
    }
    expect(gaps).toBeLessThanOrEqual(4);
  });

  it("needs another header for another kind of picture, and goes on behind a discontinuity", async () => {
    const directory = await archiveOf(markerOf("REPLAY"), stream, encode(3, "256x144"));
    const playlist = parsePlaylist(readFileSync(join(directory, "index.m3u8"), "utf8"));
    expect(playlist.segments.map(({ header, isBreak }) => `${header} ${isBreak}`)).toEqual([
      ...Array<string>(3).fill("i1.mp4 false"),
      "i2.mp4 true",
    ]);
  });

  it("shares its bytes between a recording and a replay, and goes on with the one when the other is full", async () => {
    const [recording, replay] = [markerOf("RECORDING", 3), markerOf("REPLAY")];
    const kept = openArchive(async () => [await ArchiveFolder.create(root, recording), await ArchiveFolder.create(root, replay)]);
    await feed(kept.archive, stream);
    expect((await kept.archive.close()).map(({ marker }) => marker.id)).toEqual([replay.id]);
    expect(kept.full.map(({ marker }) => marker.id)).toEqual([recording.id]);
    expect(kept.archive.isComplete(recording.processId ?? "")).toBe(true);
    const inode = (id: string): number => statSync(join(root, id, "s000001.m4s")).ino;
    expect(inode(recording.id)).toBe(inode(replay.id));
    expect(existsSync(join(root, recording.id, "s000002.m4s"))).toBe(false);
    expect(existsSync(join(root, replay.id, "s000003.m4s"))).toBe(true);
  });

  it("leaves out what comes while the disk is full, and lays the rest together", async () => {
    const marker = markerOf("REPLAY");
    const kept = openArchive(async () => [await ArchiveFolder.create(root, marker)]);
    await feed(kept.archive, stream);
    await kept.archive.settle();
    kept.isStorageFull = true;
    await feed(kept.archive, stream);
    await expect
      .poll(() => kept.archive.state.problem)
      .toEqual({ reason: "There is no room left on the encoder's disk.", isStorage: true });
    await kept.archive.settle();
    kept.isStorageFull = false;
    await feed(kept.archive, stream);
    await expect.poll(() => kept.archive.state.problem).toBeNull();
    await kept.archive.close();
    await kept.folders[0]?.end();
    const codes = await readFrameCodes(join(root, marker.id, "index.m3u8"));
    expect(codes.length).toBe(500);
    expect(breaksOf(codes)).toEqual([[249, 0]]);
  });

  it("says so of bytes that are no MP4, and is well again with the next encoder", async () => {
    const marker = markerOf("REPLAY");
    const kept = openArchive(async () => [await ArchiveFolder.create(root, marker)]);
    await feed(kept.archive, Buffer.alloc(5_000, 0xff));
    expect(kept.archive.state.problem).toMatchObject({ isStorage: false });
    // It is tried again after a while.
    await eventually("it is well again", async () => {
      await feed(kept.archive, stream);
      await kept.archive.settle();
      return kept.archive.state.problem === null;
    });
    await kept.archive.close();
    expect(kept.folders[0]?.seconds).toBeGreaterThanOrEqual(2);
  });
});

describe("what a killed encoder leaves", () => {
  it("is whole up to the last fragment wherever it was cut off, and is gone on with", async () => {
    const source = await archiveOf(markerOf("REPLAY"), stream);
    const last = statSync(join(source, "s000003.m4s")).size;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: last }), fc.boolean(), async (bytes, isNamed) => {
        const directory = join(root, "cut");
        rmSync(directory, { recursive: true, force: true });
        cpSync(source, directory, { recursive: true });
        // The playlist and the name are written after the segment: either may be missing.
        const playlist = readFileSync(join(directory, "index.m3u8"), "utf8");
        const cut = playlist.slice(0, playlist.indexOf("#EXT-X-PROGRAM-DATE-TIME", playlist.indexOf("s000002")));
        execFileSync("tee", [join(directory, "index.m3u8")], { input: cut, stdio: ["pipe", "ignore", "inherit"] });
        truncateSync(join(directory, "s000003.m4s"), bytes);
        if (!isNamed) renameSync(join(directory, "s000003.m4s"), join(directory, "s000003.m4s.part"));
        const folder = await ArchiveFolder.load(directory);
        const lost = 10 - (folder?.seconds ?? 0);
        expect(lost).toBeLessThanOrEqual(2 - (2 * bytes) / last + 1);
        expect(readdirSync(directory).filter((name) => /\.(part|tmp)$/.test(name))).toEqual([]);
        const { archive } = openArchive(() => Promise.resolve(folder ? [folder] : []));
        await feed(archive, stream);
        await archive.close();
        await folder?.end();
        const codes = await readFrameCodes(join(directory, "index.m3u8"));
        expect(seamsOf(codes).length).toBe(1);
        expect(breaksOf(withoutTail(codes.slice(0, 200)))).toEqual([]);
        expect(codes.at(-1)).toBe(249);
      }),
      { numRuns: 8 },
    );
  });

  it("holds nothing where not one fragment was whole", async () => {
    const marker = markerOf("REPLAY");
    const folder = await ArchiveFolder.create(root, marker);
    await (await folder.openPart(1)).close();
    expect((await ArchiveFolder.load(join(root, marker.id)))?.lastNumber).toBe(0);
    expect(readdirSync(join(root, marker.id)).toSorted()).toEqual([".asset.json", "index.m3u8"]);
    expect(await ArchiveFolder.load(join(root, "nothing"))).toBeNull();
  });
});

const segments = fc
  .array(
    fc.record({
      durationSeconds: fc.integer({ min: 40, max: 9_000 }).map((centiseconds) => centiseconds / 100),
      header: fc.constantFrom("i1.mp4", "i2.mp4"),
      isBreak: fc.boolean(),
      at: fc.constantFrom(null, "2026-11-28T19:51:09.976Z"),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .chain((items) =>
    fc.integer({ min: 1, max: 5_000_000 }).map((first) => items.map((item, index) => ({ ...item, number: first + index }))),
  );

describe("the playlist of an archive", () => {
  it("reads back as it was written", () => {
    fc.assert(
      fc.property(segments, fc.boolean(), fc.boolean(), fc.nat(50), (items, isIndependent, isEnded, droppedBreaks) => {
        const facts = { droppedBreaks, droppedSeconds: droppedBreaks * 4.25, isIndependent, isEnded };
        const playlist: ArchivePlaylist = { ...facts, segments: items, targetSeconds: 90, isWindow: false };
        // What is first needs no discontinuity to be told from anything.
        const [first, ...others] = items;
        expect(parsePlaylist(renderPlaylist(playlist))).toEqual({ ...playlist, segments: [{ ...first, isBreak: false }, ...others] });
      }),
    );
  });

  it("keeps the newest that are no longer than was asked for, and counts the breaks that go", () => {
    fc.assert(
      fc.property(segments, fc.integer({ min: 1, max: 300 }), (items, most) => {
        const playlist: ArchivePlaylist = {
          ...{
            segments: items,
            droppedBreaks: 3,
            droppedSeconds: 10,
            targetSeconds: 90,
            isWindow: true,
            isIndependent: true,
            isEnded: false,
          },
        };
        const { playlist: kept, dropped } = dropOld(playlist, most);
        expect([...dropped, ...kept.segments]).toEqual(items);
        expect(kept.droppedSeconds).toBeCloseTo(10 + totalSeconds(dropped), 6);
        expect(kept.segments.length === 1 || totalSeconds(kept.segments) <= most).toBe(true);
        const next = dropped.at(-1);
        if (next) expect(totalSeconds([next, ...kept.segments])).toBeGreaterThan(most);
        const seen = (text: string): number => text.match(/#EXT-X-DISCONTINUITY\n/g)?.length ?? 0;
        expect(kept.droppedBreaks + seen(renderPlaylist(kept))).toBe(3 + seen(renderPlaylist(playlist)));
      }),
    );
  });
});

describe("fragments", () => {
  it("move in time by what they are told, each track by its own", () => {
    const pieces = new FragmentReader().push(stream);
    const [header] = pieces;
    if (header?.kind !== "HEADER") throw new Error("There is no header");
    const tracks = readTracks(header.bytes);
    expect(tracks.map(({ kind, timescale }) => `${kind} ${timescale}`)).toEqual(["VIDEO 12800", "AUDIO 48000"]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: pieces.length - 1 }), fc.nat(2 ** 40), fc.nat(2 ** 40), (index, video, audio) => {
        const piece = pieces[index];
        if (piece?.kind !== "FRAGMENT") throw new Error("There is no fragment");
        const moof = Buffer.from(piece.moof);
        const before = readFragment(moof, tracks);
        const shifts = new Map(tracks.map(({ id, kind }) => [id, kind === "VIDEO" ? video : audio]));
        moveFragment(moof, shifts, 7);
        const moved = before.map(({ trackId, startsWithKey, ...times }) => {
          const move = (ticks: number): number => ticks + (shifts.get(trackId) ?? 0);
          const moved = Object.fromEntries(Object.entries(times).map(([name, ticks]) => [name, move(ticks)]));
          return { trackId, startsWithKey, ...moved };
        });
        expect(readFragment(moof, tracks)).toEqual(moved);
        expect(moof.length).toBe(piece.moof.length);
      }),
    );
  });

  it("of other bytes are none", () => {
    expect(readTracks(Buffer.from("no header at all"))).toEqual([]);
    expect(readFragment(Buffer.alloc(20), [])).toEqual([]);
    expect(() => new FragmentReader().push(Buffer.alloc(8, 0xff))).toThrow("none of ours");
  });
});
