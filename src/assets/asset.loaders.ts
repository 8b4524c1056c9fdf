import { defineLoader, inOrderOf, type LoaderDefinition } from "../graphql/loaders.ts";
import { definePageLoader } from "../graphql/page-loader.ts";
import { groupBy } from "../shared/group-by.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { countAssetsOf, findAssets, listRecordings, pageAssetsOf, type AssetOwner, type AssetRow } from "./asset.reads.ts";

/** Assets by id. */
export const assetLoader = defineLoader<AssetRow>("assets", async ({ database, actor }, ids) =>
  inOrderOf(
    ids,
    await findAssets(
      database.executor,
      actor.organizationId,
      ids.filter((id) => isIdentifier("asset", id)),
    ),
    (row) => row.id,
    (row) => row,
  ),
);

/** Pages of the assets of processes, newest first. */
export const assetsOfProcessLoader = pagesOf("PROCESS");

/** Pages of the assets of runs, newest first. */
export const assetsOfRunLoader = pagesOf("RUN");

/** Pages of the assets of events, newest first. */
export const assetsOfEventLoader = pagesOf("EVENT");

/** How many assets a process has, by its id. */
export const processAssetCountLoader = countsOf("PROCESS");

/** How many assets a run has, by its id. */
export const runAssetCountLoader = countsOf("RUN");

/** How many assets an event has, by its id. */
export const eventAssetCountLoader = countsOf("EVENT");

/** Recordings of a session that are whole or may become so, by its id, the oldest first. */
export const recordingsLoader = defineLoader<readonly AssetRow[]>("recordings of sessions", async ({ database, actor }, sessionIds) => {
  const found = groupBy(
    await listRecordings(database.executor, { organizationId: actor.organizationId, sessionIds }),
    (row) => row.sessionId,
  );
  return sessionIds.map((id) => found.get(id) ?? []);
});

function pagesOf(owner: AssetOwner) {
  return definePageLoader<AssetRow>(`assets by ${owner}`, ({ database, actor }, { ownerIds, page }) =>
    pageAssetsOf(database.executor, { organizationId: actor.organizationId, owner, ownerIds, page }),
  );
}

function countsOf(owner: AssetOwner): LoaderDefinition<number> {
  return defineLoader<number>(`asset counts by ${owner}`, async ({ database }, ids) => {
    const counts = await countAssetsOf(database.executor, owner, ids);
    return ids.map((id) => counts.get(id) ?? 0);
  });
}
