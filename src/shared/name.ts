/** Longest name of a session, template, playback or rendition, in characters. */
export const NAME_LENGTH_LIMIT = 200;

/** Such text is in every normal form; most names are, and normalizing is what their comparison costs. */
const ASCII = /^[\x00-\x7f]*$/;

/** What a name is stored as: trimmed and in one Unicode normal form, so that NFC and NFD spell one name. */
export function normalizeName(name: string): string {
  return name.normalize("NFC").trim();
}

/**
 * What makes two names the same: compatibility forms and letter case fold together.
 * Computed here alone and stored, since JavaScript and PostgreSQL disagree about `lower()`.
 */
export function nameKey(name: string): string {
  if (ASCII.test(name)) return name.trim().toLowerCase();
  return name.normalize("NFKC").trim().toLowerCase().normalize("NFKC");
}

/** What names are ordered by: accents and case aside, and numbers by value, so that "Channel 2" stands before "Channel 10". */
export function nameOrder(name: string): string {
  const key = nameKey(name);
  const plain = ASCII.test(key) ? key : key.normalize("NFKD").replace(/\p{M}/gu, "");
  const padded = plain.replace(/\d+/g, (digits) => digits.padStart(10, "0"));
  // The cut may have left half a character, which cannot be stored.
  return padded.slice(0, 400).toWellFormed();
}
