import type { ImportOutcome } from "../sessions/session.rules.ts";
import { UserErrorCode, type UserError } from "../shared/user-error.ts";
import { CsvImportErrorCode, type CsvImportError } from "./csv.error.ts";
import type { ImportFile } from "./csv.import-file.ts";
import { writeErrorCsv } from "./csv.report.ts";
import type { CsvSkippedRow } from "./csv.skip.ts";

/** Most errors, and most skipped rows, that one answer lists; all of them are counted. */
export const LISTED_LIMIT = 1_000;

export interface ImportedSession {
  readonly row: number;
  readonly name: string;
  /** Null in a dry run. */
  readonly id: string | null;
  readonly streamId: string | null;
  readonly outcome: ImportOutcome;
  /** Headers of the columns that were changed; empty for a new session. */
  readonly changed: readonly string[];
}

export interface CsvImportResult {
  /** Whether sessions were written: false for a rejected file and for a dry run. */
  readonly imported: boolean;
  readonly dryRun: boolean;
  /** Rows that describe sessions. */
  readonly rowCount: number;
  readonly skippedRowCount: number;
  readonly skippedRows: readonly CsvSkippedRow[];
  readonly sessions: readonly ImportedSession[];
  readonly errors: readonly CsvImportError[];
  readonly errorCount: number;
  readonly errorsTruncated: boolean;
  readonly errorCsv: string | null;
  readonly cursor: string | null;
  readonly userErrors: readonly UserError[];
}

export type CsvImportCounts = Pick<CsvImportResult, "dryRun" | "rowCount" | "skippedRowCount" | "skippedRows">;

export function acceptedImport(counts: CsvImportCounts, sessions: readonly ImportedSession[], cursor: string | null): CsvImportResult {
  return {
    ...counts,
    imported: !counts.dryRun,
    sessions,
    errors: [],
    errorCount: 0,
    errorsTruncated: false,
    errorCsv: null,
    cursor,
    userErrors: [],
  };
}

export function rejectedImport(
  file: ImportFile,
  { dryRun, field }: { readonly dryRun: boolean; readonly field: "csv" | "file" },
  errors: readonly CsvImportError[],
): CsvImportResult {
  return {
    ...countRows(file, dryRun),
    imported: false,
    sessions: [],
    errors: errors.slice(0, LISTED_LIMIT),
    errorCount: errors.length,
    errorsTruncated: errors.length > LISTED_LIMIT,
    errorCsv: writeErrorCsv(file, errors),
    cursor: null,
    userErrors: [toUserError(errors, field)],
  };
}

export function countRows(file: ImportFile, dryRun: boolean): CsvImportCounts {
  return {
    dryRun,
    rowCount: file.rows.length,
    skippedRowCount: file.skipped.length,
    skippedRows: file.skipped.slice(0, LISTED_LIMIT),
  };
}

function toUserError(errors: readonly CsvImportError[], field: string): UserError {
  const path = ["input", field];
  const limit = errors.find(({ code }) => code === CsvImportErrorCode.TOO_MANY_ROWS || code === CsvImportErrorCode.FILE_TOO_LARGE);
  if (limit) return { code: UserErrorCode[limit.code as "TOO_MANY_ROWS" | "FILE_TOO_LARGE"], message: limit.message, path };
  const message = `The file has ${errors.length === 1 ? "one error" : `${errors.length} errors`}. Nothing was imported.`;
  return { code: UserErrorCode.CSV_INVALID, message, path };
}
