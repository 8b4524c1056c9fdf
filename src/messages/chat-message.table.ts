import { index, snakeCase, text } from "drizzle-orm/pg-core";
import { identifier, moment } from "../database/columns.ts";
import { events } from "../events/event.table.ts";
import { organizations } from "../organizations/organization.table.ts";

export const chatMessages = snakeCase.table(
  "chat_messages",
  {
    id: identifier().primaryKey(),
    organizationId: identifier()
      .notNull()
      .references(() => organizations.id, { onDelete: "cascade" }),
    eventId: identifier()
      .notNull()
      .references(() => events.id, { onDelete: "cascade" }),
    /** An attendee's, or `moderator`. */
    authorId: text().notNull(),
    authorName: text().notNull(),
    text: text().notNull(),
    at: moment().notNull(),
  },
  (table) => [
    index("chat_messages_by_event").on(table.eventId, table.id),
    index("chat_messages_by_author").on(table.eventId, table.authorId, table.id),
    index("chat_messages_by_organization").on(table.organizationId, table.id),
  ],
);
