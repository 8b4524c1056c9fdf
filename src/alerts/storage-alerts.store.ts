import { sql } from "drizzle-orm";
import type { Executor, Transaction } from "../database/database.ts";
import { textList } from "../database/text-list.ts";

/** A recording that waits for room and of which no alert says so, or an alert of one that waits no longer. */
export interface StorageFinding {
  readonly assetId: string;
  readonly sessionId: string;
  readonly organizationId: string;
  readonly kind: "RAISE" | "END";
}

/** Findings of one pass; the next one goes on. */
const PASS_LIMIT = 200;

/** What of the alerts about assets is not as it is to be: an index has the assets that wait, and another one the alerts that are open. */
export async function findStorageFindings(executor: Executor): Promise<readonly StorageFinding[]> {
  const waits = sql`a.waits_for_room and a.status = 'IN_PROGRESS' and a.deleted_at is null`;
  const isOpen = sql`l.code = 'STORAGE_FULL' and l.ended_at is null`;
  const rows = await executor.execute<{ [Column in keyof StorageFinding]: StorageFinding[Column] }>(sql`
    select a.id as "assetId", a.session_id as "sessionId", a.organization_id as "organizationId", 'RAISE' as kind from assets a
    where ${waits} and a.session_id is not null
      and not exists (select from alerts l where l.subject_id = a.id and ${isOpen})
    union all
    select l.subject_id, l.session_id, l.organization_id, 'END' from alerts l
    where starts_with(l.subject_id, 'asset_') and ${isOpen} and l.session_id is not null
      and not exists (select from assets a where a.id = l.subject_id and ${waits})
    order by "assetId" limit ${PASS_LIMIT}`);
  return [...rows];
}

/** Locks sessions, and gives those that are there. */
export async function lockAlertedSessions(transaction: Transaction, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await transaction.execute<{ id: string }>(
    sql`select id from sessions where id = any(${textList(ids)}) order by id for update`,
  );
  return new Set(rows.map(({ id }) => id));
}
