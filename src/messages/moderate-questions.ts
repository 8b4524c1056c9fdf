import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context } from "../access/context.ts";
import { recordAudit } from "../access/record-audit.ts";
import { Verb } from "../sessions/session.rules.ts";
import { groupBy } from "../shared/group-by.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { Refusal, UserErrorCode, type UserError } from "../shared/user-error.ts";
import { logQuestionChanges, questionStateOf } from "./message.changes.ts";
import type { ModerateQuestions } from "./message.input.ts";
import { decideModeration } from "./message.rules.ts";
import { scopeOf } from "./onlooker.ts";
import { lockQuestions, setQuestionStatus, type QuestionRow } from "./question.store.ts";

/** Lets questions be seen, keeps them from being seen, or marks them answered, all or none. Gives their ids. */
export async function moderateQuestions(context: Context, { ids, action }: ModerateQuestions): Promise<readonly string[]> {
  assertPermission(context.actor, "moderate");
  return inTransaction(context, "moderate questions", async (transactionContext) => {
    const { transaction, actor } = transactionContext;
    const wellFormed = ids.filter((id) => isIdentifier("question", id));
    const locked = await lockQuestions(transaction, scopeOf(actor), wellFormed);
    const errors: UserError[] = [];
    const moderated = ids.flatMap((id, index) => {
      const decided = decide(ids, index, { action, question: locked.find((question) => question.id === id) });
      if ("status" in decided) return [decided];
      errors.push(decided);
      return [];
    });
    if (errors.length > 0) throw new Refusal(...errors);
    for (const [status, group] of groupBy(moderated, (each) => each.status)) {
      await setQuestionStatus(
        transaction,
        group.map(({ question }) => question.id),
        status,
      );
    }
    await logQuestionChanges(
      transactionContext,
      "STATUS_CHANGED",
      moderated.map(({ question, status }) => ({
        id: question.id,
        before: questionStateOf(question),
        after: questionStateOf({ ...question, status }),
      })),
    );
    await recordAudit(transactionContext, { verb: Verb.MODERATE, objectIds: ids });
    return ids;
  });
}

function decide(
  ids: readonly string[],
  index: number,
  { action, question }: { readonly action: ModerateQuestions["action"]; readonly question: QuestionRow | undefined },
): UserError | { readonly question: QuestionRow; readonly status: QuestionRow["status"] } {
  const path = ["input", "ids", String(index)];
  if (ids.indexOf(ids[index] ?? "") < index) return { code: UserErrorCode.DUPLICATE_ID, message: "This id was given before.", path };
  if (!question) return { code: UserErrorCode.NOT_FOUND, message: "There is no question with this id.", path };
  const decision = decideModeration(question.status, action);
  return "status" in decision ? { question, status: decision.status } : { ...decision.refusal, path };
}
