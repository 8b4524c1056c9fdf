import { Fault, FaultCode, Refusal, UserErrorCode, type UserError } from "../shared/user-error.ts";
import { DENIED_VERBS } from "./audit.rules.ts";
import { isPermitted, PERMISSIONS, type AccessLevel, type Permission } from "./level.rules.ts";

/** What was shown at the door, with what has to be known of it later. */
export type Credential =
  | { readonly kind: "API_KEY"; readonly apiKeyId: string }
  | { readonly kind: "TOKEN" }
  /** Good for this event alone. */
  | { readonly kind: "ATTENDEE"; readonly eventId: string; readonly attendeeId: string; readonly displayName: string }
  /** Nothing: who wants to join an event, or what no call asks for. */
  | { readonly kind: "NONE" };

/** Who calls: found from the credential once, at the edge, and handed down. */
export interface Actor {
  readonly organizationId: string;
  /** Null for an attendee of an event, to whom nothing is open but what is listed for attendees. */
  readonly accessLevel: AccessLevel | null;
  /** How logs, commands and the audit name the caller, such as `key:Playout` or `jwt:` and a token's subject. */
  readonly name: string;
  /** Whom limits count: the same for every call with one credential, and for no other. Opaque. */
  readonly callerId: string;
  /** Whether the credential includes reading the schema. */
  readonly canIntrospect: boolean;
  readonly credential: Credential;
  /** When the credential ends by itself; null when it does not. */
  readonly expiresAt: Date | null;
}

/** In whose name something is done that no call asks for at this moment. */
export function actorWithoutCall({ organizationId, accessLevel, name }: Pick<Actor, "organizationId" | "accessLevel" | "name">): Actor {
  return { organizationId, accessLevel, name, callerId: name, canIntrospect: false, credential: { kind: "NONE" }, expiresAt: null };
}

/** A caller with a level. */
export type Member = Actor & { readonly accessLevel: AccessLevel };

/**
 * For mutations: a level that does not suffice is an answer, in the payload's `userErrors`. `verb` is what the audit calls the attempt,
 * where several verbs want the same right.
 */
export function assertPermission(actor: Actor, permission: Permission, verb: string | null = DENIED_VERBS[permission]): void {
  const refusal = findLevelRefusal(actor, permission);
  if (refusal) throw new Denial(verb, refusal);
}

/** The refusal of a level that does not suffice. */
export class Denial extends Refusal {
  /** What the audit calls the attempt; null for what is not kept. */
  readonly verb: string | null;

  constructor(verb: string | null, refusal: UserError) {
    super(refusal);
    this.verb = verb;
  }
}

/** What such an answer says; null when the level suffices. */
export function findLevelRefusal(actor: Actor, permission: Permission): UserError | null {
  if (isPermitted(actor.accessLevel, permission)) return null;
  return { code: UserErrorCode.ACCESS_LEVEL_REQUIRED, message: levelMessage(permission), path: [] };
}

/** For queries and subscriptions, which have no payload to answer with. */
export function assertMayRead(actor: Actor, permission: Permission): asserts actor is Member {
  if (isPermitted(actor.accessLevel, permission)) return;
  throw new Fault(FaultCode.FORBIDDEN, levelMessage(permission));
}

function levelMessage(permission: Permission): string {
  return `To ${permission}, use a credential of level ${PERMISSIONS[permission]} or above.`;
}
