import { sql } from "drizzle-orm";
import { appendChanges } from "../changes/append-changes.ts";
import type { Executor, Transaction } from "../database/database.ts";
import { textList } from "../database/text-list.ts";
import { assetChanges, assetStateJson, type AssetState } from "./asset.state.ts";

/** A whole asset that is still with the encoder that made it. */
export interface WantedUpload {
  readonly id: string;
}

/** What of these an encoder has to upload, the oldest first, and what of them is in the object store. */
export async function findUploads(
  executor: Executor,
  { encoderId, ids }: { readonly encoderId: string; readonly ids: readonly string[] },
): Promise<{ readonly wanted: readonly WantedUpload[]; readonly uploaded: readonly string[] }> {
  const rows = await executor.execute<{ id: string; location: string }>(sql`
    select id, location from assets
    where id = any(${textList(ids)}) and encoder_id = ${encoderId} and status = 'READY' and deleted_at is null order by created_at, id`);
  return {
    wanted: rows.filter(({ location }) => location === "ENCODER").map(({ id }) => ({ id })),
    uploaded: rows.filter(({ location }) => location === "OBJECT_STORE").map(({ id }) => id),
  };
}

/** The files of an asset are in the object store by now; false when it was deleted meanwhile, or is another encoder's. */
export async function markUploaded(
  transaction: Transaction,
  { id, encoderId, at }: { readonly id: string; readonly encoderId: string; readonly at: Date },
): Promise<boolean> {
  const rows = await transaction.execute<{ organization_id: string; state: AssetState }>(sql`
    update assets a set location = 'OBJECT_STORE'
    where a.id = ${id} and a.encoder_id = ${encoderId} and a.deleted_at is null
    returning a.organization_id, ${assetStateJson} as state`);
  const steps = rows.map(({ organization_id: organizationId, state }) => ({ id, organizationId, before: state, after: state }));
  await appendChanges(transaction, assetChanges(steps, { at, actor: null }));
  return rows.length > 0;
}
