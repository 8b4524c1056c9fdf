import type { Database } from "../database/database.ts";
import type { Logger } from "../shared/log.ts";
import { randomToken } from "../shared/identifier.ts";
import { startLoop } from "../shared/loop.ts";
import type { ViewerCounter } from "./viewer-counter.ts";
import { writeViewerCounts } from "./viewer-count.store.ts";

const REPORT_MILLISECONDS = 1_000;
const ORIGIN_ID_LENGTH = 16;

export interface ViewerReporting {
  readonly database: Pick<Database, "executor">;
  readonly log: Logger;
  readonly counter: ViewerCounter;
}

/** Tells the installation how many watch at this process, once a second while anybody does. Gives the function that ends it. */
export function startViewerReports({ database: { executor }, log, counter }: ViewerReporting): () => Promise<void> {
  const originId = randomToken(ORIGIN_ID_LENGTH);
  let wasWatched = false;

  async function report(counts: ReadonlyMap<string, number>): Promise<void> {
    if (counts.size === 0 && !wasWatched) return;
    await writeViewerCounts(executor, originId, counts);
    wasWatched = counts.size > 0;
  }

  const loop = startLoop({
    everyMilliseconds: REPORT_MILLISECONDS,
    pauseMilliseconds: REPORT_MILLISECONDS,
    work: () => report(counter.counts()),
    onError: (error, failures) => {
      if (failures === 1) log.warn({ err: error }, "viewers were counted and could not be told; trying again");
    },
  });
  return async () => {
    await loop.close();
    // They go to another gateway, which counts them from now on.
    await report(new Map()).catch((error: unknown) => log.debug({ err: error }, "viewers that left were not told"));
  };
}
