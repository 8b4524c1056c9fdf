import { snakeCase, text } from "drizzle-orm/pg-core";
import { identifier, moment } from "../database/columns.ts";
import type { Package } from "./organization.rules.ts";

export const organizations = snakeCase.table("organizations", {
  id: identifier().primaryKey(),
  name: text().notNull(),
  nameKey: text().notNull().unique("organizations_name_key"),
  packages: text().array().$type<Package>().notNull(),
  createdAt: moment().notNull().defaultNow(),
});
