import { randomBytes } from "node:crypto";

/** What an identifier names; the prefix lets `node(id)` know where to look. */
export const IDENTIFIER_KINDS = [
  "organization",
  "apikey",
  "template",
  "rendition",
  "session",
  "source",
  "playback",
  "secret",
  "encoder",
  "restart",
] as const;

export type IdentifierKind = (typeof IDENTIFIER_KINDS)[number];

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const BODY_LENGTH = 26;
const IDENTIFIER_PATTERN = /^([a-z]+)_[0-9a-hjkmnp-tv-z]{26}$/;

let lastMilliseconds = 0;
let lastRandom = 0n;

/**
 * A new identifier: the kind, `_`, and 26 characters that sort by creation (48 bits of milliseconds, 80 random bits).
 * Within one process they never sort backwards, so that rows of one bulk insert keep their order.
 */
export function newIdentifier(kind: IdentifierKind): string {
  const milliseconds = Math.max(Date.now(), lastMilliseconds);
  if (milliseconds === lastMilliseconds) {
    lastRandom += 1n;
  } else {
    // The top bit stays free, so that counting up within a millisecond cannot overflow.
    lastRandom = BigInt(`0x${randomBytes(10).toString("hex")}`) >> 1n;
  }
  lastMilliseconds = milliseconds;
  return `${kind}_${encode((BigInt(milliseconds) << 80n) | lastRandom, BODY_LENGTH)}`;
}

/** The kind that an identifier names, or null when the text is not one of ours. */
export function identifierKind(text: string): IdentifierKind | null {
  const prefix = IDENTIFIER_PATTERN.exec(text)?.[1];
  return IDENTIFIER_KINDS.find((kind) => kind === prefix) ?? null;
}

/** Whether a text is an identifier of this kind; one that is not never reaches the database. */
export function isIdentifier(kind: IdentifierKind, text: string): boolean {
  return identifierKind(text) === kind;
}

/** Random text of the identifier alphabet, 5 bits a character. */
export function randomToken(length: number): string {
  return Array.from(randomBytes(length), (byte) => ALPHABET[byte & 31]).join("");
}

/** Digits of base 32 as JavaScript writes them, in our alphabet: shifting a BigInt digit by digit took most of the time of an import. */
function encode(value: bigint, length: number): string {
  let text = "";
  for (const digit of value.toString(32).padStart(length, "0")) text += ALPHABET[Number.parseInt(digit, 32)];
  return text;
}
