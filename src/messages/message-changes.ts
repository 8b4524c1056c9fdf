import { assertMayRead } from "../access/actor.ts";
import { attendeeOf } from "../audience/require-attendee.ts";
import { CHAT_MESSAGE_CHANGE_KINDS, QUESTION_CHANGE_KINDS } from "../changes/change.rules.ts";
import type { ItemSource } from "../changes/item-source.ts";
import { followObjects, type Following } from "../changes/follow-objects.ts";
import { createLoaders } from "../graphql/loaders.ts";
import type { RequestContext } from "../graphql/request.ts";
import type { ChatMessageState, QuestionState } from "./message.changes.ts";
import { chatMessageStatesOf, questionStatesOf } from "./message-state.store.ts";
import { chatMessageLoader, questionLoader } from "./message.loaders.ts";
import { PUBLIC_STATUSES } from "./message.rules.ts";
import type { ChatMessageChangeType, QuestionChangeType } from "./message.type.ts";
import { onlookerOf } from "./onlooker.ts";

export interface MessageChangesRequest {
  readonly eventId: string;
  readonly following: Following;
}

/** Changes of an event's questions that the caller may see; one that it may not see any more is told as gone. */
export async function questionChanges(
  context: RequestContext,
  { eventId, following }: MessageChangesRequest,
): Promise<ItemSource<QuestionChangeType>> {
  const isOpen = isEventOpen(context, eventId);
  const onlooker = onlookerOf(context.actor);
  const isSeen = ({ status, authorId }: QuestionState): boolean =>
    onlooker.kind === "MODERATOR" || PUBLIC_STATUSES.includes(status) || (onlooker.kind === "ATTENDEE" && onlooker.attendeeId === authorId);
  return followObjects(context, {
    following,
    source: {
      objects: ["QUESTION"],
      kinds: QUESTION_CHANGE_KINDS,
      matches: (_id: string, state: QuestionState) => isOpen && state.eventId === eventId && isSeen(state),
      readStates: questionStatesOf(eventId),
    },
    async present(batch) {
      // Loaders of its own: what an earlier batch read may have changed since.
      const loader = createLoaders(context).of(questionLoader);
      return Promise.all(
        batch.map(async ({ cursor, kind, at, objectId, matches }) => ({
          ...{ cursor, at, questionId: objectId },
          kind: objectId === null || matches ? kind : "DELETED",
          question: objectId !== null && matches ? await loader.load(objectId) : null,
        })),
      );
    },
  });
}

/** Messages of an event's chat as they come and go. */
export async function chatMessageChanges(
  context: RequestContext,
  { eventId, following }: MessageChangesRequest,
): Promise<ItemSource<ChatMessageChangeType>> {
  const isOpen = isEventOpen(context, eventId);
  return followObjects(context, {
    following,
    source: {
      objects: ["CHAT_MESSAGE"],
      kinds: CHAT_MESSAGE_CHANGE_KINDS,
      matches: (_id: string, state: ChatMessageState) => isOpen && state.eventId === eventId,
      readStates: chatMessageStatesOf(eventId),
    },
    async present(batch) {
      const loader = createLoaders(context).of(chatMessageLoader);
      return Promise.all(
        batch.map(async ({ cursor, kind, at, objectId }) => ({
          ...{ cursor, kind, at, messageId: objectId },
          message: objectId === null || kind === "DELETED" ? null : await loader.load(objectId),
        })),
      );
    },
  });
}

/** To an attendee of another event it is one in which nothing happens, as one that is not there is to anybody. */
function isEventOpen({ actor }: RequestContext, eventId: string): boolean {
  const attendee = attendeeOf(actor);
  if (attendee) return attendee.eventId === eventId;
  assertMayRead(actor, "read");
  return true;
}
