import type { Database } from "../database/database.ts";
import type { Clock } from "../shared/clock.ts";
import type { Logger } from "../shared/log.ts";
import { sweepChanges } from "./change.store.ts";

/** How long changes are kept, and how many at most: who comes back later is told that it lagged. */
export const CHANGE_RETENTION_HOURS = 24;
export const CHANGE_RETENTION_ROWS = 1_000_000;

const SWEEP_INTERVAL_MILLISECONDS = 60_000;
const SWEEP_BATCH_ROWS = 20_000;

export interface RetentionOptions {
  readonly database: Pick<Database, "transaction">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly hours?: number;
  readonly rows?: number;
}

/** Deletes what is older or more than is kept, in batches, as long as there is any. Gives the number of rows deleted. */
export async function sweepOldChanges({
  database,
  clock,
  hours = CHANGE_RETENTION_HOURS,
  rows = CHANGE_RETENTION_ROWS,
}: RetentionOptions): Promise<number> {
  const olderThan = new Date(clock.now().getTime() - hours * 3_600_000);
  let total = 0;
  for (;;) {
    const deleted = await database.transaction("sweep changes", (transaction) =>
      sweepChanges(transaction, { olderThan, rowLimit: rows, batchLimit: SWEEP_BATCH_ROWS }),
    );
    total += deleted;
    if (deleted < SWEEP_BATCH_ROWS) return total;
  }
}

/** Sweeps now and then; of several processes one at a time does it. Gives the function that ends it. */
export function startSweeping(options: RetentionOptions): () => Promise<void> {
  let running: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    running = sweepOldChanges(options).catch((error: unknown) =>
      options.log.warn({ err: error }, "old changes were not swept; trying again in a minute"),
    );
  }, SWEEP_INTERVAL_MILLISECONDS);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}
