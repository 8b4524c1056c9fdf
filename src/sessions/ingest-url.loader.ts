import { defineLoader, inOrderOf } from "../graphql/loaders.ts";
import { readIngestAddresses, type IngestReading } from "./ingest-url.reads.ts";

/** Where senders push to, without the key, by the session's id. */
export const ingestUrlLoader = defineLoader<string>("ingest URLs", async ({ database, actor }, ids) => {
  const readings = await readIngestAddresses(database.executor, actor.organizationId, ids);
  return inOrderOf(
    ids,
    readings.flatMap((reading) => {
      const url = urlOf(reading);
      return url === undefined ? [] : [{ id: reading.sessionId, url }];
    }),
    ({ id }) => id,
    ({ url }) => url,
  );
});

function urlOf({ inputType, addresses }: IngestReading): string | undefined {
  return inputType === "SRT_PUSH" ? addresses.srt : (addresses.rtmp ?? addresses.rtmps);
}
