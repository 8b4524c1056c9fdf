import { sql } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import type { SessionTelemetry } from "./supervisor.ts";

/** Replaces what an encoder tells of the sessions that run on it, in one statement; nothing to tell of is nothing left. */
export async function writeTelemetry(executor: Executor, encoderId: string, samples: readonly SessionTelemetry[]): Promise<void> {
  await executor.execute(sql`
    with samples as (
      select * from jsonb_to_recordset(${JSON.stringify(samples)}::text::jsonb) as w (
        "sessionId" text, "frameRate" float8, speed float8, "bitrateKbps" float8, "droppedFrames" integer, "pathA" jsonb, "pathB" jsonb, generation integer)),
    gone as (
      delete from session_telemetry t where t.encoder_id = ${encoderId} and not exists (select from samples w where w."sessionId" = t.session_id))
    insert into session_telemetry (session_id, encoder_id, at, frame_rate, speed, bitrate_kbps, dropped_frames, path_a, path_b, generation)
    select "sessionId", ${encoderId}, clock_timestamp(), "frameRate", speed, "bitrateKbps", "droppedFrames", "pathA", "pathB", generation from samples
    order by "sessionId"
    on conflict (session_id) do update set
      encoder_id = excluded.encoder_id, at = excluded.at, frame_rate = excluded.frame_rate, speed = excluded.speed,
      bitrate_kbps = excluded.bitrate_kbps, dropped_frames = excluded.dropped_frames, path_a = excluded.path_a, path_b = excluded.path_b,
      generation = excluded.generation`);
}
