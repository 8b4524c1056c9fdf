import { sql } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import { eachRow } from "../database/each-row.ts";
import { OUTPUT_TYPE_FACTS, OutputType } from "../playbacks/playback.rules.ts";
import { InputType } from "../sessions/session.rules.ts";
import { idOfLine } from "./csv.line.ts";
import { chosenSessions, type CsvPage, type CsvPosition, type CsvSelection, type CsvWhole } from "./csv.session.store.ts";

/**
 * Gives sessions with their playbacks in the order of their names, written by PostgreSQL as lines for `createLineWriter`, with no secret
 * in them, while it writes the next ones: that takes half the time of bringing the columns here, most of which the driver would spend on
 * values. Gives the place of the last session.
 */
export async function readExportLines(
  executor: Executor,
  { selection, part }: { readonly selection: CsvSelection; readonly part: CsvPage | CsvWhole },
  onLine: (line: string) => void,
): Promise<CsvPosition | null> {
  let last: readonly [line: string, nameOrder: string] | null = null;
  await eachRow<readonly [line: string, nameOrder: string]>(
    executor,
    sql`
      select ${LINE}, s.name_order
      from ${chosenSessions(selection, part)} s
      left join playbacks p on p.session_id = s.id
      left join (
        select id, ' ' || id as kind, ${TEMPLATE_CELL} as cell from templates where organization_id = ${selection.organizationId} offset 0) t
        on t.id = p.template_id
      order by s.name_order, s.id, p.position, p.id`,
    (row) => onLine((last = row)[0]),
  );
  return last && [last[1], idOfLine(last[0])];
}

/**
 * The cells as `toCells` writes them, each after its comma, in the order of the columns; the types stand in the kind of a line, and keys
 * and passphrases are left out. Every step of joining texts costs: what is empty for a type of input or output is one text for all of its cells.
 */
const COMMON_CELLS = [
  `',' || ${withInnerCommas("s.name")}`,
  optional(withInnerCommas("p.name")),
  "coalesce(t.cell, ',')",
  optional(withInnerCommas(escaped("s.description"))),
  optional(withInnerCommas("s.url_a")),
];

const FAILOVER_CELLS = `case when s.url_b is null and s.recovery_interval_seconds is null then ',,,' else ${joined([
  optional(withInnerCommas("s.url_b")),
  optional("s.recovery_interval_seconds"),
  onlyWhen("s.recovery_interval_seconds is not null", optional("s.error_threshold_percent")),
])} end`;

/** From the stream key on. */
const INPUT_CELLS = byType("s.input_type", Object.values(InputType), (type) => [
  "','",
  "','",
  type === InputType.HLS_PULL ? flag("s.hls_scte35_passthrough_enabled") : "','",
  flag("s.slates_enabled"),
  type === InputType.SRT_PUSH ? flag("s.srt_encryption_enabled") : "','",
]);

const OUTPUT_CELLS = byType("p.type", Object.values(OutputType), (type) => {
  const { supportsService, urlCount } = OUTPUT_TYPE_FACTS[type];
  const onlyFor = (applies: boolean, cell: string) => (applies ? cell : "','");
  return [
    onlyFor(type === OutputType.HTTP, flag("p.hls_enabled")),
    onlyFor(type === OutputType.HTTP, flag("p.dash_enabled")),
    onlyFor(supportsService, optional(withInnerCommas("p.service_provider"))),
    onlyFor(supportsService, optional("p.program_number")),
    onlyFor(type === OutputType.FILE, optional("lower(p.file_format)")),
    onlyFor(type === OutputType.FILE, optional("p.max_file_duration_seconds")),
    onlyFor(urlCount !== "NONE", onlyWhen("p.urls <> '{}'", `',' || ${withInnerCommas("array_to_string(p.urls, ' ')")}`)),
  ];
});
/** Of a session without playbacks. */
const NO_OUTPUT_CELLS = "',,,,,,,'";

const TEMPLATE_CELL = sql.raw(`',' || ${withInnerCommas("name")}`);

/** What `readKind` reads. */
const KIND = `s.input_type || case when s.event_id is null and s.stream_remap = '[]' then ' 0 0'
  else ' ' || (s.stream_remap <> '[]')::integer || ' ' || (s.event_id is not null)::integer end
  || coalesce(' ' || p.type || ' ' || cardinality(p.urls) || t.kind, '')`;

const LINE = sql.raw(
  joined([`${KIND} || ','`, "s.id", ...COMMON_CELLS, FAILOVER_CELLS, INPUT_CELLS, `coalesce(${OUTPUT_CELLS}, ${NO_OUTPUT_CELLS})`]),
);

/** Neighbours that are constant become one text. */
function joined(cells: readonly string[]): string {
  return cells.join(" || ").replaceAll("',' || ','", "',,'").replaceAll(",' || ','", ",,'");
}

function byType<Type extends string>(column: string, types: readonly Type[], cellsOf: (type: Type) => readonly string[]): string {
  return `case ${column} ${types.map((type) => `when '${type}' then ${joined(cellsOf(type))}`).join(" ")} end`;
}

/** As `INNER_COMMA`. */
function withInnerCommas(text: string): string {
  return String.raw`replace(${text}, ',', E'\x1f')`;
}

/** A description is the one text that may hold control characters. */
function escaped(text: string): string {
  return String.raw`replace(replace(${text}, E'\\', E'\\\\'), E'\x1f', E'\\c')`;
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
