import { createWriteStream } from "node:fs";
import { link, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import type { Storage } from "../storage/storage.ts";
import { REPLAY_PLAYLIST } from "./archive-folder.ts";
import { parsePlaylist, type ArchivePlaylist } from "./archive-playlist.rules.ts";
import { readMarker } from "./asset-marker.ts";

/** A replay that parts of a clip are taken from. */
export interface ClipReplay {
  readonly playlist: ArchivePlaylist;
  /** Has a file of the replay at this path as well, if it is not there already. */
  readonly keep: (name: string, path: string) => Promise<void>;
}

export const NO_PARTS: ArchivePlaylist = {
  ...{ segments: [], droppedBreaks: 0, droppedSeconds: 0, targetSeconds: 1, isWindow: false, isIndependent: false, isEnded: false },
};

/** The replay in a directory of this machine, whose files are kept under the same bytes; null when it is not there. */
export async function findOwnReplay(directory: string): Promise<ClipReplay | null> {
  // One that has just begun has no playlist yet.
  const begun = (await readMarker(directory)) && NO_PARTS;
  const playlist = (await readPlaylist(join(directory, REPLAY_PLAYLIST))) ?? begun;
  return (
    playlist && {
      playlist,
      async keep(name, path) {
        await link(join(directory, name), path).catch(unless("EEXIST"));
      },
    }
  );
}

/** The replay in the object store; null when it is not there. Throws when that cannot be said now. */
export async function findStoredReplay(objectStore: Storage, id: string): Promise<ClipReplay | null> {
  const written = await withStored(objectStore, { id, name: REPLAY_PLAYLIST }, text);
  if (written === null) return null;
  return {
    playlist: parsePlaylist(written),
    async keep(name, path) {
      const kept = await withStored(objectStore, { id, name }, async (bytes) => {
        await pipeline(bytes, createWriteStream(`${path}.tmp`));
        await rename(`${path}.tmp`, path);
        return true;
      });
      if (kept === null) throw new Error(`There is no ${name} of ${id} in the object store`);
    },
  };
}

/** Does something with the bytes of a file in the object store; null when there is no such file. */
async function withStored<Result>(
  objectStore: Storage,
  { id, name }: { readonly id: string; readonly name: string },
  use: (bytes: Readable) => Promise<Result>,
): Promise<Result | null> {
  const file = await objectStore.open(id, name);
  if (!file) return null;
  try {
    return await use(await file.read({ first: 0, last: file.size - 1 }));
  } finally {
    await file.close();
  }
}

/** Null when there is none. */
export async function readPlaylist(path: string): Promise<ArchivePlaylist | null> {
  const read = await readFile(path, "utf8").catch(unless("ENOENT"));
  return read === null ? null : parsePlaylist(read);
}

/** Null instead of the error of this code. */
export function unless(code: string): (error: unknown) => null {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code === code) return null;
    throw error;
  };
}
