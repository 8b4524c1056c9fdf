import type { CheckedRow } from "./csv.rules.ts";
import { CsvImportErrorCode, type CsvImportError } from "./csv.error.ts";
import type { CsvHeader } from "./csv.header.ts";
import { cellError } from "./csv.row.ts";

/** Holds the names of the rows against one another and against those of existing sessions. */
export function checkNames(rows: readonly CheckedRow[], header: CsvHeader, existingNameKeys: ReadonlySet<string>): readonly CheckedRow[] {
  const firstRows = new Map<string, number>();
  return rows.map((row) => {
    const key = row.nameKey;
    if (key === null) return row;
    const first = firstRows.get(key);
    if (first === undefined) firstRows.set(key, row.record.row);
    const problem = existingNameKeys.has(key)
      ? { code: CsvImportErrorCode.NAME_EXISTS, message: "must be new: a session of this name is already there" }
      : first === undefined
        ? null
        : { code: CsvImportErrorCode.DUPLICATE_NAME, message: `must be unique in the file: row ${first} has this name` };
    if (problem === null) return row;
    const error = cellError({ record: row.record, header, key: "name", problem });
    return { ...row, draft: null, errors: inColumnOrder([error, ...row.errors], header) };
  });
}

/** Columns that the file does not have stay behind those that it has, in the order in which they were told. */
function inColumnOrder(errors: readonly CsvImportError[], header: CsvHeader): readonly CsvImportError[] {
  const order = ({ column }: CsvImportError): number => {
    const position = column === null ? -1 : header.spellings.indexOf(column);
    return position === -1 ? header.width : position;
  };
  return errors.toSorted((left, right) => order(left) - order(right));
}
