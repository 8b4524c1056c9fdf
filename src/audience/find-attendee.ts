import type { Actor } from "../access/actor.ts";
import type { Vault } from "../access/vault.ts";
import type { Database } from "../database/database.ts";
import { openAccessCode } from "../events/access-code.ts";
import { findEventOfAnyone } from "../events/event.store.ts";
import type { Clock } from "../shared/clock.ts";
import { admissionOf, readAttendeeToken } from "./attendee-token.ts";

/** Who shows an attendee's token: null for one that is not ours, has ended, or was given out under another access code. */
export async function findAttendee(
  { database, vault, clock }: { readonly database: Database; readonly vault: Vault; readonly clock: Clock },
  token: string,
): Promise<Actor | null> {
  const claims = readAttendeeToken(vault, token);
  if (!claims || claims.expiresAt <= clock.now()) return null;
  const event = await findEventOfAnyone(database.executor, claims.eventId);
  if (!event) return null;
  const code = event.accessCode && openAccessCode(vault, event.id, event.accessCode);
  if (admissionOf(vault, event.id, code) !== claims.admission) return null;
  const { attendeeId, displayName, expiresAt } = claims;
  return {
    organizationId: event.organizationId,
    accessLevel: null,
    name: `attendee:${displayName}`,
    callerId: `attendee:${attendeeId}`,
    canIntrospect: false,
    credential: { kind: "ATTENDEE", eventId: event.id, attendeeId, displayName },
    expiresAt,
  };
}
