import { setImmediate } from "node:timers/promises";
import { assertMayRead } from "../access/actor.ts";
import type { SQL } from "drizzle-orm";
import type { Context } from "../access/context.ts";
import { auditStatement } from "../access/record-audit.ts";
import type { SessionSelection } from "../sessions/bulk.ts";
import type { SessionFilter } from "../sessions/session.filter.ts";
import { Verb } from "../sessions/session.rules.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { packageVersion } from "../shared/package.ts";
import { writeExportHead, writeSessions } from "./csv.export.ts";
import { CSV_ROW_LIMIT } from "./csv.read.ts";
import { selectCsvFacts, selectCsvLines, type CsvSessionQuery } from "./csv.session.store.ts";
import { readStoredLines } from "./csv.stored.ts";

export interface ExportSessionsCsvInput {
  /** Without one: all sessions. */
  readonly selection: SessionSelection | null;
  readonly includeSecrets: boolean;
}

export interface CsvExportResult {
  readonly filename: string;
  readonly csv: string;
  /** Rows of sessions. */
  readonly rowCount: number;
  /** Those of them that an import would pass over. */
  readonly commentedRowCount: number;
}

/** Writes the selected sessions as CSV, by name, in a fixed number of statements. Ids that name no session are left out. */
export async function exportSessionsCsv(context: Context, input: ExportSessionsCsvInput): Promise<CsvExportResult> {
  assertMayExport(context, input);
  const lines = await selectCsvLines(context.database.executor, toQuery(context, input, CSV_ROW_LIMIT + 1));
  const options = { facts: await selectCsvFacts(context, auditOf(context, lines, input)), includeSecrets: input.includeSecrets };
  const vault = input.includeSecrets ? context.vault : null;
  const parts = [writeExportHead(RELEASE)];
  let rowCount = 0;
  let commentedRowCount = 0;
  for (const slice of sliceLines(lines)) {
    const stored = readStoredLines(slice, vault);
    const written = writeSessions(
      stored.map(({ session }) => session),
      options,
    );
    parts.push(written.csv);
    rowCount += stored.length;
    commentedRowCount += written.commentedRowCount;
    await setImmediate();
  }
  if (rowCount > CSV_ROW_LIMIT) {
    throw new Fault(
      FaultCode.BAD_USER_INPUT,
      `One export holds at most ${CSV_ROW_LIMIT} sessions. Narrow the selection, or get /exports/sessions.csv.`,
    );
  }
  return { filename: filenameOf(context), rowCount, commentedRowCount, csv: parts.join("") };
}

/**
 * The same file part by part, of any number of sessions: a statement for each part, so that neither memory nor a transaction is held
 * while a slow client reads. A session that is renamed meanwhile may be in it twice or not at all.
 */
export async function* streamSessionsCsv(context: Context, input: ExportSessionsCsvInput): AsyncGenerator<string, void> {
  assertMayExport(context, input);
  const options = { facts: await selectCsvFacts(context), includeSecrets: input.includeSecrets };
  const vault = input.includeSecrets ? context.vault : null;
  yield writeExportHead(RELEASE);
  let after: readonly [string, string] | undefined;
  for (;;) {
    const lines = await selectCsvLines(context.database.executor, { ...toQuery(context, input, PAGE_SIZE), after });
    const audit = auditOf(context, lines, input);
    if (audit) await context.database.executor.execute(audit);
    const stored = readStoredLines(lines, vault);
    const last = stored.at(-1);
    if (!last) return;
    yield writeSessions(
      stored.map(({ session }) => session),
      options,
    ).csv;
    if (stored.length < PAGE_SIZE) return;
    after = [last.nameOrder, last.id];
  }
}

/** Whoever exports secrets is given all of them in clear: the statement that keeps it, or null where none are. */
function auditOf(context: Context, lines: readonly string[], { includeSecrets }: ExportSessionsCsvInput): SQL | null {
  if (!includeSecrets || lines.length === 0) return null;
  const objectIds = [...new Set(lines.map((line) => line.slice(line.indexOf('"') + 1, line.indexOf(",") - 1)))];
  return auditStatement(context, { verb: Verb.REVEAL_SECRET, objectIds });
}

export function filenameOf(context: Context): string {
  return `sessions-${context.clock.now().toISOString().slice(0, 10)}.csv`;
}

const RELEASE = `Headend ${packageVersion()}`;
/** Sessions of one part of a streamed export. */
const PAGE_SIZE = 500;
/** Lines that are written in one go, a few milliseconds of work. */
const SLICE_SIZE = 250;

function assertMayExport({ actor }: Context, { includeSecrets }: ExportSessionsCsvInput): void {
  assertMayRead(actor, "read");
  if (includeSecrets) assertMayRead(actor, "export secrets");
}

function toQuery({ actor }: Context, { selection, includeSecrets }: ExportSessionsCsvInput, limit: number): CsvSessionQuery {
  return { organizationId: actor.organizationId, filter: toFilter(selection), limit, withSecrets: includeSecrets };
}

/** Slices of lines, none of which parts a session from its playbacks. */
function* sliceLines(lines: readonly string[]): Generator<readonly string[]> {
  const idOf = (line: string | undefined) => line?.slice(0, line.indexOf(","));
  for (let start = 0; start < lines.length;) {
    let end = Math.min(start + SLICE_SIZE, lines.length);
    while (end < lines.length && idOf(lines[end]) === idOf(lines[end - 1])) end += 1;
    yield lines.slice(start, end);
    start = end;
  }
}

function toFilter(selection: SessionSelection | null): SessionFilter {
  if (selection === null) return {};
  return "ids" in selection ? { ids: selection.ids.filter((id) => isIdentifier("session", id)) } : selection.filter;
}
