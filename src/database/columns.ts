import { customType, text, timestamp } from "drizzle-orm/pg-core";

/** A point in time, to the millisecond, in UTC. */
export const moment = () => timestamp({ withTimezone: true, precision: 3, mode: "date" });

/** Text that is compared and ordered by its bytes, the same on every machine. */
export const orderedText = customType<{ data: string; driverData: string }>({ dataType: () => 'text collate "C"' });

/** A transaction's 64-bit number, read as decimal text since it is wider than a JavaScript number. */
export const transactionNumber = customType<{ data: string; driverData: string }>({ dataType: () => "xid8" });

export const identifier = () => text();
