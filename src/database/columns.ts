import { sql, type SQL, type SQLWrapper } from "drizzle-orm";
import { customType, text, timestamp } from "drizzle-orm/pg-core";

/** A point in time, to the millisecond, in UTC. */
export const moment = () => timestamp({ withTimezone: true, precision: 3, mode: "date" });

/** Text that is compared and ordered by its bytes, the same on every machine. */
export const orderedText = customType<{ data: string; driverData: string }>({ dataType: () => 'text collate "C"' });

/** A transaction's 64-bit number, read as decimal text since it is wider than a JavaScript number. */
export const transactionNumber = customType<{ data: string; driverData: string }>({ dataType: () => "xid8" });

export const identifier = () => text();

/** The place that a column's value has among some words of ours, from 1. Lists are sorted by it, and an index has it, in the very same words. */
export function placeAmong(words: readonly string[], column: SQLWrapper): SQL {
  return sql`array_position(${sql.raw(`array[${words.map((word) => `'${word}'`).join(", ")}]`)}, ${column})`;
}
