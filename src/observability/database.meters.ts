import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { BellEvent, DatabaseObserver } from "../database/observer.ts";
import { findFault, sqlState } from "../database/sql-state.ts";
import { createStatementNames } from "./statement-name.rules.ts";

/** In seconds; a statement is ended after 4. */
const SQL_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Figures of the connections to PostgreSQL: for each pool of the process an observer. */
export interface DatabaseMeters {
  /** `pool` names it in labels; `size`: the most connections that it opens. */
  readonly observerOf: (pool: "requests" | "encoder", size: number) => DatabaseObserver;
}

export function createDatabaseMeters(registry: Registry): DatabaseMeters {
  const registers = [registry];
  const statements = new Histogram({
    name: "headend_sql_statement_duration_seconds",
    help: "Statements sent to PostgreSQL, by what they do to which table, with the wait for a connection.",
    labelNames: ["statement"],
    buckets: SQL_BUCKETS,
    registers,
  });
  const transactions = new Histogram({
    name: "headend_sql_transaction_duration_seconds",
    help: "Transactions by name, with all their attempts and the wait for a connection.",
    labelNames: ["transaction"],
    buckets: SQL_BUCKETS,
    registers,
  });
  const errors = new Counter({
    name: "headend_sql_errors_total",
    help: "Statements that failed: SERVICE_UNAVAILABLE, TIMEOUT, or the class of PostgreSQL's SQLSTATE.",
    labelNames: ["code"],
    registers,
  });
  const size = new Gauge({
    name: "headend_sql_pool_size",
    help: "Connections that a pool opens at most.",
    labelNames: ["pool"],
    registers,
  });
  const demand = new Gauge({
    name: "headend_sql_pool_demand",
    help: "Transactions, and statements outside of them, that are under way; what exceeds the pool's size waits for a connection.",
    labelNames: ["pool"],
    registers,
  });
  const bells = new Counter({
    name: "headend_bell_events_total",
    help: "The bell that wakes readers of the change log: rung by this process, failed to ring, heard.",
    labelNames: ["event"],
    registers,
  });
  for (const event of ["rung", "failed", "heard"] satisfies BellEvent[]) bells.inc({ event }, 0);
  const nameOf = createStatementNames();

  return {
    observerOf(pool, connections) {
      size.set({ pool }, connections);
      const wanted = demand.labels(pool);
      wanted.set(0);
      return {
        async statement(text, run) {
          const startedAt = performance.now();
          try {
            return await run();
          } catch (error) {
            errors.inc({ code: codeOf(error) });
            throw error;
          } finally {
            statements.observe({ statement: nameOf(text) }, secondsSince(startedAt));
          }
        },
        async transaction(name, run) {
          const startedAt = performance.now();
          try {
            return await run();
          } finally {
            transactions.observe({ transaction: name }, secondsSince(startedAt));
          }
        },
        demand: (change) => wanted.inc(change),
        bell: (event) => bells.inc({ event }),
      };
    },
  };
}

function secondsSince(startedAt: number): number {
  return (performance.now() - startedAt) / 1_000;
}

function codeOf(error: unknown): string {
  return findFault(error)?.code ?? sqlState(error)?.slice(0, 2) ?? "OTHER";
}
