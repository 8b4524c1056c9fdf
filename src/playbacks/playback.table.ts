import { boolean, index, integer, jsonb, snakeCase, text, unique } from "drizzle-orm/pg-core";
import { identifier, moment, orderedText } from "../database/columns.ts";
import type { Health, SessionStatus } from "../sessions/session.rules.ts";
import { sessions } from "../sessions/session.table.ts";
import type { RenditionSettings } from "../templates/template.rules.ts";
import { templates } from "../templates/template.table.ts";
import type { FileFormat, OutputType } from "./playback.rules.ts";

export const playbacks = snakeCase.table(
  "playbacks",
  {
    id: identifier().primaryKey(),
    sessionId: identifier()
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    /** The session's own, so that an index has the users of a template in the order of their names; kept by whoever names the session. */
    sessionNameOrder: orderedText().notNull(),
    position: integer().notNull(),
    name: text().notNull(),
    nameKey: text().notNull(),
    type: text().$type<OutputType>().notNull(),
    templateId: identifier()
      .notNull()
      .references(() => templates.id),
    /** Secrets in them masked; the whole URLs are then in `secrets`. */
    urls: text().array().notNull(),
    hlsEnabled: boolean().notNull().default(false),
    dashEnabled: boolean().notNull().default(false),
    serviceProvider: text(),
    programNumber: integer(),
    fileFormat: text().$type<FileFormat>(),
    maxFileDurationSeconds: integer(),
    /** The unguessable part of the addresses that players open: 130 random bits. */
    pathToken: text().notNull().unique("playbacks_path_token"),
    status: text().$type<SessionStatus>().notNull().default("STOPPED"),
    health: text().$type<Health>().notNull().default("OK"),
    statusReason: text(),
    /** The ladder as it was at the last start: what runs keeps to it whatever becomes of the template. */
    startedRenditions: jsonb().$type<RenditionSettings[]>(),
    startedTemplateVersion: integer(),
    /** The session's generation that the two above belong to; another agent that takes over the same one keeps to them. */
    startedGeneration: integer(),
    createdAt: moment().notNull().defaultNow(),
  },
  (table) => [
    unique("playbacks_name_key").on(table.sessionId, table.nameKey),
    index("playbacks_by_session").on(table.sessionId, table.position, table.id),
    index("playbacks_by_template").on(table.templateId, table.sessionNameOrder, table.sessionId),
  ],
);
