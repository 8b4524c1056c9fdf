import { alertsOfSession, topAlertOf } from "../alerts/alert.columns.ts";
import {
  column,
  connection,
  constant,
  isOwn,
  list,
  moment,
  object,
  part,
  value,
  type SqlField,
  type SqlRows,
  type SqlType,
} from "../graphql/sql-path/field-sql.ts";
import { SECRET_MASK, SECRET_POSITION, SecretKind } from "./secret.rules.ts";
import { parseSessionPage, type SessionPageArguments } from "./session-page.ts";
import { sessionPageClauses } from "./session.reads.ts";

export const SESSION_COLUMNS: SqlType = {
  name: "Session",
  fields: {
    id: column("id"),
    streamId: column("stream_id"),
    name: column("name"),
    description: column("description"),
    region: column("region"),
    externalId: column("external_id"),
    labels: column("labels"),
    status: column("status"),
    desiredStatus: column("desired_status"),
    health: column("health"),
    statusReason: column("status_reason"),
    statusChangedAt: moment("status_changed_at"),
    runningSince: moment("running_since"),
    lastSeenAt: moment("last_seen_at"),
    slatesEnabled: column("slates_enabled"),
    isSlateShowing: column("is_slate_showing"),
    version: column("version"),
    createdAt: moment("created_at"),
    updatedAt: moment("updated_at"),
    openAlertCount: column("open_alert_count"),
    source: part("SessionSource"),
    lastCommand: part(
      "SessionCommand",
      (session) => `num_nulls(${session}.last_command_verb, ${session}.last_command_actor, ${session}.last_command_at) = 0`,
    ),
    streamRemap: list("RemapRule", ({ parent, row }) => {
      const rules = `jsonb_array_elements(${parent}.stream_remap) with ordinality as item (rule, place)`;
      return {
        rows: `${rules}, jsonb_to_record(item.rule) as ${row} (priority integer, type text, language text, mode text)`,
        order: "item.place",
      };
    }),
    playbacks: list("Playback", ({ parent, row }) => ({
      rows: `playbacks ${row}`,
      where: `${row}.session_id = ${parent}.id`,
      order: `${row}.position, ${row}.id`,
    })),
    topAlert: object("Alert", topAlertOf),
    alerts: alertsOfSession,
  },
};

/** The row is the session's. */
export const SESSION_SOURCE_COLUMNS: SqlType = {
  name: "SessionSource",
  fields: {
    id: value((session) => `'source_' || substr(${session}.id, length('session_') + 1)`),
    type: column("input_type"),
    urlA: column("url_a"),
    urlB: column("url_b"),
    activePath: column("active_path"),
    srtEncryptionEnabled: column("srt_encryption_enabled"),
    hlsScte35PassthroughEnabled: column("hls_scte35_passthrough_enabled"),
    failover: part("Failover", (session) => `${session}.recovery_interval_seconds is not null`),
    streamKey: secret(SecretKind.STREAM_KEY),
    srtPassphrase: secret(SecretKind.SRT_PASSPHRASE),
  },
};

export const FAILOVER_COLUMNS: SqlType = {
  name: "Failover",
  fields: {
    recoveryIntervalSeconds: column("recovery_interval_seconds"),
    errorThresholdPercent: column("error_threshold_percent"),
    nextRecoveryAt: moment("next_recovery_at"),
  },
};

export const SESSION_COMMAND_COLUMNS: SqlType = {
  name: "SessionCommand",
  fields: { verb: column("last_command_verb"), actor: column("last_command_actor"), at: moment("last_command_at") },
};

export const REMAP_RULE_COLUMNS: SqlType = {
  name: "RemapRule",
  fields: { priority: column("priority"), type: column("type"), language: column("language"), mode: column("mode") },
};

export const SECRET_COLUMNS: SqlType = {
  name: "Secret",
  fields: {
    id: column("id"),
    mask: constant(SECRET_MASK),
    isGenerated: column("is_generated"),
    rotatedAt: moment("rotated_at"),
  },
};

export const SESSION_QUERIES: Readonly<Record<string, SqlField>> = {
  session: object(
    "Session",
    ({ row, call, args }) => ({ rows: `sessions ${row}`, where: `${row}.id = ${call.text(String(args["id"]))} and ${isOwn(row, call)}` }),
    ["id"],
  ),
  sessions: connection(
    "Session",
    ({ call, args }) => {
      const { query, order } = parseSessionPage(args as SessionPageArguments, call.organizationId);
      return { table: "sessions", order, page: query.page, ...sessionPageClauses(query) };
    },
    ["first", "after", "last", "before", "filter", "orderBy", "direction"],
  ),
};

/** Of path A. */
function secret(kind: SecretKind): SqlRows {
  return object("Secret", ({ parent, row }) => ({
    rows: `secrets ${row}`,
    where: `${row}.session_id = ${parent}.id and ${row}.kind = '${kind}' and ${row}.position = ${SECRET_POSITION.A} and ${row}.playback_id is null`,
  }));
}
