import { CsvImportErrorCode, type CsvImportError } from "./csv.error.ts";
import { checkHeader, type CsvHeader } from "./csv.header.ts";
import { CSV_ROW_LIMIT, readCsv, type CsvRecord, type CsvTable } from "./csv.read.ts";
import { splitRecords, type CsvSkippedRow } from "./csv.skip.ts";

/** A file as far as it can be understood without asking anybody else. */
export interface ImportFile {
  /** Null when it could not be read at all. */
  readonly table: CsvTable | null;
  readonly header: CsvHeader;
  /** The rows that describe sessions. */
  readonly rows: readonly CsvRecord[];
  readonly skipped: readonly CsvSkippedRow[];
  /** What is wrong with the file as a whole and with its header. */
  readonly errors: readonly CsvImportError[];
  /** Whether its rows can be checked, for all the errors there are. */
  readonly isReadable: boolean;
}

const NO_HEADER: CsvHeader = { width: 0, positions: new Map(), spellings: [], commentPosition: null, errorPosition: null };

export function readImport(csv: string): ImportFile {
  const { table, error } = readCsv(csv);
  if (error !== null) return { table: null, header: NO_HEADER, rows: [], skipped: [], errors: [error], isReadable: false };
  const { header, errors, isReadable } = checkHeader(table.header);
  const { rows, skipped } = splitRecords(table.records, header);
  const file = { table, header, rows, skipped, errors, isReadable };
  if (rows.length > CSV_ROW_LIMIT)
    return unreadable(file, CsvImportErrorCode.TOO_MANY_ROWS, `The file has more than ${CSV_ROW_LIMIT} rows.`);
  if (isReadable && rows.length === 0 && skipped.length === 0) {
    return unreadable(file, CsvImportErrorCode.EMPTY_FILE, "The file has headers, but no rows.");
  }
  return file;
}

function unreadable(file: ImportFile, code: CsvImportErrorCode, message: string): ImportFile {
  return { ...file, errors: [...file.errors, { row: null, column: null, value: null, message, code }], isReadable: false };
}
