import { setTimeout as wait } from "node:timers/promises";
import { drizzle } from "drizzle-orm/postgres-js";
import type { Sql } from "postgres";
import type { Logger } from "../shared/log.ts";
import { openConnections, type DatabaseAddress } from "./connection.ts";
import type { Database, Executor, Transaction } from "./database.ts";
import { guardClient } from "./guarded-client.ts";
import { keepListening } from "./listener.ts";
import { watchLiveness, type LivenessOptions } from "./liveness.ts";
import { UNOBSERVED, type DatabaseObserver } from "./observer.ts";
import { findFault, isRetryable } from "./sql-state.ts";

const DEFAULT_MAX_CONNECTIONS = 10;
const TRANSACTION_ATTEMPTS = 5;
const RETRY_MILLISECONDS = 20;
const CLOSE_TIMEOUT_SECONDS = 5;

export interface DatabaseOptions {
  readonly address: DatabaseAddress;
  readonly log: Logger;
  /** Shows in pg_stat_activity. */
  readonly applicationName?: string;
  /** Of the pool; two more are taken, for listening and for ringing. */
  readonly maxConnections?: number;
  /** Told every statement before it is sent, for counters. */
  readonly onStatement?: (text: string, parameters: readonly unknown[]) => void;
  readonly observer?: DatabaseObserver;
}

/**
 * Opens the database; nothing connects before the first use. Every statement and transaction ends within 5 s: with its result,
 * with PostgreSQL's error, or with a `Fault` (SERVICE_UNAVAILABLE when it is away or does not answer, TIMEOUT when it is too slow).
 */
export function openDatabase({
  address,
  log,
  applicationName = "headend",
  maxConnections = DEFAULT_MAX_CONNECTIONS,
  onStatement,
  observer = UNOBSERVED,
}: DatabaseOptions): Database {
  const openPool = () => openConnections(address, { applicationName, maxConnections });
  // Drizzle changes how its client reads values; bells ring on one that it does not know.
  const openBells = () =>
    openConnections(address, { applicationName: `${applicationName} bell`, maxConnections: 1, driver: { fetch_types: false } });
  let pool = openPool();
  let bells = openBells();
  const liveness = watchLiveness({
    probe: () => probe(address, `${applicationName} probe`),
    onFrozen() {
      log.error("PostgreSQL does not answer");
      const hanging = pool;
      const hangingBells = bells;
      pool = openPool();
      bells = openBells();
      // What hangs on these connections cannot be told apart from what will never come back: they are given up together.
      Object.assign(pool.options.parsers, hanging.options.parsers);
      Object.assign(pool.options.serializers, hanging.options.serializers);
      void hanging.end({ timeout: 0 });
      void hangingBells.end({ timeout: 0 });
    },
    onAnswering: () => log.info("PostgreSQL answers again"),
  });
  const logger = onStatement ? { logger: { logQuery: onStatement } } : {};
  const executor = unwrapFaults(drizzle({ client: guardClient(() => pool, { liveness, observer }), paramsInErrors: false, ...logger }));
  const listeners = new Set<() => Promise<void>>();

  return {
    executor,
    transaction: (name, work, caller = log) => observer.transaction(name, () => runTransaction({ executor, log: caller, name, work })),
    async notify(channel) {
      try {
        await liveness.watch(() => bells.unsafe("select pg_notify($1, '')", [channel], { prepare: true }));
        observer.bell("rung");
      } catch (error) {
        observer.bell("failed");
        throw error;
      }
    },
    async listen(channel, { onNotification, onListening }) {
      const hear = (): void => {
        observer.bell("heard");
        onNotification();
      };
      const listener = { onNotification: hear, onListening };
      const end = await keepListening({ address, applicationName: `${applicationName} listener`, channel, listener, liveness, log });
      listeners.add(end);
      return async () => {
        listeners.delete(end);
        await end();
      };
    },
    async close() {
      await Promise.all([...listeners].map((end) => end()));
      await Promise.all([pool.end({ timeout: CLOSE_TIMEOUT_SECONDS }), bells.end({ timeout: CLOSE_TIMEOUT_SECONDS })]);
      liveness.end();
    },
  };
}

function probe(address: DatabaseAddress, applicationName: string): ReturnType<LivenessOptions["probe"]> {
  const connection: Sql = openConnections(address, { applicationName, maxConnections: 1, driver: { fetch_types: false } });
  const answer = connection.unsafe("select 1").then(
    () => undefined,
    () => undefined,
  );
  return { answered: answer, end: () => void connection.end({ timeout: 0 }) };
}

interface TransactionRun<T> {
  readonly executor: Executor;
  readonly log: Logger;
  readonly name: string;
  readonly work: (transaction: Transaction) => Promise<T>;
}

async function runTransaction<T>({ executor, log, name, work }: TransactionRun<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await executor.transaction((transaction) => work(transaction as Transaction));
    } catch (error) {
      const fault = findFault(error);
      if (fault) throw fault;
      if (attempt === TRANSACTION_ATTEMPTS || !isRetryable(error)) throw error;
      log.info({ transaction: name, attempt }, "a transaction is tried again after a deadlock");
      // Those that met must not meet again at once.
      await wait(RETRY_MILLISECONDS * attempt * (0.5 + Math.random()));
    }
  }
}

/** Drizzle wraps every error of its driver in one that names the statement; faults are made to be shown, and come out as they are. */
function unwrapFaults(executor: Executor): Executor {
  const { session } = executor._;
  const prepareQuery: typeof session.prepareQuery = session.prepareQuery.bind(session);
  session.prepareQuery = (...words) => {
    const prepared = prepareQuery<never>(...words);
    const execute = prepared.execute.bind(prepared);
    prepared.execute = (values) =>
      execute(values).catch((error: unknown) => {
        throw findFault(error) ?? error;
      });
    return prepared;
  };
  return executor;
}
