import type { Bell } from "../changes/bell.ts";
import type { Database } from "../database/database.ts";
import type { Clock } from "../shared/clock.ts";
import type { Logger } from "../shared/log.ts";
import { startLoop, type Loop } from "../shared/loop.ts";
import type { Storage } from "../storage/storage.ts";
import {
  electAssetSweeper,
  expireOldAssets,
  expireSurplusAssets,
  findAbandonedAssets,
  forgetAbandonedAssets,
} from "./asset-retention.store.ts";
import { findDeletedObjects, forgetDeletedObjects } from "./asset-upload.store.ts";
import { findOverdueClips } from "./clip.store.ts";
import { markAssetsLost } from "./kept-assets.store.ts";

/** How long and how much organizations keep that have no limits of their own; null for no limit. */
export interface AssetRetention {
  readonly days: number | null;
  /** Of each organization. */
  readonly bytes: number | null;
}

export interface AssetSweepOptions {
  readonly database: Database;
  readonly bell: Bell;
  readonly clock: Clock;
  readonly log: Logger;
  readonly retention: AssetRetention;
  /** Null where none is configured: what is in one is then left to processes that have it. */
  readonly objectStore: Storage | null;
}

const SWEEP_MILLISECONDS = 30_000;
const ENCODER_GONE = "Its encoder is gone, and has not finished it.";
const ENCODER_AWAY = "Its encoder has been away for an hour, and has not made it.";

/** Sweeps now and then; of several processes one at a time does it. */
export function startAssetSweeping(options: AssetSweepOptions): Loop {
  return startLoop({
    everyMilliseconds: SWEEP_MILLISECONDS,
    pauseMilliseconds: SWEEP_MILLISECONDS,
    work: () => sweepStoredAssets(options),
    onError: (error, failures) => failures === 1 && options.log.warn({ err: error }, "assets were not swept; tried again"),
  });
}

/**
 * Deletes what is beyond what is kept, says of what its encoder left behind for good that it failed, and takes what was deleted out of
 * the object store, the row after the files.
 */
export async function sweepStoredAssets(options: AssetSweepOptions): Promise<void> {
  const { database, bell, log } = options;
  const hasChanged = await database.transaction("sweep assets", async (transaction) => {
    if (!(await electAssetSweeper(transaction))) return false;
    const at = options.clock.now();
    const old = await expireOldAssets(transaction, { days: options.retention.days, at });
    const surplus = await expireSurplusAssets(transaction, { bytes: options.retention.bytes, at });
    const ids = await findAbandonedAssets(transaction);
    const abandoned = ids.length === 0 ? 0 : await markAssetsLost(transaction, { ids, reason: ENCODER_GONE, at });
    await forgetAbandonedAssets(transaction);
    const clips = await findOverdueClips(transaction);
    const overdue = clips.length === 0 ? 0 : await markAssetsLost(transaction, { ids: clips, reason: ENCODER_AWAY, at });
    if (old + surplus > 0) log.info({ old, surplus }, "assets beyond what is kept were deleted");
    return old + surplus + abandoned + overdue > 0;
  });
  if (hasChanged) bell.ring();
  await deleteObjects(options);
}

/** Two at once delete the same, which is no harm. */
async function deleteObjects({ database, objectStore }: AssetSweepOptions): Promise<void> {
  if (objectStore === null) return;
  for (const id of await findDeletedObjects(database.executor)) {
    await objectStore.deleteFolder(id);
    await forgetDeletedObjects(database.executor, id);
  }
}
