import type { FormattedExecutionResult } from "graphql";

/** What an answer is written in parts for: a file of rows in one text, or a list of thousands. */
const LARGE_TEXT_LENGTH = 128 * 1024;
const LARGE_LIST_LENGTH = 1_000;
/** Characters of one part, which take less than a millisecond to make. */
const PART_LENGTH = 64 * 1024;
/** Lists and objects down to the items of a verb's list are gone through one by one; what lies deeper is small. */
const DEPTH_LIMIT = 4;

/** Whether writing an answer in one go would keep other requests waiting. */
export function isLargeAnswer({ data }: FormattedExecutionResult): boolean {
  return Object.values(data ?? {}).some((value) => isLarge(value) || (isPlain(value) && Object.values(value).some(isLarge)));
}

function isLarge(value: unknown): boolean {
  return typeof value === "string" ? value.length > LARGE_TEXT_LENGTH : Array.isArray(value) && value.length > LARGE_LIST_LENGTH;
}

/** The JSON of an answer, part by part. */
export function* answerParts({ errors, data, extensions }: FormattedExecutionResult): Generator<string, void> {
  let part = "";
  for (const piece of pieces({ errors, data, extensions }, 0)) {
    part += piece;
    if (part.length < PART_LENGTH) continue;
    yield part;
    part = "";
  }
  yield `${part}\n`;
}

function* pieces(value: unknown, depth: number): Generator<string, void> {
  if (typeof value === "string" && value.length > PART_LENGTH) {
    yield* textPieces(value);
  } else if (depth < DEPTH_LIMIT && Array.isArray(value)) {
    yield "[";
    for (const [index, item] of value.entries()) {
      if (index > 0) yield ",";
      yield* pieces(item, depth + 1);
    }
    yield "]";
  } else if (depth < DEPTH_LIMIT && isPlain(value)) {
    yield* objectPieces(value, depth);
  } else {
    yield JSON.stringify(value) ?? "null";
  }
}

function* objectPieces(value: Readonly<Record<string, unknown>>, depth: number): Generator<string, void> {
  let separator = "{";
  for (const [name, each] of Object.entries(value)) {
    if (each === undefined) continue;
    yield `${separator}${JSON.stringify(name)}:`;
    yield* pieces(each, depth + 1);
    separator = ",";
  }
  yield separator === "{" ? "{}" : "}";
}

function* textPieces(text: string): Generator<string, void> {
  yield '"';
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + PART_LENGTH, text.length);
    // Half a character would be written as an escape of its own.
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end += 1;
    yield JSON.stringify(text.slice(start, end)).slice(1, -1);
    start = end;
  }
  yield '"';
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** What a class makes of itself as JSON is its own affair. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
