import { boolean, bytea, index, integer, snakeCase, text, unique } from "drizzle-orm/pg-core";
import { identifier, moment } from "../database/columns.ts";
import { organizations } from "../organizations/organization.table.ts";
import { sessions } from "../sessions/session.table.ts";
import type { EventAccess, EventStatus, MessagingMode } from "./event.rules.ts";

export const events = snakeCase.table(
  "events",
  {
    id: identifier().primaryKey(),
    organizationId: identifier()
      .notNull()
      .references(() => organizations.id, { onDelete: "cascade" }),
    title: text().notNull(),
    details: text(),
    startsAt: moment(),
    endsAt: moment(),
    status: text().$type<EventStatus>().notNull().default("SCHEDULED"),
    statusChangedAt: moment().notNull().defaultNow(),
    liveSince: moment(),
    endedAt: moment(),
    messagingMode: text().$type<MessagingMode>().notNull().default("DISABLED"),
    access: text().$type<EventAccess>().notNull().default("PUBLIC"),
    /** Sealed by the vault; null for a public event. */
    accessCode: bytea(),
    /** Whether going live begins a recording of each language. */
    recordingEnabled: boolean().notNull().default(false),
    /** The number of the slide that attendees see; null while they see none. */
    publishedSlide: integer(),
    version: integer().notNull().default(1),
    createdAt: moment().notNull().defaultNow(),
    updatedAt: moment().notNull().defaultNow(),
  },
  (table) => [
    index("events_by_organization").on(table.organizationId, table.id),
    index("events_by_status").on(table.organizationId, table.status, table.id),
  ],
);

/** One language of an event, fed by a session of its own. */
export const eventLanguages = snakeCase.table(
  "event_languages",
  {
    id: identifier().primaryKey(),
    eventId: identifier()
      .notNull()
      .references(() => events.id, { onDelete: "cascade" }),
    /** BCP 47, in its usual letter case. */
    code: text().notNull(),
    label: text().notNull(),
    position: integer().notNull(),
    sessionId: identifier()
      .notNull()
      .unique("event_languages_by_session")
      .references(() => sessions.id),
  },
  (table) => [unique("event_languages_by_code").on(table.eventId, table.code)],
);
