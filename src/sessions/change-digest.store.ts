import { sql } from "drizzle-orm";
import { isUntold } from "../changes/change.store.ts";
import type { Position, Snapshot } from "../changes/position.ts";
import type { Executor } from "../database/database.ts";
import { textList } from "../database/text-list.ts";
import type { SessionStatus } from "./session.rules.ts";
import type { SessionState } from "./session.state.ts";

/** A session in one of these is wanted and gives no output. */
const DOWN_STATUSES: readonly SessionStatus[] = ["STARTING", "WAITING", "FAILED"];

export interface DigestQuery {
  readonly organizationId: string;
  readonly position: Position;
  /** When the reader was there; null where that is not known: what was down by then counts from its next change on. */
  readonly since: Date | null;
  /** The present: what this sees is told. */
  readonly to: Snapshot;
  readonly now: Date;
}

/** What the log tells of one session since a position. */
export interface SessionDigestReading {
  readonly id: string;
  /** As it was then; null when it was not there. */
  readonly before: SessionState | null;
  /** As it is; null when it is deleted. */
  readonly after: SessionState | null;
  readonly downSeconds: number;
  readonly alertsRaised: number;
}

/**
 * Every session that has changes, in one statement: a status lasts from its change to the session's next one. Of the states only the
 * first and the last of each session are read whole, since there may be a million rows.
 */
export async function selectSessionDigests(
  executor: Executor,
  { organizationId, position, since, to, now }: DigestQuery,
): Promise<readonly SessionDigestReading[]> {
  const isDown = (state: string) => sql`(${sql.raw(state)} ->> 'status') = any(${textList(DOWN_STATUSES)})`;
  const end = sql`${now.toISOString()}::timestamptz`;
  const start = sql`${since?.toISOString() ?? null}::timestamptz`;
  const rows = await executor.execute<{
    id: string;
    before: unknown;
    after: unknown;
    down_seconds: string;
    alerts_raised: number;
  }>(sql`
    with untold as materialized (
      select c.id, c.object, c.object_id, c.at, ${isDown("c.before")} as was_down, ${isDown("c.after")} as is_down,
        case when c.object = 'ALERT' then c.after ->> 'sessionId' end as session_id
      from changes c
      where c.organization_id = ${organizationId} and (c.object = 'SESSION' or (c.object = 'ALERT' and c.kind = 'RAISED'))
        and ${isUntold(position, to)}),
    spans as (
      select id, object_id, at, was_down, is_down, row_number() over changes_of_session = 1 as is_first,
        lead(at) over changes_of_session as until
      from untold where object = 'SESSION'
      window changes_of_session as (partition by object_id order by id)),
    told as (
      select object_id, min(id) as first_id, max(id) as last_id,
        coalesce(sum(greatest(coalesce(until, ${end}) - at, interval '0')) filter (where is_down), interval '0')
        + coalesce(max(greatest(at - ${start}, interval '0')) filter (where is_first and was_down), interval '0') as down
      from spans group by object_id),
    raised as (select session_id, count(*)::integer as count from untold where object = 'ALERT' group by session_id)
    select t.object_id as id, first.before, last.after, extract(epoch from t.down) as down_seconds, coalesce(r.count, 0) as alerts_raised
    from told t join changes first on first.id = t.first_id join changes last on last.id = t.last_id
    left join raised r on r.session_id = t.object_id`);
  return rows.map((row) => ({
    id: row.id,
    before: toState(row.before),
    after: toState(row.after),
    downSeconds: Number(row.down_seconds),
    alertsRaised: row.alerts_raised,
  }));
}

/** Drizzle leaves JSON of raw statements as text. */
function toState(value: unknown): SessionState | null {
  return (typeof value === "string" ? JSON.parse(value) : value) as SessionState | null;
}
