import type { Executor } from "./database.ts";
import type { StatementClient } from "./guarded-client.ts";
import { findFault } from "./sql-state.ts";

/** What Drizzle keeps of the client that it was given. */
interface ClientSession {
  readonly client: StatementClient;
  readonly logger: { readonly logQuery: (text: string, parameters: readonly unknown[]) => void };
}

export interface BytesStatement {
  readonly text: string;
  readonly parameters: readonly unknown[];
  /** Whether connections keep it planned: for statements that come again and again. */
  readonly isPrepared: boolean;
}

/**
 * What a statement has for its answer, as PostgreSQL sent it: the one column of its one row, which is no null. A text is in UTF-8.
 * `executor`: the pool, not a transaction.
 */
export async function readBytes(executor: Executor, { text, parameters, isPrepared }: BytesStatement): Promise<Uint8Array> {
  const { client, logger } = executor._.session as unknown as ClientSession;
  logger.logQuery(text, parameters);
  try {
    const [row] = await client.unsafe(text, [...parameters], { prepare: isPrepared }).raw();
    const bytes = row?.[0];
    if (!bytes) throw new Error("it gave no row, or null");
    return bytes;
  } catch (error) {
    throw findFault(error) ?? new Error(`Failed: ${text}`, { cause: error });
  }
}
