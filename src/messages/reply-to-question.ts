import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context } from "../access/context.ts";
import { recordAudit } from "../access/record-audit.ts";
import { Verb } from "../sessions/session.rules.ts";
import { newIdentifier } from "../shared/identifier.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import { logQuestionChanges, questionStateOf } from "./message.changes.ts";
import type { ReplyToQuestion } from "./message.input.ts";
import { PUBLIC_STATUSES } from "./message.rules.ts";
import { insertReply, setQuestionStatus } from "./question.store.ts";
import { requireQuestion } from "./require-question.ts";

/** How attendees see whoever moderates: by no name of an account. */
export const MODERATOR_NAME = "Moderator";

/** Answers a question that was approved, seen by all attendees. Gives the question's id. */
export async function replyToQuestion(context: Context, { id, text, markAnswered }: ReplyToQuestion): Promise<string> {
  assertPermission(context.actor, "moderate");
  return inTransaction(context, "reply to question", async (transactionContext) => {
    const { transaction, clock } = transactionContext;
    const question = await requireQuestion(transactionContext, id);
    if (!PUBLIC_STATUSES.includes(question.status)) {
      const message = `The question is ${question.status}. Approve it first.`;
      throw new Refusal({ code: UserErrorCode.INVALID_STATE, message, path: ["input", "id"] });
    }
    const status = markAnswered ? "ANSWERED" : question.status;
    await insertReply(transaction, { id: newIdentifier("reply"), questionId: id, text, authorName: MODERATOR_NAME, at: clock.now() });
    if (status !== question.status) await setQuestionStatus(transaction, [id], status);
    await logQuestionChanges(transactionContext, status === question.status ? "UPDATED" : "STATUS_CHANGED", [
      { id, before: questionStateOf(question), after: questionStateOf({ ...question, status }) },
    ]);
    await recordAudit(transactionContext, { verb: Verb.MODERATE, objectIds: [id] });
    return id;
  });
}
