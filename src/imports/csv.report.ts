import { ERROR_HEADER } from "./csv.columns.ts";
import type { CsvImportError } from "./csv.error.ts";
import type { CsvHeader } from "./csv.header.ts";
import type { ImportFile } from "./csv.import-file.ts";
import { groupBy } from "../shared/group-by.ts";
import { writeCsv } from "./csv.write.ts";

/** The first row below the header: it tells what is wrong with the header, since the header's own cell names the column. */
const FIRST_ROW = 2;

/** Spreadsheets read UTF-8 as another encoding without it. */
const MARK = "\uFEFF";

/**
 * The file as it was sent, with what is wrong beside each row in a column `error`; null when it could not be read. That column is
 * ignored by an import, so that a mended file can be sent as it is; one that is there already is written anew. What had a byte order
 * mark, in whatever encoding, has one again.
 */
export function writeErrorCsv({ table, header, hasMark }: ImportFile, errors: readonly CsvImportError[]): string | null {
  if (!table) return null;
  const byRow = groupBy(errors, (error) => (error.row === null || error.row < FIRST_ROW ? FIRST_ROW : error.row));
  const records = table.records.map(({ row, cells }) => withError(cells, header, (byRow.get(row) ?? []).map(describe).join(" ")));
  const headerCells = header.errorPosition === null ? [...table.header, ERROR_HEADER] : table.header;
  return `${hasMark ? MARK : ""}${writeCsv(headerCells, records, table.delimiter)}`;
}

/** A row that is too short is filled up, so that its errors stand below their header; what a row has too much stands behind them. */
function withError(cells: readonly string[], { width, errorPosition }: CsvHeader, text: string): readonly string[] {
  if (text === "" && cells.length < width) return cells;
  const filled = [...cells, ...Array.from({ length: Math.max(0, width - cells.length) }, () => "")];
  return errorPosition === null ? filled.toSpliced(width, 0, text) : filled.with(errorPosition, text);
}

function describe({ row, column, message }: CsvImportError): string {
  const place = row !== null && row < FIRST_ROW ? "Header: " : column === null || message.includes(column) ? "" : `${column}: `;
  return `${place}${message}`;
}
