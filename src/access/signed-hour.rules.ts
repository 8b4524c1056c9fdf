import type { SignedPurpose, Vault } from "./vault.ts";

/** What signs and checks addresses. */
export type Signing = Pick<Vault, "sign" | "isSigned">;

const HOUR_MILLISECONDS = 3_600_000;
/** An address is good for at least so many hours, and for less than one more: all that are given out within an hour are the same. */
export const SIGNED_URL_HOURS = 24;

/** When an address that is given out now ends. */
export function signedUrlEnd(now: Date): Date {
  return new Date((Math.floor(now.getTime() / HOUR_MILLISECONDS) + SIGNED_URL_HOURS + 1) * HOUR_MILLISECONDS);
}

/** What is signed: for what, and of what, by a name without blanks. */
export interface SignedSubject {
  readonly purpose: SignedPurpose;
  readonly name: string;
}

const SIGNED_PATTERN = /^([1-9]\d{0,8})-([0-9A-Za-z_-]{32})$/;

/** The part of a path that opens what is below it until `expiresAt`, a whole hour: `<hour>-<signature>`. */
export function signUntil(signing: Signing, { purpose, name }: SignedSubject, expiresAt: Date): string {
  const hour = expiresAt.getTime() / HOUR_MILLISECONDS;
  return `${hour}-${signing.sign(purpose, signedText(name, hour))}`;
}

/** Until when such a part is good; null for what was not signed. */
export function readSigned(signing: Signing, { purpose, name }: SignedSubject, signed: string): Date | null {
  const [, hour = "", signature = ""] = SIGNED_PATTERN.exec(signed) ?? [];
  if (!signing.isSigned(purpose, signedText(name, Number(hour)), signature)) return null;
  return new Date(Number(hour) * HOUR_MILLISECONDS);
}

function signedText(name: string, hour: number): string {
  return `${name} ${hour}`;
}
