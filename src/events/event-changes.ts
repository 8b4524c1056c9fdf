import { assertMayRead } from "../access/actor.ts";
import { EVENT_CHANGE_KINDS } from "../changes/change.rules.ts";
import type { ItemSource } from "../changes/item-source.ts";
import { followObjects, type Following } from "../changes/follow-objects.ts";
import { createLoaders } from "../graphql/loaders.ts";
import type { RequestContext } from "../graphql/request.ts";
import type { EventChangeType } from "./event-change.type.ts";
import type { EventState } from "./event.state.ts";
import { readEventStates } from "./event-state.store.ts";
import { eventLoader } from "./event.loader.ts";

export interface EventChangesRequest {
  /** Null: all events. */
  readonly ids: readonly string[] | null;
  readonly following: Following;
}

/** Changes of the caller's events as a stream without an end. */
export async function eventChanges(context: RequestContext, { ids, following }: EventChangesRequest): Promise<ItemSource<EventChangeType>> {
  assertMayRead(context.actor, "read");
  const wanted = ids && new Set(ids);
  return followObjects(context, {
    following,
    source: {
      objects: ["EVENT"],
      kinds: EVENT_CHANGE_KINDS,
      matches: (id: string, _state: EventState) => wanted === null || wanted.has(id),
      readStates: readEventStates,
    },
    async present(batch) {
      // Loaders of its own: what an earlier batch read may have changed since.
      const loader = createLoaders(context).of(eventLoader);
      return Promise.all(
        batch.map(async ({ cursor, kind, at, objectId }) => ({
          ...{ cursor, kind, at },
          event: objectId === null || kind === "DELETED" ? null : await loader.load(objectId),
        })),
      );
    },
  });
}
