import { sql } from "drizzle-orm";
import { index, integer, snakeCase, text, unique } from "drizzle-orm/pg-core";
import { identifier, moment } from "../database/columns.ts";
import { organizations } from "../organizations/organization.table.ts";
import { sessions } from "./session.table.ts";

/** One row for each start-to-stop period of a session, which it outlives. */
export const runs = snakeCase.table(
  "runs",
  {
    id: identifier().primaryKey(),
    organizationId: identifier()
      .notNull()
      .references(() => organizations.id, { onDelete: "cascade" }),
    /** Null once the session is deleted. */
    sessionId: identifier().references(() => sessions.id, { onDelete: "set null" }),
    sessionName: text().notNull(),
    /** The session's generation that it is. */
    generation: integer().notNull(),
    startedAt: moment().notNull(),
    startedBy: text(),
    endedAt: moment(),
    stoppedBy: text(),
    endReason: text(),
  },
  (table) => [
    unique("runs_by_session").on(table.sessionId, table.generation),
    index("runs_by_organization").on(table.organizationId, table.id),
    index("runs_open")
      .on(table.sessionId)
      .where(sql`ended_at is null`),
  ],
);
