import { Field, ID, InputType, Int, ObjectType, registerEnumType } from "type-graphql";
import { ChangeKind } from "../changes/change.enums.ts";
import { connectionType } from "../graphql/connection.ts";
import { Node } from "../graphql/node.ts";
import { UserErrorsField } from "../graphql/payload.ts";
import { Cursor, DateTime } from "../graphql/scalars.ts";
import type { UserError } from "../shared/user-error.ts";
import { ModerationAction, QuestionStatus } from "./message.rules.ts";

registerEnumType(QuestionStatus, {
  name: "QuestionStatus",
  description: "What became of a question.",
  valuesConfig: {
    NEW: { description: "Seen by its author and by moderators alone." },
    APPROVED: { description: "Seen by all attendees, who may vote for it." },
    ANSWERED: { description: "Seen by all attendees, and answered, in the show or by a reply." },
    DECLINED: { description: "Seen by its author and by moderators alone." },
  },
});

registerEnumType(ModerationAction, {
  name: "ModerationAction",
  description: "What a moderator makes of a question.",
  valuesConfig: {
    APPROVE: { description: "Let all attendees see it." },
    DECLINE: { description: "Keep all attendees but its author from seeing it." },
    ANSWER: { description: "Mark it as answered; one that is new is approved by that." },
  },
});

@ObjectType("QuestionReply", { description: "An answer of a moderator, seen by all attendees.", simpleResolvers: true })
export class QuestionReplyType {
  @Field(() => String, { description: "The answer, at most 500 characters." })
  text!: string;

  @Field(() => String, { description: "How attendees see whoever gave it." })
  authorName!: string;

  @Field(() => DateTime, { description: "When it was given." })
  at!: Date;
}

@ObjectType("Question", { implements: Node, description: "A question of an attendee." })
export class QuestionType extends Node {
  @Field(() => String, { description: "The question, at most 500 characters." })
  text!: string;

  @Field(() => String, { description: "The name that its author joined with." })
  authorName!: string;

  @Field(() => QuestionStatus, { description: "What became of it." })
  status!: QuestionStatus;

  @Field(() => Int, { description: "How many attendees want it answered too." })
  upvotes!: number;

  @Field(() => DateTime, { description: "When it was asked." })
  askedAt!: Date;
}

export const QuestionConnection = connectionType("Question", () => QuestionType);

@ObjectType("ChatMessage", { implements: Node, description: "Something said to all attendees of an event.", simpleResolvers: true })
export class ChatMessageType extends Node {
  @Field(() => String, { description: "What was said, at most 500 characters." })
  text!: string;

  @Field(() => String, { description: "The name that its author joined with; `Moderator` for a moderator." })
  authorName!: string;

  @Field(() => DateTime, { description: "When it was said." })
  at!: Date;
}

export const ChatMessageConnection = connectionType("ChatMessage", () => ChatMessageType);

@ObjectType("QuestionPayload", { description: "A question after something was asked of it.", simpleResolvers: true })
export class QuestionPayload {
  @Field(() => QuestionType, { nullable: true, description: "The question as it is now; null when the call was refused." })
  question!: object | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

@ObjectType("QuestionsPayload", { description: "Questions after they were moderated.", simpleResolvers: true })
export class QuestionsPayload {
  @Field(() => [QuestionType], { description: "The questions as they are now; empty when the call was refused." })
  questions!: readonly object[];

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

@ObjectType("ChatMessagePayload", { description: "A message that was sent.", simpleResolvers: true })
export class ChatMessagePayload {
  @Field(() => ChatMessageType, { nullable: true, description: "The message; null when the call was refused." })
  message!: object | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

@ObjectType("QuestionChange", {
  description: "One item of questionChanges: a change of a question, or a word about the stream itself.",
  simpleResolvers: true,
})
export class QuestionChangeType {
  @Field(() => Cursor, { description: "The position just behind this item: subscribe again with it as `after`." })
  cursor!: string;

  @Field(() => ChangeKind, { description: "What the item tells; DELETED also of a question that this caller may not see any more." })
  kind!: ChangeKind;

  @Field(() => DateTime, { description: "When the change was made; for items about the stream, when they were sent." })
  at!: Date;

  @Field(() => ID, {
    nullable: true,
    description: "The question's id, also when it is not shown any more; null for items about the stream.",
  })
  questionId!: string | null;

  @Field(() => QuestionType, { nullable: true, description: "The question as it is now; null when it is not to be shown any more." })
  question!: object | null;
}

@ObjectType("ChatMessageChange", {
  description: "One item of chatMessageChanges: a message that came or went, or a word about the stream itself.",
  simpleResolvers: true,
})
export class ChatMessageChangeType {
  @Field(() => Cursor, { description: "The position just behind this item: subscribe again with it as `after`." })
  cursor!: string;

  @Field(() => ChangeKind, { description: "What the item tells: CREATED or DELETED of a message." })
  kind!: ChangeKind;

  @Field(() => DateTime, { description: "When it came or went; for items about the stream, when they were sent." })
  at!: Date;

  @Field(() => ID, { nullable: true, description: "The message's id, also once it is deleted; null for items about the stream." })
  messageId!: string | null;

  @Field(() => ChatMessageType, { nullable: true, description: "The message; null once it is deleted." })
  message!: object | null;
}

@InputType("AskQuestionInput", { description: "A question to the moderators of an event." })
export class AskQuestionInput {
  @Field(() => ID, { description: "The event's id." })
  eventId!: string;

  @Field(() => String, { description: "The question, 1 to 500 characters." })
  text!: string;
}

@InputType("UpvoteQuestionInput", { description: "A question that an attendee wants answered too." })
export class UpvoteQuestionInput {
  @Field(() => ID, { description: "The question's id." })
  id!: string;
}

@InputType("ModerateQuestionsInput", { description: "What a moderator makes of questions, all or none." })
export class ModerateQuestionsInput {
  @Field(() => [ID], { description: "The questions' ids, 1 to 500." })
  ids!: readonly string[];

  @Field(() => ModerationAction, { description: "What to make of them." })
  action!: ModerationAction;
}

@InputType("ReplyToQuestionInput", { description: "An answer to a question that was approved." })
export class ReplyToQuestionInput {
  @Field(() => ID, { description: "The question's id." })
  id!: string;

  @Field(() => String, { description: "The answer, 1 to 500 characters, seen by all attendees." })
  text!: string;

  @Field(() => Boolean, { nullable: true, defaultValue: true, description: "Whether the question is ANSWERED by it." })
  markAnswered?: boolean | null;
}

@InputType("SendChatMessageInput", { description: "Something to say to all attendees of an event." })
export class SendChatMessageInput {
  @Field(() => ID, { description: "The event's id." })
  eventId!: string;

  @Field(() => String, { description: "What to say, 1 to 500 characters." })
  text!: string;
}

@InputType("DeleteChatMessagesInput", { description: "Messages to take out of a chat, all or none." })
export class DeleteChatMessagesInput {
  @Field(() => [ID], { description: "The messages' ids, 1 to 500." })
  ids!: readonly string[];
}
