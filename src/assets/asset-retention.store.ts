import { sql, type SQL } from "drizzle-orm";
import { appendChanges } from "../changes/append-changes.ts";
import type { Executor, Transaction } from "../database/database.ts";
import { firstIdentifierOf } from "../shared/identifier.ts";
import { assetChanges, assetStateJson, type AssetState } from "./asset.state.ts";

/** Most assets that one sweep deletes or fails, so that none takes long; the next one goes on. */
const BATCH = 1_000;

/** Whether this transaction is the one that sweeps. The lock ends with it, however that ends. */
export async function electAssetSweeper(transaction: Transaction): Promise<boolean> {
  const [row] = await transaction.execute<{ is_elected: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtextextended('headend assets', 0)) as is_elected`,
  );
  return row?.is_elected ?? false;
}

/** Marks assets deleted that are older than is kept; those that are being made stay. Gives how many. */
export async function expireOldAssets(
  transaction: Transaction,
  { olderThan, at }: { readonly olderThan: Date; readonly at: Date },
): Promise<number> {
  // Ids sort by creation: the primary key finds the rows without an index on their time.
  const isOld = sql`a.id < ${firstIdentifierOf("asset", olderThan)} and a.created_at < ${olderThan.toISOString()}::timestamptz`;
  return expire(transaction, sql`select a.id from assets a where ${isOld} and ${isWhole} order by a.id limit ${BATCH}`, at);
}

/** Marks the oldest assets of each organization deleted that are beyond what it may keep; those that are being made stay, and count. */
export async function expireSurplusAssets(
  transaction: Transaction,
  { bytes, at }: { readonly bytes: number; readonly at: Date },
): Promise<number> {
  return expire(
    transaction,
    sql`
      select a.id from (
        select a.id, a.status, a.deleted_at, a.created_at,
          sum(coalesce(a.bytes, 0)) over (partition by a.organization_id order by a.created_at desc, a.id desc) as kept
        from assets a where a.deleted_at is null) a
      where a.kept > ${bytes}::bigint and ${isWhole} order by a.created_at, a.id limit ${BATCH}`,
    at,
  );
}

const isWhole: SQL = sql`a.status <> 'IN_PROGRESS' and a.deleted_at is null`;

async function expire(transaction: Transaction, ids: SQL, at: Date): Promise<number> {
  const rows = await transaction.execute<{ id: string; organization_id: string; before: AssetState }>(sql`
    with doomed as (
      select a.id, ${assetStateJson} as before from assets a where a.id in (${ids}) and ${isWhole} order by a.id for update skip locked)
    update assets a set deleted_at = ${at.toISOString()}::timestamptz, share_token = null, share_expires_at = null
    from doomed where a.id = doomed.id returning a.id, a.organization_id, doomed.before`);
  const steps = rows.map(({ id, organization_id: organizationId, before }) => ({ id, organizationId, before, after: null }));
  await appendChanges(transaction, assetChanges(steps, { at, actor: null }));
  return rows.length;
}

/** Whether the encoder of the asset `a` is gone for good: it was lost a week ago, and nobody has heard of it since. */
const isAbandoned: SQL = sql`a.location = 'ENCODER' and not exists (select from encoders e where e.id = a.encoder_id)`;

/** Assets that nobody will finish any more. */
export async function findAbandonedAssets(executor: Executor): Promise<readonly string[]> {
  const rows = await executor.execute<{ id: string }>(
    sql`select a.id from assets a where a.status = 'IN_PROGRESS' and a.deleted_at is null and ${isAbandoned} order by a.id limit ${BATCH}`,
  );
  return rows.map(({ id }) => id);
}

/** Rows of deleted assets whose encoder is gone go by themselves: should it come back, it deletes files that have none. */
export async function forgetAbandonedAssets(executor: Executor): Promise<void> {
  await executor.execute(sql`delete from assets a where a.deleted_at is not null and ${isAbandoned}`);
}
