import { sql } from "drizzle-orm";
import type { Transaction } from "../database/database.ts";

/** Sessions of one pass; the next one goes on. */
const PASS_LIMIT = 200;

/** A session of an event, locked. */
export interface KeptSession {
  readonly id: string;
  readonly organizationId: string;
  readonly isLive: boolean;
}

/** Locks sessions whose language is gone and on which nothing runs any more. Those that a verb has locked are left for the next pass. */
export async function lockLeftSessions(transaction: Transaction): Promise<readonly KeptSession[]> {
  const rows = await transaction.execute<{ [Column in keyof KeptSession]: KeptSession[Column] }>(sql`
    select s.id, s.organization_id as "organizationId", false as "isLive" from sessions s
    where s.event_id is not null and s.status in ('STOPPED', 'FAILED')
      and not exists (select from event_languages l where l.session_id = s.id)
    order by s.id limit ${PASS_LIMIT} for update of s skip locked`);
  return [...rows];
}

/** Locks sessions that their events still need, and that their encoder has given up for so long. */
export async function lockFailedSessions(transaction: Transaction, failedSeconds: number): Promise<readonly KeptSession[]> {
  const rows = await transaction.execute<{ [Column in keyof KeptSession]: KeptSession[Column] }>(sql`
    select s.id, s.organization_id as "organizationId", e.status = 'LIVE' as "isLive"
    from sessions s join event_languages l on l.session_id = s.id join events e on e.id = l.event_id
    where s.event_id is not null and s.status = 'FAILED' and e.status in ('SCHEDULED', 'TESTING', 'LIVE')
      and s.status_changed_at < now() - ${failedSeconds}::integer * interval '1 second'
    order by s.id limit ${PASS_LIMIT} for update of s skip locked`);
  return [...rows];
}

/** An event that is over, locked, and how many recordings of it are there to be watched. */
export interface OverEvent {
  readonly id: string;
  readonly organizationId: string;
  readonly ready: number;
}

/**
 * Locks events that are over and not what their recordings make them; those that a verb has locked are left for the next pass. With
 * `endedWithinSeconds` it looks at the latest alone, which costs little however many there are.
 */
export async function lockOverEvents(
  transaction: Transaction,
  { endedWithinSeconds }: { readonly endedWithinSeconds: number | null },
): Promise<readonly OverEvent[]> {
  const isLate = sql`e.ended_at > now() - ${endedWithinSeconds}::integer * interval '1 second'`;
  const rows = await transaction.execute<{ [Column in keyof OverEvent]: OverEvent[Column] }>(sql`
    select e.id, e.organization_id as "organizationId", r.ready
    from events e, lateral (
      select count(*)::integer as ready from event_languages l join assets a on a.session_id = l.session_id
      where l.event_id = e.id and a.kind = 'RECORDING' and a.status = 'READY' and a.deleted_at is null) r
    where e.status in ('ENDED', 'ON_DEMAND') and ${endedWithinSeconds === null ? sql`true` : isLate}
      and (e.status = 'ON_DEMAND') <> (r.ready > 0)
    order by e.id limit ${PASS_LIMIT} for update of e skip locked`);
  return [...rows];
}
