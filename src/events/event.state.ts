import type { EventStatus } from "./event.rules.ts";
import type { StoredEvent } from "./event.store.ts";

/** The fields of an event that filters look at; the change log keeps them as they were and as they are. */
export interface EventState {
  readonly title: string;
  readonly status: EventStatus;
  /** The number of the slide that attendees see; null while they see none. */
  readonly publishedSlide: number | null;
}

/** What a state is made of. */
export type StatedEvent = Pick<StoredEvent, "title" | "status" | "publishedSlide">;

export function eventStateOf({ title, status, publishedSlide }: StatedEvent): EventState {
  return { title, status, publishedSlide };
}
