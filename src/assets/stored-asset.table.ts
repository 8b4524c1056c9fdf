import { sql } from "drizzle-orm";
import { boolean, index, snakeCase, text } from "drizzle-orm/pg-core";
import { moment } from "../database/columns.ts";

/**
 * One row for each asset that files are in the object store of, or may be: written before the first of them, and gone after the last. So
 * nothing is ever left there that nobody knows of, and nothing has to be listed, least of all what is somebody else's.
 */
export const storedAssets = snakeCase.table(
  "stored_assets",
  {
    /** Of an asset that may be gone already. */
    assetId: text().primaryKey(),
    begunAt: moment().notNull().defaultNow(),
    /** Nobody uploads to it any more. */
    isComplete: boolean().notNull().default(false),
  },
  (table) => [
    index("stored_assets_begun")
      .on(table.begunAt)
      .where(sql`not is_complete`),
  ],
);
