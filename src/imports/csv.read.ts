import Papa from "papaparse";
import { CsvImportErrorCode, type CsvImportError } from "./csv.error.ts";
import { unprotectFormula } from "./csv.formula.ts";

/** Most rows of sessions that one file may hold. */
export const CSV_ROW_LIMIT = 20_000;

/** Most characters that one file may hold: 20 MB. */
export const CSV_LENGTH_LIMIT = 20 * 1024 * 1024;

const DELIMITERS = [",", ";", "\t"] as const;
export type CsvDelimiter = (typeof DELIMITERS)[number];

/** One record of a file. A quoted cell may hold line breaks, so that records and lines are not the same. */
export interface CsvRecord {
  /** Its number in the file with the header as 1: what a spreadsheet shows. */
  readonly row: number;
  readonly cells: readonly string[];
}

/** A file, read exactly as it was written. */
export interface CsvTable {
  readonly delimiter: CsvDelimiter;
  readonly header: readonly string[];
  readonly records: readonly CsvRecord[];
}

export type CsvReading = { readonly table: CsvTable; readonly error: null } | { readonly table: null; readonly error: CsvImportError };

/** Reads a file, or refuses it with the row and column of the first thing that could be read in two ways. Nothing is repaired. */
export function readCsv(source: string): CsvReading {
  if (source.length > CSV_LENGTH_LIMIT) {
    return refused(fileError(CsvImportErrorCode.FILE_TOO_LARGE, `The file is larger than ${CSV_LENGTH_LIMIT / 1024 / 1024} MB.`));
  }
  const text = source.startsWith("\uFEFF") ? source.slice(1) : source;
  if (text.trim() === "") return refused(fileError(CsvImportErrorCode.EMPTY_FILE, "The file is empty. Its first row holds the headers."));

  const delimiter = detectDelimiter(text);
  const scan = scanRecords(text, delimiter);
  if (scan.problem !== null) return refused(malformed(text, delimiter, scan));

  const rows = readCells(text, delimiter, scan);
  if (rows === null) return refused(fileError(CsvImportErrorCode.MALFORMED, "The file cannot be read as CSV."));
  const [header = [], ...rest] = rows;
  return { table: { delimiter, header, records: rest.map((cells, index) => ({ row: index + 2, cells })) }, error: null };
}

/** The delimiter that stands most often in the header record outside of quotes; a comma when there is none. */
function detectDelimiter(text: string): CsvDelimiter {
  const counts = new Map<string, number>(DELIMITERS.map((delimiter) => [delimiter, 0]));
  let isQuoted = false;
  for (const character of text) {
    if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (character === "\n" || character === "\r")) break;
    else if (!isQuoted && counts.has(character)) counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  const count = (delimiter: CsvDelimiter): number => counts.get(delimiter) ?? 0;
  return DELIMITERS.reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best));
}

interface RecordSpan {
  readonly start: number;
  readonly end: number;
}

interface Scan {
  readonly spans: readonly RecordSpan[];
  /** The line end of every record, or null when they differ. */
  readonly newline: "\n" | "\r" | "\r\n" | null;
  readonly problem: string | null;
  /** Where the problem is: the cell's number in its record, from 0. */
  readonly column: number;
}

/**
 * Finds where each record starts and ends, and the first quote that RFC 4180 does not allow. It goes before the parser, which
 * guesses at such quotes, takes one line end for the whole file and counts rows differently for each kind of error.
 */
function scanRecords(text: string, delimiter: CsvDelimiter): Scan {
  const spans: RecordSpan[] = [];
  const newlines = new Set<string>();
  const unquotedEnd = delimiter === "\t" ? /[\t"\r\n]/g : delimiter === ";" ? /[;"\r\n]/g : /[,"\r\n]/g;
  let start = 0;
  let column = 0;
  let position = 0;
  const stopped = (problem: string | null): Scan => {
    const [newline, another] = newlines;
    return { spans, newline: another === undefined ? ((newline ?? "\n") as Scan["newline"]) : null, problem, column };
  };

  while (position < text.length) {
    if (text[position] === '"') {
      const end = closingQuote(text, position);
      if (end === -1) return stopped("A quoted cell is never closed.");
      position = end + 1;
    } else {
      unquotedEnd.lastIndex = position;
      position = unquotedEnd.exec(text)?.index ?? text.length;
      if (text[position] === '"')
        return stopped('A quote stands in a cell that is not quoted. Quote the cell and write the quote twice ("").');
    }
    const next = text[position];
    if (next === delimiter) {
      position += 1;
      column += 1;
      // A delimiter that ends the file is followed by one more, empty cell, which the span below covers.
    } else if (next === "\n" || next === "\r") {
      spans.push({ start, end: position });
      const newline = next === "\r" && text[position + 1] === "\n" ? "\r\n" : next;
      newlines.add(newline);
      position += newline.length;
      start = position;
      column = 0;
    } else if (next !== undefined) {
      return stopped("Text stands after the closing quote of a cell.");
    }
  }
  if (start < text.length) spans.push({ start, end: text.length });
  return stopped(null);
}

/** The quote that closes the cell opened at `position`, or -1; two quotes in a row are one that belongs to the cell. */
function closingQuote(text: string, position: number): number {
  let quote = text.indexOf('"', position + 1);
  while (quote !== -1 && text[quote + 1] === '"') quote = text.indexOf('"', quote + 2);
  return quote;
}

/** The cells of every record, or null when the parser and the scan do not agree on what the file holds. */
function readCells(text: string, delimiter: CsvDelimiter, scan: Scan): string[][] | null {
  const end = scan.spans.at(-1)?.end ?? 0;
  const isUniform = scan.newline !== null;
  const body = isUniform ? text.slice(0, end) : scan.spans.map((span) => text.slice(span.start, span.end)).join("\n");
  const { data, errors } = Papa.parse<string[]>(body, { delimiter, newline: scan.newline ?? "\n", header: false, skipEmptyLines: false });
  // The parser drops a last record that is wholly empty.
  if (data.length === scan.spans.length - 1) data.push([""]);
  if (errors.length > 0 || data.length !== scan.spans.length) return null;
  for (const [row, cells] of data.entries())
    if (row > 0) for (const [index, cell] of cells.entries()) cells[index] = unprotectFormula(cell);
  return data;
}

function malformed(text: string, delimiter: CsvDelimiter, scan: Scan): CsvImportError {
  const headerSpan = scan.spans[0];
  const header = headerSpan && Papa.parse<string[]>(text.slice(headerSpan.start, headerSpan.end), { delimiter, newline: "\n" }).data[0];
  return {
    row: scan.spans.length + 1,
    column: header?.[scan.column] ?? null,
    value: null,
    message: scan.problem ?? "",
    code: CsvImportErrorCode.MALFORMED,
  };
}

function fileError(code: CsvImportErrorCode, message: string): CsvImportError {
  return { row: null, column: null, value: null, message, code };
}

function refused(error: CsvImportError): CsvReading {
  return { table: null, error };
}
