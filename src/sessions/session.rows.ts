import { CHANGE_COLUMNS } from "../changes/change.rows.ts";
import { toCopyText, type CopyText } from "../database/copy-text.ts";
import { toRowSet, type ColumnTypes, type RowSet } from "../database/row-set.ts";
import type { SecretRow } from "./secret.store.ts";
import type { PreparedSession } from "./session.prepare.ts";
import type { Verb } from "./session.rules.ts";

/** The tables that new sessions are written to, in this order. */
export const SESSION_TABLES = ["sessions", "playbacks", "secrets", "changes"] as const;
export type SessionTable = (typeof SESSION_TABLES)[number];

export const SESSION_COLUMNS = {
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

export const PLAYBACK_COLUMNS = {
  id: "text",
  session_id: "text",
  session_name_order: "text",
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

export const SECRET_COLUMNS = {
  id: "text",
  session_id: "text",
  playback_id: "text",
  kind: "text",
  position: "integer",
  ciphertext: "bytea",
  is_generated: "boolean",
  stream_key_digest: "text",
} as const satisfies ColumnTypes;

/** How new sessions become one table's rows. */
interface TableRows {
  readonly columns: readonly string[];
  readonly toRowSet: (prepared: readonly PreparedSession[]) => RowSet;
  readonly toCopyText: (prepared: readonly PreparedSession[], constants: readonly string[]) => CopyText;
}

function tableRows<Types extends ColumnTypes>(
  types: Types,
  rowsOf: (prepared: readonly PreparedSession[]) => readonly { readonly [Name in keyof Types]: unknown }[],
): TableRows {
  return {
    columns: Object.keys(types),
    toRowSet: (prepared) => toRowSet(rowsOf(prepared), types),
    toCopyText: (prepared, constants) => toCopyText(rowsOf(prepared), types, constants),
  };
}

const TABLES: Readonly<Record<SessionTable, TableRows>> = {
  // In the order of the names, so that two that write the same names cannot wait for one another in a circle.
  sessions: tableRows(SESSION_COLUMNS, (prepared) =>
    prepared.map(({ row }) => row).sort((one, other) => (one.name_key < other.name_key ? -1 : 1)),
  ),
  playbacks: tableRows(PLAYBACK_COLUMNS, (prepared) => prepared.flatMap(({ playbacks }) => playbacks)),
  secrets: tableRows(SECRET_COLUMNS, (prepared) => prepared.flatMap(({ secrets }) => secrets)),
  changes: tableRows(CHANGE_COLUMNS, (prepared) => prepared.map(({ row, state }) => ({ object_id: row.id, before: null, after: state }))),
};

/** New sessions as one table's rows, for a statement that takes them as parameters. Pure work: a thread that has no database can do it. */
export function toSessionRows(prepared: readonly PreparedSession[], table: SessionTable): RowSet {
  return TABLES[table].toRowSet(prepared);
}

export function toSecretRows(rows: readonly SecretRow[]): RowSet {
  return toRowSet(rows, SECRET_COLUMNS);
}

/** What new sessions of one call have in common. */
export interface SessionOrigin {
  readonly organizationId: string;
  readonly verb: Verb;
  /** Who called, such as `key:Playout`. */
  readonly actor: string;
  /** When, in ISO 8601. */
  readonly at: string;
}

/** The same as `toSessionRows`, whole rows as COPY reads them. */
export function toSessionCopy(prepared: readonly PreparedSession[], table: SessionTable, origin: SessionOrigin): CopyText {
  return TABLES[table].toCopyText(prepared, Object.values(constantsOf(table, origin)));
}

/** The columns of `toSessionCopy` in their order. */
export function copiedColumns(table: SessionTable, origin: SessionOrigin): readonly string[] {
  return [...TABLES[table].columns, ...Object.keys(constantsOf(table, origin))];
}

function constantsOf(table: SessionTable, { organizationId, verb, actor, at }: SessionOrigin): Readonly<Record<string, string>> {
  if (table === "changes") return { organization_id: organizationId, object: "SESSION", kind: "CREATED", at, actor };
  if (table !== "sessions") return {};
  return {
    organization_id: organizationId,
    last_command_verb: verb,
    last_command_actor: actor,
    last_command_at: at,
    status_changed_at: at,
    created_at: at,
    updated_at: at,
  };
}
