import { sql, type SQL } from "drizzle-orm";
import { appendChanges } from "../changes/append-changes.ts";
import type { Executor, Transaction } from "../database/database.ts";
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

/** Marks assets deleted that are older than their organization keeps them. Gives how many. */
export async function expireOldAssets(
  transaction: Transaction,
  { days, at }: { readonly days: number | null; readonly at: Date },
): Promise<number> {
  // 0 for no limit, as the column has it.
  const kept = sql`coalesce(o.asset_retention_days, ${days ?? 0}::integer)`;
  const isOld = sql`a.created_at < ${at.toISOString()}::timestamptz - make_interval(days => ${kept})`;
  return expire(
    transaction,
    sql`
      select old.id from organizations o cross join lateral (
        select a.id from assets a where a.organization_id = o.id and ${isOld} and ${mayExpire} order by a.created_at, a.id limit ${BATCH}) old
      where ${kept} > 0 limit ${BATCH}`,
    at,
  );
}

/**
 * Marks the oldest assets of each organization deleted until the others are no more than it keeps: those that stay whatever their age
 * count, and newer ones go in their place. Gives how many.
 */
export async function expireSurplusAssets(
  transaction: Transaction,
  { bytes, at }: { readonly bytes: number | null; readonly at: Date },
): Promise<number> {
  const kept = sql`coalesce(o.asset_gigabytes * 1000000000::bigint, ${bytes ?? 0}::bigint)`;
  return expire(
    transaction,
    sql`
      select oldest.id from organizations o
      cross join lateral (
        select sum(coalesce(a.bytes, 0)) - ${kept} as bytes from assets a where a.organization_id = o.id and a.deleted_at is null) surplus
      cross join lateral (
        select a.id, sum(coalesce(a.bytes, 0)) over (order by a.created_at, a.id) - coalesce(a.bytes, 0) as before
        from assets a where a.organization_id = o.id and ${mayExpire}) oldest
      where ${kept} > 0 and surplus.bytes > 0 and oldest.before < surplus.bytes order by oldest.id limit ${BATCH}`,
    at,
  );
}

/**
 * Neither what is being made, nor anything of a run that goes on, nor the recordings of an event that shows them, or will once it is over:
 * those go when somebody deletes them, or the event.
 */
const mayExpire: SQL = sql`
  a.status <> 'IN_PROGRESS' and a.deleted_at is null
  and exists (select from runs r where r.id = a.run_id and r.ended_at is not null)
  and not (a.kind = 'RECORDING' and exists (
    select from event_languages l join events e on e.id = l.event_id
    where l.session_id = a.session_id and e.status in ('LIVE', 'ENDED', 'ON_DEMAND')))`;

async function expire(transaction: Transaction, ids: SQL, at: Date): Promise<number> {
  const rows = await transaction.execute<{ id: string; organization_id: string; before: AssetState }>(sql`
    with doomed as (
      select a.id, ${assetStateJson} as before from assets a where a.id in (${ids}) and ${mayExpire} order by a.id for update skip locked)
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
