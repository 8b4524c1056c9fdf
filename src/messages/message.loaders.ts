import { attendeeOf } from "../audience/require-attendee.ts";
import { defineLoader, inOrderOf } from "../graphql/loaders.ts";
import { groupBy } from "../shared/group-by.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { findChatMessages, type ChatMessageRow } from "./chat-message.store.ts";
import { scopeOf } from "./onlooker.ts";
import { findQuestions, findUpvoted, listReplies, type QuestionReplyRow, type QuestionRow } from "./question.store.ts";

/** Questions by id, those that the caller may see. */
export const questionLoader = defineLoader<QuestionRow>("questions", async ({ database, actor }, ids) =>
  inOrderOf(
    ids,
    await findQuestions(
      database.executor,
      scopeOf(actor),
      ids.filter((id) => isIdentifier("question", id)),
    ),
    (row) => row.id,
    (row) => row,
  ),
);

/** Messages of chats by id, those that the caller may see. */
export const chatMessageLoader = defineLoader<ChatMessageRow>("chat messages", async ({ database, actor }, ids) =>
  inOrderOf(
    ids,
    await findChatMessages(
      database.executor,
      { organizationId: actor.organizationId, eventId: attendeeOf(actor)?.eventId ?? null },
      ids.filter((id) => isIdentifier("chatmessage", id)),
    ),
    (row) => row.id,
    (row) => row,
  ),
);

/** The replies of questions that were found, by the question's id. */
export const repliesLoader = defineLoader<readonly QuestionReplyRow[]>("replies", async ({ database }, ids) => {
  const groups = groupBy(await listReplies(database.executor, ids), ({ questionId }) => questionId);
  return ids.map((id) => groups.get(id) ?? []);
});

/** Whether the calling attendee has voted for questions, by the question's id. */
export const upvotedLoader = defineLoader<boolean>("upvotes", async ({ database, actor }, ids) => {
  const attendee = attendeeOf(actor);
  const upvoted = attendee ? await findUpvoted(database.executor, attendee.attendeeId, ids) : new Set<string>();
  return ids.map((id) => upvoted.has(id));
});
