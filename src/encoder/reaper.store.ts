import { sql, type SQL } from "drizzle-orm";
import type { Executor, Transaction } from "../database/database.ts";
import { takeSettings } from "../processes/started-settings.store.ts";
import { endRunsBefore, openRuns } from "../sessions/run.store.ts";
import { ladderJson } from "../sessions/pending-changes.store.ts";
import { EncoderStatus } from "./encoder.rules.ts";
import { canRun, takesSessions } from "./lease.store.ts";
import type { SignOfLife } from "./silence.ts";
import { textList } from "../database/text-list.ts";

/** Most sessions that one pass looks at; the next one goes on. */
const PASS_LIMIT = 2000;

/** What a reaper looks at before it does anything. */
export interface Survey {
  /** Of all encoders that are not known to be lost. */
  readonly signs: readonly SignOfLife[];
  /** Whether there is anything for a reaper to do, silent encoders aside. */
  readonly hasWork: boolean;
}

/** What counts as work for a reaper. */
export interface SurveyLimits {
  /** A session that starts for longer has nobody who runs it. */
  readonly waitingMilliseconds: number;
  /** An alert whose cause is gone since then ends. */
  readonly fadedAt: Date;
}

/**
 * Reads the signs of life, and whether there is work, in one statement that takes no lock. Every gateway and agent asks twice a second:
 * it looks at each encoder that holds anything, found one after the other in the index, since a look at each of 10,000 sessions took
 * PostgreSQL a quarter of a core for 20 agents.
 */
export async function survey(executor: Executor, { waitingMilliseconds, fadedAt }: SurveyLimits): Promise<Survey> {
  const [row] = await executor.execute<{ signs: readonly [string, string][]; has_work: boolean }>(sql`
    select
      coalesce((
        select jsonb_agg(jsonb_build_array(e.id, e.last_seen_at || '/' || e.started_at))
        from encoders e where e.status <> ${EncoderStatus.LOST}), '[]'::jsonb) as signs,
      exists (
        with recursive holders as (
          select min(s.encoder_id) as id from sessions s
          union all
          select (select min(s.encoder_id) from sessions s where s.encoder_id > h.id) from holders h where h.id is not null)
        select from holders h
        where h.id is not null and not exists (select from encoders e where e.id = h.id and e.status <> ${EncoderStatus.LOST}))
      or exists (
        select from sessions s
        where s.encoder_id is null and (
          s.status = 'STOPPING'
          or (s.status = 'STARTING' and s.status_changed_at < now() - ${waitingMilliseconds}::integer * interval '1 millisecond')))
      or exists (select from rolling_restarts)
      or exists (select from alerts a join sessions s on s.id = a.session_id where ${hasFaded(fadedAt)}) as has_work`);
  return {
    signs: (row?.signs ?? []).map(([encoderId, lastSeenAt]) => ({ encoderId, lastSeenAt })),
    hasWork: row?.has_work ?? false,
  };
}

/** Whether this transaction is the one reaper. The lock ends with the transaction, however that ends. */
export async function electReaper(transaction: Transaction): Promise<boolean> {
  const [row] = await transaction.execute<{ is_elected: boolean }>(
    sql`select pg_try_advisory_xact_lock(hashtextextended('headend reaper', 0)) as is_elected`,
  );
  return row?.is_elected ?? false;
}

/** Marks encoders as lost whose sign of life is still the one that was judged; one that spoke meanwhile is not. */
export async function markEncodersLost(transaction: Transaction, silent: readonly SignOfLife[]): Promise<readonly string[]> {
  if (silent.length === 0) return [];
  const rows = await transaction.execute<{ name: string }>(sql`
    update encoders e set status = ${EncoderStatus.LOST}
    from jsonb_to_recordset(${JSON.stringify(silent)}::text::jsonb) as judged ("encoderId" text, "lastSeenAt" text)
    where e.id = judged."encoderId" and e.last_seen_at || '/' || e.started_at = judged."lastSeenAt"
    returning e.name`);
  return rows.map((row) => row.name);
}

/** Locks sessions whose encoder is lost. Here and below rows that a verb has locked are left for the next pass, so that a reaper waits for nobody. */
export async function lockLostSessions(transaction: Transaction): Promise<readonly string[]> {
  const rows = await transaction.execute<{ id: string }>(sql`
    select s.id from sessions s
    where s.encoder_id is not null and not exists (select from encoders e where e.id = s.encoder_id and e.status <> ${EncoderStatus.LOST})
    order by s.id limit ${PASS_LIMIT} for update of s skip locked`);
  return rows.map((row) => row.id);
}

/** Locks sessions that are to stop and that nobody holds. */
export async function lockUnheldStops(transaction: Transaction): Promise<readonly string[]> {
  const rows = await transaction.execute<{ id: string }>(sql`
    select s.id from sessions s where s.encoder_id is null and s.status = 'STOPPING'
    order by s.id limit ${PASS_LIMIT} for update skip locked`);
  return rows.map((row) => row.id);
}

