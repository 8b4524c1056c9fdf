import { sql, type SQL, type SQLWrapper } from "drizzle-orm";
import type { Health, SessionStatus } from "./session.rules.ts";

/** What wants attention first. */
export const STATUS_URGENCY: readonly SessionStatus[] = ["FAILED", "STARTING", "WAITING", "STOPPING", "RUNNING", "STOPPED"];
export const HEALTH_URGENCY: readonly Health[] = ["ERROR", "WARNING", "OK"];

/** A value's place in such a list, from 1. Lists are sorted by it, and an index has it, in the very same words. */
export function urgency(column: SQLWrapper, order: readonly string[]): SQL {
  return sql`array_position(${sql.raw(`array[${order.map((value) => `'${value}'`).join(", ")}]`)}, ${column})`;
}
