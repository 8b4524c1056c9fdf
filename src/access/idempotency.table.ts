import { index, jsonb, primaryKey, snakeCase, text } from "drizzle-orm/pg-core";
import { identifier, moment } from "../database/columns.ts";
import { organizations } from "../organizations/organization.table.ts";

/** Answers kept for 48 hours under the caller's key: ids and outcomes, never what was sent. */
export const idempotencyKeys = snakeCase.table(
  "idempotency_keys",
  {
    organizationId: identifier()
      .notNull()
      .references(() => organizations.id, { onDelete: "cascade" }),
    key: text().notNull(),
    operation: text().notNull(),
    /** HMAC of the input with the installation's secret, so that a stolen table tells nothing of it. */
    inputDigest: text().notNull(),
    answer: jsonb(),
    createdAt: moment().notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ name: "idempotency_keys_key", columns: [table.organizationId, table.key] }),
    index("idempotency_keys_by_age").on(table.createdAt),
  ],
);
