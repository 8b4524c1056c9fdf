import { and, asc, eq, sql, type SQL } from "drizzle-orm";
import type { Executor, Transaction } from "../database/database.ts";
import { partsOfLargeSet } from "../database/large-set.ts";
import type { SessionFilter } from "./session.filter.ts";
import { sessionFilterCondition } from "./session.filter.store.ts";
import { takeSettings } from "../processes/started-settings.store.ts";
import { ladderJson } from "./pending-changes.store.ts";
import { endRunsBefore, noteStop, openRuns } from "./run.store.ts";
import type { InputPath, Verb } from "./session.rules.ts";
import { sessionStateJson, type SessionState } from "./session.state.ts";
import { sessions } from "./session.table.ts";
import { textList } from "../database/text-list.ts";
import type { ControlledSession } from "./session.transitions.ts";

/** A row of the table as it is. */
export type SessionRow = typeof sessions.$inferSelect;

/** Who asked for what, and when: a session's last command. */
export interface Command {
  readonly verb: Verb;
  readonly actor: string;
  readonly at: Date;
}

/** A session whose row is locked until the transaction ends, with what decisions look at. */
export interface LockedSession extends ControlledSession {
  readonly id: string;
  readonly status: SessionState["status"];
  readonly desiredStatus: SessionRow["desiredStatus"];
  readonly region: string;
  readonly version: number;
  readonly playbackCount: number;
  readonly state: SessionState;
}

/** Ids of the sessions that a filter means, by name; at most `limit`. */
export async function findSessionIds(
  executor: Executor,
  query: { readonly organizationId: string; readonly filter: SessionFilter; readonly limit: number },
): Promise<string[]> {
  const rows = await executor
    .select({ id: sessions.id })
    .from(sessions)
    .where(sessionFilterCondition(query.organizationId, query.filter))
    .orderBy(asc(sessions.nameOrder), asc(sessions.id))
    .limit(query.limit);
  return rows.map((row) => row.id);
}

/**
 * Locks sessions in the order of their ids, so that two bulk calls cannot wait for one another in a circle. They are read by a
 * second statement: one that waits for a lock would go on to see the playbacks as they were before the wait.
 */
