import { COMMENT_HEADER, CSV_COLUMNS } from "./csv.columns.ts";
import { COMMENT_PREFIX, csvComment, csvCommentWithoutSecrets } from "./csv.comment.ts";
import type { CsvFacts } from "./csv.rules.ts";
import { toCells, type CsvSession } from "./csv.session.ts";
import { writeCsv } from "./csv.write.ts";

export interface WrittenSessions {
  readonly csv: string;
  /** How many rows an import would pass over. */
  readonly commentedRowCount: number;
}

export interface ExportOptions {
  readonly facts: CsvFacts;
  readonly includeSecrets: boolean;
  /** What made the file, such as `Headend 1.2.3`. */
  readonly release: string;
}

/** The file of an export: the header, the release, and one row for each session in the order given. */
export function writeSessions(sessions: readonly CsvSession[], { facts, includeSecrets, release }: ExportOptions): WrittenSessions {
  const reasonOf = includeSecrets ? csvComment : csvCommentWithoutSecrets;
  let commentedRowCount = 0;
  const rows = sessions.map((session) => {
    const reason = reasonOf(session, facts);
    if (reason !== null) commentedRowCount += 1;
    return [reason === null ? "" : `${COMMENT_PREFIX}${reason}`, ...toCells(session)];
  });
  const header = [COMMENT_HEADER, ...CSV_COLUMNS.map((column) => column.header)];
  const releaseRow = [`Release ${release}`, ...CSV_COLUMNS.map(() => "")];
  return { csv: writeCsv(header, [releaseRow, ...rows]), commentedRowCount };
}
