import { sql, type SQL } from "drizzle-orm";
import type { TransactionContext } from "../access/context.ts";
import type { Executor } from "../database/database.ts";
import { partsOfLargeSet } from "../database/large-set.ts";
import { hasPendingChanges } from "./pending-changes.store.ts";

/**
 * Sessions, as a table for a FROM clause, with their playbacks in the order of their names, one statement whatever their number, for
 * `readStoredLines`. A line is one text, so that the driver takes one column of every row apart instead of thirty. With secrets;
 * otherwise URLs stay masked, and keys and passphrases are left out.
 */
export async function selectStoredLines(executor: Executor, chosen: SQL, withSecrets: boolean): Promise<readonly string[]> {
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

/** How sessions are called, each list as a JSON array, since there may be many. */
export interface SessionNames {
  readonly nameKeys: string;
  readonly externalIds?: string;
}

/**
 * The sessions that have one of these names or external ids, as such lines with their secrets, held until the transaction ends. They
 * are read by a second statement: one that waits for a lock would go on to see the playbacks as they were before the wait.
 */
export async function lockSessionsNamed(
  { transaction, actor }: TransactionContext,
  { nameKeys, externalIds = "[]" }: SessionNames,
): Promise<readonly string[]> {
  const isOneOf = (names: string) => sql`in (select jsonb_array_elements_text(${names}::text::jsonb))`;
  // Each by its own index: an OR of both would read all sessions.
  const locked = await transaction.execute<{ id: string }>(sql`
    select id from sessions where id in (
      select id from sessions where organization_id = ${actor.organizationId} and name_key ${isOneOf(nameKeys)}
      union select id from sessions where organization_id = ${actor.organizationId} and external_id ${isOneOf(externalIds)})
    order by id for update`);
  const lines: (readonly string[])[] = [];
  for (const part of partsOfLargeSet(locked)) {
    const ids = sql.param(part.map(({ id }) => id));
    lines.push(await selectStoredLines(transaction, sql`(select * from sessions where id = any(${ids}::text[]))`, true));
  }
  return lines.flat();
}
