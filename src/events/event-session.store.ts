import { sql } from "drizzle-orm";
import type { Executor, Transaction } from "../database/database.ts";
import { textList } from "../database/text-list.ts";
import { takeSettings } from "../processes/started-settings.store.ts";
import { newIdentifier } from "../shared/identifier.ts";
import type { OnAir } from "../sessions/session.rules.ts";
import type { PathsReading } from "./event-ingest.rules.ts";

/** Makes sessions those of an event, which listen and encode nothing. */
export async function attachSessions(transaction: Transaction, eventId: string, sessionIds: readonly string[]): Promise<void> {
  await transaction.execute(sql`update sessions set event_id = ${eventId}, on_air = 'OFF' where id = any(${textList(sessionIds)})`);
}

/** Says what the sessions of an event are to do from now on; whoever encodes them hears of it with the next heartbeat. */
export async function putOnAir(
  transaction: Transaction,
  sessionIds: readonly string[],
  { onAir, backupOnlyIds = [] }: { readonly onAir: OnAir; readonly backupOnlyIds?: readonly string[] },
): Promise<void> {
  await transaction.execute(sql`
    update sessions set on_air = ${onAir}, is_backup_only = id = any(${textList(backupOnlyIds)})
    where id = any(${textList(sessionIds)})`);
}

/** Lets a session take a second signal, or not any more; whoever runs it hears of it with the next heartbeat. */
export async function setBackupEnabled(transaction: Transaction, sessionId: string, isEnabled: boolean): Promise<void> {
  await transaction.execute(sql`
    update sessions set recovery_interval_seconds = ${isEnabled ? REMAIN_ON_BACKUP : null}::integer where id = ${sessionId}`);
}

/** Once on the backup it stays there for as long as that comes. */
const REMAIN_ON_BACKUP = -1;

/** Opens the runs of sessions that go live. */
export async function openLiveRuns(
  transaction: Transaction,
  sessionIds: readonly string[],
  { at, actor }: { readonly at: Date; readonly actor: string },
): Promise<void> {
  const runIds = sessionIds.map(() => newIdentifier("run"));
  await transaction.execute(sql`
    insert into runs (id, organization_id, session_id, session_name, generation, started_at, started_by)
    select item.run_id, s.organization_id, s.id, s.name, s.generation, ${at.toISOString()}::timestamptz, ${actor}
    from unnest(${textList(sessionIds)}, ${textList(runIds)}) as item (session_id, run_id) join sessions s on s.id = item.session_id`);
}

/** Keeps the settings of the processes of sessions as they are now, for the run that is opened; whoever encodes hears of them with the next heartbeat. */
export async function takeProcessSettings(transaction: Transaction, sessionIds: readonly string[]): Promise<void> {
  await transaction.execute(takeSettings(sql`(select id, generation from sessions where id = any(${textList(sessionIds)}))`));
}

/** What is older was told by an encoder that is gone, or cannot reach the database. */
const FRESH_SECONDS = 5;

/** What was told of a generation that was replaced is left out: its senders are cut off, or will be in a moment. */
export async function readPaths(executor: Executor, sessionIds: readonly string[]): Promise<ReadonlyMap<string, PathsReading>> {
  const rows = await executor.execute<{ reading: PathsReading }>(sql`
    select jsonb_build_object('sessionId', s.id, 'activePath', s.active_path, 'pathA', t.path_a, 'pathB', t.path_b,
      'isServed', e.last_seen_at is not null) as reading
    from sessions s
    left join encoders e on e.id = s.encoder_id and e.last_seen_at > now() - ${FRESH_SECONDS}::integer * interval '1 second'
    left join session_telemetry t
      on t.session_id = s.id and t.encoder_id = s.encoder_id and t.generation = s.generation and t.at > now() - ${FRESH_SECONDS}::integer * interval '1 second'
    where s.id = any(${textList(sessionIds)})`);
  return new Map(rows.map(({ reading }) => [reading.sessionId, reading]));
}