export async function lockSessions(
  transaction: Transaction,
  organizationId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, LockedSession>> {
  const isMeant = and(eq(sessions.organizationId, organizationId), sql`${sessions.id} = any(${textList(ids)})`);
  const locked = await transaction.select({ id: sessions.id }).from(sessions).where(isMeant).orderBy(asc(sessions.id)).for("update");
  return readSessionFacts(
    transaction,
    locked.map(({ id }) => id),
  );
}

/** What decisions look at, of sessions that the caller may see. */
export async function readSessionFacts(executor: Executor, ids: readonly string[]): Promise<ReadonlyMap<string, LockedSession>> {
  const rows = await executor.execute<{
    id: string;
    desired_status: LockedSession["desiredStatus"];
    version: number;
    playback_count: number;
    state: SessionState;
    controlled: Omit<ControlledSession, "status">;
  }>(sql`
    select s.id, s.desired_status, s.version, ${sessionStateJson} as state, ${controlledJson} as controlled,
      (select count(*)::integer from playbacks p where p.session_id = s.id) as playback_count
    from sessions s where s.id = any(${textList(ids)})`);
  return new Map(
    rows.map((row) => [
      row.id,
      {
        ...row.controlled,
        id: row.id,
        status: row.state.status,
        desiredStatus: row.desired_status,
        region: row.state.region,
        version: row.version,
        playbackCount: row.playback_count,
        state: row.state,
      },
    ]),
  );
}

/** What decisions about the running session `s` look at, as JSON in the shape of `ControlledSession` without its status. */
export const controlledJson: SQL = sql`jsonb_build_object(
  'hasFailover', s.recovery_interval_seconds is not null, 'activePath', s.active_path, 'pathCommandTo', s.path_command_to,
  'isSlateWanted', s.is_slate_wanted, 'isSlateShowing', s.is_slate_showing, 'isOfEvent', s.event_id is not null,
  'hasPassthrough', exists (
    select from playbacks p where p.session_id = s.id and
      case when s.status in ('STOPPED', 'FAILED') or p.started_renditions is null
        then exists (select from renditions r where r.template_id = p.template_id and r.is_passthrough)
        else p.started_renditions @> '[{"isPassthrough": true}]' end))`;

/** Asks for sessions to run: the next generation, with the ladders and processes as they are now. A session of an event has a run only while that is live. */
export async function markStarting(transaction: Transaction, ids: readonly string[], command: Command): Promise<void> {
  for (const part of partsOfLargeSet(ids)) await markPartStarting(transaction, part, command);
}

async function markPartStarting(transaction: Transaction, ids: readonly string[], command: Command): Promise<void> {
  const list = textList(ids);
  await transaction.execute(sql`
    with started as (
      update sessions set
        desired_status = 'RUNNING', status = 'STARTING', health = 'OK', status_reason = null, status_changed_at = ${at(command)},
        generation = generation + 1, has_edits = false, running_since = null, path_command_to = null, path_command_actor = null, is_slate_wanted = false,
        ${commandColumns(command)}
      where id = any(${list}) and status in ('STOPPED', 'FAILED')
      returning id, generation, organization_id, name, event_id),
    begun as (select * from started where event_id is null),
    opened as (${openRuns({ from: sql`begun`, ...by(command) }, ids)}),
    taken as (${takeSettings(sql`started`)}),
    ${laddersOf(list)}
    update playbacks p set
      status = 'STARTING', health = 'OK', status_reason = null,
      started_generation = started.generation, started_template_version = ladders.version, started_renditions = ladders.ladder
    from ladders, started
    where ladders.template_id = p.template_id and p.session_id = started.id`);
}

/** Asks for sessions to stop. */
export async function markStopping(transaction: Transaction, ids: readonly string[], command: Command): Promise<void> {
  for (const part of partsOfLargeSet(ids)) await markPartStopping(transaction, part, command);
}

async function markPartStopping(transaction: Transaction, ids: readonly string[], command: Command): Promise<void> {
  await transaction.execute(sql`
    with stopping as (
      update sessions set desired_status = 'STOPPED', status = 'STOPPING', status_reason = null, status_changed_at = ${at(command)},
        ${commandColumns(command)}
      where id = any(${textList(ids)}) and status <> 'STOPPED'
      returning id), unqueued as (
      delete from rolling_restarts where session_id in (select id from stopping)),
    noted as (${noteStop(sql`stopping`, command.actor)})
    update playbacks set status = 'STOPPING' where session_id in (select id from stopping) and status <> 'STOPPED'`);
}

/** Asks for running sessions, and those of events that only begin to, to start anew: the next generation, with the ladders and processes as they are now. */
export async function markRestarting(transaction: Transaction, ids: readonly string[], command: Command): Promise<void> {
  for (const part of partsOfLargeSet(ids)) await markPartRestarting(transaction, part, command);
}

async function markPartRestarting(transaction: Transaction, ids: readonly string[], command: Command): Promise<void> {
  const list = textList(ids);
  await transaction.execute(sql`
    with restarting as (
      update sessions set status = case when status = 'STARTING' then status else 'STOPPING' end, status_reason = 'Restarting.',
        status_changed_at = ${at(command)}, generation = generation + 1, has_edits = false, ${commandColumns(command)}
      where id = any(${list}) and desired_status = 'RUNNING'
        and (status in ('WAITING', 'RUNNING') or (status = 'STARTING' and event_id is not null))
      returning id, generation, organization_id, name, status, event_id),
    begun as (select * from restarting where event_id is null),
    ended as (${endRunsBefore({ from: sql`begun`, ...by(command) })}),
    opened as (${openRuns({ from: sql`begun`, ...by(command) }, ids)}),
    taken as (${takeSettings(sql`restarting`)}),
    ${laddersOf(list)}
    update playbacks p set
      status = case when restarting.status = 'STARTING' then p.status else 'STOPPING' end,
      started_generation = restarting.generation, started_template_version = ladders.version, started_renditions = ladders.ladder
    from ladders, restarting
    where ladders.template_id = p.template_id and p.session_id = restarting.id`);
}

/** Asks for sessions to go to another path of their input. */
export async function markSwitching(
  transaction: Transaction,
  ids: readonly string[],
  { toPath, command }: { readonly toPath: InputPath; readonly command: Command },
): Promise<void> {
  await transaction.execute(sql`
    update sessions set
      path_command_number = path_command_number + 1, path_command_to = ${toPath}, path_command_actor = ${command.actor},
      ${commandColumns(command)}
    where id = any(${textList(ids)}) and status in ('WAITING', 'RUNNING')`);
}

/** Asks for the slate of sessions to be shown or hidden. */
export async function markSlates(
  transaction: Transaction,
  ids: readonly string[],
  { isWanted, command }: { readonly isWanted: boolean; readonly command: Command },
): Promise<void> {
  await transaction.execute(sql`
    update sessions set is_slate_wanted = ${isWanted}, ${commandColumns(command)}
    where id = any(${textList(ids)}) and status in ('STARTING', 'WAITING', 'RUNNING')`);
}

/** Keeps what was asked of sessions beside what it changed. */
export async function markCommand(transaction: Transaction, ids: readonly string[], command: Command): Promise<void> {
  await transaction.execute(sql`update sessions set ${commandColumns(command)} where id = any(${textList(ids)})`);
}

/** Puts running sessions into a queue of which the reaper restarts so many at a time. */
export async function queueRestarts(
  transaction: Transaction,
  queue: { readonly batchId: string; readonly ids: readonly string[]; readonly maxConcurrent: number; readonly command: Command },
): Promise<void> {
  await transaction.execute(sql`
    with queued as (
      insert into rolling_restarts (session_id, batch_id, position, max_concurrent, requested_at, actor)
      select id, ${queue.batchId}, position, ${queue.maxConcurrent}, ${at(queue.command)}, ${queue.command.actor}
      from unnest(${textList(queue.ids)}) with ordinality as item (id, position)
      on conflict (session_id) do update set
        batch_id = excluded.batch_id, position = excluded.position, max_concurrent = excluded.max_concurrent, actor = excluded.actor,
        generation = null
      where rolling_restarts.generation is not null
      returning session_id)
    update sessions set ${commandColumns(queue.command)} where id in (select session_id from queued)`);
}

/** The row, locked until the transaction ends. */
export async function lockSession(transaction: Transaction, organizationId: string, id: string): Promise<SessionRow | null> {
  const [row] = await transaction
    .select()
    .from(sessions)
    .where(and(eq(sessions.organizationId, organizationId), eq(sessions.id, id)))
    .for("update");
  return row ?? null;
}

/** The states of sessions as they now are. */
export async function selectSessionStates(executor: Executor, ids: readonly string[]): Promise<ReadonlyMap<string, SessionState>> {
  const rows = await executor.execute<{ id: string; state: SessionState }>(
    sql`select s.id, ${sessionStateJson} as state from sessions s where s.id = any(${textList(ids)})`,
  );
  return new Map(rows.map((row) => [row.id, row.state]));
}

/** The ladders of all templates that these sessions use, each made once however many playbacks have it, as the CTE `ladders`. */
function laddersOf(sessionIds: SQL): SQL {
  return sql`ladders as materialized (
    select t.id as template_id, t.version, ${ladderJson} as ladder from templates t
    where t.id in (select template_id from playbacks where session_id = any(${sessionIds})))`;
}

function by({ actor, at: moment }: Command): { readonly at: Date; readonly actor: SQL } {
  return { at: moment, actor: sql`${actor}` };
}

function at({ at: moment }: Command) {
  return sql`${moment.toISOString()}::timestamptz`;
}

function commandColumns(command: Command) {
  return sql`last_command_verb = ${command.verb}, last_command_actor = ${command.actor}, last_command_at = ${at(command)}`;
}
