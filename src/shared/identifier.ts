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
  "process",
  "asset",
  "secret",
  "encoder",
  "restart",
  "run",
  "inputswitch",
  "alert",
  "image",
  "auditentry",
  "webhook",
  "webhookdelivery",
  "event",
  "eventlanguage",
  "scheduledaction",
  "question",
  "reply",
  "chatmessage",
  "slide",
] as const;

export type IdentifierKind = (typeof IDENTIFIER_KINDS)[number];

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const BODY_LENGTH = 26;
const IDENTIFIER_PATTERN = /^([a-z]+)_[0-9a-hjkmnp-tv-z]{26}$/;

/** Every pair of digits, so that ten bits are written at once. */
const PAIRS = Array.from({ length: 1024 }, (_, value) => `${ALPHABET[value >> 5] ?? ""}${ALPHABET[value & 31] ?? ""}`);

/** The random part is counted in two halves of 40 bits: numbers, since arithmetic on BigInt showed in the profile of an import. */
const HALF = 2 ** 40;
const HALF_LENGTH = 8;

let lastMilliseconds = 0;
let highHalf = 0;
let lowHalf = 0;

/**
 * A new identifier: the kind, `_`, and 26 characters that sort by creation (48 bits of milliseconds, 80 random bits).
 * Within one process they never sort backwards, so that rows of one bulk insert keep their order.
 */
export function newIdentifier(kind: IdentifierKind): string {
  const milliseconds = Math.max(Date.now(), lastMilliseconds);
  if (milliseconds !== lastMilliseconds) {
    lastMilliseconds = milliseconds;
    const bytes = takeRandom(10);
    // The top bit stays free, so that counting up within a millisecond cannot overflow.
    highHalf = bytes.readUIntBE(0, 5) % (HALF / 2);
    lowHalf = bytes.readUIntBE(5, 5);
  } else if ((lowHalf += 1) === HALF) {
    lowHalf = 0;
    highHalf += 1;
  }
  const time = digits(milliseconds, BODY_LENGTH - 2 * HALF_LENGTH);
  return `${kind}_${time}${digits(highHalf, HALF_LENGTH)}${digits(lowHalf, HALF_LENGTH)}`;
}

/** Sorts before every identifier of a kind that is made at this moment or later, and after all that were made before. */
export function firstIdentifierOf(kind: IdentifierKind, at: Date): string {
  return `${kind}_${digits(at.getTime(), BODY_LENGTH - 2 * HALF_LENGTH)}${digits(0, 2 * HALF_LENGTH)}`;
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
  const bytes = takeRandom(2 * Math.ceil(length / 2));
  let text = "";
  for (let index = 0; index < length; index += 2) text += PAIRS[bytes.readUInt16LE(index) & 1023] ?? "";
  return text.length > length ? text.slice(0, length) : text;
}

const POOL_BYTES = 4096;
let pool = Buffer.alloc(0);
let taken = 0;

/** Bytes of the system's generator, each given out once and then wiped; asking for a few at a time was a seventh of an import's own work. */
function takeRandom(length: number): Buffer {
  if (taken + length > pool.length) {
    pool = randomBytes(Math.max(POOL_BYTES, length));
    taken = 0;
  }
  const bytes = Buffer.from(pool.subarray(taken, taken + length));
  pool.fill(0, taken, taken + length);
  taken += length;
  return bytes;
}

function digits(value: number, length: number): string {
  let text = "";
  let rest = value;
  for (let written = 0; written < length; written += 2) {
    text = `${PAIRS[rest % 1024] ?? ""}${text}`;
    rest = Math.floor(rest / 1024);
  }
  return text;
}
