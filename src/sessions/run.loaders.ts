import { defineLoader, inOrderOf } from "../graphql/loaders.ts";
import { definePageLoader } from "../graphql/page-loader.ts";
import {
  countRunsOfSessions,
  countSwitchesOfSessions,
  findRuns,
  findSwitches,
  pageRunsOfSessions,
  pageSwitchesOfSessions,
  type InputSwitchRow,
  type RunRow,
} from "./run.reads.ts";

/** Runs by id, those of deleted sessions too. */
export const runLoader = defineLoader<RunRow>("runs", async ({ database, actor }, ids) =>
  inOrderOf(
    ids,
    await findRuns(database.executor, actor.organizationId, ids),
    (row) => row.id,
    (row) => row,
  ),
);

/** Switches of inputs by id. */
export const inputSwitchLoader = defineLoader<InputSwitchRow>("input switches", async ({ database, actor }, ids) =>
  inOrderOf(
    ids,
    await findSwitches(database.executor, actor.organizationId, ids),
    (row) => row.id,
    (row) => row,
  ),
);

/** Pages of the runs of sessions, newest first. */
export const runsOfSessionLoader = definePageLoader<RunRow>("runs of sessions", ({ database, actor }, { ownerIds, page }) =>
  pageRunsOfSessions(database.executor, { organizationId: actor.organizationId, ownerIds, page }),
);

/** How many runs a session has had, by the session's id. */
export const runCountLoader = defineLoader<number>("run counts of sessions", async ({ database }, ids) => {
  const counts = await countRunsOfSessions(database.executor, ids);
  return ids.map((id) => counts.get(id) ?? 0);
});

/** Pages of the switches of sessions' inputs, newest first. */
export const switchesOfSessionLoader = definePageLoader<InputSwitchRow>("switches of sessions", ({ database, actor }, { ownerIds, page }) =>
  pageSwitchesOfSessions(database.executor, { organizationId: actor.organizationId, ownerIds, page }),
);

/** How often a session's input was switched, by the session's id. */
export const switchCountLoader = defineLoader<number>("switch counts of sessions", async ({ database }, ids) => {
  const counts = await countSwitchesOfSessions(database.executor, ids);
  return ids.map((id) => counts.get(id) ?? 0);
});
