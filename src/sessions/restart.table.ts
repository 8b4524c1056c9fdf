import { index, integer, snakeCase, text } from "drizzle-orm/pg-core";
import { identifier, moment } from "../database/columns.ts";
import { sessions } from "./session.table.ts";

/** Sessions that wait for their turn in a rolling restart, or are taking it; the reaper moves them on. */
export const rollingRestarts = snakeCase.table(
  "rolling_restarts",
  {
    sessionId: identifier()
      .primaryKey()
      .references(() => sessions.id, { onDelete: "cascade" }),
    batchId: identifier().notNull(),
    position: integer().notNull(),
    maxConcurrent: integer().notNull(),
    /** The generation that its turn started; null while it waits. */
    generation: integer(),
    requestedAt: moment().notNull().defaultNow(),
    /** Who asked for it. */
    actor: text(),
  },
  (table) => [index("rolling_restarts_by_batch").on(table.batchId, table.position)],
);
