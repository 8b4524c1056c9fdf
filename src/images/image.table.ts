import { bytea, index, integer, snakeCase, text } from "drizzle-orm/pg-core";
import { identifier, moment } from "../database/columns.ts";
import { organizations } from "../organizations/organization.table.ts";
import type { ImageKind } from "./image.rules.ts";

/** Pictures that callers uploaded; in the database, so that every gateway and encoder has them. */
export const images = snakeCase.table(
  "images",
  {
    id: identifier().primaryKey(),
    organizationId: identifier()
      .notNull()
      .references(() => organizations.id, { onDelete: "cascade" }),
    kind: text().$type<ImageKind>().notNull(),
    /** The unguessable part of its address: 130 random bits. */
    pathToken: text().notNull().unique("images_path_token"),
    contentType: text().notNull(),
    /** In pixels. */
    width: integer().notNull(),
    height: integer().notNull(),
    bytes: bytea().notNull(),
    createdAt: moment().notNull().defaultNow(),
  },
  (table) => [index("images_by_organization").on(table.organizationId)],
);
