import { sql, type SQL } from "drizzle-orm";

/**
 * The processes of the session `s` that its run makes, as JSON in the shape of `ProcessLaunch`: those that were enabled when its generation
 * was started, or when its event went live.
 */
export const launchedProcessesJson: SQL = sql`(
  select coalesce(jsonb_agg(jsonb_build_object(
    'processId', p.id, 'kind', p.kind, 'playbackId', p.playback_id, 'renditionId', p.rendition_id, 'pathToken', p.directory_token,
    'intervalSeconds', p.started_settings -> 'intervalSeconds', 'durationSeconds', p.started_settings -> 'durationSeconds')
    order by p.id), '[]'::jsonb)
  from processes p
  join playbacks b on b.id = p.playback_id
  where p.session_id = s.id and p.started_generation = s.generation
    and (p.started_settings ->> 'isEnabled')::boolean
    -- What went live with its backup alone has no recording.
    and not (s.is_backup_only and p.kind = 'RECORDING')
    -- An encoder is asked for nothing that it does not encode.
    and b.started_renditions @> jsonb_build_array(jsonb_build_object('id', p.rendition_id)))`;
