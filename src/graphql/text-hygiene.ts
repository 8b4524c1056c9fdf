/** Where and why a text is not one that the database can hold. */
export interface UncleanText {
  readonly path: readonly string[];
  readonly message: string;
}

const NUL = "\u0000";

/**
 * Finds texts anywhere in a value (keys of scalars' objects included) that PostgreSQL would refuse in the middle of a statement:
 * with a NUL character, or with half of a surrogate pair. Such a text is refused at the edge, as the caller's mistake.
 */
export function findUncleanText(value: unknown, path: readonly string[]): readonly UncleanText[] {
  if (typeof value === "string") return checkText(value, path);
  if (Array.isArray(value)) return value.flatMap((item, index) => findUncleanText(item, [...path, String(index)]));
  if (typeof value !== "object" || value === null || value instanceof Date) return [];
  return Object.entries(value).flatMap(([key, item]) => [...checkText(key, path), ...findUncleanText(item, [...path, key])]);
}

function checkText(text: string, path: readonly string[]): readonly UncleanText[] {
  if (text.includes(NUL)) return [{ path, message: "Text without NUL characters is wanted here." }];
  if (!isWellFormed(text)) return [{ path, message: "This text is not well-formed Unicode: half of a surrogate pair stands alone in it." }];
  return [];
}

const LONE_SURROGATE = /\p{Surrogate}/u;

function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}
