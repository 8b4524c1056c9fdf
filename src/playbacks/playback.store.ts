import { and, asc, eq, inArray, sql } from "drizzle-orm";
import type { Executor, Transaction } from "../database/database.ts";
import { sessions } from "../sessions/session.table.ts";
import { playbacks } from "./playback.table.ts";
import { textList } from "../database/text-list.ts";

/** A row of the table as it is. */
export type PlaybackRow = typeof playbacks.$inferSelect;

/** The playbacks of a session in their order. */
export async function listPlaybacks(executor: Executor, sessionId: string): Promise<PlaybackRow[]> {
  return executor.select().from(playbacks).where(eq(playbacks.sessionId, sessionId)).orderBy(asc(playbacks.position), asc(playbacks.id));
}

/** The session that a playback of this organization belongs to. */
export async function findSessionOfPlayback(executor: Executor, organizationId: string, playbackId: string): Promise<string | null> {
  const [row] = await executor
    .select({ sessionId: playbacks.sessionId })
    .from(playbacks)
    .innerJoin(sessions, eq(sessions.id, playbacks.sessionId))
    .where(and(eq(playbacks.id, playbackId), eq(sessions.organizationId, organizationId)));
  return row?.sessionId ?? null;
}

/** Tells the playbacks of a session how its name is ordered by now. */
export async function noteSessionName(
  transaction: Transaction,
  { sessionId, nameOrder }: { readonly sessionId: string; readonly nameOrder: string },
): Promise<void> {
  await transaction.update(playbacks).set({ sessionNameOrder: nameOrder }).where(eq(playbacks.sessionId, sessionId));
}

export async function deletePlaybacks(transaction: Transaction, sessionId: string, ids: readonly string[]): Promise<void> {
  await transaction.delete(playbacks).where(and(eq(playbacks.sessionId, sessionId), inArray(playbacks.id, [...ids])));
}

/** The playbacks of several sessions in their order, of one organization alone. */
export async function listPlaybacksOfSessions(
  executor: Executor,
  organizationId: string,
  sessionIds: readonly string[],
): Promise<PlaybackRow[]> {
  const rows = await executor
    .select({ playback: playbacks })
    .from(playbacks)
    .innerJoin(sessions, eq(sessions.id, playbacks.sessionId))
    .where(and(eq(sessions.organizationId, organizationId), sql`${playbacks.sessionId} = any(${textList(sessionIds)})`))
    .orderBy(asc(playbacks.sessionId), asc(playbacks.position), asc(playbacks.id));
  return rows.map(({ playback }) => playback);
}

/** Playbacks by id, of one organization alone. */
export async function findPlaybacks(executor: Executor, organizationId: string, ids: readonly string[]): Promise<PlaybackRow[]> {
  const rows = await executor
    .select({ playback: playbacks })
    .from(playbacks)
    .innerJoin(sessions, eq(sessions.id, playbacks.sessionId))
    .where(and(eq(sessions.organizationId, organizationId), sql`${playbacks.id} = any(${textList(ids)})`));
  return rows.map(({ playback }) => playback);
}
