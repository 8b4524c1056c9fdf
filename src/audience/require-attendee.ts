import type { Actor, Credential } from "../access/actor.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";

export type Attendee = Extract<Credential, { kind: "ATTENDEE" }>;

/** The attendee that calls; null for any other caller. Who has a level is none, whatever the credential. */
export function attendeeOf(actor: Actor): Attendee | null {
  if (actor.accessLevel !== null) return null;
  return actor.credential.kind === "ATTENDEE" ? actor.credential : null;
}

/** Refuses whoever has not joined an event. */
export function requireAttendee(actor: Actor): Attendee {
  const attendee = attendeeOf(actor);
  if (attendee) return attendee;
  const message = "This is for attendees. Call joinEvent, and send its token as `Authorization: Bearer TOKEN`.";
  throw new Refusal({ code: UserErrorCode.NOT_APPLICABLE, message, path: [] });
}
