import { sql } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import { textList } from "../database/text-list.ts";
import { VIEWER_WINDOW_SECONDS } from "./viewer.rules.ts";

/** Puts what one origin counts now in the place of what it counted before, and sweeps up after origins that are gone: one statement. */
export async function writeViewerCounts(executor: Executor, originId: string, counts: ReadonlyMap<string, number>): Promise<void> {
  const told = JSON.stringify([...counts].map(([id, count]) => ({ id, count })));
  await executor.execute(sql`
    with told as (select id, count from jsonb_to_recordset(${told}::text::jsonb) as t (id text, count integer)),
    gone as (
      delete from viewer_counts v
      where case when v.origin_id = ${originId} then v.session_id not in (select id from told)
        else v.counted_at < now() - interval '1 minute' end)
    insert into viewer_counts (session_id, origin_id, viewer_count, counted_at)
    select id, ${originId}, count, now() from told
    on conflict (session_id, origin_id) do update set viewer_count = excluded.viewer_count, counted_at = excluded.counted_at`);
}

/** How many watch each session at all origins; only events that are LIVE have viewers. */
export async function readViewerCounts(executor: Executor, sessionIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await executor.execute<{ id: string; count: number }>(sql`
    select v.session_id as id, sum(v.viewer_count)::integer as count
    from viewer_counts v join sessions s on s.id = v.session_id join events e on e.id = s.event_id
    where v.session_id = any(${textList(sessionIds)}) and e.status = 'LIVE'
      and v.counted_at > now() - ${VIEWER_WINDOW_SECONDS}::integer * interval '1 second'
    group by v.session_id`);
  return new Map(rows.map(({ id, count }) => [id, count]));
}
