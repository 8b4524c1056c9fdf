import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  findAssetIds,
  findStillDirectories,
  forgetDeletedAssets,
  markAssetsLost,
  readKeptAssets,
  type KeptAsset,
} from "../assets/kept-assets.store.ts";
import type { Bell } from "../changes/bell.ts";
import type { Database } from "../database/database.ts";
import { isPathToken } from "../origin/origin.rules.ts";
import type { Clock } from "../shared/clock.ts";
import { isIdentifier } from "../shared/identifier.ts";
import type { Logger } from "../shared/log.ts";
import { startLoop, type Loop } from "../shared/loop.ts";
import type { AssetTeller } from "./asset-teller.ts";

export interface AssetSweeperOptions {
  readonly database: Database;
  readonly bell: Bell;
  readonly clock: Clock;
  readonly log: Logger;
  /** Each asset has a directory of its own below it. */
  readonly assetRoot: string;
  /** Thumbnails and motion clips are below it. */
  readonly mediaRoot: string;
  readonly teller: Pick<AssetTeller, "unwritten">;
  readonly encoderId: () => string;
  /** Files and rows are never without each other for longer. */
  readonly everyMilliseconds: number;
}

/** What was written to since may be told of in a moment. */
const ORPHAN_MILLISECONDS = 600_000;
/** Ids that one statement asks for. */
const BATCH = 1_000;
const FILES_GONE = "Its files are gone from the encoder's disk.";

/**
 * Brings an encoder's directories and the rows of its assets together: what was deleted loses its files, then its row; files that belong
 * to nothing go after ten minutes; what is said to be there and is not, fails. While the database cannot be read nothing is touched.
 */
export function startAssetSweeper(options: AssetSweeperOptions): Loop {
  return startLoop({
    everyMilliseconds: options.everyMilliseconds,
    pauseMilliseconds: options.everyMilliseconds,
    work: () => sweepAssets(options),
    onError: (error, failures) =>
      failures === 1 && options.log.warn({ err: error }, "the assets of an encoder were not swept; tried again"),
  });
}

export async function sweepAssets(options: AssetSweeperOptions): Promise<void> {
  const { database, assetRoot } = options;
  // Read first: a directory that is made meanwhile is young, and one that a row stands for is there already.
  const kept = await readKeptAssets(database.executor, options.encoderId());
  const names = await readdir(assetRoot).catch(() => null);
  // A disk that is not mounted says nothing of what is on it.
  if (names === null) return;
  const present = new Set(names.filter((name) => isIdentifier("asset", name)));
  await deleteWanted(options, [...kept.values()]);
  await deleteOrphans(
    options,
    [...present].filter((name) => !kept.has(name)),
  );
  await failMissing(
    options,
    [...kept.values()].filter((asset) => isMissed(asset) && !present.has(asset.id)),
  );
  await deleteStills(options);
}

/** What was begun a moment ago may have had no directory when those were looked for, and a clip has none until it is begun. */
function isMissed({ kind, status, location, isDeleted, isYoung }: KeptAsset): boolean {
  const isBegun = status === "IN_PROGRESS" && !isYoung && kind !== "CLIP";
  return (status === "READY" || isBegun) && location === "ENCODER" && !isDeleted;
}

async function deleteWanted({ database, assetRoot, log }: AssetSweeperOptions, kept: readonly KeptAsset[]): Promise<void> {
  const doomed = kept.filter(({ isDeleted, location }) => isDeleted && location === "ENCODER").map(({ id }) => id);
  for (const id of doomed) await removeDirectory(join(assetRoot, id));
  if (doomed.length === 0) return;
  await forgetDeletedAssets(database.executor, doomed);
  log.info({ count: doomed.length }, "deleted assets are gone with their files");
}

async function deleteOrphans({ database, assetRoot, teller, clock, log }: AssetSweeperOptions, names: readonly string[]): Promise<void> {
  const told = new Set(teller.unwritten().map(({ id }) => id));
  for (let start = 0; start < names.length; start += BATCH) {
    const batch = names.slice(start, start + BATCH);
    // A former identity of this encoder may have made them, as long as a row says so.
    const known = await findAssetIds(database.executor, batch);
    for (const name of batch) {
      const path = join(assetRoot, name);
      if (known.has(name) || told.has(name) || !(await isOld(path, clock))) continue;
      await removeDirectory(path);
      log.warn({ assetId: name }, "files of an asset that nobody knows were deleted");
    }
  }
}

async function failMissing({ database, bell, clock, log }: AssetSweeperOptions, missing: readonly KeptAsset[]): Promise<void> {
  if (missing.length === 0) return;
  const ids = missing.map(({ id }) => id);
  const count = await database.transaction("fail assets", (transaction) =>
    markAssetsLost(transaction, { ids, reason: FILES_GONE, at: clock.now() }),
  );
  if (count === 0) return;
  bell.ring();
  log.error({ assetIds: ids }, "the files of assets are gone");
}

/** Those of processes that were removed. */
async function deleteStills({ database, mediaRoot, clock }: AssetSweeperOptions): Promise<void> {
  const root = join(mediaRoot, "stills");
  const tokens = (await readdir(root).catch(() => [])).filter(isPathToken);
  for (let start = 0; start < tokens.length; start += BATCH) {
    const batch = tokens.slice(start, start + BATCH);
    const known = await findStillDirectories(database.executor, batch);
    for (const token of batch) {
      if (!known.has(token) && (await isOld(join(root, token), clock))) await removeDirectory(join(root, token));
    }
  }
}

async function isOld(path: string, clock: Clock): Promise<boolean> {
  const facts = await stat(path).catch(() => null);
  return facts !== null && clock.now().getTime() - facts.mtimeMs > ORPHAN_MILLISECONDS;
}

async function removeDirectory(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}
