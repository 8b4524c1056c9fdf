import { sql } from "drizzle-orm";
import type { Database } from "../src/database/database.ts";

/** A transaction that has written. */
export interface Commit {
  /** As the change log names it. */
  readonly transaction: string;
  /** When its COMMIT was sent, by the clock that all processes of a machine share, in milliseconds: what comes of it is not told before. */
  readonly at: number;
}

/** The same database, which tells of each of its transactions, at the price of one more statement for each. */
export function stampCommits(database: Database, onCommit: (commit: Commit) => void): Database {
  return {
    ...database,
    transaction: (name, work, log) =>
      database.transaction(
        name,
        async (transaction) => {
          const result = await work(transaction);
          const [row] = await transaction.execute<{ written: string | null }>(
            sql`select pg_current_xact_id_if_assigned()::text as written`,
          );
          if (typeof row?.written === "string") onCommit({ transaction: row.written, at: sharedNow() });
          return result;
        },
        log,
      ),
  };
}

/** Milliseconds by the clock that all processes of a machine share. */
export function sharedNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
