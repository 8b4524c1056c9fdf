import Papa from "papaparse";
import { CsvImportErrorCode, type CsvImportError } from "./csv.error.ts";
import { unprotectFormula } from "./csv.formula.ts";
import { scanRecords, type CsvScan } from "./csv.scan.ts";

/** Most rows of sessions that one file may hold. */
export const CSV_ROW_LIMIT = 20_000;

/** Most bytes, and so most characters, that one file may hold: 20 MB. */
export const CSV_LENGTH_LIMIT = 20 * 1024 * 1024;

/** Blank rows and comments are not counted as rows of sessions; these limits keep a file of nothing else from filling the memory. */
const RECORD_LIMIT = 200_000;
const CELL_LIMIT = 2_000_000;

/** The header is row 1. */
const FIRST_ROW = 2;

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

/** Reads a file while it comes in. */
export interface CsvReader {
  /** Takes more of the file; an error as soon as nothing that follows could make the file readable. */
  readonly push: (text: string) => CsvImportError | null;
  /** How many whole records came in so far, the header among them. */
  readonly recordCount: () => number;
  /** The whole records that came in so far. */
  readonly peek: () => CsvTable | null;
  /** The file, or why it is refused. */
  readonly end: () => CsvReading;
}

/** Reads a file, or refuses it with the row and column of the first thing that could be read in two ways. Nothing is repaired. */
export function readCsv(source: string): CsvReading {
  const reader = openCsvReader();
  const error = reader.push(source);
  return error === null ? reader.end() : refused(error);
}

/** What is whole is taken apart at once: neither is the whole text ever in the memory as one, nor is any of it gone over twice. */
export function openCsvReader(): CsvReader {
  const records: CsvRecord[] = [];
  let header: readonly string[] | null = null;
  let delimiter: CsvDelimiter | null = null;
  let length = 0;
  let cellCount = 0;
  let isBlank = true;
  /** What came in of a record that is not whole. */
  let text = "";

  function take(isWhole: boolean): CsvImportError | null {
    delimiter ??= detectDelimiter(text, isWhole);
    if (delimiter === null) return null;
    const scan = scanRecords(text, delimiter, isWhole);
    const rows = readCells(text, delimiter, scan);
    if (rows === null) return fileError(CsvImportErrorCode.MALFORMED, "The file cannot be read as CSV.");
    for (const cells of rows) {
      if (header === null) header = unprotect(cells);
      else records.push({ row: records.length + FIRST_ROW, cells: unprotect(cells) });
    }
    if (scan.problem !== null) return malformed(records.length + (header === null ? 1 : FIRST_ROW), header, scan.problem);
    text = text.slice(scan.rest);
    cellCount += scan.cellCount;
    if (records.length > RECORD_LIMIT) return tooManyRows();
    if (cellCount <= CELL_LIMIT) return null;
    return fileError(CsvImportErrorCode.FILE_TOO_LARGE, `The file has more than ${CELL_LIMIT} cells, blank ones included.`);
  }

  function table(): CsvTable | null {
    return delimiter !== null && header !== null ? { delimiter, header, records } : null;
  }

  return {
    recordCount: () => records.length + (header === null ? 0 : 1),
    peek: table,
    push(piece) {
      const added = length === 0 && piece.startsWith("\uFEFF") ? piece.slice(1) : piece;
      length += added.length;
      isBlank &&= !/\S/.test(added);
      if (length > CSV_LENGTH_LIMIT) return tooLarge();
      text += added;
      return take(false);
    },
    end() {
      if (isBlank) return refused(fileError(CsvImportErrorCode.EMPTY_FILE, "The file is empty. Its first row holds the headers."));
      const error = take(true);
      if (error !== null) return refused(error);
      const read = table();
      return read ? { table: read, error: null } : refused(fileError(CsvImportErrorCode.MALFORMED, "The file cannot be read as CSV."));
    },
  };
}

export function tooLarge(): CsvImportError {
  return fileError(CsvImportErrorCode.FILE_TOO_LARGE, `The file is larger than ${CSV_LENGTH_LIMIT / 1024 / 1024} MB.`);
}

export function tooManyRows(): CsvImportError {
  return fileError(CsvImportErrorCode.TOO_MANY_ROWS, `The file has more than ${CSV_ROW_LIMIT} rows.`);
}

/** The delimiter that stands most often in the header record outside of quotes; a comma when there is none. Null while the header goes on. */
function detectDelimiter(text: string, isWhole: boolean): CsvDelimiter | null {
  const counts = new Map<string, number>(DELIMITERS.map((delimiter) => [delimiter, 0]));
  let isQuoted = false;
  let isOver = isWhole;
  for (const character of text) {
    if (character === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (character === "\n" || character === "\r")) {
      isOver = true;
      break;
    } else if (!isQuoted && counts.has(character)) counts.set(character, (counts.get(character) ?? 0) + 1);
  }
  if (!isOver) return null;
  const count = (delimiter: CsvDelimiter): number => counts.get(delimiter) ?? 0;
  return DELIMITERS.reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best));
}

/** The cells of every whole record, or null when the parser and the scan do not agree on what the text holds. */
function readCells(text: string, delimiter: CsvDelimiter, { spans, newline }: CsvScan): string[][] | null {
  if (spans.length === 0) return [];
  const body = newline === null ? spans.map((span) => text.slice(span.start, span.end)).join("\n") : text.slice(0, spans.at(-1)?.end);
  // The parser takes an empty text for no record at all.
  if (body === "") return [[""]];
  const { data, errors } = Papa.parse<string[]>(body, { delimiter, newline: newline ?? "\n", header: false, skipEmptyLines: false });
  return errors.length > 0 || data.length !== spans.length ? null : data;
}

/** In place: few cells are protected, and a file has hundreds of thousands. */
function unprotect(cells: string[]): readonly string[] {
  for (const [index, cell] of cells.entries()) if (cell.startsWith("'")) cells[index] = unprotectFormula(cell);
  return cells;
}

function malformed(row: number, header: readonly string[] | null, { message, column }: NonNullable<CsvScan["problem"]>): CsvImportError {
  return { row, column: header?.[column] ?? null, value: null, message, code: CsvImportErrorCode.MALFORMED };
}

function fileError(code: CsvImportErrorCode, message: string): CsvImportError {
  return { row: null, column: null, value: null, message, code };
}

function refused(error: CsvImportError): CsvReading {
  return { table: null, error };
}
