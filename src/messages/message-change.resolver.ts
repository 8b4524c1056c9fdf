import { Arg, ID, Resolver, Root, Subscription, type SubscribeResolverData } from "type-graphql";
import { AfterArgument, parseFollowing, SnapshotArgument } from "../graphql/follow-arguments.ts";
import type { RequestContext } from "../graphql/request.ts";
import { chatMessageChanges, questionChanges, type MessageChangesRequest } from "./message-changes.ts";
import { ChatMessageChangeType, QuestionChangeType } from "./message.type.ts";

type Data = SubscribeResolverData<unknown, Record<string, unknown>, RequestContext>;

function requestOf(args: Readonly<Record<string, unknown>>): MessageChangesRequest {
  return { eventId: String(args["eventId"]), following: parseFollowing(args) };
}

@Resolver()
export class MessageChangeResolver {
  @Subscription(() => QuestionChangeType, {
    subscribe: ({ context, args }: Data) => questionChanges(context, requestOf(args)),
    description:
      "Changes of an event's questions: all of them for OPERATOR and above; for attendees and others those that are approved or answered, and an attendee's own.",
  })
  questionChanges(
    @Root() change: QuestionChangeType,
    @Arg("eventId", () => ID, { description: "The event's id." }) _eventId: unknown,
    @SnapshotArgument("Whether to begin with every question that you may see.") _snapshot: unknown,
    @AfterArgument() _after: unknown,
  ): QuestionChangeType {
    return change;
  }

  @Subscription(() => ChatMessageChangeType, {
    subscribe: ({ context, args }: Data) => chatMessageChanges(context, requestOf(args)),
    description: "Messages of an event's chat as they come and go.",
  })
  chatMessageChanges(
    @Root() change: ChatMessageChangeType,
    @Arg("eventId", () => ID, { description: "The event's id." }) _eventId: unknown,
    @SnapshotArgument("Whether to begin with every message.") _snapshot: unknown,
    @AfterArgument() _after: unknown,
  ): ChatMessageChangeType {
    return change;
  }
}
