import { defineLoader, inOrderOf } from "../graphql/loaders.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { findScheduledActions, type ScheduledActionRow } from "./scheduled-action.store.ts";

/** Scheduled actions by id. */
export const scheduledActionLoader = defineLoader<ScheduledActionRow>("scheduled actions", async ({ database, actor }, ids) =>
  inOrderOf(
    ids,
    await findScheduledActions(
      database.executor,
      actor.organizationId,
      ids.filter((id) => isIdentifier("scheduledaction", id)),
    ),
    (row) => row.id,
    (row) => row,
  ),
);
