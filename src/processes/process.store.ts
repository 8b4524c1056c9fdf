import { eq, sql, type SQL } from "drizzle-orm";
import type { Executor, Transaction } from "../database/database.ts";
import { insertRows, toRowSet, type ColumnTypes } from "../database/row-set.ts";
import { textList } from "../database/text-list.ts";
import { newIdentifier, randomToken } from "../shared/identifier.ts";
import type { ProcessKind, ProcessSettings } from "./process.rules.ts";
import { processStateJson, type ProcessState, type ProcessStep } from "./process.state.ts";
import { processes } from "./process.table.ts";
import { placeOf, type WantedProcess } from "./process.validation.ts";

/** A row of the table as it is. */
export type ProcessRow = typeof processes.$inferSelect;

/** 130 random bits. */
const TOKEN_LENGTH = 26;

export async function listProcessRows(executor: Executor, sessionId: string): Promise<readonly ProcessRow[]> {
  return executor.select().from(processes).where(eq(processes.sessionId, sessionId));
}

/** The same of several sessions. */
export async function listProcessRowsOfSessions(executor: Executor, sessionIds: readonly string[]): Promise<readonly ProcessRow[]> {
  return executor
    .select()
    .from(processes)
    .where(sql`${processes.sessionId} = any(${textList(sessionIds)})`);
}

const COLUMNS = {
  id: "text",
  session_id: "text",
  playback_id: "text",
  rendition_id: "text",
  kind: "text",
  is_enabled: "boolean",
  interval_seconds: "integer",
  duration_seconds: "integer",
  path_token: "text",
  directory_token: "text",
} as const satisfies ColumnTypes;

export interface ProcessesOfSession {
  readonly sessionId: string;
  readonly wanted: readonly WantedProcess[];
}

/**
 * Makes processes of sessions what is wanted, all in one statement; the sessions' rows are locked, or not there for others yet. Gives
 * the ids in the order of what is wanted.
 */
export async function writeProcesses(
  transaction: Transaction,
  organizationId: string,
  sessions: readonly ProcessesOfSession[],
): Promise<readonly string[]> {
  const rows = sessions.flatMap(({ sessionId, wanted }) => wanted.map((each) => toRow(sessionId, each)));
  if (rows.length === 0) return [];
  const insert = insertRows("processes", COLUMNS, toRowSet(rows, COLUMNS), { organization_id: sql`${organizationId}` });
  const written = await transaction.execute<{ id: string; playback_id: string; rendition_id: string; kind: ProcessKind }>(sql`
    ${insert}
    on conflict on constraint processes_by_session do update set
      is_enabled = excluded.is_enabled, interval_seconds = excluded.interval_seconds, duration_seconds = excluded.duration_seconds,
      -- What was removed comes back with another address.
      path_token = case when processes.is_removed then excluded.path_token else processes.path_token end, is_removed = false
    returning id, playback_id, rendition_id, kind`);
  const ids = new Map(
    written.map(({ id, playback_id: playbackId, rendition_id: renditionId, kind }) => [placeOf({ playbackId, renditionId, kind }), id]),
  );
  return sessions.flatMap(({ wanted }) => wanted.flatMap((each) => ids.get(placeOf(each)) ?? []));
}

function toRow(sessionId: string, { playbackId, renditionId, kind, settings }: WantedProcess) {
  return {
    id: newIdentifier("process"),
    session_id: sessionId,
    playback_id: playbackId,
    rendition_id: renditionId,
    kind,
    is_enabled: settings.isEnabled,
    interval_seconds: settings.intervalSeconds,
    duration_seconds: settings.durationSeconds,
    path_token: randomToken(TOKEN_LENGTH),
    directory_token: randomToken(TOKEN_LENGTH),
  };
}

/** A process as the log sees it, with what is configured. */
export interface LoggedProcess {
  readonly id: string;
  readonly organizationId: string;
  readonly state: ProcessState;
  readonly settings: ProcessSettings & { readonly isRemoved: boolean };
}

/** Processes that a condition on `c` means, by id. */
export async function readLoggedProcesses(executor: Executor, condition: SQL): Promise<ReadonlyMap<string, LoggedProcess>> {
  const rows = await executor.execute<{ process: LoggedProcess }>(sql`
    select jsonb_build_object(
      'id', c.id, 'organizationId', c.organization_id, 'state', ${processStateJson},
      'settings', jsonb_build_object(
        'isEnabled', c.is_enabled, 'intervalSeconds', c.interval_seconds, 'durationSeconds', c.duration_seconds, 'isRemoved', c.is_removed)
      ) as process
    from processes c where ${condition} order by c.id`);
  return new Map(rows.map(({ process }) => [process.id, process]));
}

/** Those of the sessions. */
export function ofSessions(sessionIds: readonly string[]): SQL {
  return sql`c.session_id = any(${textList(sessionIds)})`;
}

/** Takes processes off: those that run go on, and go with their session's end; the others are gone at once. */
export async function removeProcessRows(transaction: Transaction, ids: readonly string[]): Promise<void> {
  await transaction.execute(sql`
    with meant as (
      select c.id, s.desired_status = 'RUNNING' and s.status <> 'FAILED' and coalesce((c.started_settings ->> 'isEnabled')::boolean, false) as is_running
      from processes c join sessions s on s.id = c.session_id where c.id = any(${textList(ids)})),
    kept as (update processes c set is_removed = true from meant where c.id = meant.id and meant.is_running)
    delete from processes c using meant where c.id = meant.id and not meant.is_running`);
}

/** Deletes the processes that a condition on `c` means, and tells what they were. */
export async function deleteProcesses(transaction: Transaction, condition: SQL): Promise<readonly ProcessStep[]> {
  const rows = await transaction.execute<{ id: string; organization_id: string; state: ProcessState }>(sql`
    delete from processes c where ${condition} returning c.id, c.organization_id, ${processStateJson} as state`);
  return rows.map(({ id, organization_id: organizationId, state }) => ({ id, organizationId, before: state, after: null }));
}

/** Those of the sessions whose playbacks are encoded with other templates by now. */
export function strayed(sessionIds: SQL): SQL {
  return sql`c.session_id = any(${sessionIds}) and not exists (
    select from playbacks p join renditions r on r.template_id = p.template_id where p.id = c.playback_id and r.id = c.rendition_id)`;
}

/** Those of the playbacks. */
export function ofPlaybacks(playbackIds: readonly string[]): SQL {
  return sql`c.playback_id = any(${textList(playbackIds)})`;
}

/** Those on the renditions of a template. */
export function onTemplate(templateId: string): SQL {
  return sql`c.rendition_id in (select r.id from renditions r where r.template_id = ${templateId})`;
}

/** Gives a process another address for its latest content; nobody reaches it by the one before. */
export async function replacePathToken(transaction: Transaction, id: string): Promise<string> {
  const pathToken = randomToken(TOKEN_LENGTH);
  await transaction.update(processes).set({ pathToken }).where(eq(processes.id, id));
  return pathToken;
}
