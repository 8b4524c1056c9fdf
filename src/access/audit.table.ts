import { index, snakeCase, text } from "drizzle-orm/pg-core";
import { identifier, moment } from "../database/columns.ts";
import { organizations } from "../organizations/organization.table.ts";

/** Who did what that has to be accounted for, written in the transaction that did it. */
export const auditEntries = snakeCase.table(
  "audit_entries",
  {
    id: identifier().primaryKey(),
    organizationId: identifier()
      .notNull()
      .references(() => organizations.id, { onDelete: "cascade" }),
    at: moment().notNull(),
    actor: text().notNull(),
    /** Null where the caller has none, such as the command line. */
    ipAddress: text(),
    verb: text().notNull(),
    objectIds: text().array().notNull(),
    outcome: text().notNull(),
    requestId: text().notNull(),
  },
  (table) => [
    index("audit_entries_by_organization").on(table.organizationId, table.id),
    index("audit_entries_by_actor").on(table.organizationId, table.actor, table.id),
    index("audit_entries_by_object").using("gin", table.objectIds),
  ],
);
