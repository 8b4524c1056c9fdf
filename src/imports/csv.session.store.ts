import { sql, type SQL } from "drizzle-orm";
import type { Context, TransactionContext } from "../access/context.ts";
import type { Executor } from "../database/database.ts";
import type { SessionFilter } from "../sessions/session.filter.ts";
import { sessionFilterCondition } from "../sessions/session.filter.store.ts";
import { hasPendingChanges, ladderJson } from "../sessions/pending-changes.store.ts";
import { sessions } from "../sessions/session.table.ts";
import type { TemplateFacts } from "../templates/template.rules.ts";
import type { CsvFacts } from "./csv.rules.ts";
import { positionOfStoredLine } from "./csv.stored.ts";
import { toCsvFacts, type JobFacts } from "./import-job.ts";

/** Which sessions an export holds. */
export interface CsvSelection {
  readonly organizationId: string;
  readonly filter: SessionFilter;
}

/** One part of an export without end. */
export interface CsvPage {
  readonly limit: number;
  /** Where the page before ended; null for the first one. */
  readonly after: CsvPosition | null;
}

/** A place in the order of exports: the order of a session's name, and its id. */
export type CsvPosition = readonly [nameOrder: string, id: string];

export interface SelectedLines {
  /** One for each playback, and one for a session without any. */
  readonly lines: readonly string[];
  /** Of the last session; null when there is none. */
  readonly end: CsvPosition | null;
}

/**
 * Sessions with their playbacks in the order of their names, one statement whatever their number, for `readStoredLines`. A line is one
 * text, so that the driver takes one column of every row apart instead of thirty. With secrets; otherwise URLs stay masked, and keys
 * and passphrases are left out.
 */
export async function selectCsvLines(
  executor: Executor,
  selection: CsvSelection & { readonly withSecrets: boolean },
  page: CsvPage | null,
): Promise<SelectedLines> {
  const lines = await selectLines(executor, chosenSessions(selection, page), selection.withSecrets);
  const last = lines.at(-1);
  return { lines, end: last === undefined ? null : positionOfStoredLine(last) };
}

/** The selected sessions as a table for a FROM clause. */
export function chosenSessions({ organizationId, filter }: CsvSelection, page: CsvPage | null): SQL {
  const condition = sessionFilterCondition(organizationId, filter);
  if (!page) return sql`(select * from sessions where ${condition})`;
  const after = page.after ? sql`and (${sessions.nameOrder}, ${sessions.id}) > (${page.after[0]}, ${page.after[1]})` : sql``;
  return sql`(
    select * from sessions where ${condition} ${after} order by ${sessions.nameOrder}, ${sessions.id} limit ${page.limit})`;
}

/**
 * The sessions that have these names, as such lines, held until the transaction ends. They are read by a second statement: one that
 * waits for a lock would go on to see the playbacks as they were before the wait.
 */
export async function lockCsvLines(context: TransactionContext, nameKeys: string): Promise<readonly string[]> {
  const { transaction, actor } = context;
  const named = sql`name_key in (select jsonb_array_elements_text(${nameKeys}::text::jsonb))`;
  const locked = await transaction.execute<{ id: string }>(
    sql`select id from sessions where organization_id = ${actor.organizationId} and ${named} order by id for update`,
  );
  const ids = sql.param(locked.map(({ id }) => id));
  return selectLines(transaction, sql`(select * from sessions where id = any(${ids}::text[]))`, true);
}

async function selectLines(executor: Executor, chosen: SQL, withSecrets: boolean): Promise<readonly string[]> {
  const rows = await executor.execute<{ line: string }>(sql`
    select json_build_array(
      s.id, s.name_order, s.stream_id, s.status, s.desired_status, s.health, s.name, s.description, s.region, s.external_id, s.labels,
      s.input_type, s.url_a, s.url_b, s.recovery_interval_seconds, s.error_threshold_percent, s.srt_encryption_enabled,
      s.hls_scte35_passthrough_enabled, s.slates_enabled, s.stream_remap,
      p.id, p.name, p.type, p.template_id, t.name, p.urls, p.hls_enabled, p.dash_enabled, p.service_provider, p.program_number,
      p.file_format, p.max_file_duration_seconds, ${withSecrets ? secretsJson : sql`null`}, ${hasPendingChanges(sql`s`)}, s.open_alert_count > 0,
      s.event_id is not null)::text as line
    from ${chosen} s
    left join playbacks p on p.session_id = s.id
    left join templates t on t.id = p.template_id
    order by s.name_order, s.id, p.position, p.id`);
  return rows.map(({ line }) => line);
}

const secretsJson: SQL = sql`(
  select json_agg(json_build_array(x.playback_id, x.kind, x.position, translate(encode(x.ciphertext, 'base64'), E'\\n', '')))
  from secrets x where x.session_id = s.id)`;

/** What rows of this organization are checked against, its templates read without holding them. */
export async function selectJobFacts(context: Context, region: string): Promise<JobFacts> {
  const templates = await context.database.executor.execute<TemplateFacts & Record<string, unknown>>(sql`
    select t.id, t.name, t.name_key as "nameKey", t.is_default as "isDefault", t.version, ${ladderJson} as renditions
    from templates t where t.organization_id = ${context.actor.organizationId} order by t.id`);
  return {
    templates: [...templates],
    defaultTemplateId: templates.find((template) => template.isDefault)?.id ?? null,
    defaultRegion: context.defaultRegion,
    network: context.network,
    region,
  };
}

/** The same for the checks of an export. */
export async function selectCsvFacts(context: Context): Promise<CsvFacts> {
  return toCsvFacts(await selectJobFacts(context, context.defaultRegion));
}
