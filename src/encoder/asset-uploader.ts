import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isAssetFile } from "../assets/asset-url.rules.ts";
import { findUploads, markUploaded, noteUpload } from "../assets/asset-upload.store.ts";
import type { Bell } from "../changes/bell.ts";
import type { Database } from "../database/database.ts";
import { contentTypeOf } from "../origin/content-type.ts";
import type { Clock } from "../shared/clock.ts";
import type { Logger } from "../shared/log.ts";
import { startLoop, type Loop } from "../shared/loop.ts";
import { isIdentifier } from "../shared/identifier.ts";
import type { Storage } from "../storage/storage.ts";

export interface AssetUploaderOptions {
  readonly database: Database;
  readonly bell: Bell;
  readonly clock: Clock;
  readonly log: Logger;
  readonly assetRoot: string;
  readonly objectStore: Storage;
  readonly encoderId: () => string;
  /** Gateways that knew it to be here serve it from here for so long. */
  readonly leftMilliseconds: number;
}

/** So many files of an asset go up at once. */
const FILES_AT_ONCE = 4;
const LOOK_MILLISECONDS = 5_000;
/** Longest pause after attempts that failed. */
const BACK_OFF_LIMIT_MILLISECONDS = 600_000;

/** Uploads of one encoder, one asset at a time. */
export interface AssetUploader {
  /** Uploads what is ready, and removes here what is in the object store for a while. */
  readonly work: () => Promise<void>;
  /** Begins nothing any more. What is under way ends with it, or with the object store, and is then begun anew by the next start. */
  readonly close: () => void;
}

/**
 * Moves whole assets into the object store: the files first, then the row says so, then the files here go. Whatever is cut off in
 * between is done again. One that fails is tried again later and later, and holds up no other.
 */
export function createAssetUploader(options: AssetUploaderOptions): AssetUploader {
  const { database, bell, clock, log, assetRoot, objectStore, leftMilliseconds } = options;
  const attempts = new Map<string, { readonly count: number; readonly notBefore: number }>();
  const uploadedAt = new Map<string, number>();
  let isClosed = false;

  async function upload(id: string): Promise<void> {
    const directory = join(assetRoot, id);
    const names = (await readdir(directory)).filter(isAssetFile);
    if (names.length === 0) throw new Error("The asset has no files.");
    const put = (name: string): Promise<void> => objectStore.put(id, name, join(directory, name), contentTypeOf(name));
    await noteUpload(database.executor, id);
    const [playlists, files] = [names.filter(isPlaylist), names.filter((name) => !isPlaylist(name))];
    for (let start = 0; start < files.length; start += FILES_AT_ONCE) {
      await Promise.all(files.slice(start, start + FILES_AT_ONCE).map(put));
    }
    // Last: who finds it finds all that it names.
    for (const name of playlists) await put(name);
    const isMoved = await database.transaction("move an asset", (transaction) =>
      markUploaded(transaction, { id, encoderId: options.encoderId(), at: clock.now() }),
    );
    // It was deleted meanwhile: nobody else knows that these files are there.
    if (!isMoved) return objectStore.deleteFolder(id);
    bell.ring();
    uploadedAt.set(id, performance.now());
  }

  async function attempt(id: string): Promise<void> {
    const before = attempts.get(id) ?? { count: 0, notBefore: 0 };
    if (performance.now() < before.notBefore) return;
    try {
      await upload(id);
      attempts.delete(id);
    } catch (error) {
      if (isClosed) return;
      const pause = Math.min(LOOK_MILLISECONDS * 2 ** before.count, BACK_OFF_LIMIT_MILLISECONDS);
      attempts.set(id, { count: before.count + 1, notBefore: performance.now() + pause });
      log.warn({ err: error, assetId: id, attempt: before.count + 1 }, "an asset could not be uploaded; it stays here and is tried again");
    }
  }

  async function removeUploaded(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const since = uploadedAt.get(id);
      // After a restart nobody knows since when.
      if (since === undefined) uploadedAt.set(id, performance.now());
      else if (performance.now() - since > leftMilliseconds) {
        await rm(join(assetRoot, id), { recursive: true, force: true });
        uploadedAt.delete(id);
      }
    }
  }

  return {
    async work() {
      const present = (await readdir(assetRoot).catch(() => [])).filter((name) => isIdentifier("asset", name));
      const { wanted, uploaded } = await findUploads(database.executor, { encoderId: options.encoderId(), ids: present });
      for (const id of wanted) if (!isClosed) await attempt(id);
      await removeUploaded(uploaded);
    },
    close() {
      isClosed = true;
    },
  };
}

function isPlaylist(name: string): boolean {
  return name.endsWith(".m3u8");
}

/** Uploads now and then until it is closed. */
export function startAssetUploader(options: AssetUploaderOptions): Pick<Loop, "close"> {
  const uploader = createAssetUploader(options);
  const loop = startLoop({
    everyMilliseconds: LOOK_MILLISECONDS,
    pauseMilliseconds: LOOK_MILLISECONDS,
    work: uploader.work,
    onError: (error, failures) => failures === 1 && options.log.warn({ err: error }, "assets to upload cannot be looked for; tried again"),
  });
  return {
    async close() {
      uploader.close();
      await loop.close();
    },
  };
}
