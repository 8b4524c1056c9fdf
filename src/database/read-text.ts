import type { Executor } from "./database.ts";
import type { StatementClient } from "./guarded-client.ts";
import { findFault } from "./sql-state.ts";

/** What Drizzle keeps of the client that it was given. */
interface ClientSession {
  readonly client: StatementClient;
  readonly logger: { readonly logQuery: (text: string, parameters: readonly unknown[]) => void };
}

export interface TextStatement {
  readonly text: string;
  readonly parameters: readonly unknown[];
  /** Whether connections keep it planned: for statements that come again and again. */
  readonly isPrepared: boolean;
}

/** The one text that a statement has for its answer: its one column of its one row. `executor`: the pool, not a transaction. */
export async function readText(executor: Executor, { text, parameters, isPrepared }: TextStatement): Promise<string> {
  const { client, logger } = executor._.session as unknown as ClientSession;
  logger.logQuery(text, []);
  try {
    const [row] = await client.unsafe(text, [...parameters], { prepare: isPrepared }).values();
    return String(row?.[0]);
  } catch (error) {
    throw findFault(error) ?? new Error(`Failed: ${text}`, { cause: error });
  }
}
