import { createHash, randomBytes } from "node:crypto";

const KEY_MARK = "hek_";
const RANDOM_LENGTH = 34;
const CHECKSUM_LENGTH = 6;
const SHOWN_LENGTH = KEY_MARK.length + 6;
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const KEY_PATTERN = new RegExp(`^${KEY_MARK}[0-9A-Za-z]{${RANDOM_LENGTH + CHECKSUM_LENGTH}}$`);

/** A new API key: `hek_` and 40 letters or digits, 202 random bits, the last six a checksum by which scanners know a real key. */
export function newApiKey(): string {
  const random = randomText(RANDOM_LENGTH);
  return `${KEY_MARK}${random}${checksum(random)}`;
}

/** Whether a text has the shape of a key and its checksum; a mistyped one never reaches the database. */
export function isApiKey(text: string): boolean {
  if (!KEY_PATTERN.test(text)) return false;
  const random = text.slice(KEY_MARK.length, KEY_MARK.length + RANDOM_LENGTH);
  return text.slice(-CHECKSUM_LENGTH) === checksum(random);
}

/** What is stored of a key: its SHA-256 in hex. */
export function apiKeyHash(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

/** The first characters of a key, by which its owner tells it from others. */
export function apiKeyPrefix(key: string): string {
  return key.slice(0, SHOWN_LENGTH);
}

function randomText(length: number): string {
  // Bytes above the largest multiple of 62 are thrown away, since a plain remainder would favour the first letters.
  const limit = 256 - (256 % ALPHABET.length);
  let text = "";
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < limit && text.length < length) text += ALPHABET[byte % ALPHABET.length];
    }
  }
  return text;
}

function checksum(text: string): string {
  let rest = crc32(Buffer.from(text));
  let digits = "";
  while (digits.length < CHECKSUM_LENGTH) {
    digits = `${ALPHABET[rest % ALPHABET.length]}${digits}`;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return digits;
}

/** CRC-32 as of zip and PNG, bit by bit: a key is short, and this needs no newer Node. */
function crc32(bytes: Uint8Array): number {
  let remainder = 0xffffffff;
  for (const byte of bytes) {
    remainder ^= byte;
    for (let bit = 0; bit < 8; bit += 1) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
  }
  return (remainder ^ 0xffffffff) >>> 0;
}
