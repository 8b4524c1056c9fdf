import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { isAssetFile } from "../assets/asset-url.rules.ts";
import { findUploads, markUploaded, type WantedUpload } from "../assets/asset-upload.store.ts";
import type { Bell } from "../changes/bell.ts";
import type { Database } from "../database/database.ts";
import { contentTypeOf } from "../origin/content-type.ts";
import type { Clock } from "../shared/clock.ts";
import type { Logger } from "../shared/log.ts";
import { startLoop, type Loop } from "../shared/loop.ts";
import type { Storage } from "../storage/storage.ts";

export interface AssetUploaderOptions {
  readonly database: Database;
  readonly bell: Bell;
  readonly clock: Clock;
  readonly log: Logger;
  readonly assetRoot: string;
  readonly objectStore: Storage;
  readonly encoderId: () => string;
}

const LOOK_MILLISECONDS = 5_000;
/** Longest pause after attempts that failed. */
const BACK_OFF_LIMIT_MILLISECONDS = 600_000;
/** Gateways that knew it to be here serve it from here for so long. */
const LEFT_MILLISECONDS = 60_000;

/** Uploads of one encoder, one asset at a time. */
export interface AssetUploader {
  /** Uploads what is ready, and removes here what is in the object store for a while. */
  readonly work: () => Promise<void>;
}

/**
 * Moves whole assets into the object store: the files first, then the row says so, then the files here go. Whatever is cut off in
 * between is done again. One that fails is tried again later and later, and holds up no other.
 */
export function createAssetUploader(options: AssetUploaderOptions): AssetUploader {
  const { database, bell, clock, log, assetRoot, objectStore } = options;
  const attempts = new Map<string, { readonly count: number; readonly notBefore: number }>();
  const uploadedAt = new Map<string, number>();

  async function upload({ id }: WantedUpload): Promise<void> {
    const directory = join(assetRoot, id);
    const names = (await readdir(directory)).filter(isAssetFile);
    // The playlist last: who finds it finds all that it names.
    const ordered = names.toSorted((one, other) => Number(one.endsWith(".m3u8")) - Number(other.endsWith(".m3u8")));
    if (ordered.length === 0) throw new Error("The asset has no files.");
    for (const name of ordered) await objectStore.put(id, name, join(directory, name), contentTypeOf(name));
    const isMoved = await database.transaction("move an asset", (transaction) =>
      markUploaded(transaction, { id, encoderId: options.encoderId(), at: clock.now() }),
    );
    // It was deleted meanwhile: nobody else knows that these files are there.
    if (!isMoved) return objectStore.deleteFolder(id);
    bell.ring();
    uploadedAt.set(id, performance.now());
  }

  async function attempt(wanted: WantedUpload): Promise<void> {
    const { id } = wanted;
    const before = attempts.get(id) ?? { count: 0, notBefore: 0 };
    if (performance.now() < before.notBefore) return;
    try {
      await upload(wanted);
      attempts.delete(id);
    } catch (error) {
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
      else if (performance.now() - since > LEFT_MILLISECONDS) {
        await rm(join(assetRoot, id), { recursive: true, force: true });
        uploadedAt.delete(id);
      }
    }
  }

  return {
    async work() {
      const present = await readdir(assetRoot).catch(() => []);
      const { wanted, uploaded } = await findUploads(database.executor, { encoderId: options.encoderId(), ids: present });
      for (const each of wanted) await attempt(each);
      await removeUploaded(uploaded);
    },
  };
}

export function startAssetUploader(options: AssetUploaderOptions): Loop {
  const uploader = createAssetUploader(options);
  return startLoop({
    everyMilliseconds: LOOK_MILLISECONDS,
    pauseMilliseconds: LOOK_MILLISECONDS,
    work: uploader.work,
    onError: (error, failures) => failures === 1 && options.log.warn({ err: error }, "assets to upload cannot be looked for; tried again"),
  });
}
