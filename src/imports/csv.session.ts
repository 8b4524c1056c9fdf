import { OUTPUT_TYPE_FACTS } from "../playbacks/playback.rules.ts";
import { INPUT_TYPE_FACTS } from "../sessions/session.rules.ts";
import type { StoredContent, StoredPlayback } from "../sessions/stored-session.ts";
import { CSV_COLUMNS, csvTypeName, type CsvColumnKey } from "./csv.columns.ts";

/** A session as the export sees it. */
export type CsvSession = StoredContent;

/** Filled in as it goes, without an object for each part of each session. */
type Cells = Partial<Record<CsvColumnKey, string>>;

/** The cells of a session in the order of `CSV_COLUMNS`, its first playback's among them. What does not apply to its types is empty. */
export function toCells(session: CsvSession): readonly string[] {
  const cells: Cells = {};
  fillSession(cells, session);
  const [playback] = session.playbacks;
  if (playback) fillPlayback(cells, playback);
  return CSV_COLUMNS.map((column) => cells[column.key] ?? "");
}

function fillSession(cells: Cells, { name, description, slatesEnabled, source }: CsvSession): void {
  cells.name = name;
  cells.description = description ?? "";
  cells.inputType = csvTypeName(source.type);
  cells.slates = toBoolean(slatesEnabled);
  cells.urlA = source.urlA ?? "";
  cells.urlB = source.urlB ?? "";
  if (source.failover) {
    cells.recoveryInterval = String(source.failover.recoveryIntervalSeconds);
    cells.errorThreshold = toDecimal(source.failover.errorThresholdPercent);
  }
  if (INPUT_TYPE_FACTS[source.type].isPush) cells.customStreamKey = source.customStreamKey ?? "";
  if (source.type === "HLS_PULL") cells.hlsScte35 = toBoolean(source.hlsScte35PassthroughEnabled);
  if (source.type === "SRT_PUSH") {
    cells.srtEncryption = toBoolean(source.srtEncryptionEnabled);
    cells.srtPassphrase = source.srtPassphrase ?? "";
  }
}

function fillPlayback(cells: Cells, playback: StoredPlayback): void {
  const { type } = playback;
  cells.outputName = playback.name;
  cells.outputType = csvTypeName(type);
  cells.templateName = playback.templateName;
  cells.outputUrls = playback.urls.join(" ");
  if (type === "HTTP") {
    cells.hls = toBoolean(playback.hlsEnabled);
    cells.dash = toBoolean(playback.dashEnabled);
  }
  if (OUTPUT_TYPE_FACTS[type].supportsService) {
    cells.serviceProvider = playback.serviceProvider ?? "";
    cells.programNumber = playback.programNumber === null ? "" : String(playback.programNumber);
  }
  if (type === "FILE") {
    cells.format = playback.fileFormat?.toLowerCase() ?? "";
    cells.maxFileDuration = playback.maxFileDurationSeconds === null ? "" : String(playback.maxFileDurationSeconds);
  }
}

function toBoolean(value: boolean): string {
  return value ? "TRUE" : "FALSE";
}

/** In digits with a point, never in the exponent form that an import refuses. */
function toDecimal(value: number | null): string {
  return value === null ? "" : String(value);
}
