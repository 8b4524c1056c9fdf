import { defineLoader } from "../graphql/loaders.ts";
import { readViewerCounts } from "./viewer-count.store.ts";

/** How many watch a session of an event of the caller's now, by the session's id. */
export const viewerCountLoader = defineLoader<number>("viewers", async ({ database }, sessionIds) => {
  const counts = await readViewerCounts(database.executor, sessionIds);
  return sessionIds.map((id) => counts.get(id) ?? 0);
});
