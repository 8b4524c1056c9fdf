import { and, asc, eq, inArray, lte, sql } from "drizzle-orm";
import type { Executor, Transaction } from "../database/database.ts";
import { keysetCondition, keysetLimit, keysetOrderBy, takePage, type KeysetPage, type KeysetRows } from "../database/keyset.ts";
import { textList } from "../database/text-list.ts";
import type { UserError } from "../shared/user-error.ts";
import type { ScheduledActionStatus } from "./scheduled-action.rules.ts";
import { scheduledActions } from "./scheduled-action.table.ts";

export type ScheduledActionRow = typeof scheduledActions.$inferSelect;

export async function insertScheduledAction(transaction: Transaction, row: typeof scheduledActions.$inferInsert): Promise<void> {
  await transaction.insert(scheduledActions).values(row);
}

export async function countWaiting(executor: Executor, organizationId: string): Promise<number> {
  return executor.$count(
    scheduledActions,
    and(eq(scheduledActions.organizationId, organizationId), eq(scheduledActions.status, "SCHEDULED")),
  );
}

export async function findScheduledActions(
  executor: Executor,
  organizationId: string,
  ids: readonly string[],
): Promise<readonly ScheduledActionRow[]> {
  return executor
    .select()
    .from(scheduledActions)
    .where(and(eq(scheduledActions.organizationId, organizationId), isOneOf(ids)));
}

/** The same, locked until the transaction ends: one that is being run is waited for. */
export async function lockScheduledActions(
  transaction: Transaction,
  organizationId: string,
  ids: readonly string[],
): Promise<readonly ScheduledActionRow[]> {
  return transaction
    .select()
    .from(scheduledActions)
    .where(and(eq(scheduledActions.organizationId, organizationId), isOneOf(ids)))
    .orderBy(asc(scheduledActions.id))
    .for("update");
}

/** One action that is due, locked; null when there is none that nobody else runs. */
export async function lockDueAction(transaction: Transaction, now: Date): Promise<ScheduledActionRow | null> {
  const [row] = await transaction
    .select()
    .from(scheduledActions)
    .where(and(eq(scheduledActions.status, "SCHEDULED"), lte(scheduledActions.runAt, now)))
    .orderBy(asc(scheduledActions.runAt), asc(scheduledActions.id))
    .limit(1)
    .for("update", { skipLocked: true });
  return row ?? null;
}

/** When the next action is due; null when none waits. */
export async function findNextDue(executor: Executor): Promise<Date | null> {
  const [row] = await executor
    .select({ runAt: scheduledActions.runAt })
    .from(scheduledActions)
    .where(eq(scheduledActions.status, "SCHEDULED"))
    .orderBy(asc(scheduledActions.runAt))
    .limit(1);
  return row?.runAt ?? null;
}

export interface ActionEnd {
  readonly status: "DONE" | "FAILED" | "CANCELLED";
  readonly errors?: readonly UserError[];
  readonly at: Date;
}

/** Ends actions that still wait; one that has ended stays as it is. */
export async function endActions(executor: Executor, ids: readonly string[], { status, errors = [], at }: ActionEnd): Promise<void> {
  await executor
    .update(scheduledActions)
    .set({ status, errors, endedAt: at })
    .where(and(isOneOf(ids), eq(scheduledActions.status, "SCHEDULED")));
}

export interface ScheduledActionQuery {
  readonly organizationId: string;
  readonly status: readonly ScheduledActionStatus[] | null;
  /** Null: about whatever. */
  readonly eventId: string | null;
}

/** One page of actions, those that run first at its beginning. */
export async function pageScheduledActions(
  executor: Executor,
  query: ScheduledActionQuery,
  page: KeysetPage,
): Promise<KeysetRows<ScheduledActionRow>> {
  const order = { key: scheduledActions.runAt, keyType: "timestamptz", id: scheduledActions.id, isDescending: false } as const;
  const rows = await executor
    .select()
    .from(scheduledActions)
    .where(and(isMeant(query), keysetCondition(order, page)))
    .orderBy(keysetOrderBy(order, page))
    .limit(keysetLimit(page));
  return takePage(rows, page);
}

export async function countScheduledActions(executor: Executor, query: ScheduledActionQuery): Promise<number> {
  return executor.$count(scheduledActions, isMeant(query));
}

function isMeant({ organizationId, status, eventId }: ScheduledActionQuery) {
  return and(
    eq(scheduledActions.organizationId, organizationId),
    status === null ? undefined : inArray(scheduledActions.status, [...status]),
    eventId === null ? undefined : eq(scheduledActions.eventId, eventId),
  );
}

/** Deletes what ended before this moment. */
export async function deleteEndedActions(executor: Executor, before: Date): Promise<void> {
  await executor.execute(sql`delete from scheduled_actions where ended_at < ${before.toISOString()}::timestamptz`);
}

function isOneOf(ids: readonly string[]) {
  return sql`${scheduledActions.id} = any(${textList(ids)})`;
}
