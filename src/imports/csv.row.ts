import type { CellProblem, ParsedCell } from "./csv.cells.ts";
import { showCell } from "./csv.cells.ts";
import { CSV_COLUMNS, csvColumn, type CsvColumn, type CsvColumnKey } from "./csv.columns.ts";
import type { CsvImportError } from "./csv.error.ts";
import type { CsvHeader } from "./csv.header.ts";
import type { CsvRecord } from "./csv.read.ts";

/** One row while it is read: its cells by column, and what was wrong with them so far. */
export interface CsvRow {
  /** The columns that the file has. */
  readonly columns: readonly CsvColumn[];
  /** The cell as it stands; empty where the file has no such column. */
  readonly cell: (key: CsvColumnKey) => string;
  /** The parsed cell; null when it is empty or was refused, which is then noted. */
  readonly read: <T>(key: CsvColumnKey, parse: (cell: string) => ParsedCell<T>) => T | null;
  /** Reads the column as empty from now on: it does not apply to the row. */
  readonly ignore: (key: CsvColumnKey) => void;
  readonly refuse: (key: CsvColumnKey, problem: CellProblem) => void;
  readonly isRefused: (key: CsvColumnKey) => boolean;
  /** Everything noted, in the order of the file's columns; columns that the file does not have come last. */
  readonly errors: () => readonly CsvImportError[];
}

/** Columns whose blanks belong to the value: a cell of blanks alone is not empty in them. */
const VERBATIM: ReadonlySet<CsvColumnKey> = new Set<CsvColumnKey>(["description", "serviceProvider", "srtPassphrase"]);

const COLUMN_ORDER = new Map(CSV_COLUMNS.map((column, index) => [column.key, index]));

export function isEmptyCell(key: CsvColumnKey, cell: string): boolean {
  return VERBATIM.has(key) ? cell === "" : cell.trim() === "";
}

export function openRow(record: CsvRecord, header: CsvHeader): CsvRow {
  return new RowReader(record, header);
}

/** A class, since a file has thousands of rows, and functions need not be made anew for each. */
class RowReader implements CsvRow {
  readonly #record: CsvRecord;
  readonly #header: CsvHeader;
  readonly #noted: { readonly key: CsvColumnKey; readonly problem: CellProblem }[] = [];
  #ignored: Set<CsvColumnKey> | null = null;

  constructor(record: CsvRecord, header: CsvHeader) {
    this.#record = record;
    this.#header = header;
  }

  get columns(): readonly CsvColumn[] {
    return this.#header.columns;
  }

  cell(key: CsvColumnKey): string {
    return this.#record.cells[this.#header.positions.get(key) ?? -1] ?? "";
  }

  read<T>(key: CsvColumnKey, parse: (cell: string) => ParsedCell<T>): T | null {
    const text = this.cell(key);
    if (text === "" || this.#ignored?.has(key) || isEmptyCell(key, text)) return null;
    const parsed = parse(text);
    if (!parsed.problem) return parsed.value;
    this.refuse(key, parsed.problem);
    return null;
  }

  ignore(key: CsvColumnKey): void {
    (this.#ignored ??= new Set()).add(key);
  }

  refuse(key: CsvColumnKey, problem: CellProblem): void {
    this.#noted.push({ key, problem });
  }

  isRefused(key: CsvColumnKey): boolean {
    return this.#noted.some((error) => error.key === key);
  }

  errors(): readonly CsvImportError[] {
    if (this.#noted.length === 0) return [];
    const header = this.#header;
    // Columns that are not in the file sort behind those that are, in the order of the export.
    const order = (key: CsvColumnKey): number => header.positions.get(key) ?? header.width + (COLUMN_ORDER.get(key) ?? 0);
    return this.#noted
      .toSorted((left, right) => order(left.key) - order(right.key))
      .map(({ key, problem }) => cellError({ record: this.#record, header, key, problem }));
  }
}

/** An error of one cell. Its message is a whole sentence, for people who see it without the column. */
export function cellError(given: {
  readonly record: CsvRecord;
  readonly header: CsvHeader;
  readonly key: CsvColumnKey;
  readonly problem: CellProblem;
}): CsvImportError {
  const { record, header, key, problem } = given;
  const column = csvColumn(key);
  const position = header.positions.get(key);
  return {
    row: record.row,
    column: position === undefined ? column.header : (header.spellings[position] ?? column.header),
    value: position === undefined ? null : showCell(record.cells[position] ?? "", column.isSecret),
    message: problem.isSentence ? problem.message : `${column.header} ${problem.message}${problem.message.endsWith("?") ? "" : "."}`,
    code: problem.code,
  };
}
