import { timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { ATTENDEE_TOKEN_PREFIX } from "../access/attendee-token.rules.ts";
import type { Vault } from "../access/vault.ts";
import { parseJson } from "../shared/parse-json.ts";

/** What an attendee's token says; it is signed and not kept anywhere, so that any gateway knows an attendee. */
export interface AttendeeClaims {
  readonly eventId: string;
  readonly attendeeId: string;
  readonly displayName: string;
  readonly expiresAt: Date;
  /** Follows from how the event let in when the token was given out: with another access code the token ends. */
  readonly admission: string;
}

const TOKEN_PATTERN = /^het_([\w-]{1,2000})\.([0-9a-f]{64})$/;
const ADMISSION_LENGTH = 16;

const claimsSchema = z.tuple([z.string(), z.string(), z.string(), z.number().int(), z.string()]);

export function writeAttendeeToken(vault: Vault, claims: AttendeeClaims): string {
  const { eventId, attendeeId, displayName, expiresAt, admission } = claims;
  const body = Buffer.from(JSON.stringify([eventId, attendeeId, displayName, expiresAt.getTime(), admission])).toString("base64url");
  return `${ATTENDEE_TOKEN_PREFIX}${body}.${signatureOf(vault, body)}`;
}

/** Null for what we have not signed. Whether it has ended is the caller's to look at. */
export function readAttendeeToken(vault: Vault, token: string): AttendeeClaims | null {
  const [, body = "", signature = ""] = TOKEN_PATTERN.exec(token) ?? [];
  if (body === "" || !timingSafeEqual(Buffer.from(signature), Buffer.from(signatureOf(vault, body)))) return null;
  const claims = claimsSchema.safeParse(parseJson(Buffer.from(body, "base64url").toString()));
  if (!claims.success) return null;
  const [eventId, attendeeId, displayName, expiresAt, admission] = claims.data;
  return { eventId, attendeeId, displayName, expiresAt: new Date(expiresAt), admission };
}

/** `code` is null for a public event. */
export function admissionOf(vault: Vault, eventId: string, code: string | null): string {
  return vault.digest(`admission to ${eventId} ${code === null ? "for all" : `by ${code}`}`).slice(0, ADMISSION_LENGTH);
}

function signatureOf(vault: Vault, body: string): string {
  return vault.digest(`attendee token ${body}`);
}
