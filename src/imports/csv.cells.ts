import type { z } from "zod";
import { maskUrl } from "../network/mask.ts";
import { SECRET_MASK } from "../sessions/secret.rules.ts";
import { URL_LENGTH_LIMIT } from "../sessions/session.input.ts";
import { nameText } from "../shared/text.schema.ts";
import { CsvImportErrorCode } from "./csv.error.ts";

/** Most characters of a cell that an error shows. */
export const SHOWN_CELL_LENGTH = 100;

/** What a cell says, or why it says nothing. */
export type ParsedCell<T> = { readonly value: T; readonly problem?: never } | { readonly value?: never; readonly problem: CellProblem };

export interface CellProblem {
  readonly code: CsvImportErrorCode;
  /** A clause that follows the column's name, such as `must be TRUE or FALSE`. */
  readonly message: string;
  /** Says that the message stands by itself. */
  readonly isSentence?: boolean;
}

const INTEGER = /^-?(?:0|[1-9]\d*)$/;
const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;

/** TRUE or FALSE in any case, nothing else. */
export function parseBoolean(cell: string): ParsedCell<boolean> {
  const word = cell.trim().toUpperCase();
  if (word === "TRUE") return { value: true };
  if (word === "FALSE") return { value: false };
  return problem(CsvImportErrorCode.INVALID_BOOLEAN, "must be TRUE or FALSE");
}

/** Decimal digits alone: no 0x10, no 1e3, no 300.0, no thousands separators. The schema tells the range. */
export function parseInteger(cell: string, schema: z.ZodType<number>): ParsedCell<number> {
  const text = cell.trim();
  if (!INTEGER.test(text)) return problem(CsvImportErrorCode.INVALID_NUMBER, `${rangeOf(schema)}, a whole number written in digits`);
  return parseNumber(text, schema);
}

/** Decimal digits with a point, such as 3 or 3.0. The schema tells the range. */
export function parseDecimal(cell: string, schema: z.ZodType<number>): ParsedCell<number> {
  const text = cell.trim();
  if (!DECIMAL.test(text))
    return problem(CsvImportErrorCode.INVALID_NUMBER, `${rangeOf(schema)}, a number written with a point such as 3.0`);
  return parseNumber(text, schema);
}

function parseNumber(text: string, schema: z.ZodType<number>): ParsedCell<number> {
  const number = Number(text);
  const result = Number.isInteger(number) && !Number.isSafeInteger(number) ? null : schema.safeParse(number);
  return result?.success ? { value: result.data } : problem(CsvImportErrorCode.OUT_OF_RANGE, rangeOf(schema));
}

/** What the schema says of a number that is surely out of its range. */
function rangeOf(schema: z.ZodType<number>): string {
  return schema.safeParse(Number.MIN_SAFE_INTEGER).error?.issues.at(-1)?.message ?? "must be a number";
}

/** A text within the schema's rules. */
export function parseText(cell: string, schema: z.ZodType<string>): ParsedCell<string> {
  const result = schema.safeParse(cell);
  if (result.success) return { value: result.data };
  const [issue] = result.error.issues;
  const isTooLong = issue?.code === "too_big";
  return problem(isTooLong ? CsvImportErrorCode.TOO_LONG : CsvImportErrorCode.INVALID_VALUE, issue?.message ?? "is not allowed");
}

/** What most names are made of, so that only the others take the long way through the schema. */
const PLAIN_NAME = /^[A-Za-z0-9][\x20-\x7e]{0,198}$/;

/** A name in the form in which names are stored. */
export function parseName(cell: string): ParsedCell<string> {
  return PLAIN_NAME.test(cell) ? { value: cell.trimEnd() } : parseText(cell, nameText);
}

/** A cell as an error may show it: secrets masked, then cut. */
export function showCell(cell: string, isSecret: boolean): string {
  if (isSecret) return cell === "" ? "" : SECRET_MASK;
  return clipCell(maskUrls(cell));
}

/** The URLs in a text with their secrets masked. They may stand in any column: a shifted row must not tell them either. */
export function maskUrls(text: string): string {
  return /:\/\/|@/.test(text) ? text.split(/(\s+)/).map(maskWord).join("") : text;
}

function maskWord(word: string): string {
  if (word.length > URL_LENGTH_LIMIT) return SECRET_MASK;
  if (word.includes("://")) return maskUrl(word).masked;
  const at = word.lastIndexOf("@");
  return at > 0 && word.slice(0, at).includes(":") ? `${SECRET_MASK}${word.slice(at)}` : word;
}

/** Cut, never within a character that takes two UTF-16 units. */
export function clipCell(cell: string): string {
  return cell.length <= SHOWN_CELL_LENGTH ? cell : cell.slice(0, SHOWN_CELL_LENGTH).replace(/[\uD800-\uDBFF]$/, "");
}

export function problem(code: CsvImportErrorCode, message: string): { readonly problem: CellProblem } {
  return { problem: { code, message } };
}
