import { CsvEncodingProblem, createCsvDecoder } from "./csv.decode.ts";
import { CsvImportErrorCode, type CsvImportError } from "./csv.error.ts";
import { checkHeader, type CsvHeader } from "./csv.header.ts";
import {
  CSV_LENGTH_LIMIT,
  CSV_ROW_LIMIT,
  openCsvReader,
  tooLarge,
  tooManyRows,
  type CsvReading,
  type CsvRecord,
  type CsvTable,
} from "./csv.read.ts";
import { splitRecords, type CsvSkippedRow } from "./csv.skip.ts";

/** A file as far as it can be understood without asking anybody else. */
export interface ImportFile {
  /** Null when it could not be read at all. */
  readonly table: CsvTable | null;
  /** Whether it began with a byte order mark. */
  readonly hasMark: boolean;
  readonly header: CsvHeader;
  /** The rows that describe sessions. */
  readonly rows: readonly CsvRecord[];
  readonly skipped: readonly CsvSkippedRow[];
  /** What is wrong with the file as a whole and with its header. */
  readonly errors: readonly CsvImportError[];
  /** Whether its rows can be checked, for all the errors there are. */
  readonly isReadable: boolean;
}

const NO_HEADER: CsvHeader = { width: 0, positions: new Map(), columns: [], spellings: [], commentPosition: null, errorPosition: null };

/** Reads the bytes of an import while they come in. */
export interface ImportFileReader {
  /** False once the file is refused whatever follows: nothing more of it needs to be sent. */
  readonly push: (bytes: Uint8Array) => boolean;
  readonly end: () => ImportFile;
}

export function openImportFile(): ImportFileReader {
  const decoder = createCsvDecoder();
  const reader = openCsvReader();
  let size = 0;
  let error: CsvImportError | null = null;

  function take(text: () => string): void {
    try {
      error ??= reader.push(text());
    } catch (problem) {
      if (!(problem instanceof CsvEncodingProblem)) throw problem;
      error = { row: null, column: null, value: null, message: problem.message, code: problem.code };
    }
    // The header and the release row come on top of the rows of sessions.
    if (error === null && reader.recordCount() > CSV_ROW_LIMIT + 2 && countRows(reader.peek()) > CSV_ROW_LIMIT) error = tooManyRows();
  }

  return {
    push(bytes) {
      size += bytes.length;
      if (size > CSV_LENGTH_LIMIT) error ??= tooLarge();
      if (error === null) take(() => decoder.push(bytes));
      return error === null;
    },
    end() {
      if (error === null) take(() => decoder.end());
      return understand(error === null ? reader.end() : { table: null, error }, decoder.hasMark());
    },
  };
}

/** Reads a text as a whole file. */
export function readImport(csv: string): ImportFile {
  const reader = openCsvReader();
  const error = reader.push(csv);
  return understand(error === null ? reader.end() : { table: null, error }, false);
}

/** A file of which nothing was read. */
export function refusedFile(error: CsvImportError): ImportFile {
  return { table: null, hasMark: false, header: NO_HEADER, rows: [], skipped: [], errors: [error], isReadable: false };
}

function understand({ table, error }: CsvReading, hasMark: boolean): ImportFile {
  if (error !== null) return { ...refusedFile(error), hasMark };
  const { header, errors, isReadable } = checkHeader(table.header);
  const { rows, skipped } = splitRecords(table.records, header);
  const file = { table, hasMark, header, rows, skipped, errors, isReadable };
  if (rows.length > CSV_ROW_LIMIT) return unreadable(file, tooManyRows());
  if (isReadable && rows.length === 0 && skipped.length === 0) {
    const message = "The file has headers, but no rows.";
    return unreadable(file, { row: null, column: null, value: null, message, code: CsvImportErrorCode.EMPTY_FILE });
  }
  return file;
}

function countRows(table: CsvTable | null): number {
  return table ? splitRecords(table.records, checkHeader(table.header).header).rows.length : 0;
}

function unreadable(file: ImportFile, error: CsvImportError): ImportFile {
  return { ...file, errors: [...file.errors, error], isReadable: false };
}
