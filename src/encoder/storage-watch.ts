import { statfs } from "node:fs/promises";
import type { Logger } from "../shared/log.ts";
import { startLoop } from "../shared/loop.ts";
import { nextStorageLevel, STORAGE_LIMITS, type StorageLevel } from "./storage-level.rules.ts";

export interface StorageWatchOptions {
  /** On the disk that is watched; it is there. */
  readonly directory: string;
  readonly log: Logger;
  /** Bytes that are free for us; left out, as the file system says. */
  readonly readFreeBytes?: (directory: string) => Promise<number>;
  readonly everyMilliseconds?: number;
}

/** How much room there is on a disk, looked at again and again. */
export interface StorageWatch {
  readonly level: () => StorageLevel;
  /** Whether so many bytes more can be written at this moment without taking what is left for the database and the live outputs. */
  readonly hasRoomFor: (bytes: number) => Promise<boolean>;
  readonly close: () => Promise<void>;
}

/** Even a fast disk takes longer to fill what a level leaves free. */
const EVERY_MILLISECONDS = 2_000;

/** Resolves once the level is known. */
export async function openStorageWatch({
  directory,
  log,
  readFreeBytes = freeBytesOf,
  everyMilliseconds = EVERY_MILLISECONDS,
}: StorageWatchOptions): Promise<StorageWatch> {
  let level = nextStorageLevel("PLENTY", await readFreeBytes(directory));
  const loop = startLoop({
    everyMilliseconds,
    pauseMilliseconds: everyMilliseconds,
    async work() {
      const freeBytes = await readFreeBytes(directory);
      const next = nextStorageLevel(level, freeBytes);
      if (next !== level) log.warn({ directory, freeBytes, level: next, before: level }, "the room on the disk of the media has changed");
      level = next;
    },
    onError: (error, failures) =>
      failures === 1 && log.error({ err: error, directory }, "the room on the disk of the media cannot be found out"),
  });
  return {
    level: () => level,
    hasRoomFor: async (bytes) => (await readFreeBytes(directory)) - bytes >= STORAGE_LIMITS.FULL.beginsBelow,
    close: loop.close,
  };
}

async function freeBytesOf(directory: string): Promise<number> {
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize;
}
