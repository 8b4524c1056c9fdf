import { defineLoader, inOrderOf } from "../graphql/loaders.ts";
import { groupBy } from "../shared/group-by.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { findRenditions, type StoredRendition } from "../templates/template.store.ts";
import { findProcesses, listProcessesOfSessions, type ShownProcess } from "./process.reads.ts";

/** Processes by id. */
export const processLoader = defineLoader<ShownProcess>("processes", async ({ database, actor }, ids) =>
  inOrderOf(
    ids,
    await findProcesses(
      database.executor,
      actor.organizationId,
      ids.filter((id) => isIdentifier("process", id)),
    ),
    (row) => row.id,
    (row) => row,
  ),
);

/** The processes of a session, by the session's id. */
export const processesOfSessionLoader = defineLoader<readonly ShownProcess[]>("processes of sessions", async ({ database, actor }, ids) => {
  const groups = groupBy(await listProcessesOfSessions(database.executor, actor.organizationId, ids), (row) => row.sessionId);
  return ids.map((id) => groups.get(id) ?? []);
});

/** Renditions of the organization's templates by id. */
export const renditionLoader = defineLoader<StoredRendition>("renditions", async ({ database, actor }, ids) =>
  inOrderOf(
    ids,
    await findRenditions(database.executor, actor.organizationId, ids),
    (row) => row.id,
    (row) => row,
  ),
);
