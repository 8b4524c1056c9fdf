import { findTelemetry, type FreshTelemetry } from "../encoder/telemetry.reads.ts";
import { defineLoader, inOrderOf } from "../graphql/loaders.ts";

/** What the encoder of a session tells now, by the session's id; null when nothing was heard for 5 s. */
export const telemetryLoader = defineLoader<FreshTelemetry>("telemetry", async ({ database, actor }, ids) =>
  inOrderOf(
    ids,
    await findTelemetry(database.executor, actor.organizationId, ids),
    (row) => row.sessionId,
    (row) => row,
  ),
);
