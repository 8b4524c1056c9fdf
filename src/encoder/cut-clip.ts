import { createReadStream } from "node:fs";
import { open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { segmentName, type ArchivePlaylist } from "./archive-playlist.rules.ts";
import { PLAYLIST_ROUNDING_SECONDS, segmentAt, segmentBefore } from "./clip-parts.rules.ts";
import { findClipEnd, type ClipEnd } from "./clip-end.rules.ts";
import { clipArguments, type ClipCut } from "./clip.arguments.ts";
import { FragmentReader, type Mp4Piece } from "./fragment-reader.ts";
import { spawnFfmpeg } from "./ffmpeg.process.ts";
import { lowerPriority, type Finishing } from "./finish-recording.ts";
import { keepSamples, readMovieSeconds, readSamples, readTracks, type Mp4Track } from "./mp4.rules.ts";
import { mainTrack, placeFragments } from "./segment-scan.ts";

export interface ClipCutting extends Finishing {
  /** Shorter for tests. */
  readonly stallMilliseconds?: number;
}

export interface WantedClip {
  /** Of the clip, with its parts. */
  readonly directory: string;
  readonly parts: ArchivePlaylist;
  readonly cueInSeconds: number;
  readonly cueOutSeconds: number;
  readonly isFrameAccurate: boolean;
  readonly fileName: string;
  /** ISO text. */
  readonly createdAt: string;
}

/** A file that is further than this from what was asked for is not the clip. */
const TOLERANCE_SECONDS = 1;
/** What makes nothing for so long, however busy the machine, never will. */
const STALL_MILLISECONDS = 300_000;
/** What says how long a file is stands within these. */
const HEAD_BYTES = 4_096;

/**
 * Makes one MP4 of a piece of a replay, its header in front, whole from the moment that it has its name. It is made at a low priority:
 * encoders come first. Throws an error whose message is a sentence for the operator.
 */
export async function cutClip(
  wanted: WantedClip,
  cutting: ClipCutting,
): Promise<{ readonly bytes: number; readonly durationSeconds: number }> {
  const { directory, fileName } = wanted;
  const temporary = `${fileName}.tmp`;
  const { cut, source } = await planCut(wanted);
  try {
    await run(wanted, { cut, source, temporary, cutting });
    const made = await measure(join(directory, temporary));
    refuseLength(made.durationSeconds, cut.endSeconds - cut.beginSeconds);
    await rename(join(directory, temporary), join(directory, fileName));
    return made;
  } catch (error) {
    await rm(join(directory, temporary), { force: true });
    throw error;
  }
}

interface PlannedCut {
  readonly cut: ClipCut;
  /** What ffmpeg is fed: the header, and fragments from the key frame on that stands at or before the cue. */
  readonly source: () => AsyncGenerator<Buffer>;
}

async function planCut({ directory, parts, cueInSeconds, cueOutSeconds, isFrameAccurate, createdAt }: WantedClip): Promise<PlannedCut> {
  const [first, last] = [segmentAt(parts, cueInSeconds), segmentBefore(parts, cueOutSeconds)];
  if (!first || !last) throw new Error("There is nothing between the cues.");
  const header = await readFile(join(directory, first.segment.header));
  const tracks = readTracks(header);
  const main = mainTrack(tracks);
  if (!main) throw new Error("What the replay is made of cannot be read.");
  const pathOf = (number: number): string => join(directory, segmentName(number));
  const fragments = await keyFragments(pathOf(first.segment.number), tracks, main);
  const lastFragments = last.segment === first.segment ? fragments : await keyFragments(pathOf(last.segment.number), tracks, main);
  const [begin, lastBegin] = [fragments[0], lastFragments[0]];
  if (!begin || !lastBegin) throw new Error("What the replay is made of cannot be read.");
  const wantedAt = begin.shownAt + cueInSeconds - first.beginSeconds;
  const key = fragments.findLast(({ shownAt }) => shownAt <= wantedAt + PLAYLIST_ROUNDING_SECONDS) ?? begin;
  const wantedTo = lastBegin.shownAt + cueOutSeconds - last.beginSeconds;
  const files = parts.segments
    .filter(({ number }) => number >= first.segment.number)
    .map(({ number }) => ({
      path: pathOf(number),
      start: number === first.segment.number ? key.at : 0,
      isLast: number >= last.segment.number,
    }));
  const end = isFrameAccurate ? null : await findEnd(files, main, wantedTo);
  return {
    cut: {
      ...{
        isFrameAccurate,
        createdAt,
        beginSeconds: end ? key.beginSeconds : wantedAt,
        endSeconds: end ? end.shownTo / main.timescale : wantedTo,
      },
      hasPicture: tracks.some(({ kind }) => kind === "VIDEO"),
      hasSound: tracks.some(({ kind }) => kind === "AUDIO"),
    },
    async *source() {
      yield header;
      let left = end?.count ?? 0;
      for (const file of files) {
        if (end === null || !file.isLast) {
          yield* createReadStream(file.path, { start: file.start }) as AsyncIterable<Buffer>;
          continue;
        }
        for (const { moof, data } of await readPieces(file)) {
          const { length } = readSamples(moof, main);
          keepSamples(moof, main, left);
          left = Math.max(0, left - length);
          yield moof;
          yield data;
        }
      }
    },
  };
}

/** What ffmpeg is fed of a segment's file. */
interface FedFile {
  readonly path: string;
  /** The byte that it begins with. */
  readonly start: number;
  /** The clip ends in it, or in one before it. */
  readonly isLast: boolean;
}

async function findEnd(files: readonly FedFile[], main: Mp4Track, wantedTo: number): Promise<ClipEnd> {
  const pieces = (await Promise.all(files.filter(({ isLast }) => isLast).map(readPieces))).flat();
  return findClipEnd(
    pieces.flatMap(({ moof }) => readSamples(moof, main)),
    (wantedTo - PLAYLIST_ROUNDING_SECONDS) * main.timescale,
  );
}

async function readPieces({ path, start }: FedFile): Promise<readonly Extract<Mp4Piece, { kind: "FRAGMENT" }>[]> {
  const pieces = new FragmentReader().push((await readFile(path)).subarray(start));
  return pieces.filter((piece) => piece.kind === "FRAGMENT");
}

interface KeyFragment {
  /** Where in its file it begins. */
  readonly at: number;
  /** When its key frame is shown, in seconds of the replay's own timeline. */
  readonly shownAt: number;
  /** When the first of all that is in it is shown. */
  readonly beginSeconds: number;
}

/** A key frame always begins a fragment. */
async function keyFragments(path: string, tracks: readonly Mp4Track[], main: Mp4Track): Promise<readonly KeyFragment[]> {
  return (await placeFragments(path, tracks)).flatMap(({ at, tracks: fragments }) => {
    const lead = fragments.find(({ trackId }) => trackId === main.id);
    if (!lead?.startsWithKey) return [];
    const begins = fragments.map(({ trackId, shownFrom }) => shownFrom / (tracks.find(({ id }) => id === trackId)?.timescale ?? 1));
    return [{ at, shownAt: lead.firstShownAt / main.timescale, beginSeconds: Math.min(...begins) }];
  });
}

interface Run extends PlannedCut {
  readonly temporary: string;
  readonly cutting: ClipCutting;
}

async function run({ directory }: WantedClip, { cut, source, temporary, cutting }: Run): Promise<void> {
  const { host, ffmpegPath, onStart, stallMilliseconds = STALL_MILLISECONDS } = cutting;
  let done = 0;
  let isStalled = false;
  let timer: NodeJS.Timeout | null = null;
  const rearm = (): void => {
    if (timer) clearTimeout(timer);
    timer = setTimeout(() => {
      isStalled = true;
      child.kill();
    }, stallMilliseconds).unref();
  };
  const child = spawnFfmpeg(host, {
    binary: ffmpegPath,
    directory,
    arguments: clipArguments(cut, temporary),
    onProgress({ frame, outTimeSeconds }) {
      const reached = Math.max(frame ?? 0, outTimeSeconds ?? 0);
      if (reached > done) rearm();
      done = Math.max(done, reached);
    },
  });
  rearm();
  onStart(child);
  lowerPriority(child.pid);
  // It ends before its input does, once it has all that it wants.
  const fed = pipeline(Readable.from(source()), child.stdin).catch(() => undefined);
  const { code, lastLine } = await child.ended;
  if (timer) clearTimeout(timer);
  child.stdin.destroy();
  await fed;
  if (isStalled) throw new Error("The clip could not be made: ffmpeg came no further.");
  if (code !== 0) throw new Error(`The clip could not be made.${lastLine === null ? "" : ` ffmpeg says: ${lastLine}`}`);
}

/** As the file itself says: ffmpeg's progress counts from elsewhere when it keeps timestamps. */
async function measure(path: string): Promise<{ readonly bytes: number; readonly durationSeconds: number }> {
  const file = await open(path, "r");
  try {
    const { size: bytes } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return { bytes, durationSeconds: readMovieSeconds(buffer.subarray(0, bytesRead)) ?? 0 };
  } finally {
    await file.close();
  }
}

function refuseLength(madeSeconds: number, wantedSeconds: number): void {
  if (Math.abs(madeSeconds - wantedSeconds) <= TOLERANCE_SECONDS) return;
  throw new Error(`The clip came out ${madeSeconds.toFixed(1)} s long, although ${wantedSeconds.toFixed(1)} s were to be in it.`);
}
