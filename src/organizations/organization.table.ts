import { integer, snakeCase, text } from "drizzle-orm/pg-core";
import { identifier, moment } from "../database/columns.ts";
import type { Package } from "./organization.rules.ts";

export const organizations = snakeCase.table("organizations", {
  id: identifier().primaryKey(),
  name: text().notNull(),
  nameKey: text().notNull().unique("organizations_name_key"),
  packages: text().array().$type<Package>().notNull(),
  /** How long assets are kept; null for as long as the installation says, 0 for no limit. */
  assetRetentionDays: integer(),
  /** How much of them is kept, in units of 1,000,000,000 bytes; null for as much as the installation says, 0 for no limit. */
  assetGigabytes: integer(),
  createdAt: moment().notNull().defaultNow(),
});
