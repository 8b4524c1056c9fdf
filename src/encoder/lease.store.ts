import { sql, type SQL } from "drizzle-orm";
import type { Transaction } from "../database/database.ts";
import { sessionStateJson } from "../sessions/session.state.ts";
import { EVENT_INPUT_TYPES, type InputPath } from "../sessions/session.rules.ts";
import { launchedProcessesJson } from "./launched-processes.store.ts";
import type { SessionControl } from "./lease.rules.ts";
import type { SwitchObservation } from "./runner.ts";
import { textList } from "../database/text-list.ts";

/** Locks those of the sessions that the encoder holds, in the order of their ids as the verbs do, and gives their ids. */
export async function lockHeldSessions(transaction: Transaction, encoderId: string, ids: readonly string[]): Promise<readonly string[]> {
  const rows = await transaction.execute<{ id: string }>(
    sql`select id from sessions where encoder_id = ${encoderId} and id = any(${textList(ids)}) order by id for update`,
  );
  return rows.map((row) => row.id);
}

/** Locks every session that the encoder holds. */
export async function lockAllHeldSessions(transaction: Transaction, encoderId: string): Promise<readonly string[]> {
  const rows = await transaction.execute<{ id: string }>(
    sql`select id from sessions where encoder_id = ${encoderId} order by id for update`,
  );
  return rows.map((row) => row.id);
}

/**
 * Reads sessions for those who decide about them. Always a statement of its own after the one that locked them:
 * the statement that waited for a lock still sees everything but the locked row itself as it was before it waited.
 */
export async function readControls(transaction: Transaction, ids: readonly string[]): Promise<readonly SessionControl[]> {
  if (ids.length === 0) return [];
  const rows = await transaction.execute<{ control: SessionControl }>(sql`
    select jsonb_build_object(
      'id', s.id, 'organizationId', s.organization_id, 'region', s.region, 'desiredStatus', s.desired_status, 'status', s.status,
      'health', s.health, 'statusReason', s.status_reason, 'statusChangedAt', s.status_changed_at, 'runningSince', s.running_since,
      'generation', s.generation, 'epoch', s.epoch, 'encoderId', s.encoder_id, 'activePath', s.active_path, 'isSlateShowing', s.is_slate_showing, 'nextRecoveryAt', s.next_recovery_at,
      'encoderName', (select e.name from encoders e where e.id = s.encoder_id),
      'state', ${sessionStateJson},
      'playbacks', (
        select coalesce(jsonb_agg(jsonb_build_object(
          'playbackId', p.id, 'status', p.status, 'health', p.health, 'reason', p.status_reason) order by p.position), '[]'::jsonb)
        from playbacks p where p.session_id = s.id),
      'processIds', (select coalesce(jsonb_agg(c.id), '[]'::jsonb) from processes c where c.session_id = s.id)) as control
    from sessions s where s.id = any(${textList(ids)}) order by s.id`);
  return rows.map((row) => row.control);
}

/** What operators ask of the session `s` while it runs, as JSON in the shape of `SessionControls`. */
export const controlsJson: SQL = sql`jsonb_build_object(
  'switch', jsonb_build_object('number', s.path_command_number, 'toPath', s.path_command_to, 'actor', s.path_command_actor),
  'isSlateWanted', s.is_slate_wanted,
  'event', case when s.event_id is null then null
    else jsonb_build_object('onAir', s.on_air, 'isBackupOnly', s.is_backup_only, 'show', case when s.on_air = 'LIVE' then (
      select jsonb_build_object('runId', r.id, 'processes', ${launchedProcessesJson})
      from runs r where r.session_id = s.id and r.generation = s.generation) end) end)`;

/** A session's row as it is to be. Times are ISO texts. */
export interface SessionWrite {
  readonly id: string;
  readonly status: string;
  readonly health: string;
  readonly status_reason: string | null;
  readonly status_changed_at: string;
  readonly running_since: string | null;
  readonly generation: number;
  readonly epoch: number;
  readonly is_released: boolean;
  readonly active_path: InputPath;
  readonly is_slate_showing: boolean;
  readonly next_recovery_at: string | null;
}

