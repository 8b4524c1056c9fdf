import { isDeepStrictEqual } from "node:util";
import type { Vault } from "../access/vault.ts";
import { toChangeRows, type ChangeRows } from "../changes/change.rows.ts";
import { partsOfLargeSet } from "../database/large-set.ts";
import { toRowSet, type ColumnTypes, type RowSet } from "../database/row-set.ts";
import { nameKey, nameOrder } from "../shared/name.ts";
import { SecretKind } from "./secret.rules.ts";
import type { PlaybackDraft, SessionDraft } from "./session.draft.ts";
import { playbackColumns, preparePlayback, preparePlaybackSecrets, prepareSourceSecrets, sourceColumns } from "./session.prepare.ts";
import { PLAYBACK_COLUMNS, toSecretRows } from "./session.rows.ts";
import { searchText } from "./session.state.ts";
import type { StoredSession } from "./stored-session.ts";

/** Edits of sessions as rows of every table that they are written to. */
export interface UpdateRows {
  readonly sessions: RowSet;
  /** Those of them that are called otherwise. */
  readonly renamedIds: readonly string[];
  readonly playbacks: RowSet;
  readonly newPlaybacks: RowSet;
  readonly removedPlaybackIds: readonly string[];
  /** Kinds of secrets that are replaced, by session: those of a kind that are not among `secrets` go. */
  readonly replacedSecrets: RowSet;
  readonly secrets: RowSet;
  readonly changes: ChangeRows;
}

export interface SessionUpdate {
  /** With its secrets whole. */
  readonly existing: StoredSession;
  /** What it is to be; a secret that is not given is generated where it was not there either. */
  readonly draft: SessionDraft;
  /** Which of its playbacks each of the draft's is; null: a new one. Those that are none go. */
  readonly playbackIds: readonly (string | null)[];
}

export const SESSION_UPDATE_COLUMNS = {
  id: "text",
  name: "text",
  name_key: "text",
  name_order: "text",
  search_text: "text",
  description: "text",
  external_id: "text",
  labels: "text[]",
  slates_enabled: "boolean",
  stream_remap: "jsonb",
  url_a: "text",
  url_b: "text",
  recovery_interval_seconds: "integer",
  error_threshold_percent: "double precision",
  srt_encryption_enabled: "boolean",
  hls_scte35_passthrough_enabled: "boolean",
} as const satisfies ColumnTypes;

export const PLAYBACK_UPDATE_COLUMNS = {
  id: "text",
  session_name_order: "text",
  position: "integer",
  name: "text",
  name_key: "text",
  template_id: "text",
  urls: "text[]",
  hls_enabled: "boolean",
  dash_enabled: "boolean",
  service_provider: "text",
  program_number: "integer",
  file_format: "text",
  max_file_duration_seconds: "integer",
} as const satisfies ColumnTypes;

export const REPLACED_SECRET_COLUMNS = { session_id: "text", kind: "text" } as const satisfies ColumnTypes;

/** The parts in which they are written. Pure work: a thread that has no database can do it. */
export function toUpdateRows(updates: readonly SessionUpdate[], vault: Vault): readonly UpdateRows[] {
  return partsOfLargeSet(updates).map((part) => toRows(part, vault));
}

function toRows(updates: readonly SessionUpdate[], vault: Vault): UpdateRows {
  const prepared = updates.map((update) => prepareUpdate(update, vault));
  return {
    sessions: toRowSet(
      prepared.map(({ session }) => session),
      SESSION_UPDATE_COLUMNS,
    ),
    renamedIds: prepared.flatMap(({ session, isRenamed }) => (isRenamed ? session.id : [])),
    playbacks: toRowSet(
      prepared.flatMap(({ playbacks }) => playbacks),
      PLAYBACK_UPDATE_COLUMNS,
    ),
    newPlaybacks: toRowSet(
      prepared.flatMap(({ newPlaybacks }) => newPlaybacks),
      PLAYBACK_COLUMNS,
    ),
    removedPlaybackIds: prepared.flatMap(({ removedPlaybackIds }) => removedPlaybackIds),
    replacedSecrets: toRowSet(
      prepared.flatMap(({ replaced }) => replaced),
      REPLACED_SECRET_COLUMNS,
    ),
    secrets: toSecretRows(prepared.flatMap(({ secrets }) => secrets)),
    changes: toChangeRows(prepared.map(({ change }) => change)),
  };
}

