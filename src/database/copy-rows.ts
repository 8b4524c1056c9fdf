import type { CopyText } from "./copy-text.ts";
import type { Transaction } from "./database.ts";
import type { CopyingClient } from "./guarded-client.ts";
import { findFault } from "./sql-state.ts";

/** What Drizzle keeps of the client that it was given; it has no COPY of its own. */
interface CopyingSession {
  readonly client: CopyingClient;
  readonly logger: { readonly logQuery: (text: string, parameters: readonly unknown[]) => void };
}

/** Writes rows to a table, in the order given, as one statement. */
export async function copyRows(
  transaction: Transaction,
  { table, columns, rows }: { readonly table: string; readonly columns: readonly string[]; readonly rows: CopyText },
): Promise<void> {
  if (rows.count === 0) return;
  const { client, logger } = transaction._.session as unknown as CopyingSession;
  const text = `copy ${table} (${columns.join(", ")}) from stdin`;
  logger.logQuery(text, []);
  try {
    await client.copyIn(text, rows.pieces);
  } catch (error) {
    // PostgreSQL tells the row that it refused, which is for no log.
    throw findFault(error) ?? new Error(`Failed: ${text}`, { cause: error });
  }
}
