import { defineLoader } from "../graphql/loaders.ts";
import { groupBy } from "../shared/group-by.ts";
import { listSlides, type SlideRow } from "./slide.store.ts";

/** The slides of events that were found, by the event's id, in their order. */
export const slidesLoader = defineLoader<readonly SlideRow[]>("slides", async ({ database }, eventIds) => {
  const groups = groupBy(await listSlides(database.executor, eventIds), ({ eventId }) => eventId);
  return eventIds.map((id) => groups.get(id) ?? []);
});
