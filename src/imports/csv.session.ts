import type { PlaybackDraft, SessionDraft } from "../sessions/session.draft.ts";
import { OUTPUT_TYPE_FACTS } from "../playbacks/playback.rules.ts";
import { INPUT_TYPE_FACTS } from "../sessions/session.rules.ts";
import { CSV_COLUMNS, csvTypeName, type CsvColumnKey } from "./csv.columns.ts";

/** A session as the export sees it. Its secrets are whole, or left out: keys and passphrases null, URLs masked. */
export type CsvSession = Omit<SessionDraft, "playbacks"> & { readonly playbacks: readonly CsvPlayback[] };

export type CsvPlayback = PlaybackDraft & { readonly templateName: string };

type Cells = Partial<Readonly<Record<CsvColumnKey, string>>>;

/** The cells of a session in the order of `CSV_COLUMNS`, its first playback's among them. What does not apply to its types is empty. */
export function toCells(session: CsvSession): readonly string[] {
  const [playback] = session.playbacks;
  const cells: Cells = { ...sessionCells(session), ...(playback ? playbackCells(playback) : {}) };
  return CSV_COLUMNS.map((column) => cells[column.key] ?? "");
}

function sessionCells({ name, description, slatesEnabled, source }: CsvSession): Cells {
  const { isPush } = INPUT_TYPE_FACTS[source.type];
  return {
    name,
    description: description ?? "",
    inputType: csvTypeName(source.type),
    slates: toBoolean(slatesEnabled),
    urlA: source.urlA ?? "",
    urlB: source.urlB ?? "",
    ...(source.failover && {
      recoveryInterval: String(source.failover.recoveryIntervalSeconds),
      errorThreshold: toDecimal(source.failover.errorThresholdPercent),
    }),
    ...(isPush && { customStreamKey: source.customStreamKey ?? "" }),
    ...(source.type === "HLS_PULL" && { hlsScte35: toBoolean(source.hlsScte35PassthroughEnabled) }),
    ...(source.type === "SRT_PUSH" && {
      srtEncryption: toBoolean(source.srtEncryptionEnabled),
      srtPassphrase: source.srtPassphrase ?? "",
    }),
  };
}

function playbackCells(playback: CsvPlayback): Cells {
  const { type } = playback;
  return {
    outputName: playback.name,
    outputType: csvTypeName(type),
    templateName: playback.templateName,
    outputUrls: playback.urls.join(" "),
    ...(type === "HTTP" && { hls: toBoolean(playback.hlsEnabled), dash: toBoolean(playback.dashEnabled) }),
    ...(OUTPUT_TYPE_FACTS[type].supportsService && {
      serviceProvider: playback.serviceProvider ?? "",
      programNumber: playback.programNumber === null ? "" : String(playback.programNumber),
    }),
    ...(type === "FILE" && {
      format: playback.fileFormat?.toLowerCase() ?? "",
      maxFileDuration: playback.maxFileDurationSeconds === null ? "" : String(playback.maxFileDurationSeconds),
    }),
  };
}

function toBoolean(value: boolean): string {
  return value ? "TRUE" : "FALSE";
}

/** In digits with a point, never in the exponent form that an import refuses. */
function toDecimal(value: number | null): string {
  return value === null ? "" : String(value);
}