/** Locks sessions with alerts whose cause is gone for long enough. */
export async function lockFadedAlerts(transaction: Transaction, fadedAt: Date): Promise<readonly string[]> {
  const rows = await transaction.execute<{ id: string }>(sql`
    select s.id from sessions s where s.id in (select a.session_id from alerts a where ${hasFaded(fadedAt)})
    order by s.id limit ${PASS_LIMIT} for update of s skip locked`);
  return rows.map((row) => row.id);
}

/** Of the alert `a`, in the words of its index. */
function hasFaded(fadedAt: Date): SQL {
  return sql`a.ended_at is null and not a.is_active and a.last_seen_at <= ${fadedAt.toISOString()}::timestamptz`;
}

/** Takes those out of the rolling restarts whose turn is over, or who have nothing to restart any more. */
export async function endTurns(transaction: Transaction): Promise<void> {
  await transaction.execute(sql`
    with over as (
      select r.session_id from rolling_restarts r join sessions s on s.id = r.session_id
      where case when r.generation is null then s.desired_status = 'STOPPED' or s.status in ('STOPPED', 'FAILED')
        else s.generation >= r.generation and s.status in ('RUNNING', 'WAITING', 'FAILED', 'STOPPED') end
      for update of r skip locked)
    delete from rolling_restarts r using over where r.session_id = over.session_id`);
}

/** Locks the sessions whose turn it is: in each batch as many as are free of those that may restart at a time. */
export async function lockNextTurns(transaction: Transaction): Promise<readonly string[]> {
  const rows = await transaction.execute<{ id: string }>(sql`
    with batches as (
      select batch_id, min(max_concurrent) - count(generation) as free from rolling_restarts group by batch_id),
    waiting as (
      select r.session_id, r.batch_id, row_number() over (partition by r.batch_id order by r.position) as place
      from rolling_restarts r where r.generation is null)
    select s.id from sessions s
    where s.id in (select w.session_id from waiting w join batches b using (batch_id) where w.place <= b.free)
    order by s.id limit ${PASS_LIMIT} for update of s skip locked`);
  return rows.map((row) => row.id);
}

/** Notes the generations that turns have started, begins their runs, and keeps the ladders and processes as they are now. */
export async function startTurns(transaction: Transaction, sessionIds: readonly string[], at: Date): Promise<void> {
  if (sessionIds.length === 0) return;
  const begun = { from: sql`turns`, at, actor: sql`begun.actor` };
  await transaction.execute(sql`
    with turns as (
      update rolling_restarts r set generation = s.generation from sessions s
      where s.id = any(${textList(sessionIds)}) and r.session_id = s.id
      returning r.session_id as id, r.generation, r.actor, s.organization_id, s.name),
    ended as (${endRunsBefore(begun)}),
    opened as (${openRuns(begun, sessionIds)}),
    taken as (${takeSettings(sql`turns`)}),
    renewed as (update sessions s set has_edits = false from turns where s.id = turns.id and s.has_edits)
    update playbacks p set
      started_generation = turns.generation, started_template_version = t.version, started_renditions = ${ladderJson}
    from templates t, turns
    where t.id = p.template_id and p.session_id = turns.id`);
}

/** A session that waits for an encoder, and what its region has. */
export interface WaitingSession {
  readonly id: string;
  readonly hasEncoder: boolean;
  readonly canRun: boolean;
  /** Whether one that can run it has room for it. */
  readonly hasRoom: boolean;
}

/** How long sessions wait before they are looked at. */
export interface WaitingLimits {
  readonly waitingMilliseconds: number;
  /** Where an encoder has room, which takes it as soon as it comes to it. */
  readonly claimMilliseconds: number;
}

/** Locks sessions that have waited for an encoder for a while. */
export async function lockWaitingSessions(transaction: Transaction, limits: WaitingLimits): Promise<readonly WaitingSession[]> {
  const rows = await transaction.execute<{ id: string; has_encoder: boolean; can_run: boolean; has_room: boolean }>(sql`
    with online as materialized (
      select e.*, e.capacity > (select count(*) from sessions held where held.encoder_id = e.id) as has_room
      from encoders e where ${takesSessions(sql`e`)})
    select s.id, regional.*
    from sessions s cross join lateral (
      select count(*) > 0 as has_encoder, coalesce(bool_or(can_run), false) as can_run, coalesce(bool_or(can_run and has_room), false) as has_room
      from (select ${canRun} as can_run, e.has_room from online e where e.region = s.region) each) regional
    where s.encoder_id is null and s.status = 'STARTING' and s.desired_status = 'RUNNING'
      and s.status_changed_at < now() - case when regional.has_room then ${limits.claimMilliseconds}::integer
        else ${limits.waitingMilliseconds}::integer end * interval '1 millisecond'
    order by s.id limit ${PASS_LIMIT} for update of s skip locked`);
  return rows.map((row) => ({ id: row.id, hasEncoder: row.has_encoder, canRun: row.can_run, hasRoom: row.has_room }));
}
