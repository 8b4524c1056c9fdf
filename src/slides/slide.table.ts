import { integer, snakeCase, unique } from "drizzle-orm/pg-core";
import { identifier } from "../database/columns.ts";
import { events } from "../events/event.table.ts";
import { images } from "../images/image.table.ts";

/** One picture of an event's presentation. */
export const slides = snakeCase.table(
  "slides",
  {
    id: identifier().primaryKey(),
    eventId: identifier()
      .notNull()
      .references(() => events.id, { onDelete: "cascade" }),
    /** Counted from 1. */
    number: integer().notNull(),
    imageId: identifier()
      .notNull()
      .references(() => images.id),
  },
  (table) => [unique("slides_by_event").on(table.eventId, table.number)],
);
