import { sql } from "drizzle-orm";
import { boolean, index, integer, snakeCase, text, uniqueIndex } from "drizzle-orm/pg-core";
import { identifier, moment } from "../database/columns.ts";
import { organizations } from "../organizations/organization.table.ts";
import type { AlertCode, AlertEndReason, AlertSeverity } from "./alert.rules.ts";

/** One row for each time that something was wrong; it outlives what it is about. */
export const alerts = snakeCase.table(
  "alerts",
  {
    id: identifier().primaryKey(),
    organizationId: identifier()
      .notNull()
      .references(() => organizations.id, { onDelete: "cascade" }),
    /** No reference: an alert outlives its session. */
    sessionId: identifier(),
    /** As it was called when the alert was raised, for when it is gone. */
    sessionName: text(),
    /** What it is about: the session itself, or a playback, a process, an event or an asset by its id. */
    subjectId: identifier().notNull(),
    code: text().$type<AlertCode>().notNull(),
    severity: text().$type<AlertSeverity>().notNull(),
    message: text().notNull(),
    count: integer().notNull().default(1),
    firstSeenAt: moment().notNull(),
    lastSeenAt: moment().notNull(),
    /** Whether the cause holds now; an alert stays open for a while after its cause went, so that it does not flap. Always of what happened at a moment. */
    isActive: boolean().notNull().default(true),
    /** How often the cause had occurred when it was last counted, as the present runner counts; 0 where none does. */
    occurrences: integer().notNull().default(0),
    endedAt: moment(),
    endReason: text().$type<AlertEndReason>(),
    clearedBy: text(),
    acknowledgedAt: moment(),
    acknowledgedBy: text(),
    snoozedUntil: moment(),
    note: text(),
  },
  (table) => [
    uniqueIndex("alerts_open_by_subject")
      .on(table.subjectId, table.code)
      .where(sql`ended_at is null`),
    index("alerts_by_session").on(table.sessionId, table.id),
    // Those that are open, and those cleared that are still counted on.
    index("alerts_known_by_session")
      .on(table.sessionId)
      .where(sql`ended_at is null or occurrences > 0`),
    index("alerts_by_organization").on(table.organizationId, table.id),
    index("alerts_open_by_organization")
      .on(table.organizationId, table.id)
      .where(sql`ended_at is null`),
    index("alerts_fading")
      .on(table.lastSeenAt)
      .where(sql`ended_at is null and not is_active`),
  ],
);
