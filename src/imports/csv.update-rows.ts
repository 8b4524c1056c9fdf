import type { Vault } from "../access/vault.ts";
import { toChangeRows, type ChangeRows } from "../changes/change.rows.ts";
import { toRowSet, type ColumnTypes, type RowSet } from "../database/row-set.ts";
import { SecretKind } from "../sessions/secret.rules.ts";
import { playbackColumns, preparePlaybackSecrets, prepareSourceSecrets, sourceColumns } from "../sessions/session.prepare.ts";
import { toSecretRows } from "../sessions/session.rows.ts";
import { searchText } from "../sessions/session.state.ts";
import type { SessionDraft } from "../sessions/session.draft.ts";
import { nameKey, nameOrder } from "../shared/name.ts";
import type { CsvColumnKey } from "./csv.columns.ts";
import type { StoredCsvSession } from "./csv.stored.ts";

/** Edits of sessions as rows of every table that they are written to. */
export interface UpdateRows {
  readonly sessions: RowSet;
  readonly playbacks: RowSet;
  /** Kinds of secrets that go, by session; what stays of them is written anew. */
  readonly removedSecrets: RowSet;
  readonly secrets: RowSet;
  readonly changes: ChangeRows;
}

export interface SessionUpdate {
  readonly existing: StoredCsvSession;
  readonly draft: SessionDraft;
  readonly changedKeys: ReadonlySet<CsvColumnKey>;
}

export const SESSION_UPDATE_COLUMNS = {
  id: "text",
  name: "text",
  name_key: "text",
  name_order: "text",
  search_text: "text",
  description: "text",
  slates_enabled: "boolean",
  url_a: "text",
  url_b: "text",
  recovery_interval_seconds: "integer",
  error_threshold_percent: "double precision",
  srt_encryption_enabled: "boolean",
  hls_scte35_passthrough_enabled: "boolean",
} as const satisfies ColumnTypes;

export const PLAYBACK_UPDATE_COLUMNS = {
  id: "text",
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

export const REMOVED_SECRET_COLUMNS = { session_id: "text", kind: "text" } as const satisfies ColumnTypes;

const SECRET_OF_COLUMN: Partial<Readonly<Record<CsvColumnKey, SecretKind>>> = {
  urlA: SecretKind.INPUT_URL_A,
  urlB: SecretKind.INPUT_URL_B,
  customStreamKey: SecretKind.STREAM_KEY,
  srtPassphrase: SecretKind.SRT_PASSPHRASE,
  srtEncryption: SecretKind.SRT_PASSPHRASE,
  outputUrls: SecretKind.OUTPUT_URL,
};

export function toUpdateRows(updates: readonly SessionUpdate[], vault: Vault): UpdateRows {
  const prepared = updates.map((update) => prepareUpdate(update, vault));
  return {
    sessions: toRowSet(
      prepared.map(({ session }) => session),
      SESSION_UPDATE_COLUMNS,
    ),
    playbacks: toRowSet(
      prepared.flatMap(({ playbacks }) => playbacks),
      PLAYBACK_UPDATE_COLUMNS,
    ),
    removedSecrets: toRowSet(
      prepared.flatMap(({ removed }) => removed),
      REMOVED_SECRET_COLUMNS,
    ),
    secrets: toSecretRows(prepared.flatMap(({ secrets }) => secrets)),
    changes: toChangeRows(prepared.map(({ change }) => change)),
  };
}

function prepareUpdate({ existing, draft, changedKeys }: SessionUpdate, vault: Vault) {
  const { id, state, playbackIds } = existing;
  const after = {
    ...state,
    name: draft.name,
    description: draft.description,
    templateIds: [...new Set(draft.playbacks.map(({ templateId }) => templateId))].sort(),
  };
  const kinds = new Set([...changedKeys].flatMap((key) => SECRET_OF_COLUMN[key] ?? []));
  const playbacks = draft.playbacks.map((playback, index) => ({ playback, playbackId: playbackIds[index] ?? "" }));
  const secrets = [
    ...prepareSourceSecrets({ vault }, id, draft.source),
    ...playbacks.flatMap((each) => preparePlaybackSecrets({ vault }, { sessionId: id, ...each })),
  ];
  return {
    session: {
      id,
      name: draft.name,
      name_key: nameKey(draft.name),
      name_order: nameOrder(draft.name),
      search_text: searchText(after),
      description: draft.description,
      slates_enabled: draft.slatesEnabled,
      ...sourceColumns(draft.source),
    },
    playbacks: playbacks.map(({ playback, playbackId }) => ({ id: playbackId, ...playbackColumns(playback) })),
    removed: [...kinds].map((kind) => ({ session_id: id, kind })),
    secrets: secrets.filter(({ kind }) => kinds.has(kind)),
    change: { objectId: id, before: state, after },
  };
}
