import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context, type TransactionContext } from "../access/context.ts";
import { idempotently } from "../access/idempotency.ts";
import { writeCursor } from "../changes/cursor.ts";
import { loadValidationFacts } from "../sessions/create-sessions.ts";
import { findSessionsNamed, insertSessions } from "../sessions/session.insert.ts";
import { Verb } from "../sessions/session.rules.ts";
import { nameKey, normalizeName } from "../shared/name.ts";
import { Refusal } from "../shared/user-error.ts";
import { acceptedImport, rejectedImport, type CsvImportResult, type StoredImport } from "./csv.result.ts";
import { checkNames } from "./csv.names.ts";
import { checkRow, csvFacts, type CheckedRow } from "./csv.rules.ts";
import { readImport, type ImportFile } from "./csv.import-file.ts";

export interface ImportSessionsCsvInput {
  readonly csv: string;
  /** Where the sessions are put; the format has no column for it. */
  readonly region?: string | null | undefined;
  readonly dryRun: boolean;
  readonly idempotencyKey?: string | null | undefined;
}

/** Thrown inside the transaction, so that a rejected import leaves nothing behind: no rows, and no answer kept for its key. */
class ImportRejected extends Refusal {
  readonly result: CsvImportResult;

  constructor(result: CsvImportResult) {
    super(...result.userErrors);
    this.result = result;
  }
}

/**
 * Creates one session for each row of a CSV file, all or none, in a fixed number of statements. Everything that is wrong with the
 * file comes back at once. A dry run checks the very same and writes nothing.
 */
export async function importSessionsCsv(context: Context, input: ImportSessionsCsvInput): Promise<CsvImportResult> {
  assertPermission(context.actor, "import sessions");
  const file = readImport(input.csv);
  if (file.errors.length > 0 && !file.isReadable) return rejectedImport(file, input.dryRun, file.errors);
  const call = {
    operation: "import sessions",
    key: input.dryRun ? null : input.idempotencyKey,
    input: { csv: input.csv, region: input.region },
  };
  try {
    const stored = await inTransaction(context, call.operation, (transactionContext) =>
      idempotently(transactionContext, call, () => importRows(transactionContext, file, input)),
    );
    return acceptedImport(file, input.dryRun, stored, namesByRow(file));
  } catch (error) {
    if (error instanceof ImportRejected) return error.result;
    throw error;
  }
}

async function importRows(context: TransactionContext, file: ImportFile, input: ImportSessionsCsvInput): Promise<StoredImport> {
  const rows = await checkRows(context, file, input.region ?? context.defaultRegion);
  const errors = [...file.errors, ...rows.flatMap((row) => row.errors)];
  if (errors.length > 0) throw new ImportRejected(rejectedImport(file, input.dryRun, errors));
  if (input.dryRun) return { sessions: rows.map(({ record }) => ({ row: record.row, id: null, streamId: null })), cursor: null };

  const drafts = rows.flatMap((row) => row.draft ?? []);
  const inserted = await insertSessions(context, drafts, Verb.IMPORT);
  if (inserted.conflicts) {
    // Somebody else took the names since they were looked up.
    const taken = new Set(inserted.conflicts.map(({ index }) => nameKey(drafts[index]?.name ?? "")));
    const refused = checkNames(rows, file.header, taken).flatMap((row) => row.errors);
    throw new ImportRejected(rejectedImport(file, input.dryRun, refused));
  }
  const sessions = inserted.sessions.map(({ id, streamId }, index) => ({ row: rows[index]?.record.row ?? 0, id, streamId }));
  return { sessions, cursor: await writeCursor(context.transaction) };
}

async function checkRows(context: TransactionContext, file: ImportFile, region: string): Promise<readonly CheckedRow[]> {
  const facts = csvFacts(await loadValidationFacts(context), region);
  const rows = file.rows.map((record) => checkRow(record, file.header, facts));
  const named = rows.flatMap(({ name }) => (name === null ? [] : { name, externalId: null }));
  const conflicts = await findSessionsNamed(context, named);
  return checkNames(rows, file.header, new Set(conflicts.map(({ index }) => nameKey(named[index]?.name ?? ""))));
}

/** A kept answer holds no names, but whoever asks again with the same key has sent the same file. */
function namesByRow(file: ImportFile): ReadonlyMap<number, string> {
  const position = file.header.positions.get("name") ?? 0;
  return new Map(file.rows.map(({ row, cells }) => [row, normalizeName(cells[position] ?? "")]));
}
