import { sql } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import { OUTPUT_TYPE_FACTS, OutputType } from "../playbacks/playback.rules.ts";
import { CSV_COLUMNS, type CsvColumnKey } from "./csv.columns.ts";
import { idOfLine, LINE_END } from "./csv.line.ts";
import { chosenSessions, type CsvPage, type CsvSelection, type SelectedLines } from "./csv.session.store.ts";

/**
 * Sessions with their playbacks in the order of their names, written by PostgreSQL as lines for `createLineWriter`, with no secret in
 * them. All lines are one text: that takes half the time of bringing the columns here, most of which the driver would spend on rows.
 */
export async function selectExportLines(executor: Executor, selection: CsvSelection, page: CsvPage | null): Promise<SelectedLines> {
  const [row] = await executor.execute<{ text: string | null; nameOrder: string }>(sql`
    select string_agg(${LINE}, E'\\x1e' order by s.name_order, s.id, p.position, p.id) as text, max(s.name_order) as "nameOrder"
    from ${chosenSessions(selection, page)} s
    left join playbacks p on p.session_id = s.id
    left join (select id, ${TEMPLATE_CELL} as cell from templates where organization_id = ${selection.organizationId} offset 0) t
      on t.id = p.template_id`);
  if (!row || row.text === null) return { lines: [], end: null };
  const lines = row.text.split(LINE_END);
  return { lines, end: [row.nameOrder, idOfLine(lines.at(-1) ?? "")] };
}

/** How many sessions an export would hold, counted no further than to the limit. */
export async function countExported(executor: Executor, selection: CsvSelection, limit: number): Promise<number> {
  const [row] = await executor.execute<{ count: number }>(sql`
    select count(*)::integer as count from (select from ${chosenSessions(selection, null)} s limit ${limit}) counted`);
  return row?.count ?? 0;
}

/** The types stand in the kind of a line. */
type CellKey = Exclude<CsvColumnKey, "inputType" | "outputType">;

const SERVICE_TYPES = Object.values(OutputType).filter((type) => OUTPUT_TYPE_FACTS[type].supportsService);
const HAS_SERVICE = `p.type in (${SERVICE_TYPES.map((type) => `'${type}'`).join(", ")})`;

/** The cells as `toCells` writes them, each after its comma, since every step of joining texts costs. Keys and passphrases are left out. */
const CELLS: Readonly<Record<CellKey, string>> = {
  name: `',' || ${withInnerCommas("s.name")}`,
  outputName: optional(withInnerCommas("p.name")),
  templateName: "coalesce(t.cell, ',')",
  description: optional(withInnerCommas(escaped("s.description"))),
  urlA: optional(withInnerCommas("s.url_a")),
  urlB: optional(withInnerCommas("s.url_b")),
  recoveryInterval: optional("s.recovery_interval_seconds"),
  errorThreshold: onlyWhen("s.recovery_interval_seconds is not null", optional("s.error_threshold_percent")),
  customStreamKey: "','",
  srtPassphrase: "','",
  hlsScte35: onlyWhen("s.input_type = 'HLS_PULL'", flag("s.hls_scte35_passthrough_enabled")),
  slates: flag("s.slates_enabled"),
  srtEncryption: onlyWhen("s.input_type = 'SRT_PUSH'", flag("s.srt_encryption_enabled")),
  hls: onlyWhen("p.type = 'HTTP'", flag("p.hls_enabled")),
  dash: onlyWhen("p.type = 'HTTP'", flag("p.dash_enabled")),
  serviceProvider: onlyWhen(HAS_SERVICE, optional(withInnerCommas("p.service_provider"))),
  programNumber: onlyWhen(HAS_SERVICE, optional("p.program_number")),
  format: onlyWhen("p.type = 'FILE'", optional("lower(p.file_format)")),
  maxFileDuration: onlyWhen("p.type = 'FILE'", optional("p.max_file_duration_seconds")),
  outputUrls: onlyWhen("p.urls <> '{}'", `',' || ${withInnerCommas("array_to_string(p.urls, ' ')")}`),
};

const TEMPLATE_CELL = sql.raw(`',' || ${withInnerCommas("name")}`);

/** What `readKind` reads. */
const KIND = `s.input_type || case when s.stream_remap = '[]' then ' 0' else ' 1' end || case when s.event_id is null then ' 0' else ' 1' end
  || coalesce(' ' || p.type || ' ' || p.template_id || ' ' || cardinality(p.urls), '')`;

const FIELDS = CSV_COLUMNS.flatMap(({ key }) => (key === "inputType" || key === "outputType" ? [] : CELLS[key]));
const LINE = sql.raw(`${KIND} || ',' || s.id || ${FIELDS.join(" || ")}`);

/** As `INNER_COMMA`. */
function withInnerCommas(text: string): string {
  return String.raw`replace(${text}, ',', E'\x1f')`;
}

/** A description is the one text that may hold control characters. */
function escaped(text: string): string {
  return String.raw`replace(replace(replace(${text}, E'\\', E'\\\\'), E'\x1f', E'\\c'), E'\x1e', E'\\l')`;
}

function optional(value: string): string {
  return `coalesce(',' || ${value}, ',')`;
}

function flag(column: string): string {
  return `case when ${column} then ',TRUE' else ',FALSE' end`;
}

function onlyWhen(condition: string, cell: string): string {
  return `case when ${condition} then ${cell} else ',' end`;
}
