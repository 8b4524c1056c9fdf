import { COMMENT_HEADER, CSV_COLUMNS } from "./csv.columns.ts";
import { COMMENT_PREFIX, csvComment, csvCommentWithoutSecrets } from "./csv.comment.ts";
import type { CsvFacts } from "./csv.rules.ts";
import { toCells, type CsvSession } from "./csv.session.ts";
import { writeCsv, writeRecords } from "./csv.write.ts";

export interface WrittenSessions {
  readonly csv: string;
  /** How many rows an import would pass over. */
  readonly commentedRowCount: number;
}

export interface ExportOptions {
  readonly facts: CsvFacts;
  readonly includeSecrets: boolean;
}

/** How a file begins: the header, and a row that tells what made it, such as `Headend 1.2.3`. */
export function writeExportHead(release: string): string {
  const header = [COMMENT_HEADER, ...CSV_COLUMNS.map((column) => column.header)];
  return writeCsv(header, [[`Release ${release}`, ...CSV_COLUMNS.map(() => "")]]);
}

/** One row for each session, in the order given. */
export function writeSessions(sessions: readonly CsvSession[], { facts, includeSecrets }: ExportOptions): WrittenSessions {
  const reasonOf = includeSecrets ? csvComment : csvCommentWithoutSecrets;
  let commentedRowCount = 0;
  const rows = sessions.map((session) => {
    const reason = reasonOf(session, facts);
    if (reason !== null) commentedRowCount += 1;
    return [reason === null ? "" : `${COMMENT_PREFIX}${reason}`, ...toCells(session)];
  });
  return { csv: writeRecords(rows), commentedRowCount };
}
