import { Args, ArgsType, Ctx, Field, FieldResolver, Resolver, Root } from "type-graphql";
import { attendeeOf } from "../audience/require-attendee.ts";
import { EventType } from "../events/event.type.ts";
import type { StoredEvent } from "../events/event.store.ts";
import type { Connection } from "../graphql/connection.ts";
import { DeletePayload, NOTHING_DELETED } from "../graphql/delete-payload.type.ts";
import { Input } from "../graphql/input.ts";
import { PagingArguments } from "../graphql/paging-arguments.ts";
import { VerbMutation, type PayloadOf } from "../graphql/payload.ts";
import type { RequestContext } from "../graphql/request.ts";
import { askQuestion } from "./ask-question.ts";
import type { ChatMessageRow } from "./chat-message.store.ts";
import { deleteChatMessages } from "./delete-chat-messages.ts";
import {
  askQuestionInput,
  deleteChatMessagesInput,
  moderateQuestionsInput,
  replyToQuestionInput,
  sendChatMessageInput,
  upvoteQuestionInput,
  type AskQuestion,
  type DeleteChatMessages,
  type ModerateQuestions,
  type ReplyToQuestion,
  type SendChatMessage,
  type UpvoteQuestion,
} from "./message.input.ts";
import { listChatMessages, listQuestions } from "./message.lists.ts";
import { chatMessageLoader, questionLoader, repliesLoader, upvotedLoader } from "./message.loaders.ts";
import { QuestionStatus } from "./message.rules.ts";
import {
  AskQuestionInput,
  ChatMessageConnection,
  ChatMessagePayload,
  DeleteChatMessagesInput,
  ModerateQuestionsInput,
  QuestionConnection,
  QuestionPayload,
  QuestionReplyType,
  QuestionsPayload,
  QuestionType,
  ReplyToQuestionInput,
  SendChatMessageInput,
  UpvoteQuestionInput,
} from "./message.type.ts";
import { moderateQuestions } from "./moderate-questions.ts";
import type { QuestionReplyRow, QuestionRow } from "./question.store.ts";
import { replyToQuestion } from "./reply-to-question.ts";
import { sendChatMessage } from "./send-chat-message.ts";
import { upvoteQuestion } from "./upvote-question.ts";

@ArgsType()
class QuestionsArguments extends PagingArguments {
  @Field(() => QuestionStatus, { nullable: true, description: "Questions of this status; null: of any that you may see." })
  status?: QuestionStatus | null;
}

@Resolver(() => EventType)
export class EventMessagesResolver {
  @FieldResolver(() => QuestionConnection, {
    description: "A page of its questions, the newest first: all of them for OPERATOR and above, else those that attendees see.",
  })
  async questions(
    @Root() { id: eventId }: StoredEvent,
    @Args(() => QuestionsArguments) { status, ...page }: QuestionsArguments,
    @Ctx() context: RequestContext,
  ): Promise<Connection<QuestionRow>> {
    return listQuestions(context, { eventId, status: status ?? null }, page);
  }

  @FieldResolver(() => ChatMessageConnection, { description: "A page of its chat, the newest first." })
  async messages(
    @Root() { id }: StoredEvent,
    @Args(() => PagingArguments) page: PagingArguments,
    @Ctx() context: RequestContext,
  ): Promise<Connection<ChatMessageRow>> {
    return listChatMessages(context, id, page);
  }
}

@Resolver(() => QuestionType)
export class QuestionResolver {
  @FieldResolver(() => Boolean, { description: "Whether the attendee that asks has voted for it; false for any other caller." })
  async hasUpvoted(@Root() { id }: QuestionRow, @Ctx() { loaders }: RequestContext): Promise<boolean> {
    return (await loaders.of(upvotedLoader).load(id)) ?? false;
  }

  @FieldResolver(() => Boolean, { description: "Whether the attendee that asks is its author; false for any other caller." })
  isMine(@Root() { authorId }: QuestionRow, @Ctx() { actor }: RequestContext): boolean {
    return attendeeOf(actor)?.attendeeId === authorId;
  }

  @FieldResolver(() => [QuestionReplyType], { description: "The answers of moderators, the oldest first." })
  async replies(@Root() { id }: QuestionRow, @Ctx() { loaders }: RequestContext): Promise<readonly QuestionReplyRow[]> {
    return (await loaders.of(repliesLoader).load(id)) ?? [];
  }

  @VerbMutation(() => QuestionPayload, {
    description: "Asks a question in the name of an attendee, by an attendee's token. Moderators see it first. At most 5 in a minute.",
  })
  async askQuestion(
    @Input(() => AskQuestionInput, askQuestionInput) input: AskQuestion,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<QuestionPayload>> {
    return show(context, await askQuestion(context, input));
  }

  @VerbMutation(() => QuestionPayload, {
    description:
      "Says that an attendee wants a question answered too, by an attendee's token; a second time is refused with ALREADY_IN_STATE.",
  })
  async upvoteQuestion(
    @Input(() => UpvoteQuestionInput, upvoteQuestionInput) input: UpvoteQuestion,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<QuestionPayload>> {
    return show(context, await upvoteQuestion(context, input));
  }

  @VerbMutation(() => QuestionsPayload, {
    description: "Approves, declines or marks questions as answered, all or none. Wants level OPERATOR.",
    empty: { questions: [] },
  })
  async moderateQuestions(
    @Input(() => ModerateQuestionsInput, moderateQuestionsInput) input: ModerateQuestions,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<QuestionsPayload>> {
    const found = await context.loaders.of(questionLoader).loadMany([...(await moderateQuestions(context, input))]);
    return { questions: found.filter((row): row is QuestionRow => row !== null && !(row instanceof Error)) };
  }

  @VerbMutation(() => QuestionPayload, { description: "Answers a question that was approved. Wants level OPERATOR." })
  async replyToQuestion(
    @Input(() => ReplyToQuestionInput, replyToQuestionInput) input: ReplyToQuestion,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<QuestionPayload>> {
    return show(context, await replyToQuestion(context, input));
  }

  @VerbMutation(() => ChatMessagePayload, {
    description:
      "Says something to all attendees, by an attendee's token, at most 10 times in 10 seconds, or as a moderator. Wants level OPERATOR of a moderator.",
  })
  async sendChatMessage(
    @Input(() => SendChatMessageInput, sendChatMessageInput) input: SendChatMessage,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<ChatMessagePayload>> {
    return { message: await context.loaders.of(chatMessageLoader).load(await sendChatMessage(context, input)) };
  }

  @VerbMutation(() => DeletePayload, {
    description: "Takes messages out of a chat, all or none. Wants level OPERATOR.",
    empty: NOTHING_DELETED,
  })
  async deleteChatMessages(
    @Input(() => DeleteChatMessagesInput, deleteChatMessagesInput) input: DeleteChatMessages,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<DeletePayload>> {
    return { deletedIds: await deleteChatMessages(context, input) };
  }
}

async function show(context: RequestContext, id: string): Promise<PayloadOf<QuestionPayload>> {
  return { question: await context.loaders.of(questionLoader).load(id) };
}
