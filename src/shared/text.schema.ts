import { z } from "zod";
import { NAME_LENGTH_LIMIT, normalizeName } from "./name.ts";

/** Longest description, in UTF-16 units. */
export const DESCRIPTION_LENGTH_LIMIT = 2_000;

/** NUL cannot be stored and a lone surrogate cannot be encoded, so that either would come back as a fault of ours. */
export function isStorable(text: string): boolean {
  return !text.includes("\0") && !/\p{Surrogate}/u.test(text);
}

/** Text of at most so many UTF-16 units that can be stored. */
export const plainText = (most: number) =>
  z.string().max(most, `must be at most ${most} characters`).refine(isStorable, "must not contain NUL or broken Unicode characters");

/** An id, of any length: what is no id of ours names nothing, as one that never was. */
export const idText = z.string().refine(isStorable, "must not contain NUL or broken Unicode characters");

/** A name, given in the form in which names are stored. */
export const nameText = plainText(NAME_LENGTH_LIMIT)
  .refine((text) => !/[\p{Cc}\u2028\u2029]/u.test(text), "must not contain line breaks or control characters")
  .transform(normalizeName)
  .refine((text) => !/[\u202a-\u202e\u2066-\u2069]/.test(text), "must not contain characters that turn the direction of writing")
  // Blanks and characters without a shape show as nothing at all.
  .refine((text) => /[^\p{Z}\p{Cf}\p{M}]/u.test(text), "must not be empty");

export const descriptionText = plainText(DESCRIPTION_LENGTH_LIMIT);
