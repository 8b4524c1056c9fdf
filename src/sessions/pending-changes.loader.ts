import { defineLoader } from "../graphql/loaders.ts";
import { groupBy } from "../shared/group-by.ts";
import { findPendingChanges, findPendingProcessChanges, type PendingChange } from "./pending-changes.rules.ts";
import { listStaleLadders, listStaleProcesses } from "./pending-changes.store.ts";

/** What waits for a restart of a session, by the session's id. */
export const pendingChangesLoader = defineLoader<readonly PendingChange[]>("pending changes", async ({ database, actor }, ids) => {
  const ladders = groupBy(await listStaleLadders(database.executor, actor.organizationId, ids), (ladder) => ladder.sessionId);
  const processes = groupBy(await listStaleProcesses(database.executor, actor.organizationId, ids), (process) => process.sessionId);
  return ids.map((id) => [
    ...(ladders.get(id) ?? []).flatMap(findPendingChanges),
    ...(processes.get(id) ?? []).flatMap(findPendingProcessChanges),
  ]);
});
