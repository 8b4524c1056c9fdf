import { index, integer, primaryKey, snakeCase, text } from "drizzle-orm/pg-core";
import { identifier, moment } from "../database/columns.ts";
import { events } from "../events/event.table.ts";
import { organizations } from "../organizations/organization.table.ts";
import type { QuestionStatus } from "./message.rules.ts";

export const questions = snakeCase.table(
  "questions",
  {
    id: identifier().primaryKey(),
    organizationId: identifier()
      .notNull()
      .references(() => organizations.id, { onDelete: "cascade" }),
    eventId: identifier()
      .notNull()
      .references(() => events.id, { onDelete: "cascade" }),
    /** The attendee's, of its token. */
    authorId: text().notNull(),
    authorName: text().notNull(),
    text: text().notNull(),
    status: text().$type<QuestionStatus>().notNull().default("NEW"),
    /** Kept with the votes, in one transaction. */
    upvotes: integer().notNull().default(0),
    askedAt: moment().notNull(),
  },
  (table) => [
    index("questions_by_event").on(table.eventId, table.id),
    index("questions_by_status").on(table.eventId, table.status, table.id),
    index("questions_by_author").on(table.eventId, table.authorId, table.id),
    index("questions_by_organization").on(table.organizationId, table.id),
  ],
);

/** One row for each attendee that wants a question answered. */
export const questionUpvotes = snakeCase.table(
  "question_upvotes",
  {
    questionId: identifier()
      .notNull()
      .references(() => questions.id, { onDelete: "cascade" }),
    attendeeId: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.questionId, table.attendeeId] })],
);

export const questionReplies = snakeCase.table(
  "question_replies",
  {
    id: identifier().primaryKey(),
    questionId: identifier()
      .notNull()
      .references(() => questions.id, { onDelete: "cascade" }),
    text: text().notNull(),
    authorName: text().notNull(),
    at: moment().notNull(),
  },
  (table) => [index("question_replies_by_question").on(table.questionId, table.id)],
);
