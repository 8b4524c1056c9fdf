import { defineLoader, inOrderOf } from "../graphql/loaders.ts";
import type { IngestAddresses } from "../encoder/encoder.rules.ts";
import { readIngestAddresses } from "../sessions/ingest-url.reads.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { findEvents, type StoredEvent } from "./event.store.ts";
import type { PathsReading } from "./event-ingest.rules.ts";
import { readPaths } from "./event-session.store.ts";

/** Events by id, with their languages. */
export const eventLoader = defineLoader<StoredEvent>("events", async ({ database, actor }, ids) =>
  inOrderOf(
    ids,
    await findEvents(
      database.executor,
      actor.organizationId,
      ids.filter((id) => isIdentifier("event", id)),
    ),
    (event) => event.id,
    (event) => event,
  ),
);

/** What encoders see of the signals of sessions that an event of the caller's has, by the session's id. */
export const pathsLoader = defineLoader<PathsReading>("paths of events", async ({ database }, sessionIds) => {
  const readings = await readPaths(database.executor, sessionIds);
  return sessionIds.map((id) => readings.get(id) ?? null);
});

/** Where the signals of sessions are pushed to, by the session's id; null where no encoder is known. */
export const ingestAddressesLoader = defineLoader<IngestAddresses>("ingest addresses", async ({ database, actor }, ids) => {
  const readings = await readIngestAddresses(database.executor, actor.organizationId, ids);
  return inOrderOf(
    ids,
    readings,
    ({ sessionId }) => sessionId,
    ({ addresses }) => addresses,
  );
});
