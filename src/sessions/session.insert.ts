import { sql, type SQL } from "drizzle-orm";
import type { TransactionContext } from "../access/context.ts";
import type { Executor } from "../database/database.ts";
import { insertRows, toRowSet, type RowSet } from "../database/row-set.ts";
import { nameKey } from "../shared/name.ts";
import type { SecretRow } from "./secret.store.ts";
import { logSessionRows } from "./session.changes.ts";
import type { SessionDraft } from "./session.draft.ts";
import { prepareSession, type preparePlayback } from "./session.prepare.ts";
import { PLAYBACK_COLUMNS, SECRET_COLUMNS, SESSION_COLUMNS, toSecretRows, toSessionRows, type SessionTable } from "./session.rows.ts";
import type { Verb } from "./session.rules.ts";

/** A session as it was just written. */
export interface InsertedSession {
  readonly id: string;
  /** In their order. */
  readonly playbackIds: readonly string[];
  readonly streamId: string;
  readonly name: string;
}

/** A draft that met a session already there, by its place among the drafts. */
export interface InsertConflict {
  readonly index: number;
  readonly field: "name" | "externalId";
  readonly conflictingId: string;
}

export type InsertResult =
  | { readonly sessions: readonly InsertedSession[]; readonly conflicts?: never }
  | { readonly sessions?: never; readonly conflicts: readonly InsertConflict[] };

/**
 * Writes valid sessions with their playbacks and secrets, one statement for each table however many there are.
 * Where names or external ids are taken it tells which; the caller then has to roll back.
 */
export async function insertSessions(context: TransactionContext, drafts: readonly SessionDraft[], verb: Verb): Promise<InsertResult> {
  const prepared = drafts.map((draft) => prepareSession(context, draft));
  const rows = (table: SessionTable) => toSessionRows(prepared, table);
  const insert = insertSessionRows(context, rows("sessions"), verb);
  const written =
    prepared.length > 0 ? await context.transaction.execute<{ id: string }>(sql`${insert} on conflict do nothing returning id`) : [];
  const inserted = new Set(written.map(({ id }) => id));
  if (inserted.size < prepared.length) {
    // Rows are missing only where a name, an external id or (1 in 2^60) a stream id was taken.
    return { conflicts: (await findSessionsNamed(context, drafts)).filter(({ conflictingId }) => !inserted.has(conflictingId)) };
  }
  await insertPlaybackRows(context.transaction, rows("playbacks"));
  await insertSecretRows(context.transaction, rows("secrets"));
  await logSessionRows(context, "CREATED", rows("changes"));
  return {
    sessions: prepared.map(({ row, playbacks }) => ({
      id: row.id,
      playbackIds: playbacks.map(({ id }) => id),
      streamId: row.stream_id,
      name: row.name,
    })),
  };
}

function insertSessionRows(context: TransactionContext, rows: RowSet, verb: Verb): SQL {
  const now = sql`${context.clock.now().toISOString()}::timestamptz`;
  return insertRows("sessions", SESSION_COLUMNS, rows, {
    organization_id: sql`${context.actor.organizationId}`,
    last_command_verb: sql`${verb}`,
    last_command_actor: sql`${context.actor.name}`,
    last_command_at: now,
    status_changed_at: now,
    created_at: now,
    updated_at: now,
  });
}

/** Writes prepared playbacks in one statement. */
export async function writePlaybacks(executor: Executor, rows: readonly ReturnType<typeof preparePlayback>["row"][]): Promise<void> {
  await insertPlaybackRows(executor, toRowSet(rows, PLAYBACK_COLUMNS));
}

export async function insertPlaybackRows(executor: Executor, rows: RowSet): Promise<void> {
  if (rows.count > 0) await executor.execute(insertRows("playbacks", PLAYBACK_COLUMNS, rows));
}

/** Writes sealed secrets in one statement; one that is already there is replaced. */
export async function writeSecrets(executor: Executor, rows: readonly SecretRow[]): Promise<void> {
  await insertSecretRows(executor, toSecretRows(rows));
}

export async function insertSecretRows(executor: Executor, rows: RowSet): Promise<void> {
  if (rows.count === 0) return;
  await executor.execute(sql`
    ${insertRows("secrets", SECRET_COLUMNS, rows)}
    on conflict on constraint secrets_by_subject do update
    set ciphertext = excluded.ciphertext, is_generated = excluded.is_generated, stream_key_digest = excluded.stream_key_digest,
      rotated_at = now()`);
}

/** Sessions already there that have the name or the external id of a draft; each is looked up by itself, since an OR of both would compare all with all. */
export async function findSessionsNamed(
  context: TransactionContext,
  drafts: readonly Pick<SessionDraft, "name" | "externalId">[],
): Promise<InsertConflict[]> {
  const wanted = drafts.map((draft, index) => ({ index, name_key: nameKey(draft.name), external_id: draft.externalId }));
  const rows = await context.transaction.execute<{ index: number; id: string; is_name: boolean }>(sql`
    with wanted as (
      select * from jsonb_to_recordset(${JSON.stringify(wanted)}::text::jsonb) as r (index integer, name_key text, external_id text))
    select r.index, s.id, true as is_name
    from wanted r join sessions s on s.organization_id = ${context.actor.organizationId} and s.name_key = r.name_key
    union all
    select r.index, s.id, false
    from wanted r join sessions s on s.organization_id = ${context.actor.organizationId} and s.external_id = r.external_id and s.name_key <> r.name_key
    order by index`);
  return rows.map((row) => ({ index: row.index, field: row.is_name ? "name" : "externalId", conflictingId: row.id }));
}

/** Which of these names sessions already have; the keys are given as a JSON array, since there may be many. */
export async function findTakenNames(context: TransactionContext, nameKeys: string): Promise<readonly string[]> {
  const rows = await context.transaction.execute<{ name_key: string }>(sql`
    select s.name_key from jsonb_array_elements_text(${nameKeys}::text::jsonb) as wanted (name_key)
    join sessions s on s.organization_id = ${context.actor.organizationId} and s.name_key = wanted.name_key`);
  return rows.map((row) => row.name_key);
}
