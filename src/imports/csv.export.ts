import { COMMENT_HEADER, CSV_COLUMNS } from "./csv.columns.ts";
import { createSessionJudge, toComment, type ExportOptions } from "./csv.comment.ts";
import { toCells, type CsvSession } from "./csv.session.ts";
import type { WrittenSessions } from "./csv.line.ts";
import { writeCsv, writeRecords } from "./csv.write.ts";

/** How a file begins: the header, and a row that tells what made it, such as `Headend 1.2.3`. */
export function writeExportHead(release: string): string {
  const header = [COMMENT_HEADER, ...CSV_COLUMNS.map((column) => column.header)];
  return writeCsv(header, [[`Release ${release}`, ...CSV_COLUMNS.map(() => "")]]);
}

/** Writes sessions, one row for each, in the order given; what it learns of templates and URLs it keeps for those that follow. */
export function createSessionWriter(options: ExportOptions): (sessions: readonly CsvSession[]) => WrittenSessions {
  const reasonOf = createSessionJudge(options);
  return (sessions) => {
    let commentedRowCount = 0;
    const rows = sessions.map((session) => {
      const reason = reasonOf(session);
      if (reason !== null) commentedRowCount += 1;
      return [toComment(reason), ...toCells(session)];
    });
    return { csv: writeRecords(rows), rowCount: rows.length, commentedRowCount };
  };
}
