import { access, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Storage } from "../storage/storage.ts";
import { PARTS_PLAYLIST } from "./archive-folder.ts";
import { renderPlaylist, segmentName, type ArchivePlaylist } from "./archive-playlist.rules.ts";
import type { ClipOrder } from "./clip-order.store.ts";
import { addParts, isWhole, judgeParts, type PartsState } from "./clip-parts.rules.ts";
import { findOwnReplay, findStoredReplay, NO_PARTS, readPlaylist, unless, type ClipReplay } from "./clip-source.ts";

export interface GatheredParts {
  readonly parts: ArchivePlaylist;
  readonly state: PartsState;
}

export interface GatheringOptions {
  readonly assetRoot: string;
  /** Null where none is configured. */
  readonly objectStore: Storage | null;
}

/**
 * Keeps what a clip is made of in the clip's own directory: whatever becomes of the replay from then on, the clip can be made. Called
 * again, it goes on with what is there.
 */
export async function gatherParts({ assetRoot, objectStore }: GatheringOptions, order: ClipOrder): Promise<GatheredParts> {
  const directory = join(assetRoot, order.report.id);
  // Not what is above it: a disk that is not mounted is not to be written below.
  await mkdir(directory).catch(unless("EEXIST"));
  const kept = await readPlaylist(join(directory, PARTS_PLAYLIST));
  if (kept && isWhole(kept, order)) return { parts: kept, state: { state: "WHOLE" } };
  const replay = (await findOwnReplay(join(assetRoot, order.replayId))) ?? (await findStored(objectStore, order));
  if (!replay) return { parts: kept ?? NO_PARTS, state: judgeParts(kept ?? NO_PARTS, null, order) };
  const parts = addParts(kept, replay.playlist, order);
  const names = new Set(parts.segments.flatMap(({ number, header }) => [segmentName(number), header]));
  for (const name of names) await keepOnce(replay, name, join(directory, name));
  const path = join(directory, PARTS_PLAYLIST);
  await writeFile(`${path}.tmp`, renderPlaylist(parts));
  await rename(`${path}.tmp`, path);
  return { parts, state: judgeParts(parts, replay.playlist, order) };
}

async function findStored(objectStore: Storage | null, { isReplayStored, replayId }: ClipOrder): Promise<ClipReplay | null> {
  if (!isReplayStored) return null;
  if (objectStore === null) throw new Error("The replay is in an object store, and none is configured for this encoder");
  return findStoredReplay(objectStore, replayId);
}

async function keepOnce(replay: ClipReplay, name: string, path: string): Promise<void> {
  const isKept = await access(path).then(() => true, unless("ENOENT"));
  if (!isKept) await replay.keep(name, path);
}
