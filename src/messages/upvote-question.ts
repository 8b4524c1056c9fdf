import { inTransaction, type Context } from "../access/context.ts";
import { requireAttendee } from "../audience/require-attendee.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import { logQuestionChanges, questionStateOf } from "./message.changes.ts";
import type { UpvoteQuestion } from "./message.input.ts";
import { PUBLIC_STATUSES } from "./message.rules.ts";
import { insertUpvote } from "./question.store.ts";
import { requireMessaging } from "./require-messaging.ts";
import { requireQuestion } from "./require-question.ts";

const PATH = ["input", "id"];

/** Says that an attendee wants a question answered too, once. Gives its id. */
export async function upvoteQuestion(context: Context, { id }: UpvoteQuestion): Promise<string> {
  const { attendeeId } = requireAttendee(context.actor);
  return inTransaction(context, "upvote question", async (transactionContext) => {
    const question = await requireQuestion(transactionContext, id);
    await requireMessaging(transactionContext, { eventId: question.eventId, wanted: "MODERATED_QA", path: PATH });
    if (!PUBLIC_STATUSES.includes(question.status)) {
      throw new Refusal({ code: UserErrorCode.INVALID_STATE, message: "The question is not approved yet.", path: PATH });
    }
    if (!(await insertUpvote(transactionContext.transaction, id, attendeeId))) {
      throw new Refusal({ code: UserErrorCode.ALREADY_IN_STATE, message: "You voted for this question already.", path: PATH });
    }
    const state = questionStateOf(question);
    await logQuestionChanges(transactionContext, "UPDATED", [{ id, before: state, after: state }]);
    return id;
  });
}
