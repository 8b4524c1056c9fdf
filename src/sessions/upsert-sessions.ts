import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context, type TransactionContext } from "../access/context.ts";
import { idempotently } from "../access/idempotency.ts";
import { auditStatement, recordAudit } from "../access/record-audit.ts";
import { writeCursor } from "../changes/cursor.ts";
import { sqlState } from "../database/sql-state.ts";
import { createProcesses } from "../processes/create-processes.ts";
import { upsertProcesses } from "../processes/upsert-processes.ts";
import type { CreatedSessions, CreateSessionsInput } from "./create-sessions.ts";
import { decideUpserts, type DecidedUpsert } from "./decide-upserts.ts";
import { changeImages, digestImages, receiveSessionImages } from "./session-images.ts";
import { insertSessions, type InsertedSession } from "./session.insert.ts";
import { Verb } from "./session.rules.ts";
import { toUpdateRows } from "./session.update-rows.ts";
import { updateSessionRows } from "./session.update.store.ts";

/** Thrown where somebody took a name since it was looked up: its session is there now, and what was decided is decided anew. */
class NameTaken extends Error {
  override readonly name = "NameTaken";
}

const ATTEMPTS = 5;
const UNIQUE_VIOLATION = "23505";
const OPERATION = "upsert sessions";

const pathOf = (index: number): readonly string[] => ["input", "sessions", String(index)];

/**
 * Creates sessions that are not there, by their external ids or names, and edits those that are and differ: all or none, in a fixed
 * number of statements. Every error of every session comes back at once.
 */
export async function upsertSessions(context: Context, input: CreateSessionsInput): Promise<CreatedSessions> {
  assertPermission(context.actor, "create sessions");
  assertPermission(context.actor, "update sessions");
  const images = await receiveSessionImages(input.sessions, pathOf);
  const call = {
    operation: OPERATION,
    key: input.dryRun ? null : input.idempotencyKey,
    input: images.some(({ cover }) => cover) ? [input.sessions, images.map(digestImages)] : input.sessions,
  };
  const upsert = async (transactionContext: TransactionContext): Promise<CreatedSessions> => {
    const upserts = await decideUpserts(transactionContext, { sessions: input.sessions, images, pathOf });
    return input.dryRun ? { ids: [], outcomes: upserts.map(({ outcome }) => outcome), cursor: null } : write(transactionContext, upserts);
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inTransaction(context, OPERATION, (each) => idempotently(each, call, () => upsert(each)));
    } catch (error) {
      const isTaken = error instanceof NameTaken || sqlState(error) === UNIQUE_VIOLATION;
      if (!isTaken || attempt === ATTEMPTS) throw error;
    }
  }
}

async function write(context: TransactionContext, upserts: readonly DecidedUpsert[]): Promise<CreatedSessions> {
  const updated = upserts.flatMap(({ existing, outcome, ...rest }) => (existing && outcome === "UPDATED" ? [{ existing, ...rest }] : []));
  const created = upserts.filter(({ existing }) => existing === null);
  // Edits first: they free the names that new sessions may have.
  await updateSessionRows(
    context,
    toUpdateRows(
      updated.filter(({ isEdited }) => isEdited),
      context.vault,
    ),
    Verb.UPDATE,
  );
  const inserted = await insertCreated(context, created);
  await changeImages(context, [
    ...updated.map(({ existing, images, coverImageId }) => ({ sessionId: existing.id, images, coverImageId, slateImageId: null })),
    ...inserted.map(({ id }, index) => ({ sessionId: id, images: created[index]?.images ?? {}, coverImageId: null, slateImageId: null })),
  ]);
  await upsertProcesses(
    context,
    updated.flatMap(({ existing, processes }) => (processes ? [{ sessionId: existing.id, wanted: processes }] : [])),
  );
  await createProcesses(
    context,
    inserted.map(({ id, playbackIds }, index) => ({ sessionId: id, playbackIds, wanted: created[index]?.processes ?? [] })),
  );
  const newIds = inserted.map(({ id }) => id);
  const places = new Map(created.map((each, index) => [each, newIds[index]]));
  return {
    ids: upserts.map((each) => each.existing?.id ?? places.get(each) ?? ""),
    outcomes: upserts.map(({ outcome }) => outcome),
    cursor: await tell(context, { newIds, updatedIds: updated.map(({ existing }) => existing.id) }),
  };
}

async function insertCreated(context: TransactionContext, created: readonly DecidedUpsert[]): Promise<readonly InsertedSession[]> {
  const { sessions } = await insertSessions(
    context,
    created.map(({ draft }) => draft),
    Verb.CREATE,
  );
  if (!sessions) throw new NameTaken();
  return sessions;
}

interface Written {
  readonly newIds: readonly string[];
  readonly updatedIds: readonly string[];
}

/** Null when nothing was written. */
async function tell(context: TransactionContext, { newIds, updatedIds }: Written): Promise<string | null> {
  const { transaction, clock } = context;
  if (updatedIds.length > 0) await recordAudit(context, { verb: Verb.UPDATE, objectIds: updatedIds });
  if (newIds.length > 0) return writeCursor(transaction, clock, auditStatement(context, { verb: Verb.CREATE, objectIds: newIds }));
  return updatedIds.length > 0 ? writeCursor(transaction, clock) : null;
}
