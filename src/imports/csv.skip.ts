import type { CsvHeader } from "./csv.header.ts";
import type { CsvRecord } from "./csv.read.ts";

/** A row that describes no session, and why it was passed over. */
export interface CsvSkippedRow {
  readonly row: number;
  readonly reason: string;
}

export interface SplitRecords {
  readonly rows: readonly CsvRecord[];
  readonly skipped: readonly CsvSkippedRow[];
}

/** The record that may hold release information. */
const RELEASE_ROW = 2;

/** Parts the rows of sessions from those that are passed over. */
export function splitRecords(records: readonly CsvRecord[], header: CsvHeader): SplitRecords {
  const rows: CsvRecord[] = [];
  const skipped: CsvSkippedRow[] = [];
  for (const record of records) {
    const reason = skipReason(record, header);
    if (reason === null) rows.push(record);
    else skipped.push({ row: record.row, reason });
  }
  return { rows, skipped };
}

function skipReason({ row, cells }: CsvRecord, { commentPosition, errorPosition }: CsvHeader): string | null {
  if (cells.every((cell, position) => position === errorPosition || cell.trim() === "")) return "The row is blank.";
  const comment = commentPosition === null ? "" : (cells[commentPosition] ?? "").trim();
  if (/^comment/i.test(comment)) return "The row is a comment.";
  if (row === RELEASE_ROW && /^release/i.test(comment)) return "The row holds release information.";
  return null;
}
