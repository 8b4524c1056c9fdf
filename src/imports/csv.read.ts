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

type Newline = "\n" | "\r" | "\r\n";

interface RecordSpan {
  readonly start: number;
  readonly end: number;
}

interface Scan {
  readonly spans: readonly RecordSpan[];
  /** The line end of every record, or null when they differ. */
  readonly newline: Newline | null;
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
  const newlines = new Set<Newline>();
  const cellEnd = new RegExp(`[${delimiter}"\\r\\n]`, "g");
  let start = 0;
  let column = 0;
  let problem: string | null = null;
  for (let position = 0; position < text.length;) {
    const cell = findCellEnd(text, position, cellEnd);
    const newline = newlineAt(text, cell.end);
    problem = cell.problem;
    if (problem !== null) break;
    if (newline !== null) {
      spans.push({ start, end: cell.end });
      newlines.add(newline);
      start = cell.end + newline.length;
    } else if (cell.end < text.length && text[cell.end] !== delimiter) {
      problem = "Text stands after the closing quote of a cell.";
      break;
    }
    column = newline === null ? column + 1 : 0;
    position = cell.end + (newline?.length ?? 1);
  }
  if (problem === null && start < text.length) spans.push({ start, end: text.length });
  const [newline = "\n", another] = newlines;
  return { spans, newline: another === undefined ? newline : null, problem, column };
}

function newlineAt(text: string, position: number): Newline | null {
  if (text[position] === "\n") return "\n";
  if (text[position] !== "\r") return null;
  return text[position + 1] === "\n" ? "\r\n" : "\r";
}

/** Where the cell that begins at `position` ends, its closing quote included, or what is wrong with it. */
function findCellEnd(text: string, position: number, cellEnd: RegExp): { readonly end: number; readonly problem: string | null } {
  if (text[position] === '"') {
    const quote = closingQuote(text, position);
    return { end: quote + 1, problem: quote === -1 ? "A quoted cell is never closed." : null };
  }
  cellEnd.lastIndex = position;
  const end = cellEnd.exec(text)?.index ?? text.length;
  const isStray = text[end] === '"';
  return { end, problem: isStray ? 'A quote stands in a cell that is not quoted. Quote the cell and write the quote twice ("").' : null };
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
  if (errors.length > 0 || data.length !== scan.spans.length) return null;
  return data.map((cells, row) => (row === 0 ? cells : cells.map(unprotectFormula)));
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
