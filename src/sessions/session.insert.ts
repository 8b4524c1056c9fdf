import { sql, type SQL } from "drizzle-orm";
import type { TransactionContext } from "../access/context.ts";
import { toChangeRows } from "../changes/append-changes.ts";
import type { Executor } from "../database/database.ts";
import { insertRows, toRowSet, type ColumnTypes, type RowSet } from "../database/row-set.ts";
import { required } from "../shared/assert.ts";
import { nameKey } from "../shared/name.ts";
import type { SecretRow } from "./secret.store.ts";
import { logSessionRows } from "./session.changes.ts";
import type { SessionDraft } from "./session.draft.ts";
import { prepareSession, type preparePlayback, type PreparedSession } from "./session.prepare.ts";
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

/** The tables that new sessions are written to, in this order. */
export type SessionTable = "sessions" | "playbacks" | "secrets" | "changes";

const SESSION_TABLES: readonly SessionTable[] = ["sessions", "playbacks", "secrets", "changes"];

/** A piece of a large number of new sessions: which of `INSERT_PARTS`, and which table's rows of it. */
export interface InsertStep {
  readonly part: number;
  readonly table: SessionTable;
}

/** Many sessions are written in so many parts, whatever their number, so that the next one is made while the database writes. */
export const INSERT_PARTS = 5;

const INSERT_STEPS: readonly InsertStep[] = Array.from({ length: INSERT_PARTS }, (_, part) =>
  SESSION_TABLES.map((table) => ({ part, table })),
).flat();

/** New sessions as rows, given step by step in the order of `InsertStep`s, so that few are held at a time; a thread without a database can make them. */
export interface PreparedRows {
  readonly count: number;
  readonly take: (step: InsertStep) => RowSet | Promise<RowSet>;
}

export function toSessionRows(prepared: readonly PreparedSession[], table: SessionTable): RowSet {
  switch (table) {
    case "sessions":
      // In the order of the names, so that two imports of the same names cannot wait for one another in a circle.
      return toRowSet(
        prepared.map(({ row }) => row).sort((a, b) => (a.name_key < b.name_key ? -1 : 1)),
        SESSION_COLUMNS,
      );
    case "playbacks":
      return toRowSet(
        prepared.flatMap(({ playbacks }) => playbacks),
        PLAYBACK_COLUMNS,
      );
    case "secrets":
      return toSecretRows(prepared.flatMap(({ secrets }) => secrets));
    case "changes":
      return toChangeRows(prepared.map(({ row, state }) => ({ objectId: row.id, before: null, after: state })));
  }
}

/** Writes rows of new sessions and the change log. A name that is taken by now is the database's error. */
export async function insertPrepared(context: TransactionContext, { count, take }: PreparedRows, verb: Verb): Promise<void> {
  if (count === 0) return;
  const taken: Promise<RowSet>[] = [];
  for (const [index, { table }] of INSERT_STEPS.entries()) {
    // A whole part is made ahead of the one that the database writes.
    for (const step of INSERT_STEPS.slice(taken.length, index + SESSION_TABLES.length + 1)) taken.push(ahead(take(step)));
    const rows = await required(taken[index], "rows of a step");
    if (rows.count > 0) await insertTableRows(context, table, { rows, verb });
  }
}

async function insertTableRows(
  context: TransactionContext,
  table: SessionTable,
  { rows, verb }: { readonly rows: RowSet; readonly verb: Verb },
): Promise<void> {
  switch (table) {
    case "sessions":
      return void (await context.transaction.execute(insertSessionRows(context, rows, verb)));
    case "playbacks":
      return insertPlaybackRows(context.transaction, rows);
    case "secrets":
      return insertSecretRows(context.transaction, rows);
    case "changes":
      return logSessionRows(context, "CREATED", rows);
  }
}

/** Fails where it is awaited, and unheard when that never comes to pass. */
function ahead<T>(value: T | Promise<T>): Promise<T> {
  const promise = Promise.resolve(value);
  promise.catch(() => undefined);
  return promise;
}

const SESSION_COLUMNS = {
  id: "text",
  stream_id: "text",
  name: "text",
  name_key: "text",
  name_order: "text",
  search_text: "text",
  description: "text",
  region: "text",
  external_id: "text",
  labels: "text[]",
  slates_enabled: "boolean",
  stream_remap: "jsonb",
  input_type: "text",
  url_a: "text",
  url_b: "text",
  recovery_interval_seconds: "integer",
  error_threshold_percent: "double precision",
  srt_encryption_enabled: "boolean",
  hls_scte35_passthrough_enabled: "boolean",
} as const satisfies ColumnTypes;

const PLAYBACK_COLUMNS = {
  id: "text",
  session_id: "text",
  position: "integer",
  path_token: "text",
  name: "text",
  name_key: "text",
  type: "text",
  template_id: "text",
  urls: "text[]",
  hls_enabled: "boolean",
  dash_enabled: "boolean",
  service_provider: "text",
  program_number: "integer",
  file_format: "text",
  max_file_duration_seconds: "integer",
} as const satisfies ColumnTypes;

const SECRET_COLUMNS = {
  id: "text",
  session_id: "text",
  playback_id: "text",
  kind: "text",
  position: "integer",
  ciphertext: "bytea",
  is_generated: "boolean",
  stream_key_digest: "text",
} as const satisfies ColumnTypes;

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

async function insertPlaybackRows(executor: Executor, rows: RowSet): Promise<void> {
  if (rows.count > 0) await executor.execute(insertRows("playbacks", PLAYBACK_COLUMNS, rows));
}

/** Writes sealed secrets in one statement; one that is already there is replaced. */
export async function writeSecrets(executor: Executor, rows: readonly SecretRow[]): Promise<void> {
  await insertSecretRows(executor, toSecretRows(rows));
}

export function toSecretRows(rows: readonly SecretRow[]): RowSet {
  return toRowSet(rows, SECRET_COLUMNS);
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