/** Writes what became of sessions whose rows this transaction has locked. */
export async function writeSessions(transaction: Transaction, writes: readonly SessionWrite[]): Promise<void> {
  if (writes.length === 0) return;
  await transaction.execute(sql`
    update sessions s set
      status = w.status, health = w.health, status_reason = w.status_reason, status_changed_at = w.status_changed_at,
      running_since = w.running_since, generation = w.generation, epoch = w.epoch,
      active_path = w.active_path, is_slate_showing = w.is_slate_showing, next_recovery_at = w.next_recovery_at,
      encoder_id = case when w.is_released then null else s.encoder_id end
    from jsonb_to_recordset(${JSON.stringify(writes)}::text::jsonb) as w (
      id text, status text, health text, status_reason text, status_changed_at timestamptz, running_since timestamptz,
      generation integer, epoch bigint, is_released boolean, active_path text, is_slate_showing boolean, next_recovery_at timestamptz)
    where s.id = w.id`);
}

/** Keeps switches of sessions whose rows this transaction has locked; one that is known already stays as it is. */
export async function writeSwitches(
  transaction: Transaction,
  switches: readonly (SwitchObservation & { readonly sessionId: string })[],
): Promise<void> {
  if (switches.length === 0) return;
  await transaction.execute(sql`
    insert into input_switches (id, session_id, at, from_path, to_path, reason, actor)
    select id, "sessionId", at, "fromPath", "toPath", reason, actor
    from jsonb_to_recordset(${JSON.stringify(switches)}::text::jsonb) as w (
      id text, "sessionId" text, at timestamptz, "fromPath" text, "toPath" text, reason text, actor text)
    on conflict (id) do nothing`);
}

export interface PlaybackWrite {
  readonly id: string;
  readonly status: string;
  readonly health: string;
  readonly status_reason: string | null;
}

/** Writes what became of playbacks whose sessions' rows this transaction has locked. */
export async function writePlaybackStatuses(transaction: Transaction, writes: readonly PlaybackWrite[]): Promise<void> {
  if (writes.length === 0) return;
  await transaction.execute(sql`
    update playbacks p set status = w.status, health = w.health, status_reason = w.status_reason
    from jsonb_to_recordset(${JSON.stringify(writes)}::text::jsonb) as w (id text, status text, health text, status_reason text)
    where p.id = w.id`);
}

/**
 * Whether an encoder takes sessions, as a condition. A simulated one takes none where a real one is, or was a moment ago:
 * while that restarts, its sessions wait for it instead of being shown as running without any media.
 */
export function takesSessions(encoder: SQL): SQL {
  return sql`(${encoder}.status = 'ONLINE' and not (${encoder}.is_simulated and exists (
    select from encoders r where r.region = ${encoder}.region and not r.is_simulated
      and (r.status <> 'LOST' or r.last_seen_at > now() - ${REAL_ENCODER_MINUTES}::integer * interval '1 minute'))))`;
}

/** How long a real encoder that is gone is waited for before simulated ones take the sessions of its region. */
const REAL_ENCODER_MINUTES = 10;

/**
 * Whether the encoder `e` can run the session `s` as it was started, as a condition; that of an event comes in by whatever the encoder
 * takes. A session whose ladder was not kept yet, or that has no playback, is not run at all.
 */
export const canRun: SQL = sql`(
  (case when s.event_id is null then s.input_type = any(e.supported_inputs) else e.supported_inputs && ${textList(EVENT_INPUT_TYPES)} end)
  and exists (select from playbacks p where p.session_id = s.id)
  and not exists (
    select from playbacks p
    where p.session_id = s.id and (
      p.type <> all(e.supported_outputs) or p.started_renditions is null
      or exists (
        select from jsonb_to_recordset(p.started_renditions) as r ("videoCodec" text, "audioCodec" text)
        where r."videoCodec" <> all(e.supported_video_codecs) or r."audioCodec" <> all(e.supported_audio_codecs)))))`;
