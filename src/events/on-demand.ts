import { recordingsLoader } from "../assets/asset.loaders.ts";
import type { RequestContext } from "../graphql/request.ts";
import type { StoredEvent } from "./event.store.ts";
import { sessionIdsOf } from "./move-event.ts";
import { checkOnDemand, type OnDemandCheck } from "./recording.rules.ts";

/** What watching an event on demand would meet now, its languages together. */
export async function onDemandCheckOf({ loaders }: RequestContext, event: StoredEvent): Promise<OnDemandCheck> {
  const recordings = (await Promise.all(sessionIdsOf(event).map((id) => loaders.of(recordingsLoader).load(id)))).flatMap(
    (found) => found ?? [],
  );
  const ready = recordings.filter(({ status }) => status === "READY").length;
  return checkOnDemand(event, { ready, unfinished: recordings.length - ready });
}
