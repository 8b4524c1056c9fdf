import { createWriteStream } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { CAPTIONS_LOG, type ArchiveFolder } from "./archive-folder.ts";
import { renderScenarist } from "./captions.rules.ts";
import { spawnFfmpeg } from "./ffmpeg.process.ts";
import { lowerPriority, type Finishing } from "./finish-recording.ts";

/** The captions of a recording, as players and editors take them beside it. */
export const CAPTIONS_FILE = "captions.srt";
const SCENARIST_FILE = "captions.scc.tmp";

/**
 * Makes an SRT file of the captions that came with an ended recording of this length, whole from the moment that it has its name, and
 * gives its size in bytes; null when there were none. Throws an error whose message is a sentence.
 */
export async function makeCaptions(
  { directory }: Pick<ArchiveFolder, "directory">,
  durationSeconds: number,
  { host, ffmpegPath, onStart }: Finishing,
): Promise<number | null> {
  const log = await open(join(directory, CAPTIONS_LOG)).catch(() => null);
  if (log === null) return null;
  const temporary = `${CAPTIONS_FILE}.tmp`;
  try {
    await pipeline(renderScenarist(log.readLines(), durationSeconds), createWriteStream(join(directory, SCENARIST_FILE)));
    const child = spawnFfmpeg(host, {
      binary: ffmpegPath,
      directory,
      arguments: [
        ...["-hide_banner", "-y", "-nostdin", "-nostats", "-loglevel", "error", "-protocol_whitelist", "file"],
        // As plain text: fonts and places on the screen are those of a television set.
        ...["-f", "scc", "-i", `file:${SCENARIST_FILE}`, "-map", "0:s:0", "-c:s", "text", "-f", "srt", `file:${temporary}`],
      ],
    });
    onStart(child);
    lowerPriority(child.pid);
    child.stdin.end();
    const { code, lastLine } = await child.ended;
    if (code !== 0) throw new Error(`The captions could not be read.${lastLine === null ? "" : ` ffmpeg says: ${lastLine}`}`);
    const { size } = await stat(join(directory, temporary));
    if (size === 0) return null;
    await rename(join(directory, temporary), join(directory, CAPTIONS_FILE));
    return size;
  } finally {
    await log.close();
    for (const name of [SCENARIST_FILE, temporary]) await rm(join(directory, name), { force: true });
  }
}
