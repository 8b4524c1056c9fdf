import { ALERT_COLUMNS, ALERT_QUERIES } from "../../alerts/alert.columns.ts";
import { PLAYBACK_ADDRESS_COLUMNS, PLAYBACK_COLUMNS } from "../../playbacks/playback.columns.ts";
import {
  FAILOVER_COLUMNS,
  REMAP_RULE_COLUMNS,
  SECRET_COLUMNS,
  SESSION_COLUMNS,
  SESSION_COMMAND_COLUMNS,
  SESSION_QUERIES,
  SESSION_SOURCE_COLUMNS,
} from "../../sessions/session.columns.ts";
import { RENDITION_COLUMNS, TEMPLATE_COLUMNS, TEMPLATE_QUERIES } from "../../templates/template.columns.ts";
import type { SqlType } from "./field-sql.ts";

/** What is known of the schema in SQL. Whoever tells of a further type adds its line here. */
export const SQL_TYPES: ReadonlyMap<string, SqlType> = new Map(
  [
    { name: "Query", fields: { ...ALERT_QUERIES, ...SESSION_QUERIES, ...TEMPLATE_QUERIES } },
    ALERT_COLUMNS,
    FAILOVER_COLUMNS,
    PLAYBACK_ADDRESS_COLUMNS,
    PLAYBACK_COLUMNS,
    REMAP_RULE_COLUMNS,
    RENDITION_COLUMNS,
    SECRET_COLUMNS,
    SESSION_COLUMNS,
    SESSION_COMMAND_COLUMNS,
    SESSION_SOURCE_COLUMNS,
    TEMPLATE_COLUMNS,
  ].map((type) => [type.name, type]),
);
