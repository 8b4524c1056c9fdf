import { setImmediate } from "node:timers/promises";
import { assertMayRead } from "../access/actor.ts";
import type { Context } from "../access/context.ts";
import { isPermitted } from "../access/level.rules.ts";
import { auditStatement, recordDenial } from "../access/record-audit.ts";
import type { SessionSelection } from "../sessions/bulk.ts";
import type { SessionFilter } from "../sessions/session.filter.ts";
import { Verb } from "../sessions/session.rules.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { packageVersion } from "../shared/package.ts";
import { createSessionWriter, writeExportHead } from "./csv.export.ts";
import { selectExportLines } from "./csv.line.store.ts";
import { createLineWriter, idOfLine, type WrittenSessions } from "./csv.line.ts";
import { CSV_ROW_LIMIT } from "./csv.read.ts";
import {
  selectCsvFacts,
  selectCsvLines,
  type CsvPage,
  type CsvPosition,
  type CsvSelection,
  type CsvWhole,
  type SelectedLines,
} from "./csv.session.store.ts";
import { idOfStoredLine, readStoredLines } from "../sessions/stored-session.ts";

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
  const source = await openSource(context, input);
  const { lines } = await source.select({ atMost: CSV_ROW_LIMIT });
  if (countSessions(lines, source) > CSV_ROW_LIMIT) {
    throw new Fault(
      FaultCode.BAD_USER_INPUT,
      `One export holds at most ${CSV_ROW_LIMIT} sessions. Narrow the selection, or get /exports/sessions.csv.`,
    );
  }
  await source.audit(lines);
  const parts = [writeExportHead(RELEASE)];
  let rowCount = 0;
  let commentedRowCount = 0;
  for (const slice of sliceLines(lines, source)) {
    const written = source.write(slice);
    parts.push(written.csv);
    rowCount += written.rowCount;
    commentedRowCount += written.commentedRowCount;
    await setImmediate();
  }
  return { filename: filenameOf(context), rowCount, commentedRowCount, csv: parts.join("") };
}

/**
 * The same file part by part, of any number of sessions: a statement for each part, so that neither memory nor a transaction is held
 * while a slow client reads. A session that is renamed meanwhile may be in it twice or not at all.
 */
export async function* streamSessionsCsv(context: Context, input: ExportSessionsCsvInput): AsyncGenerator<string, void> {
  const source = await openSource(context, input);
  yield writeExportHead(RELEASE);
  let after: CsvPosition | null = null;
  do {
    const { lines, end }: SelectedLines = await source.select({ after, limit: PAGE_SIZE });
    await source.audit(lines);
    if (end) yield source.write(lines).csv;
    after = end;
  } while (after);
}

export function filenameOf(context: Context): string {
  return `sessions-${context.clock.now().toISOString().slice(0, 10)}.csv`;
}

const RELEASE = `Headend ${packageVersion()}`;
/** Sessions of one part of a streamed export. */
const PAGE_SIZE = 500;
/** Lines that are written in one go, a few milliseconds of work; opening secrets takes longer. */
const SLICE_SIZE = 2_000;
const SLICE_SIZE_WITH_SECRETS = 250;

/** The sessions of an export as lines, and what makes rows of them. */
interface LineSource {
  readonly select: (part: CsvPage | CsvWhole) => Promise<SelectedLines>;
  /** Keeps that their secrets are given away, if they are, before the first is given. */
  readonly audit: (lines: readonly string[]) => Promise<void>;
  readonly write: (lines: readonly string[]) => WrittenSessions;
  readonly idOf: (line: string) => string;
  readonly sliceSize: number;
}

/** Secrets are opened here and nowhere else, so that only lines without any can be written by PostgreSQL. */
async function openSource(context: Context, { selection: given, includeSecrets }: ExportSessionsCsvInput): Promise<LineSource> {
  const { actor, database, vault } = context;
  assertMayRead(actor, "read");
  if (includeSecrets) {
    if (!isPermitted(actor.accessLevel, "export secrets")) await recordDenial(context, "export secrets", given);
    assertMayRead(actor, "export secrets");
  }
  const selection: CsvSelection = { organizationId: actor.organizationId, filter: toFilter(given) };
  const options = { facts: await selectCsvFacts(context), includeSecrets };
  if (!includeSecrets) {
    return {
      select: (part) => selectExportLines(database.executor, selection, part),
      audit: () => Promise.resolve(),
      write: createLineWriter(options),
      idOf: idOfLine,
      sliceSize: SLICE_SIZE,
    };
  }
  const write = createSessionWriter(options);
  return {
    select: (part) => selectCsvLines(database.executor, { ...selection, withSecrets: true }, part),
    audit: (lines) => auditLines(context, lines),
    write: (lines) => write(readStoredLines(lines, vault).map(({ session }) => session)),
    idOf: idOfStoredLine,
    sliceSize: SLICE_SIZE_WITH_SECRETS,
  };
}

/** Whoever exports secrets is given all of them in clear. */
async function auditLines(context: Context, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  const objectIds = [...new Set(lines.map(idOfStoredLine))];
  await context.database.executor.execute(auditStatement(context, { verb: Verb.REVEAL_SECRET, objectIds }));
}

/** How many sessions lines are of, as long as that matters: each has one line or more. */
function countSessions(lines: readonly string[], { idOf }: LineSource): number {
  if (lines.length <= CSV_ROW_LIMIT) return lines.length;
  return new Set(lines.map(idOf)).size;
}

/** Slices of lines, none of which parts a session from its playbacks. */
function* sliceLines(lines: readonly string[], { idOf, sliceSize }: LineSource): Generator<readonly string[]> {
  for (let start = 0; start < lines.length;) {
    let end = Math.min(start + sliceSize, lines.length);
    while (end < lines.length && idOf(lines[end] ?? "") === idOf(lines[end - 1] ?? "")) end += 1;
    yield lines.slice(start, end);
    start = end;
  }
}

function toFilter(selection: SessionSelection | null): SessionFilter {
  if (selection === null) return {};
  return "ids" in selection ? { ids: selection.ids.filter((id) => isIdentifier("session", id)) } : selection.filter;
}
