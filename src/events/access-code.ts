import type { Vault } from "../access/vault.ts";

/** The code by which attendees come in, encrypted for its event. */
export function sealAccessCode(vault: Vault, eventId: string, code: string): Buffer {
  return vault.encrypt(code, subjectOf(eventId));
}

export function openAccessCode(vault: Vault, eventId: string, sealed: Buffer): string {
  return vault.decrypt(sealed, subjectOf(eventId));
}

function subjectOf(eventId: string): string {
  return `${eventId}/access code`;
}
