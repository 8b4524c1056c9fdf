import { sql } from "drizzle-orm";
import { index, jsonb, snakeCase, text } from "drizzle-orm/pg-core";
import type { AccessLevel } from "../access/level.rules.ts";
import { identifier, moment } from "../database/columns.ts";
import { organizations } from "../organizations/organization.table.ts";
import type { InputPath, Verb } from "../sessions/session.rules.ts";
import type { ActionError, ScheduledActionStatus } from "./scheduled-action.rules.ts";

/** What an action is to do, beside its verb and its event. */
export interface ScheduledWork {
  /** As it was asked for: a filter means whatever it means when the action runs. */
  readonly selection?: { readonly ids: readonly string[] } | { readonly filter: object };
  readonly toPath?: InputPath;
  readonly confirmBackupOnly?: boolean;
}

export const scheduledActions = snakeCase.table(
  "scheduled_actions",
  {
    id: identifier().primaryKey(),
    organizationId: identifier()
      .notNull()
      .references(() => organizations.id, { onDelete: "cascade" }),
    verb: text().$type<Verb>().notNull(),
    runAt: moment().notNull(),
    status: text().$type<ScheduledActionStatus>().notNull().default("SCHEDULED"),
    /** No reference: what was done to an event is told when it is gone. */
    eventId: identifier(),
    work: jsonb().$type<ScheduledWork>().notNull(),
    createdBy: text().notNull(),
    /** The level of whoever asked, which the action runs with. */
    accessLevel: text().$type<AccessLevel>().notNull(),
    errors: jsonb().$type<readonly ActionError[]>().notNull().default([]),
    createdAt: moment().notNull().defaultNow(),
    endedAt: moment(),
  },
  (table) => [
    index("scheduled_actions_by_organization").on(table.organizationId, table.runAt, table.id),
    index("scheduled_actions_by_event").on(table.eventId, table.runAt, table.id),
    index("scheduled_actions_due")
      .on(table.runAt)
      .where(sql`status = 'SCHEDULED'`),
    index("scheduled_actions_ended")
      .on(table.endedAt)
      .where(sql`ended_at is not null`),
  ],
);
