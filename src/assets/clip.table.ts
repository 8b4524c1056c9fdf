import { boolean, doublePrecision, integer, snakeCase, text } from "drizzle-orm/pg-core";
import { identifier } from "../database/columns.ts";
import { assets } from "./asset.table.ts";

/** What was asked for of each clip, beside the row of its asset; it is made while that is IN_PROGRESS. */
export const clips = snakeCase.table("clips", {
  assetId: identifier()
    .primaryKey()
    .references(() => assets.id, { onDelete: "cascade" }),
  /** The replay that it is cut out of, which may be deleted meanwhile. */
  replayId: text().notNull(),
  cueInSeconds: doublePrecision().notNull(),
  cueOutSeconds: doublePrecision().notNull(),
  isFrameAccurate: boolean().notNull(),
  /** How often its making was begun. */
  attempts: integer().notNull().default(0),
});
