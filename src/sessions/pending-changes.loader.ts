import { defineLoader } from "../graphql/loaders.ts";
import { groupBy } from "../shared/group-by.ts";
import { findPendingChanges, type PendingChange } from "./pending-changes.rules.ts";
import { listStaleLadders } from "./pending-changes.store.ts";

/** What waits for a restart of a session, by the session's id. */
export const pendingChangesLoader = defineLoader<readonly PendingChange[]>("pending changes", async ({ database, actor }, ids) => {
  const ladders = groupBy(await listStaleLadders(database.executor, actor.organizationId, ids), (ladder) => ladder.sessionId);
  return ids.map((id) => (ladders.get(id) ?? []).flatMap(findPendingChanges));
});
