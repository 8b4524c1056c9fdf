import { sql } from "drizzle-orm";
import { appendChanges } from "../changes/append-changes.ts";
import type { Executor, Transaction } from "../database/database.ts";
import { textList } from "../database/text-list.ts";
import { assetChanges, assetStateJson, type AssetState } from "./asset.state.ts";

/** What an encoder has of what is in the object store, or has to be. */
export interface Uploads {
  /** Whole, and still with the encoder alone; the oldest first. */
  readonly wanted: readonly string[];
  /** Those that are deleted by now among them. */
  readonly uploaded: readonly string[];
}

/** Most ids that are looked up at once. */
const BATCH = 1_000;

export async function findUploads(
  executor: Executor,
  { encoderId, ids }: { readonly encoderId: string; readonly ids: readonly string[] },
): Promise<Uploads> {
  const found: { readonly id: string; readonly location: string }[] = [];
  for (let start = 0; start < ids.length; start += BATCH) {
    const batch = ids.slice(start, start + BATCH);
    found.push(
      ...(await executor.execute<{ id: string; location: string }>(sql`
        select id, location from assets where id = any(${textList(batch)}) and encoder_id = ${encoderId}
          and (location = 'OBJECT_STORE' or (status = 'READY' and deleted_at is null))`)),
    );
  }
  // Ids sort by creation.
  const idsOf = (location: string): readonly string[] => found.flatMap((row) => (row.location === location ? [row.id] : [])).toSorted();
  return { wanted: idsOf("ENCODER"), uploaded: idsOf("OBJECT_STORE") };
}

/** Files of an asset are about to be in the object store. */
export async function noteUpload(executor: Executor, id: string): Promise<void> {
  await executor.execute(sql`
    insert into stored_assets as s (asset_id) values (${id}) on conflict (asset_id) do update set
      is_complete = false, begun_at = case when s.is_complete then now() else s.begun_at end`);
}

/** The files of an asset are in the object store by now; false when it was deleted meanwhile, or is another encoder's. */
export async function markUploaded(
  transaction: Transaction,
  { id, encoderId, at }: { readonly id: string; readonly encoderId: string; readonly at: Date },
): Promise<boolean> {
  const rows = await transaction.execute<{ organization_id: string; state: AssetState }>(sql`
    update assets a set location = 'OBJECT_STORE'
    where a.id = ${id} and a.encoder_id = ${encoderId} and a.status = 'READY' and a.deleted_at is null
    returning a.organization_id, ${assetStateJson} as state`);
  await transaction.execute(sql`update stored_assets set is_complete = true where asset_id = ${id}`);
  const steps = rows.map(({ organization_id: organizationId, state }) => ({ id, organizationId, before: state, after: state }));
  await appendChanges(transaction, assetChanges(steps, { at, actor: null }));
  return rows.length > 0;
}

/** Assets that are deleted, with files in the object store, or files that an upload left there which was cut off. */
export async function findDeletedObjects(executor: Executor): Promise<readonly string[]> {
  const rows = await executor.execute<{ id: string }>(sql`
    select s.asset_id as id from stored_assets s left join assets a on a.id = s.asset_id
    where a.id is null or a.deleted_at is not null order by s.begun_at limit ${BATCH}`);
  return rows.map(({ id }) => id);
}

/**
 * The files of a deleted asset are gone from the object store, and so goes its row. Where an upload had not come to its end, its encoder
 * may still be at it: that is looked at again for a day.
 */
export async function forgetDeletedObjects(executor: Executor, id: string): Promise<void> {
  await executor.execute(sql`
    with forgotten as (delete from assets where id = ${id} and deleted_at is not null and location = 'OBJECT_STORE')
    delete from stored_assets where asset_id = ${id} and (is_complete or begun_at < now() - interval '1 day')`);
}
