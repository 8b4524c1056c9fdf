import { integer, primaryKey, snakeCase } from "drizzle-orm/pg-core";
import { identifier, moment } from "../database/columns.ts";

/** How many watch a session at one origin. A row is of the last seconds alone, and bound to nothing, so that no write ever waits for it. */
export const viewerCounts = snakeCase.table(
  "viewer_counts",
  {
    sessionId: identifier().notNull(),
    originId: identifier().notNull(),
    viewerCount: integer().notNull(),
    countedAt: moment().notNull(),
  },
  (table) => [primaryKey({ name: "viewer_counts_pkey", columns: [table.sessionId, table.originId] })],
);
