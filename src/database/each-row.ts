import type { SQL } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import type { Executor } from "./database.ts";
import type { StreamingClient } from "./guarded-client.ts";
import { findFault } from "./sql-state.ts";

/** What Drizzle keeps of the client that it was given; it hands out all rows at once. */
interface StreamingSession {
  readonly client: StreamingClient;
  readonly logger: { readonly logQuery: (text: string, parameters: readonly unknown[]) => void };
}

const dialect = new PgDialect();

/**
 * Gives each row of a statement, as its columns in their order, to `onRow` as it comes in. `executor`: the pool, not a transaction.
 * What fails has given some rows, or none.
 */
export async function eachRow<Row extends readonly unknown[]>(
  executor: Executor,
  statement: SQL,
  onRow: (row: Row) => void,
): Promise<void> {
  const { client, logger } = executor._.session as unknown as StreamingSession;
  const { sql: text, params } = dialect.sqlToQuery(statement);
  // The driver would take what is thrown here for an answer of PostgreSQL, and miss the rows that still come.
  let refusal: { readonly error: unknown } | null = null;
  const give = (row: unknown): void => {
    if (refusal) return;
    try {
      onRow(row as Row);
    } catch (error) {
      refusal = { error };
    }
  };
  logger.logQuery(text, []);
  try {
    await client.each(text, params, give);
  } catch (error) {
    throw findFault(error) ?? new Error(`Failed: ${text}`, { cause: error });
  }
  throwIfRefused(refusal);
}

function throwIfRefused(refusal: { readonly error: unknown } | null): void {
  if (refusal) throw refusal.error;
}
