import type { Context } from "../src/access/context.ts";
import { createTemplate } from "../src/templates/create-template.ts";
import { createTemplateInput } from "../src/templates/template.input.ts";
import { benchContext, type Installation } from "./installation.ts";

const TEMPLATES = 20;

/** What a list of sessions is made of, written by PostgreSQL alone: what is asked for is as if they had been created one by one. */
export interface SessionsShape {
  readonly organizationId: string;
  readonly count: number;
  /** Every so many sessions one has two open alerts and one that ended. */
  readonly alertEvery: number;
}

/**
 * Sessions `Channel 1` to `Channel COUNT`, each with three playbacks on two of 20 templates. One in 100 is FAILED, fed by SRT and on the
 * template `Rare`; one in 200 has health ERROR, and one in 200 runs with other
 * ladders than its templates have by now; each carries one of 500 labels and a key of its own.
 */
export async function fillOrganization(
  { context, bare }: Installation,
  { organizationId, count, alertEvery }: SessionsShape,
): Promise<void> {
  const templateIds = await makeTemplates(benchContext(context.database, organizationId));
  // Ids of two organizations must differ; what stands in them is of no account.
  const mark = organizationId.slice(-6);
  await bare`
    insert into sessions (
      id, organization_id, stream_id, name, name_key, name_order, search_text, description, region, external_id, labels,
      input_type, url_a, url_b, recovery_interval_seconds, status, desired_status, health, status_reason, open_alert_count, has_edits)
    select id, ${organizationId}, stream_id, 'Channel ' || i, 'channel ' || i, 'channel ' || lpad(i::text, 10, '0'),
      concat_ws(chr(10), 'channel ' || i, lower(description), stream_id, external_id, label), description, 'local', external_id, array[label],
      case when is_rare then 'SRT_PUSH' else 'MULTICAST_PULL' end,
      case when not is_rare then 'udp://239.1.' || group_address end,
      case when not is_rare then 'udp://239.2.' || group_address end,
      case when not is_rare then 120 end,
      case when is_rare then 'FAILED' when is_running then 'RUNNING' else 'STOPPED' end,
      case when is_running then 'RUNNING' else 'STOPPED' end,
      case when i % 200 = 0 then 'ERROR' else 'OK' end,
      case when is_rare then 'The encoder ended five times within a minute.' end,
      case when i % ${alertEvery}::integer = 0 then 2 else 0 end, i % 200 = 1
    from generate_series(1, ${count}::integer) i, lateral (
      select 'session_' || ${mark} || lpad(i::text, 20, '0') as id, 's' || substr(md5(${mark} || i), 1, 11) as stream_id,
        'The channel number ' || i || ' of the house' as description, 'key-' || i as external_id, 'rack-' || i % 500 as label,
        i / 250 % 250 || '.' || i % 250 || ':5000' as group_address, i % 100 = 0 as is_rare, i % 10 = 1 as is_running) made`;
  await bare`
    insert into playbacks (id, session_id, session_name_order, position, name, name_key, type, template_id, urls, hls_enabled, dash_enabled, path_token,
      started_renditions, started_template_version)
    select 'playback_' || ${mark} || lpad(i::text, 18, '0') || lpad(place::text, 2, '0'), 'session_' || ${mark} || lpad(i::text, 20, '0'),
      'channel ' || lpad(i::text, 10, '0'), place, 'Output ' || place, 'output ' || place, case when is_served then 'HTTP' else 'SRT_PUSH' end,
      case when i % 100 = 0 and place = 0 then ${templateIds[0] ?? ""} else (${templateIds.slice(1)}::text[])[1 + (i + place) % ${TEMPLATES - 1}::integer] end,
      case when is_served then '{}' else array['srt://198.51.100.' || i % 250 || ':9000'] end,
      is_served, place = 0, substr(md5(${mark} || i || '/' || place), 1, 26), case when i % 200 = 1 then '[]'::jsonb end, 0
    from generate_series(1, ${count}::integer) i, generate_series(0, 2) place, lateral (select place < 2 as is_served) made`;
  await bare`
    insert into alerts (
      id, organization_id, session_id, session_name, subject_id, code, severity, message, count, first_seen_at, last_seen_at, ended_at, end_reason)
    select 'alert_' || ${mark} || lpad(i::text, 18, '0') || lpad(place::text, 2, '0'), ${organizationId}, session_id, 'Channel ' || i, session_id,
      (array['ENCODER_RESTARTED', 'INPUT_LOST', 'SLOW_ENCODING'])[1 + place], case when place = 1 then 'ERROR' else 'WARNING' end,
      'Something is wrong with the session, number ' || i || '.', 1 + i % 7, now(), now(),
      case when is_over then now() end, case when is_over then 'RESOLVED' end
    from generate_series(${alertEvery}::integer, ${count}::integer, ${alertEvery}::integer) i, generate_series(0, 2) place,
      lateral (select 'session_' || ${mark} || lpad(i::text, 20, '0') as session_id, place = 2 as is_over) made`;
  // Autovacuum would do the same some time during the measurement.
  await bare`vacuum analyze`;
}

/** The ids of the templates, first that of `Rare`. */
async function makeTemplates(context: Context): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let count = 0; count < TEMPLATES; count += 1) {
    const name = count === 0 ? "Rare" : `Ladder ${count}`;
    const renditions = [{ name: "source", isPassthrough: true }];
    ids.push(await createTemplate(context, createTemplateInput.parse({ name, renditions })));
  }
  return ids;
}
