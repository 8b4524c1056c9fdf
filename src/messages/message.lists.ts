import { parsePage, toConnection, type Connection, type ListOrder, type PageArguments } from "../graphql/connection.ts";
import type { RequestContext } from "../graphql/request.ts";
import { countChatMessages, pageChatMessages, type ChatMessageRow } from "./chat-message.store.ts";
import type { QuestionStatus } from "./message.rules.ts";
import { onlookerOf } from "./onlooker.ts";
import { countQuestions, pageQuestions, type QuestionRow } from "./question.store.ts";

const QUESTIONS: ListOrder = { name: "QUESTION:DESC", keyType: "text" };
const CHAT: ListOrder = { name: "CHAT:DESC", keyType: "text" };

/** A page of an event's questions that the caller may see, the newest first. */
export async function listQuestions(
  { database: { executor }, actor }: RequestContext,
  { eventId, status }: { readonly eventId: string; readonly status: QuestionStatus | null },
  page: PageArguments,
): Promise<Connection<QuestionRow>> {
  const query = { eventId, status, onlooker: onlookerOf(actor) };
  return toConnection({
    page: await pageQuestions(executor, query, parsePage(page, QUESTIONS)),
    order: QUESTIONS,
    position: ({ id }) => ({ key: id, id }),
    present: (row) => row,
    totalCount: () => countQuestions(executor, query),
  });
}

/** A page of an event's chat, the newest first. */
export async function listChatMessages(
  { database: { executor } }: RequestContext,
  eventId: string,
  page: PageArguments,
): Promise<Connection<ChatMessageRow>> {
  return toConnection({
    page: await pageChatMessages(executor, eventId, parsePage(page, CHAT)),
    order: CHAT,
    position: ({ id }) => ({ key: id, id }),
    present: (row) => row,
    totalCount: () => countChatMessages(executor, eventId),
  });
}
