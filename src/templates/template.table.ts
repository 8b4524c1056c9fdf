import { sql } from "drizzle-orm";
import { boolean, doublePrecision, index, integer, snakeCase, text, unique, uniqueIndex } from "drizzle-orm/pg-core";
import { identifier, moment, orderedText } from "../database/columns.ts";
import { organizations } from "../organizations/organization.table.ts";
import type { AudioCodec, VideoCodec } from "./template.rules.ts";

export const templates = snakeCase.table(
  "templates",
  {
    id: identifier().primaryKey(),
    organizationId: identifier()
      .notNull()
      .references(() => organizations.id, { onDelete: "cascade" }),
    name: text().notNull(),
    nameKey: orderedText().notNull(),
    nameOrder: orderedText().notNull(),
    description: text(),
    isDefault: boolean().notNull().default(false),
    version: integer().notNull().default(1),
    createdAt: moment().notNull().defaultNow(),
    updatedAt: moment().notNull().defaultNow(),
  },
  (table) => [
    unique("templates_name_key").on(table.organizationId, table.nameKey),
    uniqueIndex("templates_one_default")
      .on(table.organizationId)
      .where(sql`is_default`),
    index("templates_by_name").on(table.organizationId, table.nameOrder, table.id),
  ],
);

export const renditions = snakeCase.table(
  "renditions",
  {
    id: identifier().primaryKey(),
    templateId: identifier()
      .notNull()
      .references(() => templates.id, { onDelete: "cascade" }),
    position: integer().notNull(),
    name: text().notNull(),
    isPassthrough: boolean().notNull(),
    videoCodec: text().$type<VideoCodec>(),
    width: integer(),
    height: integer(),
    videoBitrateKbps: integer(),
    frameRate: doublePrecision(),
    audioCodec: text().$type<AudioCodec>(),
    audioBitrateKbps: integer(),
  },
  (table) => [index("renditions_by_template").on(table.templateId, table.position)],
);
