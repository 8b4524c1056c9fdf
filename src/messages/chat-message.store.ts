import { and, asc, eq, sql } from "drizzle-orm";
import type { Executor, Transaction } from "../database/database.ts";
import { keysetCondition, keysetLimit, keysetOrderBy, takePage, type KeysetPage, type KeysetRows } from "../database/keyset.ts";
import { textList } from "../database/text-list.ts";
import { chatMessages } from "./chat-message.table.ts";

export type ChatMessageRow = typeof chatMessages.$inferSelect;

/** One page of an event's chat, the newest first. */
export async function pageChatMessages(executor: Executor, eventId: string, page: KeysetPage): Promise<KeysetRows<ChatMessageRow>> {
  const order = { key: chatMessages.id, id: chatMessages.id, isDescending: true };
  const rows = await executor
    .select()
    .from(chatMessages)
    .where(and(eq(chatMessages.eventId, eventId), keysetCondition(order, page)))
    .orderBy(keysetOrderBy(order, page))
    .limit(keysetLimit(page));
  return takePage(rows, page);
}

export async function countChatMessages(executor: Executor, eventId: string): Promise<number> {
  return executor.$count(chatMessages, eq(chatMessages.eventId, eventId));
}

export interface ChatScope {
  readonly organizationId: string;
  /** For an attendee, whose event alone is open. */
  readonly eventId: string | null;
}

export async function findChatMessages(executor: Executor, scope: ChatScope, ids: readonly string[]): Promise<readonly ChatMessageRow[]> {
  return executor.select().from(chatMessages).where(isInScope(scope, ids));
}

export async function lockChatMessages(
  transaction: Transaction,
  scope: ChatScope,
  ids: readonly string[],
): Promise<readonly ChatMessageRow[]> {
  return transaction.select().from(chatMessages).where(isInScope(scope, ids)).orderBy(asc(chatMessages.id)).for("update");
}

export async function insertChatMessage(transaction: Transaction, row: typeof chatMessages.$inferInsert): Promise<void> {
  await transaction.insert(chatMessages).values(row);
}

export async function deleteChatMessageRows(transaction: Transaction, ids: readonly string[]): Promise<void> {
  await transaction.delete(chatMessages).where(sql`${chatMessages.id} = any(${textList(ids)})`);
}

function isInScope({ organizationId, eventId }: ChatScope, ids: readonly string[]) {
  return and(
    eq(chatMessages.organizationId, organizationId),
    eventId === null ? undefined : eq(chatMessages.eventId, eventId),
    sql`${chatMessages.id} = any(${textList(ids)})`,
  );
}
