import { and, eq, sql } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import { keysetCondition, keysetLimit, keysetOrderBy, type KeysetOrder, type KeysetRows } from "../database/keyset.ts";
import { takePages, type WantedPages } from "../database/owned-pages.ts";
import { textList } from "../database/text-list.ts";
import { inputSwitches } from "./input-switch.table.ts";
import { runs } from "./run.table.ts";
import { sessions } from "./session.table.ts";

export type RunRow = typeof runs.$inferSelect;
export type InputSwitchRow = typeof inputSwitches.$inferSelect;

export interface SessionsPage extends WantedPages {
  readonly organizationId: string;
}

/** For each session one page of its runs, newest first: all sessions in one statement. */
export async function pageRunsOfSessions(executor: Executor, query: SessionsPage): Promise<ReadonlyMap<string, KeysetRows<RunRow>>> {
  const order: KeysetOrder = { key: runs.generation, keyType: "bigint", id: runs.id, isDescending: true };
  const wanted = wantedSessions(executor, query);
  const found = executor
    .select()
    .from(runs)
    .where(and(eq(runs.sessionId, wanted.ownerId), keysetCondition(order, query.page)))
    .orderBy(keysetOrderBy(order, query.page))
    .limit(keysetLimit(query.page))
    .as("found");
  const rows = await executor
    .with(wanted)
    .select()
    .from(wanted)
    .innerJoinLateral(found, sql`true`);
  return takePages(query, rows);
}

/** For each session one page of the switches of its input, newest first. */
export async function pageSwitchesOfSessions(
  executor: Executor,
  query: SessionsPage,
): Promise<ReadonlyMap<string, KeysetRows<InputSwitchRow>>> {
  const order: KeysetOrder = { key: inputSwitches.id, id: inputSwitches.id, isDescending: true };
  const wanted = wantedSessions(executor, query);
  const found = executor
    .select()
    .from(inputSwitches)
    .where(and(eq(inputSwitches.sessionId, wanted.ownerId), keysetCondition(order, query.page)))
    .orderBy(keysetOrderBy(order, query.page))
    .limit(keysetLimit(query.page))
    .as("found");
  const rows = await executor
    .with(wanted)
    .select()
    .from(wanted)
    .innerJoinLateral(found, sql`true`);
  return takePages(query, rows);
}

function wantedSessions(executor: Executor, { organizationId, ownerIds }: SessionsPage) {
  return executor.$with("wanted").as(
    executor
      .select({ ownerId: sql<string>`${sessions.id}`.as("owner_id") })
      .from(sessions)
      .where(and(eq(sessions.organizationId, organizationId), sql`${sessions.id} = any(${textList(ownerIds)})`)),
  );
}

/** How many runs each of the sessions has had. */
export async function countRunsOfSessions(executor: Executor, sessionIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await executor.execute<{ id: string; count: number }>(
    sql`select session_id as id, count(*)::integer as count from runs where session_id = any(${textList(sessionIds)}) group by session_id`,
  );
  return new Map(rows.map(({ id, count }) => [id, count]));
}

/** How often the input of each of the sessions was switched. */
export async function countSwitchesOfSessions(executor: Executor, sessionIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await executor.execute<{ id: string; count: number }>(
    sql`select session_id as id, count(*)::integer as count from input_switches where session_id = any(${textList(sessionIds)}) group by session_id`,
  );
  return new Map(rows.map(({ id, count }) => [id, count]));
}

export async function findRuns(executor: Executor, organizationId: string, ids: readonly string[]): Promise<readonly RunRow[]> {
  return executor
    .select()
    .from(runs)
    .where(and(eq(runs.organizationId, organizationId), sql`${runs.id} = any(${textList(ids)})`));
}

export async function findSwitches(executor: Executor, organizationId: string, ids: readonly string[]): Promise<readonly InputSwitchRow[]> {
  const rows = await executor
    .select({ found: inputSwitches })
    .from(inputSwitches)
    .innerJoin(sessions, eq(sessions.id, inputSwitches.sessionId))
    .where(and(eq(sessions.organizationId, organizationId), sql`${inputSwitches.id} = any(${textList(ids)})`));
  return rows.map(({ found }) => found);
}
