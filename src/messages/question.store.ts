import { and, asc, eq, inArray, or, sql, type SQL } from "drizzle-orm";
import type { Executor, Transaction } from "../database/database.ts";
import { keysetCondition, keysetLimit, keysetOrderBy, takePage, type KeysetPage, type KeysetRows } from "../database/keyset.ts";
import { textList } from "../database/text-list.ts";
import { PUBLIC_STATUSES, type QuestionStatus } from "./message.rules.ts";
import { questionReplies, questions, questionUpvotes } from "./question.table.ts";

export type QuestionRow = typeof questions.$inferSelect;
export type QuestionReplyRow = typeof questionReplies.$inferSelect;

/** Who looks: moderators see every question, everybody else the public ones and those of their own. */
export type Onlooker =
  { readonly kind: "MODERATOR" } | { readonly kind: "READER" } | { readonly kind: "ATTENDEE"; readonly attendeeId: string };

export interface QuestionQuery {
  readonly eventId: string;
  readonly onlooker: Onlooker;
  /** Null: of any that may be seen. */
  readonly status: QuestionStatus | null;
}

/** One page of questions, the newest first. */
export async function pageQuestions(executor: Executor, query: QuestionQuery, page: KeysetPage): Promise<KeysetRows<QuestionRow>> {
  const order = { key: questions.id, id: questions.id, isDescending: true };
  const rows = await executor
    .select()
    .from(questions)
    .where(and(isMeant(query), keysetCondition(order, page)))
    .orderBy(keysetOrderBy(order, page))
    .limit(keysetLimit(page));
  return takePage(rows, page);
}

export async function countQuestions(executor: Executor, query: QuestionQuery): Promise<number> {
  return executor.$count(questions, isMeant(query));
}

function isMeant({ eventId, onlooker, status }: QuestionQuery): SQL | undefined {
  return and(eq(questions.eventId, eventId), isSeenBy(onlooker), status === null ? undefined : eq(questions.status, status));
}

function isSeenBy(onlooker: Onlooker): SQL | undefined {
  if (onlooker.kind === "MODERATOR") return undefined;
  const isPublic = inArray(questions.status, [...PUBLIC_STATUSES]);
  return onlooker.kind === "ATTENDEE" ? or(isPublic, eq(questions.authorId, onlooker.attendeeId)) : isPublic;
}

export interface QuestionScope {
  readonly organizationId: string;
  readonly onlooker: Onlooker;
  /** For an attendee, whose event alone is open. */
  readonly eventId: string | null;
}

/** Those of the questions that may be seen. */
export async function findQuestions(executor: Executor, scope: QuestionScope, ids: readonly string[]): Promise<readonly QuestionRow[]> {
  return executor.select().from(questions).where(isInScope(scope, ids));
}

/** The same, locked until the transaction ends, in the order of their ids. */
export async function lockQuestions(
  transaction: Transaction,
  scope: QuestionScope,
  ids: readonly string[],
): Promise<readonly QuestionRow[]> {
  return transaction.select().from(questions).where(isInScope(scope, ids)).orderBy(asc(questions.id)).for("update");
}

function isInScope({ organizationId, onlooker, eventId }: QuestionScope, ids: readonly string[]): SQL | undefined {
  return and(
    eq(questions.organizationId, organizationId),
    eventId === null ? undefined : eq(questions.eventId, eventId),
    sql`${questions.id} = any(${textList(ids)})`,
    isSeenBy(onlooker),
  );
}

export async function insertQuestion(transaction: Transaction, row: typeof questions.$inferInsert): Promise<void> {
  await transaction.insert(questions).values(row);
}

export async function setQuestionStatus(transaction: Transaction, ids: readonly string[], status: QuestionStatus): Promise<void> {
  await transaction
    .update(questions)
    .set({ status })
    .where(sql`${questions.id} = any(${textList(ids)})`);
}

/** Counts an attendee's vote; false when it was counted before. The question's row is locked. */
export async function insertUpvote(transaction: Transaction, questionId: string, attendeeId: string): Promise<boolean> {
  const inserted = await transaction
    .insert(questionUpvotes)
    .values({ questionId, attendeeId })
    .onConflictDoNothing()
    .returning({ questionId: questionUpvotes.questionId });
  if (inserted.length === 0) return false;
  await transaction
    .update(questions)
    .set({ upvotes: sql`${questions.upvotes} + 1` })
    .where(eq(questions.id, questionId));
  return true;
}

/** Which of the questions an attendee has voted for. */
export async function findUpvoted(executor: Executor, attendeeId: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await executor
    .select({ questionId: questionUpvotes.questionId })
    .from(questionUpvotes)
    .where(and(eq(questionUpvotes.attendeeId, attendeeId), sql`${questionUpvotes.questionId} = any(${textList(ids)})`));
  return new Set(rows.map(({ questionId }) => questionId));
}

export async function insertReply(transaction: Transaction, row: typeof questionReplies.$inferInsert): Promise<void> {
  await transaction.insert(questionReplies).values(row);
}

/** The replies of questions, the oldest first. */
export async function listReplies(executor: Executor, questionIds: readonly string[]): Promise<readonly QuestionReplyRow[]> {
  return executor
    .select()
    .from(questionReplies)
    .where(sql`${questionReplies.questionId} = any(${textList(questionIds)})`)
    .orderBy(asc(questionReplies.id));
}
