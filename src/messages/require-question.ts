import type { TransactionContext } from "../access/context.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import { scopeOf } from "./onlooker.ts";
import { lockQuestions, type QuestionRow } from "./question.store.ts";

/** The question, locked; one that the caller may not see is one that is not there. */
export async function requireQuestion({ transaction, actor }: TransactionContext, id: string): Promise<QuestionRow> {
  const [question] = isIdentifier("question", id) ? await lockQuestions(transaction, scopeOf(actor), [id]) : [];
  if (question) return question;
  throw new Refusal({ code: UserErrorCode.NOT_FOUND, message: "There is no question with this id.", path: ["input", "id"] });
}
