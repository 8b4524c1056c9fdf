import { clipCell } from "./csv.cells.ts";
import { COMMENT_HEADER, CSV_COLUMNS, ERROR_HEADER, type CsvColumn, type CsvColumnKey } from "./csv.columns.ts";
import { CsvImportErrorCode, type CsvImportError } from "./csv.error.ts";
import { nearest } from "./csv.nearest.ts";

/** Which cell of a row is what. */
export interface CsvHeader {
  /** How many cells every row has. */
  readonly width: number;
  readonly positions: ReadonlyMap<CsvColumnKey, number>;
  /** The columns of sessions that the file has, in its order. */
  readonly columns: readonly CsvColumn[];
  /** The headers as they stand in the file, by position. */
  readonly spellings: readonly string[];
  readonly commentPosition: number | null;
  /** The column that our own error file added. */
  readonly errorPosition: number | null;
}

export interface HeaderCheck {
  readonly header: CsvHeader;
  /** Missing columns first, then the others from left to right. */
  readonly errors: readonly CsvImportError[];
  /** False when a column is missing or there twice: what the rows hold would then be a guess. */
  readonly isReadable: boolean;
}

const COLUMN_BY_NAME = new Map<string, CsvColumn>(CSV_COLUMNS.map((column) => [column.header, column]));
const KNOWN_HEADERS = [...CSV_COLUMNS.map((column) => column.header), COMMENT_HEADER];

/** Finds the columns of a header record: any case, blanks around a header ignored. */
export function checkHeader(spellings: readonly string[]): HeaderCheck {
  const names = spellings.map((spelling) => spelling.trim().toLowerCase());
  const positions = new Map<CsvColumnKey, number>();
  const seen = new Map<string, number>();
  const columns: CsvColumn[] = [];
  const errors: CsvImportError[] = [];
  for (const [position, name] of names.entries()) {
    const spelling = spellings[position] ?? "";
    const column = COLUMN_BY_NAME.get(name);
    const isKnown = column !== undefined || name === COMMENT_HEADER || name === ERROR_HEADER;
    const first = seen.get(name);
    if (!isKnown) errors.push(unknownHeader(spelling, name, position));
    else if (first !== undefined) errors.push(duplicateHeader(spelling, first));
    else seen.set(name, position);
    if (!column || first !== undefined) continue;
    positions.set(column.key, position);
    columns.push(column);
  }
  const missing = CSV_COLUMNS.filter((column) => column.isRequired && !positions.has(column.key)).map(missingHeader);
  return {
    header: {
      width: spellings.length,
      positions,
      columns,
      spellings,
      commentPosition: seen.get(COMMENT_HEADER) ?? null,
      errorPosition: seen.get(ERROR_HEADER) ?? null,
    },
    errors: [...missing, ...errors],
    isReadable: missing.length === 0 && !errors.some((error) => error.code === CsvImportErrorCode.DUPLICATE_HEADER),
  };
}

function missingHeader(column: CsvColumn): CsvImportError {
  const message = `The column ${column.header} is missing. ${column.description}`;
  return { row: 1, column: column.header, value: null, message, code: CsvImportErrorCode.MISSING_HEADER };
}

function unknownHeader(spelling: string, name: string, position: number): CsvImportError {
  const suggestion = nearest(name, KNOWN_HEADERS);
  const shown = clipCell(spelling);
  const message =
    name === ""
      ? `Column ${position + 1} has no header. Name it, or remove the column.`
      : `There is no column ${shown}.${suggestion === null ? " Remove it." : ` Did you mean ${suggestion}?`}`;
  return { row: 1, column: shown, value: shown, message, code: CsvImportErrorCode.UNKNOWN_HEADER };
}

function duplicateHeader(spelling: string, first: number): CsvImportError {
  const shown = clipCell(spelling);
  const message = `The column ${shown} is there twice: it is column ${first + 1} already.`;
  return { row: 1, column: shown, value: shown, message, code: CsvImportErrorCode.DUPLICATE_HEADER };
}
