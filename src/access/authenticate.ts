import type { Database } from "../database/database.ts";
import type { Clock } from "../shared/clock.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import type { Actor } from "./actor.ts";
import { apiKeyHash, isApiKey } from "./api-key.rules.ts";
import { findCredential, noteUse, type ApiKeyCredential } from "./api-key.store.ts";

/** One sentence for every way that a credential can be wrong, so that the answer tells nothing about keys. */
const UNAUTHENTICATED_MESSAGE = "Send a valid API key as `Authorization: Bearer KEY`.";

/** Least time between two notes of a key's use. */
const USE_NOTED_EVERY_MILLISECONDS = 60_000;

const BEARER_PATTERN = /^Bearer +(\S+) *$/i;

/**
 * Finds who calls from the Authorization header (or the same text of a socket's connection_init).
 * It asks the database each time: a revoked key ends with its next request. Throws the fault UNAUTHENTICATED.
 */
export async function authenticate(database: Database, authorization: string | null, clock: Clock): Promise<Actor> {
  const key = BEARER_PATTERN.exec(authorization ?? "")?.[1];
  if (key === undefined || !isApiKey(key)) throw unauthenticated();
  const credential = await findCredential(database.executor, apiKeyHash(key));
  const now = clock.now();
  if (!credential || (credential.expiresAt !== null && credential.expiresAt <= now)) throw unauthenticated();
  noteUseSometimes(database, credential, now);
  return {
    organizationId: credential.organizationId,
    accessLevel: credential.accessLevel,
    name: `key:${credential.name}`,
    callerId: credential.id,
    canIntrospect: credential.canIntrospect,
    apiKeyId: credential.id,
    expiresAt: credential.expiresAt,
  };
}

/** Never awaited, and a failure is let go: no caller should wait for, or fail by, a note for the key list. */
function noteUseSometimes(database: Database, { id, lastUsedAt }: ApiKeyCredential, now: Date): void {
  const before = new Date(now.getTime() - USE_NOTED_EVERY_MILLISECONDS);
  if (lastUsedAt !== null && lastUsedAt >= before) return;
  noteUse(database.executor, { id, at: now, before }).catch(() => undefined);
}

function unauthenticated(): Fault {
  return new Fault(FaultCode.UNAUTHENTICATED, UNAUTHENTICATED_MESSAGE);
}
