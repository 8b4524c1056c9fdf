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
