import { readdir, rename, rm, stat } from "node:fs/promises";
import { constants, setPriority } from "node:os";
import { join } from "node:path";
import { CAPTIONS_LOG, PARTS_PLAYLIST, type ArchiveFolder } from "./archive-folder.ts";
import { headerNumber, segmentNumber } from "./archive-playlist.rules.ts";
import type { AssetMarker } from "./asset-marker.ts";
import { spawnFfmpeg, type FfmpegProcess, type ProcessHost } from "./ffmpeg.process.ts";

export interface Finishing {
  readonly host: ProcessHost;
  readonly ffmpegPath: string;
  /** Told of the process, which the caller may kill. */
  readonly onStart: (child: FfmpegProcess) => void;
}

/** A file that is further than this from what was recorded is not the recording. */
const TOLERANCE_SECONDS = 1;

/**
 * Makes one MP4 of an ended recording, its header in front, whole from the moment that it has its name. Its parts are copied, at a low
 * priority: encoders come first. Throws an error whose message is a sentence for the operator.
 */
export async function finishRecording(
  { directory, marker }: ArchiveFolder,
  { host, ffmpegPath, onStart }: Finishing,
): Promise<Pick<AssetMarker, "bytes" | "durationSeconds">> {
  const target = join(directory, marker.fileName);
  const temporary = `${marker.fileName}.tmp`;
  const limit = marker.limitSeconds === null ? [] : ["-t", String(marker.limitSeconds)];
  let madeSeconds = 0;
  const child = spawnFfmpeg(host, {
    binary: ffmpegPath,
    directory,
    arguments: [
      ...["-hide_banner", "-y", "-nostdin", "-nostats", "-loglevel", "error", "-progress", "pipe:3"],
      ...[
        "-protocol_whitelist",
        "file",
        "-f",
        "hls",
        "-i",
        `file:${PARTS_PLAYLIST}`,
        "-map",
        "0:v?",
        "-map",
        "0:a?",
        "-c",
        "copy",
        ...limit,
      ],
      ...["-metadata", `creation_time=${marker.createdAt}`, "-strict", "experimental", "-movflags", "+faststart"],
      ...["-f", "mp4", `file:${temporary}`],
    ],
    onProgress: ({ outTimeSeconds }) => {
      madeSeconds = Math.max(madeSeconds, outTimeSeconds ?? 0);
    },
  });
  onStart(child);
  lowerPriority(child.pid);
  child.stdin.end();
  const { code, lastLine } = await child.ended;
  if (code !== 0) await rm(join(directory, temporary), { force: true });
  if (code !== 0) throw new Error(`The recording could not be finished.${lastLine === null ? "" : ` ffmpeg says: ${lastLine}`}`);
  if (Math.abs(madeSeconds - marker.durationSeconds) > TOLERANCE_SECONDS) {
    const [made, wanted] = [madeSeconds, marker.durationSeconds].map((seconds) => seconds.toFixed(1));
    throw new Error(`The recording came out ${made} s long, although ${wanted} s were recorded.`);
  }
  await rename(join(directory, temporary), target);
  return { durationSeconds: madeSeconds, bytes: (await stat(target)).size };
}

/** What a finished recording was made of; the list of it last, so that a removal that was cut short is done again. */
export async function removeParts(directory: string): Promise<void> {
  if (!(await exists(join(directory, PARTS_PLAYLIST)))) return;
  for (const name of await readdir(directory)) {
    if (segmentNumber(name) !== null || headerNumber(name) !== null) await rm(join(directory, name), { force: true });
  }
  await rm(join(directory, CAPTIONS_LOG), { force: true });
  await rm(join(directory, PARTS_PLAYLIST), { force: true });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Encoders come first. */
export function lowerPriority(pid: number | null): void {
  try {
    if (pid !== null) setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It is gone already.
  }
}
