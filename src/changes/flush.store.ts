import { sql, type SQL } from "drizzle-orm";

/**
 * A PostgreSQL that crashes gives numbers of transactions out a second time: those of transactions whose end the disk had not got, which
 * for rolled-back ones nobody waits for. To a reader whose position has seen the first bearer of a number, the second one's changes would
 * count as told. So no position is handed on before the disk has the end of all that it has seen.
 */

/** Whether the disk has everything that was written when a statement looks. */
const IS_FLUSHED: SQL = sql`(pg_current_wal_flush_lsn() >= pg_current_wal_insert_lsn())`;

/** A commit that writes something, and waits for the disk whatever the server's settings are. */
const COMMIT_OF_NOTHING: SQL = sql`concat(set_config('synchronous_commit', 'on', true), pg_logical_emit_message(true, 'headend', ''))`;

/**
 * As a column of a statement of its own transaction: true when the disk, once that has ended, has all that its snapshot sees. Where that
 * is `wanted`, it is seen to. In the statement that looks, and in no later one: between two, PostgreSQL may have crashed and come back,
 * and what the disk has then says nothing about what was seen before.
 */
export function flushWhen(wanted: SQL): SQL {
  return sql`case when ${IS_FLUSHED} then true when ${wanted} then ${COMMIT_OF_NOTHING} is not null else false end`;
}

export const FLUSH: SQL = flushWhen(sql`true`);
