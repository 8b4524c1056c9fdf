import { boolean, index, snakeCase, text } from "drizzle-orm/pg-core";
import { identifier, moment } from "../database/columns.ts";
import { organizations } from "../organizations/organization.table.ts";
import type { AccessLevel } from "./level.rules.ts";

export const apiKeys = snakeCase.table(
  "api_keys",
  {
    id: identifier().primaryKey(),
    organizationId: identifier()
      .notNull()
      .references(() => organizations.id, { onDelete: "cascade" }),
    name: text().notNull(),
    accessLevel: text().$type<AccessLevel>().notNull(),
    canIntrospect: boolean().notNull().default(true),
    prefix: text().notNull(),
    /** SHA-256 of the whole key, in hex; a key has 200 random bits, so that a slow hash would add nothing. */
    keyHash: text().notNull().unique("api_keys_key_hash"),
    createdAt: moment().notNull().defaultNow(),
    expiresAt: moment(),
    lastUsedAt: moment(),
    revokedAt: moment(),
  },
  (table) => [index("api_keys_by_organization").on(table.organizationId, table.id)],
);
