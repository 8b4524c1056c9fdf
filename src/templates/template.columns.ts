import { column, connection, isOwn, list, moment, object, type SqlField, type SqlType } from "../graphql/sql-path/field-sql.ts";
import { parseTemplatePage } from "./template-page.ts";
import { templatePageClauses } from "./template.store.ts";

export const RENDITION_COLUMNS: SqlType = {
  name: "Rendition",
  fields: {
    id: column("id"),
    name: column("name"),
    isPassthrough: column("is_passthrough"),
    videoCodec: column("video_codec"),
    width: column("width"),
    height: column("height"),
    videoBitrateKbps: column("video_bitrate_kbps"),
    frameRate: column("frame_rate"),
    audioCodec: column("audio_codec"),
    audioBitrateKbps: column("audio_bitrate_kbps"),
  },
};

export const TEMPLATE_COLUMNS: SqlType = {
  name: "Template",
  fields: {
    id: column("id"),
    name: column("name"),
    description: column("description"),
    isDefault: column("is_default"),
    version: column("version"),
    createdAt: moment("created_at"),
    updatedAt: moment("updated_at"),
    renditions: list("Rendition", ({ parent, row }) => ({
      rows: `renditions ${row}`,
      where: `${row}.template_id = ${parent}.id`,
      order: `${row}.position`,
    })),
  },
};

export const TEMPLATE_QUERIES: Readonly<Record<string, SqlField>> = {
  template: object(
    "Template",
    ({ row, call, args }) => ({ rows: `templates ${row}`, where: `${row}.id = ${call.text(String(args["id"]))} and ${isOwn(row, call)}` }),
    ["id"],
  ),
  templates: connection(
    "Template",
    ({ call, args }) => {
      const { search, page, order } = parseTemplatePage(args, call.organizationId);
      return { table: "templates", order, page, ...templatePageClauses(search) };
    },
    ["first", "after", "last", "before", "search"],
  ),
};
