import { boolean, index, integer, jsonb, snakeCase, text, unique } from "drizzle-orm/pg-core";
import { identifier, moment } from "../database/columns.ts";
import { organizations } from "../organizations/organization.table.ts";
import { playbacks } from "../playbacks/playback.table.ts";
import type { Health } from "../sessions/session.rules.ts";
import { sessions } from "../sessions/session.table.ts";
import { renditions } from "../templates/template.table.ts";
import type { ProcessKind, ProcessSettings } from "./process.rules.ts";

export const processes = snakeCase.table(
  "processes",
  {
    id: identifier().primaryKey(),
    organizationId: identifier()
      .notNull()
      .references(() => organizations.id, { onDelete: "cascade" }),
    sessionId: identifier()
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    playbackId: identifier()
      .notNull()
      .references(() => playbacks.id, { onDelete: "cascade" }),
    renditionId: identifier()
      .notNull()
      .references(() => renditions.id, { onDelete: "cascade" }),
    kind: text().$type<ProcessKind>().notNull(),
    isEnabled: boolean().notNull(),
    intervalSeconds: integer(),
    durationSeconds: integer(),
    /** The settings as they were at the last start, which what runs keeps to; null when it was not there then. */
    startedSettings: jsonb().$type<ProcessSettings>(),
    /** The session's generation that those belong to. */
    startedGeneration: integer(),
    /** It was removed while its session was under way: what runs goes on, and the row goes with the session's end. */
    isRemoved: boolean().notNull().default(false),
    /** The unguessable part of the address of the latest content: 130 random bits, which can be replaced. */
    pathToken: text().notNull().unique("processes_path_token"),
    /** Where the encoder keeps the latest content; shown to nobody, so that it can stay when the address is replaced. */
    directoryToken: text().notNull(),
    isActive: boolean().notNull().default(false),
    health: text().$type<Health>().notNull().default("OK"),
    statusReason: text(),
    contentVersion: text(),
    contentType: text(),
    contentAt: moment(),
    /** The encoder that made the latest content and keeps it; null while there is none. */
    contentEncoderId: identifier(),
    createdAt: moment().notNull().defaultNow(),
  },
  (table) => [
    unique("processes_by_session").on(table.sessionId, table.playbackId, table.renditionId, table.kind),
    index("processes_by_organization").on(table.organizationId, table.id),
    index("processes_by_playback").on(table.playbackId),
    index("processes_by_rendition").on(table.renditionId),
  ],
);
