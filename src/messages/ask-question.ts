import { inTransaction, type Context } from "../access/context.ts";
import { requireAttendee } from "../audience/require-attendee.ts";
import { newIdentifier } from "../shared/identifier.ts";
import { logQuestionChanges, questionStateOf } from "./message.changes.ts";
import type { AskQuestion } from "./message.input.ts";
import { QUESTION_RATES } from "./message.rules.ts";
import { insertQuestion } from "./question.store.ts";
import { refuseFlood } from "./refuse-flood.ts";
import { requireMessaging } from "./require-messaging.ts";

/** Asks a question in the name of an attendee, seen by moderators and its author until it is approved. Gives its id. */
export async function askQuestion(context: Context, { eventId, text }: AskQuestion): Promise<string> {
  const { attendeeId: authorId, displayName: authorName } = requireAttendee(context.actor);
  return inTransaction(context, "ask question", async (transactionContext) => {
    const { transaction, actor, clock } = transactionContext;
    const event = await requireMessaging(transactionContext, { eventId, wanted: "MODERATED_QA", path: ["input", "eventId"] });
    await refuseFlood(transactionContext, { table: "questions", kind: "question", eventId, authorId, rates: QUESTION_RATES });
    const id = newIdentifier("question");
    const row = { ...{ id, authorId, authorName, text }, organizationId: actor.organizationId, eventId: event.id, askedAt: clock.now() };
    await insertQuestion(transaction, row);
    await logQuestionChanges(transactionContext, "CREATED", [{ id, before: null, after: questionStateOf({ ...row, status: "NEW" }) }]);
    return id;
  });
}
