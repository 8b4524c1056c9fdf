import type { JWTPayload } from "jose";
import { isStorable } from "../shared/text.schema.ts";
import { AccessLevel, highestLevel } from "./level.rules.ts";

/** Signatures that only the issuer can make. One with a shared secret would let whoever checks tokens make them too. */
export const TOKEN_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"] as const;

/** Longest token that is looked at, in characters: more than any issuer's, and as much as one header holds. */
export const TOKEN_LENGTH_LIMIT = 8_192;

const SUBJECT_LENGTH_LIMIT = 200;
const ORGANIZATION_LENGTH_LIMIT = 200;

const TOKEN_PATTERN = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Whether a text has the shape of a signed token; anything else is not looked at. */
export function isTokenShaped(text: string): boolean {
  return text.length <= TOKEN_LENGTH_LIMIT && TOKEN_PATTERN.test(text);
}

/** The names of the claims that say for whom a token speaks. */
export interface TokenClaimNames {
  readonly organizationClaim: string;
  readonly levelClaim: string;
}

/** For whom a token speaks. */
export interface TokenIdentity {
  readonly subject: string;
  /** An organization's name or id. */
  readonly organization: string;
  readonly accessLevel: AccessLevel;
  readonly expiresAt: Date;
}

/** Reads the claims of a token that was verified; null where one is missing, or is nothing that we know. */
export function readTokenClaims(payload: JWTPayload, { organizationClaim, levelClaim }: TokenClaimNames): TokenIdentity | null {
  const subject = textOf(payload.sub, SUBJECT_LENGTH_LIMIT);
  const organization = textOf(claimOf(payload, organizationClaim), ORGANIZATION_LENGTH_LIMIT);
  const accessLevel = levelOf(claimOf(payload, levelClaim));
  const expiresAt = new Date((payload.exp ?? Number.NaN) * 1_000);
  if (subject === null || organization === null || accessLevel === null || Number.isNaN(expiresAt.getTime())) return null;
  return { subject, organization, accessLevel, expiresAt };
}

/** Own properties alone: every object has a `constructor`. */
function claimOf(payload: JWTPayload, name: string): unknown {
  return Object.hasOwn(payload, name) ? payload[name] : undefined;
}

/** Text that may stand in logs, in the audit and in the database. */
function textOf(value: unknown, most: number): string | null {
  if (typeof value !== "string" || value.trim() === "" || value.length > most) return null;
  return isStorable(value) && !/\p{Cc}/u.test(value) ? value : null;
}

/** A level by its name, or the highest of a list such as an issuer's roles, in which other things stand as well. */
function levelOf(value: unknown): AccessLevel | null {
  const names = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  return highestLevel(names.flatMap((name) => (typeof name === "string" && Object.hasOwn(AccessLevel, name) ? [name as AccessLevel] : [])));
}
