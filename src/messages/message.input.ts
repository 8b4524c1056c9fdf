import { z } from "zod";
import { plainText } from "../shared/text.schema.ts";
import { ModerationAction, TEXT_LENGTH_LIMIT } from "./message.rules.ts";

const IDS_LIMIT = 500;

/** What a person writes: lines are kept, blanks around are not. */
const messageText = plainText(TEXT_LENGTH_LIMIT)
  .transform((text) => text.normalize("NFC").trim())
  .refine((text) => /[^\p{Z}\p{Cf}\p{M}\p{Cc}]/u.test(text), "must not be empty");

const ids = z.array(z.string()).min(1, "must name at least one").max(IDS_LIMIT, `must be at most ${IDS_LIMIT}`);

export const askQuestionInput = z.object({ eventId: z.string(), text: messageText });
export type AskQuestion = z.output<typeof askQuestionInput>;

export const upvoteQuestionInput = z.object({ id: z.string() });
export type UpvoteQuestion = z.output<typeof upvoteQuestionInput>;

export const moderateQuestionsInput = z.object({ ids, action: z.enum(ModerationAction) });
export type ModerateQuestions = z.output<typeof moderateQuestionsInput>;

export const replyToQuestionInput = z.object({
  id: z.string(),
  text: messageText,
  markAnswered: z
    .boolean()
    .nullish()
    .transform((value) => value ?? true),
});
export type ReplyToQuestion = z.output<typeof replyToQuestionInput>;

export const sendChatMessageInput = z.object({ eventId: z.string(), text: messageText });
export type SendChatMessage = z.output<typeof sendChatMessageInput>;

export const deleteChatMessagesInput = z.object({ ids });
export type DeleteChatMessages = z.output<typeof deleteChatMessagesInput>;
