import type { Database } from "../database/database.ts";
import type { Logger } from "../shared/log.ts";

/** Wakes those who read the change log, in every process. Rings are put together, and carry nothing: the log has it all. */
export interface Bell {
  /** Something was committed that readers should look at. */
  readonly ring: () => void;
}

/** The PostgreSQL channel that the bell rings on. */
export const BELL_CHANNEL = "headend_changes";

/** At most one notification in this time from one process, since each makes commits of the whole cluster wait. */
export const BELL_INTERVAL_MILLISECONDS = 30;

export interface BellOptions {
  readonly database: Pick<Database, "notify">;
  readonly log: Logger;
  readonly intervalMilliseconds?: number;
}

/** A bell that rings at once, and then gathers what comes within the interval into one more ring. Never throws: readers poll as well. */
export function createBell({ database, log, intervalMilliseconds = BELL_INTERVAL_MILLISECONDS }: BellOptions): Bell {
  let isResting = false;
  let isWanted = false;

  function ring(): void {
    if (isResting) {
      isWanted = true;
      return;
    }
    isResting = true;
    isWanted = false;
    database
      .notify(BELL_CHANNEL)
      .catch((error: unknown) => log.warn({ err: error }, "bell did not ring; readers find the changes by polling"));
    setTimeout(() => {
      isResting = false;
      if (isWanted) ring();
    }, intervalMilliseconds).unref();
  }

  return { ring };
}
