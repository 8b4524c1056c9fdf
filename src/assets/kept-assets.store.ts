import { sql } from "drizzle-orm";
import { appendChanges } from "../changes/append-changes.ts";
import type { Executor, Transaction } from "../database/database.ts";
import { textList } from "../database/text-list.ts";
import type { AssetKind, AssetLocation, AssetStatus } from "./asset.rules.ts";
import { assetChanges, assetStateJson, type AssetState } from "./asset.state.ts";

/** What an encoder that made an asset needs to know of it. */
export interface KeptAsset {
  readonly id: string;
  readonly kind: AssetKind;
  readonly status: AssetStatus;
  readonly location: AssetLocation;
  readonly isDeleted: boolean;
  /** It was begun within the last ten minutes. */
  readonly isYoung: boolean;
}

/** Every asset that the encoder made, deleted ones whose rows are still there among them. */
export async function readKeptAssets(executor: Executor, encoderId: string): Promise<ReadonlyMap<string, KeptAsset>> {
  const rows = await executor.execute<{ asset: KeptAsset }>(sql`
    select jsonb_build_object('id', id, 'kind', kind, 'status', status, 'location', location, 'isDeleted', deleted_at is not null,
      'isYoung', created_at > now() - interval '10 minutes') as asset
    from assets where encoder_id = ${encoderId}`);
  return new Map(rows.map(({ asset }) => [asset.id, asset]));
}

/** Which of the directories of thumbnails and motion clips belong to a process. */
export async function findStillDirectories(executor: Executor, tokens: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await executor.execute<{ token: string }>(
    sql`select directory_token as token from processes where directory_token = any(${textList(tokens)}) and not is_removed`,
  );
  return new Set(rows.map(({ token }) => token));
}

/** Whether there is any row of these ids, of whatever encoder. */
export async function findAssetIds(executor: Executor, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await executor.execute<{ id: string }>(sql`select id from assets where id = any(${textList(ids)})`);
  return new Set(rows.map(({ id }) => id));
}

/** The rows of deleted assets go, once their files have. */
export async function forgetDeletedAssets(executor: Executor, ids: readonly string[]): Promise<void> {
  await executor.execute(sql`delete from assets where id = any(${textList(ids)}) and deleted_at is not null`);
}

/** What may be said of an asset whose files are not there, or not reachable for good. */
export interface AssetLoss {
  readonly ids: readonly string[];
  /** One sentence for the operator. */
  readonly reason: string;
  readonly at: Date;
}

/** Assets without files cannot be opened, whatever was told of them. Should they be found again, their encoder says so. */
export async function markAssetsLost(transaction: Transaction, { ids, reason, at }: AssetLoss): Promise<number> {
  const rows = await transaction.execute<{ id: string; organization_id: string; before: AssetState; after: AssetState }>(sql`
    with lost as (
      select a.id, ${assetStateJson} as before from assets a
      where a.id = any(${textList(ids)}) and a.status <> 'FAILED' and a.deleted_at is null order by a.id for update)
    update assets a set status = 'FAILED', status_reason = ${reason} from lost where a.id = lost.id
    returning a.id, a.organization_id, lost.before, ${assetStateJson} as after`);
  const steps = rows.map(({ id, organization_id: organizationId, before, after }) => ({ id, organizationId, before, after }));
  await appendChanges(transaction, assetChanges(steps, { at, actor: null }));
  return rows.length;
}
