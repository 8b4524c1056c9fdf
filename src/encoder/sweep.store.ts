import { sql, type SQL } from "drizzle-orm";
import { IDEMPOTENCY_HOURS } from "../access/idempotency.ts";
import type { Executor } from "../database/database.ts";
import { firstIdentifierOf, type IdentifierKind } from "../shared/identifier.ts";
import { EncoderStatus } from "./encoder.rules.ts";

/** How long what is over is kept; runs are kept for good. */
export const RETENTION_DAYS = { endedAlerts: 90, inputSwitches: 90, auditEntries: 365 } as const;

/** Most rows of each kind that one sweep deletes, so that none holds the reaper up. */
export const SWEEP_BATCH_ROWS = 5_000;

/**
 * Removes answers to idempotency keys after their time, encoders that were lost a week ago, telemetry that was told a minute ago, and
 * what is kept for so many days. Rows that somebody has locked are left to the next sweep. Tells whether there is more.
 */
export async function sweepOldRows(executor: Executor, at: Date): Promise<boolean> {
  const daysAgo = (days: number): Date => new Date(at.getTime() - days * 86_400_000);
  const [row] = await executor.execute<{ has_more: boolean }>(sql`
    with old_keys as (delete from idempotency_keys where created_at < now() - make_interval(hours => ${IDEMPOTENCY_HOURS}::integer)),
    old_encoders as (
      delete from encoders e
      where e.status = ${EncoderStatus.LOST} and e.last_seen_at < now() - interval '7 days'
        and not exists (select from sessions s where s.encoder_id = e.id)),
    old_telemetry as (
      delete from session_telemetry where session_id = any(array(
        select session_id from session_telemetry where at < now() - interval '1 minute' for update skip locked))),
    old_alerts as (
      delete from alerts where id = any(array(
        select id from alerts
        where ${isOlder("alert", { than: daysAgo(RETENTION_DAYS.endedAlerts), by: sql`ended_at` })}
          -- Of one that was cleared the runner goes on counting.
          and occurrences = 0
        ${FIRST_BATCH}))
      returning id),
    old_switches as (
      delete from input_switches where id = any(array(
        select id from input_switches
        where ${isOlder("inputswitch", { than: daysAgo(RETENTION_DAYS.inputSwitches), by: sql`at` })} ${FIRST_BATCH}))
      returning id),
    old_entries as (
      delete from audit_entries where id = any(array(
        select id from audit_entries
        where ${isOlder("auditentry", { than: daysAgo(RETENTION_DAYS.auditEntries), by: sql`at` })} ${FIRST_BATCH}))
      returning id)
    select greatest((select count(*) from old_alerts), (select count(*) from old_switches), (select count(*) from old_entries))
      >= ${SWEEP_BATCH_ROWS}::integer as has_more`);
  return row?.has_more ?? false;
}

/** Ids sort by creation, and what is over has begun before: the primary key finds the rows without an index on their time. */
function isOlder(kind: IdentifierKind, { than, by }: { readonly than: Date; readonly by: SQL }): SQL {
  return sql`id < ${firstIdentifierOf(kind, than)} and ${by} < ${than.toISOString()}::timestamptz`;
}

const FIRST_BATCH = sql`order by id limit ${SWEEP_BATCH_ROWS}::integer for update skip locked`;
