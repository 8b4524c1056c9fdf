import { assertMayRead } from "../access/actor.ts";
import { attendeeOf } from "../audience/require-attendee.ts";
import { EVENT_CHANGE_KINDS } from "../changes/change.rules.ts";
import type { ItemSource } from "../changes/item-source.ts";
import { followObjects, type Following } from "../changes/follow-objects.ts";
import type { EventState } from "../events/event.state.ts";
import { readEventStates } from "../events/event-state.store.ts";
import type { RequestContext } from "../graphql/request.ts";
import { listSlides, type SlideRow } from "./slide.store.ts";

/** What attendees see from now on. */
export interface PublishedSlide {
  readonly slide: SlideRow | null;
}

/** The published slide of an event as it is, and then each time that it changes. To an attendee of another event there is none. */
export async function publishedSlides(context: RequestContext, eventId: string, following: Following): Promise<ItemSource<PublishedSlide>> {
  const attendee = attendeeOf(context.actor);
  if (!attendee) assertMayRead(context.actor, "read");
  const isOpen = !attendee || attendee.eventId === eventId;
  return followObjects(context, {
    following,
    source: {
      objects: ["EVENT"],
      kinds: EVENT_CHANGE_KINDS,
      matches: (id: string, _state: EventState) => isOpen && id === eventId,
      isTold: ({ before, after }) => (before?.publishedSlide ?? null) !== (after?.publishedSlide ?? null),
      readStates: readEventStates,
    },
    async present(batch) {
      const slides = await listSlides(context.database.executor, [eventId]);
      return batch.flatMap(({ kind, state }) => {
        const number = state?.publishedSlide ?? null;
        // Words about the stream itself tell nothing that is shown.
        return kind === "SNAPSHOT_END" || kind === "HEARTBEAT" || kind === "LAGGED"
          ? []
          : [{ slide: slides.find((slide) => slide.number === number) ?? null }];
      });
    },
  });
}
