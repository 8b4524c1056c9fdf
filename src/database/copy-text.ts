import { arrayText } from "./array-text.ts";
import type { ColumnTypes } from "./row-set.ts";

/** Rows as the text that COPY reads: the fastest way for PostgreSQL to take in thousands of them. */
export interface CopyText {
  readonly count: number;
  /** UTF-8, each piece in a buffer of its own, so that a thread can hand it over whole. */
  readonly pieces: readonly Uint8Array<ArrayBuffer>[];
}

const encoder = new TextEncoder();
/** A text that grows is a tree of its parts until it is encoded, and one of megabytes keeps the collector busy for as long as it is made. */
const PIECE_LENGTH = 64 * 1024;
const SPECIAL = /[\\\t\n\r]/;
const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/** Pure work: a thread that has no database can do it. `constants` are texts of columns that are the same in each row, and follow the others. */
export function toCopyText<Types extends ColumnTypes>(
  rows: readonly { readonly [Name in keyof Types]: unknown }[],
  types: Types,
  constants: readonly string[] = [],
): CopyText {
  const columns = Object.entries(types);
  const end = `${constants.map((constant) => `\t${escape(constant)}`).join("")}\n`;
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let text = "";
  for (const row of rows) {
    for (const [index, [name, type]] of columns.entries()) text += (index === 0 ? "" : "\t") + toText(row[name], type);
    text += end;
    if (text.length < PIECE_LENGTH) continue;
    pieces.push(encoder.encode(text));
    text = "";
  }
  if (text !== "") pieces.push(encoder.encode(text));
  return { count: rows.length, pieces };
}

function toText(value: unknown, type: ColumnTypes[string]): string {
  if (value === null || value === undefined) return "\\N";
  switch (type) {
    case "boolean":
      return value === true ? "t" : "f";
    case "integer":
    case "bigint":
    case "double precision":
      return String(value as number);
    case "text[]":
      return escape(arrayText(value as readonly string[]));
    case "jsonb":
      return escape(JSON.stringify(value));
    case "bytea":
      return `\\\\x${Buffer.from(value as string, "base64").toString("hex")}`;
    case "text":
      return escape(value as string);
  }
}

function escape(text: string): string {
  return SPECIAL.test(text) ? text.replace(/[\\\t\n\r]/g, (found) => ESCAPES[found] ?? found) : text;
}
