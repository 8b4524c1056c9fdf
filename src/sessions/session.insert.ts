import { sql } from "drizzle-orm";
import type { TransactionContext } from "../access/context.ts";
import type { Executor } from "../database/database.ts";
import { maskUrl } from "../network/mask.ts";
import { newIdentifier, randomToken } from "../shared/identifier.ts";
import { nameKey, nameOrder } from "../shared/name.ts";
import { SecretKind } from "./secret.rules.ts";
import { sealSecret, type SecretRow } from "./secret.store.ts";
import type { PlaybackDraft, SessionDraft, SourceDraft } from "./session.draft.ts";
import { logSessionChanges } from "./session.changes.ts";
import { INPUT_TYPE_FACTS, type Verb } from "./session.rules.ts";
import { searchText, type SessionState } from "./session.state.ts";

/** A session as it was just written. */
export interface InsertedSession {
  readonly id: string;
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

const STREAM_ID_LENGTH = 12;
const PATH_TOKEN_LENGTH = 26;
const STREAM_KEY_LENGTH = 32;
const SRT_PASSPHRASE_LENGTH = 32;

/**
 * Writes valid sessions with their playbacks and secrets, one statement for each table however many there are.
 * Where names or external ids are taken it tells which; the caller then has to roll back.
 */
export async function insertSessions(context: TransactionContext, drafts: readonly SessionDraft[], verb: Verb): Promise<InsertResult> {
  const prepared = drafts.map((draft) => prepareSession(context, draft));
  const inserted = await writeSessions(context, prepared, verb);
  if (inserted.size < prepared.length) {
    // Rows are missing only where a name, an external id or (1 in 2^60) a stream id was taken.
    return { conflicts: (await findSessionsNamed(context, drafts)).filter(({ conflictingId }) => !inserted.has(conflictingId)) };
  }
  await writePlaybacks(
    context.transaction,
    prepared.flatMap((session) => session.playbacks),
  );
  await writeSecrets(
    context.transaction,
    prepared.flatMap((session) => session.secrets),
  );
  await logSessionChanges(
    context,
    "CREATED",
    prepared.map(({ row, state }) => ({ id: row.id, before: null, after: state })),
  );
  return { sessions: prepared.map(({ row }) => ({ id: row.id, streamId: row.stream_id, name: row.name })) };
}

type PreparedSession = ReturnType<typeof prepareSession>;

function prepareSession(context: TransactionContext, draft: SessionDraft) {
  const id = newIdentifier("session");
  const playbacks = draft.playbacks.map((playback, position) => preparePlayback(context, { sessionId: id, playback, position }));
  const state: SessionState = {
    name: draft.name,
    description: draft.description,
    streamId: randomToken(STREAM_ID_LENGTH),
    externalId: draft.externalId,
    labels: draft.labels,
    region: draft.region,
    inputType: draft.source.type,
    status: "STOPPED",
    health: "OK",
    templateIds: [...new Set(draft.playbacks.map((playback) => playback.templateId))].sort(),
  };
  return {
    state,
    row: {
      id,
      stream_id: state.streamId,
      name: draft.name,
      name_key: nameKey(draft.name),
      name_order: nameOrder(draft.name),
      search_text: searchText(state),
      description: draft.description,
      region: draft.region,
      external_id: draft.externalId,
      labels: draft.labels,
      slates_enabled: draft.slatesEnabled,
      stream_remap: draft.streamRemap,
      ...sourceColumns(draft.source),
    },
    playbacks: playbacks.map((playback) => playback.row),
    secrets: [...prepareSourceSecrets(context, id, draft.source), ...playbacks.flatMap((playback) => playback.secrets)],
  };
}

/** The columns of an input, URLs masked. */
export function sourceColumns(source: SourceDraft) {
  return {
    input_type: source.type,
    url_a: source.urlA === null ? null : maskUrl(source.urlA, "INPUT").masked,
    url_b: source.urlB === null ? null : maskUrl(source.urlB, "INPUT").masked,
    recovery_interval_seconds: source.failover?.recoveryIntervalSeconds ?? null,
    error_threshold_percent: source.failover?.errorThresholdPercent ?? null,
    srt_encryption_enabled: source.srtEncryptionEnabled,
    hls_scte35_passthrough_enabled: source.hlsScte35PassthroughEnabled,
  };
}

/** The secrets of an input; what a push input needs and nobody gave is generated. */
export function prepareSourceSecrets(context: TransactionContext, sessionId: string, source: SourceDraft): SecretRow[] {
  const seal = (kind: SecretKind, plaintext: string, isGenerated = false) =>
    sealSecret(context.vault, { sessionId, playbackId: null, kind, position: 0, plaintext, isGenerated });
  const secrets: SecretRow[] = [];
  if (INPUT_TYPE_FACTS[source.type].isPush) {
    secrets.push(seal(SecretKind.STREAM_KEY, source.customStreamKey ?? randomToken(STREAM_KEY_LENGTH), source.customStreamKey === null));
  }
  if (source.srtEncryptionEnabled) {
    secrets.push(
      seal(SecretKind.SRT_PASSPHRASE, source.srtPassphrase ?? randomToken(SRT_PASSPHRASE_LENGTH), source.srtPassphrase === null),
    );
  }
  if (source.urlA !== null && maskUrl(source.urlA, "INPUT").hasSecret) secrets.push(seal(SecretKind.INPUT_URL_A, source.urlA));
  if (source.urlB !== null && maskUrl(source.urlB, "INPUT").hasSecret) secrets.push(seal(SecretKind.INPUT_URL_B, source.urlB));
  return secrets;
}

/** The row of a playback, and its URLs that hold secrets, for `writePlaybacks` and `writeSecrets`. */
export function preparePlayback(
  context: TransactionContext,
  given: { readonly sessionId: string; readonly playback: PlaybackDraft; readonly position: number },
) {
  const { sessionId, playback, position } = given;
  const id = newIdentifier("playback");
  return {
    row: {
      id,
      session_id: sessionId,
      position,
      path_token: randomToken(PATH_TOKEN_LENGTH),
      ...playbackColumns(playback),
    },
    secrets: preparePlaybackSecrets(context, { sessionId, playbackId: id, playback }),
  };
}

/** The columns of a playback, URLs masked. */
export function playbackColumns(playback: PlaybackDraft) {
  return {
    name: playback.name,
    name_key: nameKey(playback.name),
    type: playback.type,
    template_id: playback.templateId,
    urls: playback.urls.map((url) => (playback.type === "FILE" ? url : maskUrl(url, "OUTPUT").masked)),
    hls_enabled: playback.hlsEnabled,
    dash_enabled: playback.dashEnabled,
    service_provider: playback.serviceProvider,
    program_number: playback.programNumber,
    file_format: playback.fileFormat,
    max_file_duration_seconds: playback.maxFileDurationSeconds,
  };
}

export function preparePlaybackSecrets(
  context: TransactionContext,
  given: { readonly sessionId: string; readonly playbackId: string; readonly playback: PlaybackDraft },
): SecretRow[] {
  const { sessionId, playbackId, playback } = given;
  return playback.urls.flatMap((url, position) =>
    playback.type !== "FILE" && maskUrl(url, "OUTPUT").hasSecret
      ? [sealSecret(context.vault, { sessionId, playbackId, kind: SecretKind.OUTPUT_URL, position, plaintext: url, isGenerated: false })]
      : [],
  );
}

async function writeSessions(context: TransactionContext, prepared: readonly PreparedSession[], verb: Verb): Promise<ReadonlySet<string>> {
  // In the order of the names, so that two imports of the same names cannot wait for one another in a circle.
  const rows = prepared.map((session) => session.row).sort((a, b) => (a.name_key < b.name_key ? -1 : 1));
  const now = context.clock.now().toISOString();
  const inserted = await context.transaction.execute<{ id: string }>(sql`
    insert into sessions (
      id, organization_id, stream_id, name, name_key, name_order, search_text, description, region, external_id, labels,
      slates_enabled, stream_remap, input_type, url_a, url_b, recovery_interval_seconds, error_threshold_percent,
      srt_encryption_enabled, hls_scte35_passthrough_enabled,
      last_command_verb, last_command_actor, last_command_at, status_changed_at, created_at, updated_at)
    select
      r.id, ${context.actor.organizationId}, r.stream_id, r.name, r.name_key, r.name_order, r.search_text, r.description, r.region, r.external_id,
      r.labels, r.slates_enabled, r.stream_remap, r.input_type, r.url_a, r.url_b, r.recovery_interval_seconds, r.error_threshold_percent,
      r.srt_encryption_enabled, r.hls_scte35_passthrough_enabled,
      ${verb}, ${context.actor.name}, ${now}::timestamptz, ${now}::timestamptz, ${now}::timestamptz, ${now}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as r (
      id text, stream_id text, name text, name_key text, name_order text, search_text text, description text, region text, external_id text,
      labels text[], slates_enabled boolean, stream_remap jsonb, input_type text, url_a text, url_b text, recovery_interval_seconds integer,
      error_threshold_percent double precision, srt_encryption_enabled boolean, hls_scte35_passthrough_enabled boolean)
    on conflict do nothing
    returning id`);
  return new Set(inserted.map((row) => row.id));
}

/** Writes prepared playbacks in one statement. */
export async function writePlaybacks(executor: Executor, rows: readonly ReturnType<typeof preparePlayback>["row"][]): Promise<void> {
  if (rows.length === 0) return;
  await executor.execute(sql`
    insert into playbacks (
      id, session_id, position, path_token, name, name_key, type, template_id, urls, hls_enabled, dash_enabled,
      service_provider, program_number, file_format, max_file_duration_seconds)
    select
      r.id, r.session_id, r.position, r.path_token, r.name, r.name_key, r.type, r.template_id, r.urls, r.hls_enabled, r.dash_enabled,
      r.service_provider, r.program_number, r.file_format, r.max_file_duration_seconds
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as r (
      id text, session_id text, position integer, path_token text, name text, name_key text, type text, template_id text, urls text[],
      hls_enabled boolean, dash_enabled boolean, service_provider text, program_number integer, file_format text,
      max_file_duration_seconds integer)`);
}

/** Writes sealed secrets in one statement; one that is already there is replaced. */
export async function writeSecrets(executor: Executor, rows: readonly SecretRow[]): Promise<void> {
  if (rows.length === 0) return;
  await executor.execute(sql`
    insert into secrets (id, session_id, playback_id, kind, position, ciphertext, is_generated)
    select r.id, r.session_id, r.playback_id, r.kind, r.position, decode(r.ciphertext, 'base64'), r.is_generated
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as r (
      id text, session_id text, playback_id text, kind text, position integer, ciphertext text, is_generated boolean)
    on conflict on constraint secrets_by_subject do update
    set ciphertext = excluded.ciphertext, is_generated = excluded.is_generated, rotated_at = now()`);
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
