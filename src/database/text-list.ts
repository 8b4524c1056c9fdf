import { sql, type SQL } from "drizzle-orm";

/** A list as one parameter: Drizzle would spread an array over as many as it has items. */
export function textList(values: readonly string[]): SQL {
  return sql`${sql.param([...values])}::text[]`;
}
