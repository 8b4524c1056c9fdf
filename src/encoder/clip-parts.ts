import { link, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PARTS_PLAYLIST, REPLAY_PLAYLIST } from "./archive-folder.ts";
import { parsePlaylist, renderPlaylist, segmentName, type ArchivePlaylist } from "./archive-playlist.rules.ts";
import { readMarker } from "./asset-marker.ts";
import type { ClipOrder } from "./clip-order.store.ts";
import { addParts, judgeParts, type PartsState } from "./clip-parts.rules.ts";

export interface GatheredParts {
  readonly parts: ArchivePlaylist;
  readonly state: PartsState;
}

/**
 * Keeps what a clip is made of in the clip's own directory, under the same bytes: whatever becomes of the replay from then on, the clip can
 * be made. Called again, it goes on with what is there.
 */
export async function gatherParts(assetRoot: string, order: ClipOrder): Promise<GatheredParts> {
  const directory = join(assetRoot, order.report.id);
  // Not what is above it: a disk that is not mounted is not to be written below.
  await mkdir(directory).catch((error: unknown) => {
    if (codeOf(error) !== "EEXIST") throw error;
  });
  const kept = await readPlaylist(join(directory, PARTS_PLAYLIST));
  const replayDirectory = join(assetRoot, order.replayId);
  // One that has just begun has none yet.
  const begun = (await readMarker(replayDirectory)) && NO_PARTS;
  const replay = (await readPlaylist(join(replayDirectory, REPLAY_PLAYLIST))) ?? begun;
  if (!replay) return { parts: kept ?? NO_PARTS, state: judgeParts(kept ?? NO_PARTS, null, order) };
  const parts = addParts(kept, replay, order);
  const names = new Set(parts.segments.flatMap(({ number, header }) => [segmentName(number), header]));
  for (const name of names) await linkFile(join(replayDirectory, name), join(directory, name));
  const path = join(directory, PARTS_PLAYLIST);
  await writeFile(`${path}.tmp`, renderPlaylist(parts));
  await rename(`${path}.tmp`, path);
  return { parts, state: judgeParts(parts, replay, order) };
}

export const NO_PARTS: ArchivePlaylist = {
  ...{ segments: [], droppedBreaks: 0, droppedSeconds: 0, targetSeconds: 1, isWindow: false, isIndependent: false, isEnded: false },
};

async function readPlaylist(path: string): Promise<ArchivePlaylist | null> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  });
  return text === null ? null : parsePlaylist(text);
}

async function linkFile(from: string, to: string): Promise<void> {
  await link(from, to).catch((error: unknown) => {
    if (codeOf(error) !== "EEXIST") throw error;
  });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
