import { setImmediate } from "node:timers/promises";
import { assertMayRead } from "../access/actor.ts";
import type { Context } from "../access/context.ts";
import { DENIED_VERBS } from "../access/audit.rules.ts";
import { isPermitted } from "../access/level.rules.ts";
import { auditStatement, recordDenial } from "../access/record-audit.ts";
import type { SessionSelection } from "../sessions/bulk.ts";
import type { SessionFilter } from "../sessions/session.filter.ts";
import { Verb } from "../sessions/session.rules.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { packageVersion } from "../shared/package.ts";
import type { ExportOptions } from "./csv.comment.ts";
import { createSessionWriter, writeExportHead } from "./csv.export.ts";
import { readExportLines } from "./csv.line.store.ts";
import { createLineWriter, type WrittenSessions } from "./csv.line.ts";
import { CSV_ROW_LIMIT } from "./csv.read.ts";
import { selectCsvFacts, selectCsvLines, type CsvPage, type CsvPosition, type CsvSelection, type CsvWhole } from "./csv.session.store.ts";
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
  const readPart = await openSource(context, input);
  const { csv, rowCount, commentedRowCount } = await readPart({ atMost: CSV_ROW_LIMIT });
  return { filename: filenameOf(context), rowCount, commentedRowCount, csv: writeExportHead(RELEASE) + csv };
}

/**
 * The same file part by part, of any number of sessions: a statement for each part, so that neither memory nor a transaction is held
 * while a slow client reads. A session that is renamed meanwhile may be in it twice or not at all.
 */
export async function* streamSessionsCsv(context: Context, input: ExportSessionsCsvInput): AsyncGenerator<string, void> {
  const readPart = await openSource(context, input);
  yield writeExportHead(RELEASE);
  let after: CsvPosition | null = null;
  do {
    const { csv, end }: ExportedPart = await readPart({ after, limit: PAGE_SIZE });
    if (end) yield csv;
    after = end;
  } while (after);
}

export function filenameOf(context: Context): string {
  return `sessions-${context.clock.now().toISOString().slice(0, 10)}.csv`;
}

const RELEASE = `Headend ${packageVersion()}`;
/** Sessions of one part of a streamed export. */
const PAGE_SIZE = 500;
/** Sessions whose secrets are opened in one go, a few milliseconds of work. */
const SLICE_SIZE = 250;

interface ExportedPart extends WrittenSessions {
  /** The place of its last session; null when there is none. */
  readonly end: CsvPosition | null;
}

type PartReader = (part: CsvPage | CsvWhole) => Promise<ExportedPart>;

/** Secrets are opened here and nowhere else, so that only lines without any can be written by PostgreSQL. */
async function openSource(context: Context, { selection: given, includeSecrets }: ExportSessionsCsvInput): Promise<PartReader> {
  const { actor } = context;
  assertMayRead(actor, "read");
  if (includeSecrets) {
    if (!isPermitted(actor.accessLevel, "export secrets")) await recordDenial(context, DENIED_VERBS["export secrets"], given);
    assertMayRead(actor, "export secrets");
  }
  const selection = { organizationId: actor.organizationId, filter: toFilter(given) };
  const options = { facts: await selectCsvFacts(context), includeSecrets };
  return includeSecrets ? readWithSecrets(context, selection, options) : readWithoutSecrets(context, selection, options);
}

function readWithoutSecrets({ database }: Context, selection: CsvSelection, options: ExportOptions): PartReader {
  const begin = createLineWriter(options);
  return async (part) => {
    const file = begin();
    const end = await readExportLines(database.executor, { selection, part }, file.add);
    const written = file.end();
    refuseTooMany(part, written.rowCount);
    return { ...written, end };
  };
}

function readWithSecrets(context: Context, selection: CsvSelection, options: ExportOptions): PartReader {
  const { database, vault } = context;
  const write = createSessionWriter(options);
  return async (part) => {
    const { lines, end } = await selectCsvLines(database.executor, { ...selection, withSecrets: true }, part);
    const objectIds = [...new Set(lines.map(idOfStoredLine))];
    refuseTooMany(part, objectIds.length);
    // Whoever exports secrets is given all of them in clear, which is kept before the first is given.
    if (end) await database.executor.execute(auditStatement(context, { verb: Verb.REVEAL_SECRET, objectIds }));
    const slices: WrittenSessions[] = [];
    for (const slice of sliceLines(lines)) {
      slices.push(write(readStoredLines(slice, vault).map(({ session }) => session)));
      await setImmediate();
    }
    return { ...joinSlices(slices), end };
  };
}

function refuseTooMany(part: CsvPage | CsvWhole, count: number): void {
  if (!("atMost" in part) || count <= part.atMost) return;
  throw new Fault(
    FaultCode.BAD_USER_INPUT,
    `One export holds at most ${part.atMost} sessions. Narrow the selection, or get /exports/sessions.csv.`,
  );
}

function joinSlices(slices: readonly WrittenSessions[]): WrittenSessions {
  const sum = (countOf: (slice: WrittenSessions) => number) => slices.reduce((total, slice) => total + countOf(slice), 0);
  return {
    csv: slices.map(({ csv }) => csv).join(""),
    rowCount: sum(({ rowCount }) => rowCount),
    commentedRowCount: sum(({ commentedRowCount }) => commentedRowCount),
  };
}

/** Slices of lines, none of which parts a session from its playbacks. */
function* sliceLines(lines: readonly string[]): Generator<readonly string[]> {
  const idAt = (index: number) => idOfStoredLine(lines[index] ?? "");
  for (let start = 0; start < lines.length;) {
    let end = Math.min(start + SLICE_SIZE, lines.length);
    while (end < lines.length && idAt(end) === idAt(end - 1)) end += 1;
    yield lines.slice(start, end);
    start = end;
  }
}

function toFilter(selection: SessionSelection | null): SessionFilter {
  if (selection === null) return {};
  return "ids" in selection ? { ids: selection.ids.filter((id) => isIdentifier("session", id)) } : selection.filter;
}