function prepareUpdate({ existing, draft, playbackIds }: SessionUpdate, vault: Vault) {
  const { id, state } = existing;
  const { name, description, externalId, labels } = draft;
  const templateIds = [...new Set(draft.playbacks.map(({ templateId }) => templateId))].sort();
  const after = { ...state, name, description, externalId, labels, templateIds };
  const kinds = findReplacedSecrets(existing, draft);
  const sessionNameOrder = nameOrder(name);
  const playbacks = draft.playbacks.map((playback, position) =>
    preparePlaybackUpdate({ playback, position, id: playbackIds[position] ?? null }, { sessionId: id, sessionNameOrder }, vault),
  );
  const secrets = [...prepareSourceSecrets({ vault }, id, draft.source), ...playbacks.flatMap((playback) => playback.secrets)];
  return {
    session: {
      id,
      name,
      name_key: nameKey(name),
      name_order: sessionNameOrder,
      search_text: searchText(after),
      description,
      external_id: externalId,
      labels,
      slates_enabled: draft.slatesEnabled,
      stream_remap: draft.streamRemap,
      ...sourceColumns(draft.source),
    },
    isRenamed: nameKey(name) !== nameKey(state.name),
    playbacks: playbacks.flatMap(({ updated }) => updated),
    newPlaybacks: playbacks.flatMap(({ inserted }) => inserted),
    removedPlaybackIds: existing.playbackIds.filter((playbackId) => !playbackIds.includes(playbackId)),
    replaced: [...kinds].map((kind) => ({ session_id: id, kind })),
    secrets: secrets.filter(({ kind }) => kinds.has(kind)),
    change: { objectId: id, before: state, after },
  };
}

interface PlacedPlayback {
  readonly playback: PlaybackDraft;
  readonly position: number;
  readonly id: string | null;
}

function preparePlaybackUpdate(
  { playback, position, id }: PlacedPlayback,
  { sessionId, sessionNameOrder }: { readonly sessionId: string; readonly sessionNameOrder: string },
  vault: Vault,
) {
  if (id === null) {
    const { row, secrets } = preparePlayback({ vault }, { sessionId, sessionNameOrder, playback, position });
    return { updated: [], inserted: [row], secrets };
  }
  const updated = [{ id, session_name_order: sessionNameOrder, position, ...playbackColumns(playback) }];
  return { updated, inserted: [], secrets: preparePlaybackSecrets({ vault }, { sessionId, playbackId: id, playback }) };
}

/** A secret that stays what it was is not sealed anew: it keeps when it was rotated, and whether it was generated. */
function findReplacedSecrets({ session: { source, playbacks } }: StoredSession, draft: SessionDraft): ReadonlySet<SecretKind> {
  const kinds = new Set<SecretKind>();
  if (draft.source.urlA !== source.urlA) kinds.add(SecretKind.INPUT_URL_A);
  if (draft.source.urlB !== source.urlB) kinds.add(SecretKind.INPUT_URL_B);
  if (draft.source.customStreamKey !== source.customStreamKey) kinds.add(SecretKind.STREAM_KEY);
  const passphrase = (each: SessionDraft["source"]) => [each.srtEncryptionEnabled, each.srtPassphrase];
  if (!isDeepStrictEqual(passphrase(draft.source), passphrase(source))) kinds.add(SecretKind.SRT_PASSPHRASE);
  const urls = (each: readonly PlaybackDraft[]) => each.map((playback) => [nameKey(playback.name), playback.urls]);
  if (!isDeepStrictEqual(urls(draft.playbacks), urls(playbacks))) kinds.add(SecretKind.OUTPUT_URL);
  return kinds;
}
