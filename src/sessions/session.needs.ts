import { sql } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import type { SessionNeeds } from "../encoder/encoder.rules.ts";

/** What each of these sessions wants of an encoder, from its input, its playbacks and their templates. */
export async function selectSessionNeeds(executor: Executor, ids: readonly string[]): Promise<ReadonlyMap<string, SessionNeeds>> {
  const rows = await executor.execute<{ id: string; needs: SessionNeeds }>(sql`
    select s.id, jsonb_build_object(
      'region', s.region, 'inputType', s.input_type,
      'outputTypes', coalesce(jsonb_agg(distinct p.type) filter (where p.type is not null), '[]'),
      'videoCodecs', coalesce(jsonb_agg(distinct r.video_codec) filter (where r.video_codec is not null), '[]'),
      'audioCodecs', coalesce(jsonb_agg(distinct r.audio_codec) filter (where r.audio_codec is not null), '[]')) as needs
    from sessions s
    left join playbacks p on p.session_id = s.id
    left join renditions r on r.template_id = p.template_id
    where s.id = any(${sql.param([...ids])}::text[])
    group by s.id`);
  return new Map(rows.map((row) => [row.id, row.needs]));
}
