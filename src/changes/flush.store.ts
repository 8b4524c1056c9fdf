import { sql, type SQL } from "drizzle-orm";
import type { Executor } from "../database/database.ts";

/**
 * A PostgreSQL that crashes gives numbers of transactions out a second time: those of transactions whose end the disk had not got, which
 * for rolled-back ones nobody waits for. To a reader whose position has seen the first bearer of a number, the second one's changes would
 * count as told. So no position is handed on before the disk has the end of all that it has seen.
 */

/** Whether the disk has everything that was written when a statement looks. */
export const IS_FLUSHED: SQL = sql`(pg_current_wal_flush_lsn() >= pg_current_wal_insert_lsn())`;

/** A commit that writes something, and waits for the disk whatever the server's settings are. */
const COMMIT_OF_NOTHING: SQL = sql`concat(set_config('synchronous_commit', 'on', true), pg_logical_emit_message(true, 'headend', ''))`;

/** As a column of a statement of its own transaction: once that has ended, the disk has all that its snapshot sees. */
export const FLUSH: SQL = sql`case when ${IS_FLUSHED} then null else ${COMMIT_OF_NOTHING} end`;

/** Brings everything written so far to the disk. */
export async function flushWritten(executor: Executor): Promise<void> {
  await executor.execute(sql`select ${FLUSH} as flushed`);
}
