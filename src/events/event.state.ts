import type { EventStatus } from "./event.rules.ts";
import type { StoredEvent } from "./event.store.ts";

/** The fields of an event that filters look at; the change log keeps them as they were and as they are. */
export interface EventState {
  readonly title: string;
  readonly status: EventStatus;
}

export function eventStateOf({ title, status }: Pick<StoredEvent, "title" | "status">): EventState {
  return { title, status };
}
