import { open, type FileHandle } from "node:fs/promises";
import { readFragment, type Mp4Track, type TrackFragment } from "./mp4.rules.ts";

/** What a segment's file holds in whole fragments. */
export interface SegmentScan {
  /** Up to the end of the last whole fragment. */
  readonly bytes: number;
  /** Of the picture, or of the sound where there is none. */
  readonly durationSeconds: number;
  readonly ends: TrackEnds;
}

/** Where each track ends, in its own ticks, by its number. */
export type TrackEnds = ReadonlyMap<number, Pick<TrackFragment, "end" | "shownTo">>;

const BOX_HEADER_BYTES = 8;
/** A `moof` of half a second takes a few kilobytes. */
const MOOF_LIMIT_BYTES = 4_000_000;

/** The track that durations are told of. */
export function mainTrack(tracks: readonly Mp4Track[]): Mp4Track | null {
  return tracks.find(({ kind }) => kind === "VIDEO") ?? tracks[0] ?? null;
}

/** Looks at a segment that may have been cut off anywhere. Only the heads of its fragments are read. */
export async function scanSegment(path: string, tracks: readonly Mp4Track[]): Promise<SegmentScan> {
  const file = await open(path, "r");
  try {
    return await scan(file, tracks);
  } finally {
    await file.close();
  }
}

/** A fragment of a segment, and where in the file it begins. */
export interface PlacedFragment {
  readonly at: number;
  readonly tracks: readonly TrackFragment[];
}

/** The whole fragments of a segment, in their order. Only their heads are read. */
export async function placeFragments(path: string, tracks: readonly Mp4Track[]): Promise<readonly PlacedFragment[]> {
  const file = await open(path, "r");
  try {
    const placed: PlacedFragment[] = [];
    for await (const { at, moof } of fragmentsOf(file)) placed.push({ at, tracks: readFragment(moof, tracks) });
    return placed;
  } finally {
    await file.close();
  }
}

async function* fragmentsOf(file: FileHandle): AsyncGenerator<{ readonly at: number; readonly end: number; readonly moof: Buffer }> {
  const { size } = await file.stat();
  for (let at = 0; ;) {
    const moof = await readBox(file, at, size);
    const data = moof && (await readHead(file, at + moof.length, size));
    if (!moof || data?.type !== "mdat") return;
    const end = at + moof.length + data.size;
    yield { at, end, moof };
    at = end;
  }
}

async function scan(file: FileHandle, tracks: readonly Mp4Track[]): Promise<SegmentScan> {
  const main = mainTrack(tracks);
  const ends = new Map<number, TrackFragment>();
  let begin: number | null = null;
  let whole = 0;
  for await (const { moof, end: to } of fragmentsOf(file)) {
    whole = to;
    for (const fragment of readFragment(moof, tracks)) {
      if (fragment.trackId === main?.id) begin ??= fragment.firstShownAt;
      ends.set(fragment.trackId, fragment);
    }
  }
  const end = main === null ? undefined : ends.get(main.id)?.shownTo;
  const ticks = begin === null || end === undefined ? 0 : end - begin;
  return { bytes: whole, durationSeconds: main === null ? 0 : ticks / main.timescale, ends };
}

interface BoxHead {
  readonly type: string;
  readonly size: number;
}

/** Null where the box does not reach its end within the file. */
async function readHead(file: FileHandle, at: number, fileSize: number): Promise<BoxHead | null> {
  if (at + BOX_HEADER_BYTES > fileSize) return null;
  const { buffer } = await file.read(Buffer.alloc(BOX_HEADER_BYTES), 0, BOX_HEADER_BYTES, at);
  const size = buffer.readUInt32BE(0);
  return size < BOX_HEADER_BYTES || at + size > fileSize ? null : { type: buffer.toString("latin1", 4, 8), size };
}

async function readBox(file: FileHandle, at: number, fileSize: number): Promise<Buffer | null> {
  const head = await readHead(file, at, fileSize);
  if (head?.type !== "moof" || head.size > MOOF_LIMIT_BYTES) return null;
  return (await file.read(Buffer.alloc(head.size), 0, head.size, at)).buffer;
}
