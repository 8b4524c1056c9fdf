import { sql } from "drizzle-orm";
import type { Executor, Transaction } from "../database/database.ts";
import { assets } from "./asset.table.ts";
import type { ClipSource } from "./clip.rules.ts";
import { clips } from "./clip.table.ts";

/** A replay to be cut, which is not deleted before the transaction ends. */
export interface HeldReplay extends ClipSource {
  readonly id: string;
  /** Who is to make clips of it: who keeps it, or made it, or of one in the object store anybody. */
  readonly encoderId: string;
  readonly sessionId: string | null;
  readonly runId: string;
  readonly playbackName: string | null;
  readonly renditionName: string | null;
}

/** An asset of the organization that is not deleted, whatever it is; null when there is none. */
export async function holdReplay(transaction: Transaction, organizationId: string, id: string): Promise<HeldReplay | null> {
  const [row] = await transaction.execute<{ replay: Omit<HeldReplay, "createdAt"> & { readonly createdAt: string } }>(sql`
    with held as (
      select * from assets where id = ${id} and organization_id = ${organizationId} and deleted_at is null for share)
    select jsonb_build_object(
      'id', a.id, 'kind', a.kind, 'status', a.status, 'encoderId', coalesce(e.id, a.encoder_id), 'sessionId', a.session_id,
      'runId', a.run_id, 'playbackName', a.playback_name, 'renditionName', a.rendition_name, 'durationSeconds', a.duration_seconds,
      'droppedSeconds', a.dropped_seconds, 'createdAt', a.created_at, 'isReachable', e.id is not null, 'isStorageLow', coalesce(e.is_storage_low, false)) as replay
    from held a left join lateral (
      select e.id, e.is_storage_low from encoders e
      where e.status <> 'LOST' and e.media_address is not null and not e.is_simulated
        and (e.id = a.encoder_id or a.location = 'OBJECT_STORE')
      order by e.is_storage_low, e.id = a.encoder_id desc, random() limit 1) e on true`);
  return row ? { ...row.replay, createdAt: new Date(row.replay.createdAt) } : null;
}

/** How many clips of an organization wait for an encoder; whoever else asks for one of it waits until the transaction ends. */
export async function countWaitingClips(
  transaction: Transaction,
  { organizationId, encoderId }: { readonly organizationId: string; readonly encoderId: string },
): Promise<number> {
  await transaction.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`headend clips ${organizationId} ${encoderId}`}, 0))`);
  const [row] = await transaction.execute<{ count: number }>(sql`
    select count(*)::integer as count from clips c join assets a on a.id = c.asset_id
    where a.encoder_id = ${encoderId} and a.organization_id = ${organizationId} and a.kind = 'CLIP' and a.status = 'IN_PROGRESS' and a.deleted_at is null`);
  return row?.count ?? 0;
}

export async function insertClip(
  transaction: Transaction,
  asset: typeof assets.$inferInsert,
  clip: Omit<typeof clips.$inferInsert, "assetId">,
): Promise<void> {
  await transaction.insert(assets).values(asset);
  await transaction.insert(clips).values({ ...clip, assetId: asset.id });
}

/** Clips that are waited for although their encoder is gone, or has been away since they were asked for an hour ago. */
export async function findOverdueClips(executor: Executor): Promise<readonly string[]> {
  const rows = await executor.execute<{ id: string }>(sql`
    select a.id from clips c join assets a on a.id = c.asset_id
    where a.kind = 'CLIP' and a.status = 'IN_PROGRESS' and a.deleted_at is null and a.created_at < now() - interval '1 hour'
      and not exists (
        select from encoders e where e.id = a.encoder_id and (e.status <> 'LOST' or e.last_seen_at > now() - interval '1 hour'))
    order by a.id limit 1000`);
  return rows.map(({ id }) => id);
}
