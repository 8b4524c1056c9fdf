import { constants } from "node:fs";
import { copyFile, lstat, mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Storage, StoredFile } from "./storage.ts";

const READ_AHEAD_BYTES = 256 * 1024;

/** Files below a directory of this machine. */
export function createDirectoryStorage(root: string): Storage {
  return {
    open: (folder, name) => openRegular(join(root, folder), name),
    async put(folder, name, path) {
      const directory = join(root, folder);
      await mkdir(directory, { recursive: true });
      await copyFile(path, join(directory, `.${name}.new`));
      await rename(join(directory, `.${name}.new`), join(directory, name));
    },
    deleteFolder: (folder) => rm(join(root, folder), { recursive: true, force: true, maxRetries: 3 }),
    close: () => undefined,
  };
}

/** Opens a file; null when there is none. Neither the directory nor the file may be a link: what they lead to is not ours to serve. */
export async function openRegular(directory: string, name: string): Promise<StoredFile | null> {
  const parent = await lstat(directory).catch(() => null);
  if (!parent?.isDirectory()) return null;
  const handle = await open(join(directory, name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => null);
  if (!handle) return null;
  const facts = await handle.stat();
  if (!facts.isFile()) {
    await handle.close();
    return null;
  }
  return {
    size: facts.size,
    modifiedAt: facts.mtime,
    tag: `"${facts.mtimeMs.toString(36)}-${facts.size.toString(36)}"`,
    // The end is fixed by what was announced: a file that grows meanwhile does not send more.
    read: async ({ first, last }) =>
      handle.createReadStream({ start: first, end: last, highWaterMark: READ_AHEAD_BYTES, autoClose: false }),
    close: () => handle.close(),
  };
}
