import { and, asc, eq, getColumns, inArray, sql } from "drizzle-orm";
import type { Executor, Transaction } from "../database/database.ts";
import { keysetCondition, keysetLimit, keysetOrderBy, takePage, type KeysetPage, type KeysetRows } from "../database/keyset.ts";
import { textList } from "../database/text-list.ts";
import { sessions } from "../sessions/session.table.ts";
import { isIdentifier } from "../shared/identifier.ts";
import type { EventStatus } from "./event.rules.ts";
import { eventLanguages, events } from "./event.table.ts";

export type EventRow = typeof events.$inferSelect;

/** A language with what its session says of its signals. */
export type EventLanguageRow = typeof eventLanguages.$inferSelect & {
  /** Whether the session takes a second signal. */
  readonly isBackupEnabled: boolean;
  /** Went live with its backup alone: its primary is not taken even when it comes. */
  readonly isBackupOnly: boolean;
};

/** An event with its languages, in their order. */
export interface StoredEvent extends EventRow {
  readonly languages: readonly EventLanguageRow[];
}

/** Events of one organization, those that are not there left out; two statements whatever the number. */
export async function findEvents(executor: Executor, organizationId: string, ids: readonly string[]): Promise<readonly StoredEvent[]> {
  const rows = await executor
    .select()
    .from(events)
    .where(and(eq(events.organizationId, organizationId), sql`${events.id} = any(${textList(ids)})`));
  return withLanguages(executor, rows);
}

/**
 * The event, locked until the transaction ends; null when the organization has none of this id. Events are locked before their
 * sessions, everywhere.
 */
export async function lockEvent(transaction: Transaction, organizationId: string, id: string): Promise<StoredEvent | null> {
  const locked = await lockEvents(transaction, organizationId, [id]);
  return locked[0] ?? null;
}

/** The same of several, in the order of their ids. */
export async function lockEvents(
  transaction: Transaction,
  organizationId: string,
  ids: readonly string[],
): Promise<readonly StoredEvent[]> {
  const rows = await transaction
    .select()
    .from(events)
    .where(and(eq(events.organizationId, organizationId), sql`${events.id} = any(${textList(ids)})`))
    .orderBy(asc(events.id))
    .for("update");
  return withLanguages(transaction, rows);
}

async function withLanguages(executor: Executor, rows: readonly EventRow[]): Promise<readonly StoredEvent[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const isBackupEnabled = sql<boolean>`${sessions.recoveryIntervalSeconds} is not null`;
  const found = await executor
    .select({ ...getColumns(eventLanguages), isBackupEnabled, isBackupOnly: sessions.isBackupOnly })
    .from(eventLanguages)
    .innerJoin(sessions, eq(sessions.id, eventLanguages.sessionId))
    .where(sql`${eventLanguages.eventId} = any(${textList(ids)})`)
    .orderBy(asc(eventLanguages.position));
  return rows.map((row) => ({ ...row, languages: found.filter(({ eventId }) => eventId === row.id) }));
}

export interface EventQuery {
  readonly organizationId: string;
  /** Null: of any. */
  readonly status: readonly EventStatus[] | null;
}

/** One page of events, the newest first. */
export async function pageEvents(executor: Executor, query: EventQuery, page: KeysetPage): Promise<KeysetRows<StoredEvent>> {
  const order = { key: events.id, id: events.id, isDescending: true };
  const rows = await executor
    .select()
    .from(events)
    .where(and(isMeant(query), keysetCondition(order, page)))
    .orderBy(keysetOrderBy(order, page))
    .limit(keysetLimit(page));
  return takePage(await withLanguages(executor, rows), page);
}

export async function countEvents(executor: Executor, query: EventQuery): Promise<number> {
  return executor.$count(events, isMeant(query));
}

function isMeant({ organizationId, status }: EventQuery) {
  return and(eq(events.organizationId, organizationId), status === null ? undefined : inArray(events.status, [...status]));
}

export async function insertEvent(transaction: Transaction, row: typeof events.$inferInsert): Promise<void> {
  await transaction.insert(events).values(row);
}

/** Changes an event and counts its version up. */
export async function updateEventRow(transaction: Transaction, id: string, columns: Partial<typeof events.$inferInsert>): Promise<void> {
  await transaction
    .update(events)
    .set({ ...columns, version: sql`${events.version} + 1` })
    .where(eq(events.id, id));
}

export async function deleteEventRows(transaction: Transaction, ids: readonly string[]): Promise<void> {
  await transaction.delete(events).where(sql`${events.id} = any(${textList(ids)})`);
}

export async function insertLanguages(transaction: Transaction, rows: readonly (typeof eventLanguages.$inferInsert)[]): Promise<void> {
  await transaction.insert(eventLanguages).values([...rows]);
}

export async function deleteLanguages(transaction: Transaction, ids: readonly string[]): Promise<void> {
  await transaction.delete(eventLanguages).where(sql`${eventLanguages.id} = any(${textList(ids)})`);
}

/** An event by its id alone, for whoever comes in from outside any organization. */
export async function findEventOfAnyone(executor: Executor, id: string): Promise<EventRow | null> {
  const [row] = isIdentifier("event", id) ? await executor.select().from(events).where(eq(events.id, id)) : [];
  return row ?? null;
}
