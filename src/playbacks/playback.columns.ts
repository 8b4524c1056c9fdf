import { column, isOwn, list, object, quote, reference, value, type SqlCall, type SqlType } from "../graphql/sql-path/field-sql.ts";
import { OUTPUT_TYPE_FACTS } from "./playback.rules.ts";

export const PLAYBACK_COLUMNS: SqlType = {
  name: "Playback",
  fields: {
    id: column("id"),
    name: column("name"),
    type: column("type"),
    urls: column("urls"),
    hlsEnabled: column("hls_enabled"),
    dashEnabled: column("dash_enabled"),
    serviceProvider: column("service_provider"),
    programNumber: column("program_number"),
    fileFormat: column("file_format"),
    maxFileDurationSeconds: column("max_file_duration_seconds"),
    status: column("status"),
    health: column("health"),
    statusReason: column("status_reason"),
    hlsUrl: value(hlsUrl),
    dashUrl: value(dashUrl),
    template: reference("Template", "templates", ({ parent, row, call }) => `${row}.id = ${parent}.template_id and ${isOwn(row, call)}`),
    session: reference("Session", "sessions", ({ parent, row, call }) => `${row}.id = ${parent}.session_id and ${isOwn(row, call)}`),
    addresses: list("PlaybackAddress", ({ parent, row, call }) => ({
      rows: `${addresses(parent, call)} ${row}`,
      order: `${row}.place`,
    })),
  },
};

export const PLAYBACK_ADDRESS_COLUMNS: SqlType = {
  name: "PlaybackAddress",
  fields: {
    url: column("url"),
    rendition: object("Rendition", ({ parent, row }) => ({
      rows: `renditions ${row}`,
      where: `${row}.template_id = ${parent}.template_id`,
      order: `${row}.position offset ${parent}.place - 1 limit 1`,
    })),
  },
};

const PER_RENDITION = Object.entries(OUTPUT_TYPE_FACTS).flatMap(([type, { urlCount }]) =>
  urlCount === "PER_RENDITION" ? [quote(type)] : [],
);

/** Rows of `url`, `place` from 1 on, and `template_id` where each URL belongs to the rendition of its place. */
function addresses(playback: string, call: SqlCall): string {
  const templateId = `case when ${playback}.type in (${PER_RENDITION.join(", ")}) then ${playback}.template_id end`;
  return `(
    select served.url, served.place, null as template_id
    from (values (${hlsUrl(playback, call)}, 1), (${dashUrl(playback, call)}, 2)) as served (url, place)
    where ${playback}.type = 'HTTP' and served.url is not null
    union all
    select sent.url, sent.place, ${templateId} from unnest(${playback}.urls) with ordinality as sent (url, place)
    where ${playback}.type <> 'HTTP')`;
}

function hlsUrl(playback: string, call: SqlCall): string {
  return `case when ${playback}.hls_enabled then ${call.text(call.publicUrl)} || '/live/' || ${playback}.path_token || '/index.m3u8' end`;
}

function dashUrl(playback: string, call: SqlCall): string {
  return `case when ${playback}.dash_enabled then ${call.text(call.publicUrl)} || '/live/' || ${playback}.path_token || '/manifest.mpd' end`;
}
