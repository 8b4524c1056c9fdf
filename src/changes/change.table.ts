import { sql } from "drizzle-orm";
import { bigint, boolean, check, index, jsonb, snakeCase, text } from "drizzle-orm/pg-core";
import { identifier, moment, transactionNumber } from "../database/columns.ts";
import type { ChangedObject, LoggedChangeKind } from "./change.rules.ts";

/**
 * The change log: one row for every committed change of state, written in the transaction that made it.
 * `id` is taken while the object's row lock is held, so that the ids of one object's changes are in the order of the changes;
 * `transaction` tells a reader which rows a snapshot has seen; `position.ts` says how the log is read by that.
 */
export const changes = snakeCase.table(
  "changes",
  {
    id: bigint({ mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    transaction: transactionNumber()
      .notNull()
      .default(sql`pg_current_xact_id()`),
    organizationId: identifier().notNull(),
    object: text().$type<ChangedObject>().notNull(),
    objectId: identifier().notNull(),
    kind: text().$type<LoggedChangeKind>().notNull(),
    at: moment().notNull(),
    actor: text(),
    /** The fields that filters look at, as they were and as they are; null before a creation and after a deletion. */
    before: jsonb(),
    after: jsonb(),
  },
  (table) => [index("changes_by_transaction").on(table.transaction, table.id), index("changes_by_time").on(table.at)],
);

/** How far back the log is whole; one row, written by the sweep in the transaction that deletes what is older. */
export const changeRetention = snakeCase.table(
  "change_retention",
  {
    isOnly: boolean().primaryKey().default(true),
    /** Every row of this transaction and later ones is kept. */
    keptFrom: transactionNumber().notNull(),
  },
  () => [check("change_retention_is_one_row", sql`is_only`)],
);
