/** Where and why a text is not one that the database can hold. */
export interface UncleanText {
  readonly path: readonly string[];
  readonly message: string;
}

const NUL = "\u0000";

/** Deeper than any input of the schema; a value deeper than the call stack would else end the request as a failure of ours. */
const VALUE_DEPTH_LIMIT = 32;

/**
 * Finds texts anywhere in a value (keys of scalars' objects included) that PostgreSQL would refuse in the middle of a statement:
 * with a NUL character, or with half of a surrogate pair. Such a text is refused at the edge, as the caller's mistake, and so is
 * what stands too deep to be looked at.
 */
export function findUncleanText(value: unknown, path: readonly string[]): readonly UncleanText[] {
  const found: UncleanText[] = [];
  look(value, { keys: [...path], found, depth: 0 });
  return found;
}

interface Look {
  /** Where the look stands; changed as it goes on, since a path of its own for each value costs far more than the look itself. */
  readonly keys: (string | number)[];
  readonly found: UncleanText[];
  readonly depth: number;
}

function look(value: unknown, { keys, found, depth }: Look): void {
  const add = (message: string | null): void => {
    if (message !== null) found.push({ path: keys.map(String), message });
  };
  if (typeof value === "string") add(textFault(value));
  if (typeof value !== "object" || value === null || value instanceof Date) return;
  if (depth === VALUE_DEPTH_LIMIT) {
    add("This value is nested too deeply.");
    return;
  }
  for (const [key, item] of Array.isArray(value) ? value.entries() : Object.entries(value)) {
    if (typeof key === "string") add(textFault(key));
    keys.push(key);
    look(item, { keys, found, depth: depth + 1 });
    keys.pop();
  }
}

function textFault(text: string): string | null {
  if (text.includes(NUL)) return "Text without NUL characters is wanted here.";
  return isWellFormed(text) ? null : "This text is not well-formed Unicode: half of a surrogate pair stands alone in it.";
}

const LONE_SURROGATE = /\p{Surrogate}/u;

function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}
