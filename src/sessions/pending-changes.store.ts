import { sql, type SQL } from "drizzle-orm";
import type { Executor, Transaction } from "../database/database.ts";
import { partsOfLargeSet } from "../database/large-set.ts";
import { textList } from "../database/text-list.ts";
import { isProcessPending, settingsJson } from "../processes/started-settings.store.ts";
import type { ProcessSettings } from "../processes/process.rules.ts";
import type { RenditionSettings } from "../templates/template.rules.ts";

/** The ladder of the template `t` as JSON in the shape of `RenditionSettings`. */
export const ladderJson: SQL = sql`(
  select coalesce(jsonb_agg(
    case when r.is_passthrough then jsonb_build_object('id', r.id, 'name', r.name, 'isPassthrough', true)
    else jsonb_build_object(
      'id', r.id, 'name', r.name, 'isPassthrough', false, 'videoCodec', r.video_codec, 'width', r.width, 'height', r.height,
      'videoBitrateKbps', r.video_bitrate_kbps, 'frameRate', r.frame_rate, 'audioCodec', r.audio_codec, 'audioBitrateKbps', r.audio_bitrate_kbps)
    end order by r.position), '[]'::jsonb)
  from renditions r where r.template_id = t.id)`;

/** Whether the session that goes by this name in the statement keeps to what it was started with: it is wanted, and has not failed. */
function isUnderWay(session: SQL): SQL {
  return sql`(${session}.desired_status = 'RUNNING' and ${session}.status <> 'FAILED')`;
}

/** Whether the playback `p` runs on another ladder than its template `t` has now. Ids of renditions are none of a running encoder's. */
const isStale: SQL = sql`(case
  when p.started_renditions is null or p.started_template_version = t.version then false
  else ${settingsOf(sql`p.started_renditions`)} is distinct from ${settingsOf(ladderJson)} end)`;

function settingsOf(ladder: SQL): SQL {
  return sql`(select jsonb_agg(item.rendition - 'id' order by item.place) from jsonb_array_elements(${ladder}) with ordinality as item (rendition, place))`;
}

/**
 * Whether something that the session was started with is another by now; the rule of `findPendingChanges` in SQL. With `offset 0`
 * PostgreSQL looks at this session alone: else it may read the playbacks of all sessions first, to ask those for each.
 */
function isEdited(session: SQL): SQL {
  return sql`(
    exists (select from playbacks p join templates t on t.id = p.template_id where p.session_id = ${session}.id and ${isStale} offset 0)
    or exists (select from processes c where c.session_id = ${session}.id and ${isProcessPending} offset 0))`;
}

/** Whether something of the session that goes by this name in the statement waits for a restart, as it was noted: an index has those. */
export function hasPendingChanges(session: SQL): SQL {
  return sql`(${session}.has_edits and ${isUnderWay(session)})`;
}

/** Notes of locked sessions whether something that they were started with is another by now: after every edit of such a thing. */
export async function noteEdits(transaction: Transaction, sessionIds: readonly string[]): Promise<void> {
  for (const part of partsOfLargeSet(sessionIds)) {
    await transaction.execute(
      sql`update sessions s set has_edits = not s.has_edits where s.id = any(${textList(part)}) and s.has_edits <> ${isEdited(sql`s`)}`,
    );
  }
}

/** Whether the session runs on an older ladder of this one template. */
export function isStaleUserOf(session: SQL, templateId: SQL): SQL {
  return sql`(${session}.has_edits and ${isUnderWay(session)} and exists (
    select from playbacks p join templates t on t.id = p.template_id
    where p.session_id = ${session}.id and p.template_id = ${templateId} and ${isStale}))`;
}

/** A playback of a session that is under way, as it runs and as it would from the next start on. */
export interface StaleLadder {
  readonly sessionId: string;
  /** Its place among the playbacks of the session, from 0. */
  readonly place: number;
  readonly started: readonly RenditionSettings[];
  readonly current: readonly RenditionSettings[];
}

/** The playbacks of sessions of one organization whose templates were edited since they were started, in their order. */
export async function listStaleLadders(
  executor: Executor,
  organizationId: string,
  sessionIds: readonly string[],
): Promise<readonly StaleLadder[]> {
  const rows = await executor.execute<{ ladder: StaleLadder }>(sql`
    select jsonb_build_object('sessionId', s.id, 'place', p.place - 1, 'started', p.started_renditions, 'current', ${ladderJson}) as ladder
    from sessions s
    cross join lateral (
      select each.*, row_number() over (order by each.position, each.id) as place from playbacks each where each.session_id = s.id) p
    join templates t on t.id = p.template_id
    where s.organization_id = ${organizationId} and s.id = any(${textList(sessionIds)}) and ${isUnderWay(sql`s`)} and ${isStale}
    order by s.id, p.place`);
  return rows.map((row) => row.ladder);
}

/** A process of a session that is under way, as it runs and as it would from the next start on. */
export interface StaleProcess {
  readonly sessionId: string;
  /** Its place among the processes of the session, from 0. */
  readonly place: number;
  /** Null when it was not there at the start. */
  readonly started: ProcessSettings | null;
  /** Null when it was removed. */
  readonly current: ProcessSettings | null;
}

/** The processes of sessions of one organization that were set otherwise or removed since they were started, in their order. */
export async function listStaleProcesses(
  executor: Executor,
  organizationId: string,
  sessionIds: readonly string[],
): Promise<readonly StaleProcess[]> {
  const rows = await executor.execute<{ process: StaleProcess }>(sql`
    select jsonb_build_object('sessionId', s.id, 'place', c.place - 1, 'started', c.started_settings,
      'current', case when c.is_removed then null else ${settingsJson} end) as process
    from sessions s
    cross join lateral (
      select each.*, row_number() over (order by p.position, p.id, r.position, each.kind) as place
      from processes each join playbacks p on p.id = each.playback_id join renditions r on r.id = each.rendition_id
      where each.session_id = s.id) c
    where s.organization_id = ${organizationId} and s.id = any(${textList(sessionIds)}) and ${isUnderWay(sql`s`)} and ${isProcessPending}
    order by s.id, c.place`);
  return rows.map((row) => row.process);
}

/** The sessions that run with a template; once it is locked, no other can be started with it. */
export async function findTemplateUsers(transaction: Transaction, organizationId: string, templateId: string): Promise<readonly string[]> {
  const rows = await transaction.execute<{ id: string }>(sql`
    select s.id from sessions s
    where s.organization_id = ${organizationId} and ${isUnderWay(sql`s`)}
      and s.id in (select p.session_id from playbacks p where p.template_id = ${templateId})
    order by s.id`);
  return rows.map(({ id }) => id);
}

/** Locks the sessions that run with a template, and gives their ids. */
export async function lockTemplateUsers(transaction: Transaction, organizationId: string, templateId: string): Promise<readonly string[]> {
  const ids = await findTemplateUsers(transaction, organizationId, templateId);
  const rows = await transaction.execute<{ id: string }>(
    sql`select id from sessions where id = any(${textList(ids)}) order by id for update`,
  );
  return rows.map(({ id }) => id);
}
