import type { EmptyRelations } from "drizzle-orm";
import type { PgAsyncDatabase } from "drizzle-orm/pg-core/async";
import type { PostgresJsQueryResultHKT } from "drizzle-orm/postgres-js";
import type { Logger } from "../shared/log.ts";

/** What runs statements: the pool, or one open transaction. Stores take it as their first argument. */
export type Executor = PgAsyncDatabase<PostgresJsQueryResultHKT, EmptyRelations>;

/** A running transaction is told apart from the pool, so that a verb cannot write outside of one by mistake. */
export type Transaction = Executor & { readonly rollback: () => never };

export interface NotificationListener {
  /** A notification came. */
  readonly onNotification: () => void;
  /** Listening (again): whatever was told before may have been missed. */
  readonly onListening: () => void;
}

export interface Database {
  /** Each statement on its own, on any connection of the pool, under the client-side deadline. */
  readonly executor: Executor;
  /**
   * Runs `work` in one transaction; deadlocks and serialization failures are tried again. The name stands in logs, figures and traces;
   * `log` is that of the request it belongs to.
   */
  readonly transaction: <T>(name: string, work: (transaction: Transaction) => Promise<T>, log?: Logger) => Promise<T>;
  /** Rings the bell of a channel for every process; carries nothing. */
  readonly notify: (channel: string) => Promise<void>;
  /** Hears the bell of a channel, reconnecting for ever; gives the function that ends it. */
  readonly listen: (channel: string, listener: NotificationListener) => Promise<() => Promise<void>>;
  readonly close: () => Promise<void>;
}
