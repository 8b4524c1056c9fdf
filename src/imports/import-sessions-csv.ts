import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context, type TransactionContext } from "../access/context.ts";
import { idempotently } from "../access/idempotency.ts";
import { auditStatement } from "../access/record-audit.ts";
import { writeCursor } from "../changes/cursor.ts";
import { sqlState } from "../database/sql-state.ts";
import type { Upload } from "../graphql/upload.ts";
import { copySessions } from "../sessions/copy-sessions.ts";
import { loadValidationFacts } from "../sessions/create-sessions.ts";
import { findTakenNames } from "../sessions/session.insert.ts";
import { updateSessionRows } from "../sessions/session.update.store.ts";
import { lockSessionsNamed } from "../sessions/stored-session.store.ts";
import { Verb, type ImportMode } from "../sessions/session.rules.ts";
import { refreshStatistics } from "../sessions/session.statistics.store.ts";
import { Refusal } from "../shared/user-error.ts";
import { refusedFile } from "./csv.import-file.ts";
import { tooLarge } from "./csv.read.ts";
import { acceptedImport, rejectedImport, type CsvImportResult } from "./csv.result.ts";
import { selectJobFacts } from "./csv.session.store.ts";
import type { JobCheck, JobFacts, JobOrder } from "./import-job.ts";
import type { RunningJob } from "./import-thread.ts";
import { unpackSessions, writtenIds, type PackedSessions } from "./packed-sessions.ts";
import { beginAlone, onceAlone } from "./import-alone.ts";
import { receiveFile } from "./receive-file.ts";

export interface ImportSessionsCsvInput {
  /** The file as text, or as an upload: one of both. */
  readonly csv?: string | null | undefined;
  readonly file?: Upload | null | undefined;
  /** Where the sessions are put; the format has no column for it. */
  readonly region?: string | null | undefined;
  /** CREATE when left out: a name that is there is refused. UPSERT: its session is changed where the row differs. */
  readonly mode?: ImportMode | undefined;
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

/** Thrown where templates were edited or names were taken since they were looked at: what was decided by them is decided anew. */
class FactsChanged extends Error {
  override readonly name = "FactsChanged";
}

const ATTEMPTS = 5;
/** From so many rows on, imports come one after the other, and what PostgreSQL knows of its tables is worth to be made anew. */
const LARGE_ROWS = 1_000;

/**
 * Creates, or with UPSERT changes, one session for each row of a CSV file, all or none, in a fixed number of statements. Everything that is wrong with the
 * file comes back at once. A dry run checks the very same and writes nothing. The file is read and checked in a thread of its own,
 * before the transaction begins, so that neither other requests nor the change log wait for it.
 */
export async function importSessionsCsv(context: Context, input: ImportSessionsCsvInput): Promise<CsvImportResult> {
  assertPermission(context.actor, "import sessions");
  const job = await receiveFile(input, context);
  if (job === null) return rejectedImport(refusedFile(tooLarge()), orderedAs(input), [tooLarge()]);
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await importFile(context, input, job);
      } catch (error) {
        if (error instanceof ImportRejected) return error.result;
        if (!(error instanceof FactsChanged) || attempt === ATTEMPTS) throw error;
      }
    }
  } finally {
    job.close();
  }
}

async function importFile(context: Context, input: ImportSessionsCsvInput, job: RunningJob): Promise<CsvImportResult> {
  const facts = await selectJobFacts(context, input.region ?? context.defaultRegion);
  const order: JobOrder = { facts, ...orderedAs(input), mode: input.mode ?? "CREATE" };
  const check = await job.check(order);
  if (check.rejected) return check.rejected;
  const call = {
    operation: "import sessions",
    key: input.dryRun ? null : input.idempotencyKey,
    input: { digest: check.digest, region: input.region, mode: order.mode },
  };
  const { sessions, cursor } = await onceAlone(context, () =>
    inTransaction(context, call.operation, (transactionContext) =>
      idempotently(transactionContext, call, () => importRows(transactionContext, { order, check, job })),
    ),
  );
  if (cursor !== null && check.counts.rowCount >= LARGE_ROWS) {
    // The import is done, whatever becomes of this.
    await refreshStatistics(context.database.executor).catch((error: unknown) => {
      context.log.warn({ err: error, requestId: context.requestId }, "the statistics of sessions could not be refreshed");
    });
  }
  return acceptedImport(check.counts, await unpackSessions(sessions, check), cursor);
}

function orderedAs({ dryRun, file }: ImportSessionsCsvInput): Pick<JobOrder, "dryRun" | "field"> {
  return { dryRun, field: file ? "file" : "csv" };
}

interface CheckedImport {
  readonly order: JobOrder;
  readonly check: JobCheck;
  readonly job: RunningJob;
}

/** What is kept under an idempotency key. */
interface StoredImport {
  readonly sessions: PackedSessions;
  readonly cursor: string | null;
}

async function importRows(context: TransactionContext, { order, check, job }: CheckedImport): Promise<StoredImport> {
  const isUpsert = order.mode === "UPSERT";
  if (!order.dryRun && check.counts.rowCount >= LARGE_ROWS) await beginAlone(context);
  // Sessions are locked before templates, as everywhere: in the other order an edit of a template and this could wait for one another.
  const existing = isUpsert ? await lockSessionsNamed(context, { nameKeys: check.nameKeys }) : [];
  await refuseOldFacts(context, order.facts);
  const taken = isUpsert ? [] : await findTakenNames(context, check.nameKeys);
  const { actor, clock, vault } = context;
  const origin = { organizationId: actor.organizationId, verb: Verb.IMPORT, actor: actor.name, at: clock.now().toISOString() };
  const result = await job.finish({ taken, existing, secretKey: vault.keyForThread(), origin });
  if (result.rejected) throw new ImportRejected(result.rejected);
  const { sessions } = result;
  if (order.dryRun) return { sessions, cursor: null };
  await copySessions(context, { count: result.createdCount, origin, take: job.take }).catch(refuseLostRace);
  await updateSessionRows(context, result.updated, Verb.IMPORT);
  const isWritten = result.createdCount > 0 || result.updated.some((rows) => rows.sessions.count > 0);
  if (!isWritten) return { sessions, cursor: null };
  const audit = auditStatement(context, { verb: Verb.IMPORT, objectIds: writtenIds(sessions) });
  return { sessions, cursor: await writeCursor(context.transaction, context.clock, audit) };
}

/** Somebody else took names since they were looked up: the next attempt tells which. */
function refuseLostRace(error: unknown): never {
  throw sqlState(error) === UNIQUE_VIOLATION ? new FactsChanged() : error;
}

const UNIQUE_VIOLATION = "23505";

/** Holds the templates until the end of the transaction; what was checked against others is checked again. */
async function refuseOldFacts(context: TransactionContext, facts: JobFacts): Promise<void> {
  const { templates } = await loadValidationFacts(context);
  const isSame =
    facts.templates.length === templates.size &&
    facts.templates.every(({ id, version, nameKey }) => {
      const current = templates.get(id);
      return current?.version === version && current.nameKey === nameKey;
    });
  if (!isSame) throw new FactsChanged();
}
