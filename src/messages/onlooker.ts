import type { Actor } from "../access/actor.ts";
import { isPermitted } from "../access/level.rules.ts";
import { attendeeOf } from "../audience/require-attendee.ts";
import type { Onlooker, QuestionScope } from "./question.store.ts";

/** Who a caller is to the messages of an event. */
export function onlookerOf(actor: Actor): Onlooker {
  const attendee = attendeeOf(actor);
  if (attendee) return { kind: "ATTENDEE", attendeeId: attendee.attendeeId };
  return { kind: isPermitted(actor.accessLevel, "moderate") ? "MODERATOR" : "READER" };
}

/** Which questions a caller may see. */
export function scopeOf(actor: Actor): QuestionScope {
  return { organizationId: actor.organizationId, onlooker: onlookerOf(actor), eventId: attendeeOf(actor)?.eventId ?? null };
}
