import type { Database } from "../database/database.ts";
import { findOrganizationNamed } from "../organizations/organization.store.ts";
import type { Clock } from "../shared/clock.ts";
import type { JoinCalls } from "../shared/join-calls.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import type { Actor } from "./actor.ts";
import { apiKeyHash, isApiKey } from "./api-key.rules.ts";
import { findCredential, noteUse, type ApiKeyCredential } from "./api-key.store.ts";
import type { TokenVerifier } from "./token-verifier.ts";
import { isAttendeeTokenShaped } from "./attendee-token.rules.ts";
import { isTokenShaped } from "./token.rules.ts";

/** One sentence for every way that a credential can be wrong, so that the answer tells nothing about keys and tokens. */
const UNAUTHENTICATED_MESSAGE = "Send a valid API key or token as `Authorization: Bearer …`.";

/** Least time between two notes of a key's use. */
const USE_NOTED_EVERY_MILLISECONDS = 60_000;

const BEARER_PATTERN = /^Bearer +(\S+) *$/i;

export interface Door {
  readonly database: Database;
  readonly clock: Clock;
  /** Joins lookups of the same key, by its hash. */
  readonly joinLookups: JoinCalls<Actor | null>;
  /** Null where the installation takes no tokens. */
  readonly tokens: TokenVerifier | null;
  /** Finds the attendee of an event by its token; null for what is none. */
  readonly attendees: (token: string) => Promise<Actor | null>;
}

/**
 * Finds who calls from the Authorization header (or the same text of a socket's connection_init).
 * The database is asked after the call came, never before: a revoked key ends with its next request. Throws the fault UNAUTHENTICATED, and
 * SERVICE_UNAVAILABLE while the database, or the issuer of a token whose key is not known, does not answer.
 */
export async function authenticate(door: Door, authorization: string | null): Promise<Actor> {
  const shown = BEARER_PATTERN.exec(authorization ?? "")?.[1] ?? "";
  const actor = await findHolder(door, shown);
  if (!actor) throw new Fault(FaultCode.UNAUTHENTICATED, UNAUTHENTICATED_MESSAGE);
  return actor;
}

async function findHolder(door: Door, shown: string): Promise<Actor | null> {
  if (isApiKey(shown)) {
    const keyHash = apiKeyHash(shown);
    return door.joinLookups(keyHash, () => findKeyHolder(door, keyHash));
  }
  if (isAttendeeTokenShaped(shown)) return door.attendees(shown);
  return isTokenShaped(shown) ? findTokenHolder(door, shown) : null;
}

async function findKeyHolder({ database, clock }: Door, keyHash: string): Promise<Actor | null> {
  const credential = await findCredential(database.executor, keyHash);
  const now = clock.now();
  if (!credential || (credential.expiresAt !== null && credential.expiresAt <= now)) return null;
  noteUseSometimes(database, credential, now);
  const { id, organizationId, accessLevel, name, canIntrospect, expiresAt } = credential;
  return {
    ...{ organizationId, accessLevel, canIntrospect, expiresAt },
    name: `key:${name}`,
    callerId: id,
    credential: { kind: "API_KEY", apiKeyId: id },
  };
}

async function findTokenHolder({ database, clock, tokens }: Door, token: string): Promise<Actor | null> {
  const identity = tokens && (await tokens.verify(token, clock.now()));
  const organization = identity && (await findOrganizationNamed(database.executor, identity.organization));
  if (!organization) return null;
  const { subject, accessLevel, expiresAt } = identity;
  return {
    ...{ organizationId: organization.id, accessLevel, expiresAt },
    name: `jwt:${subject}`,
    // A subject may speak for several organizations, each with what it may spend.
    callerId: `jwt:${organization.id}:${subject}`,
    canIntrospect: true,
    credential: { kind: "TOKEN" },
  };
}

/** Never awaited, and a failure is let go: no caller should wait for, or fail by, a note for the key list. */
function noteUseSometimes(database: Database, { id, lastUsedAt }: ApiKeyCredential, now: Date): void {
  const before = new Date(now.getTime() - USE_NOTED_EVERY_MILLISECONDS);
  if (lastUsedAt !== null && lastUsedAt >= before) return;
  noteUse(database.executor, { id, at: now, before }).catch(() => undefined);
}
