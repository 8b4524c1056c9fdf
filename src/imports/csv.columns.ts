import { OUTPUT_TYPE_FACTS, OutputType } from "../playbacks/playback.rules.ts";
import { INPUT_TYPE_FACTS, InputType } from "../sessions/session.rules.ts";

/** What a column is called inside; the header is what files say. */
export type CsvColumnKey =
  | "name"
  | "inputType"
  | "outputType"
  | "outputName"
  | "templateName"
  | "description"
  | "urlA"
  | "urlB"
  | "recoveryInterval"
  | "errorThreshold"
  | "customStreamKey"
  | "srtPassphrase"
  | "hlsScte35"
  | "slates"
  | "srtEncryption"
  | "hls"
  | "dash"
  | "serviceProvider"
  | "programNumber"
  | "format"
  | "maxFileDuration"
  | "outputUrls";

/** One column of the format: what validation, messages, the export and the documentation all read. */
export interface CsvColumn {
  readonly key: CsvColumnKey;
  /** As the export writes it; files may use any case, and blanks around it. */
  readonly header: string;
  readonly isRequired: boolean;
  /** For people: which sessions may fill it in. */
  readonly appliesTo: string;
  readonly description: string;
  readonly example: string | null;
  /** The input types that it applies to; null where the input does not matter. */
  readonly inputTypes: readonly InputType[] | null;
  /** The output types that it applies to; null where the output does not matter. */
  readonly outputTypes: readonly OutputType[] | null;
  /** TRUE or FALSE; FALSE counts as empty where the column does not apply. */
  readonly isBoolean: boolean;
  /** Never shown in an error, and exported on request alone. */
  readonly isSecret: boolean;
}

/** The column that marks rows to skip. It may stand anywhere. */
export const COMMENT_HEADER = "comment";

/** The column that our own error file adds. It is ignored, so that a mended file can be sent as it is. */
export const ERROR_HEADER = "error";

/** Input types that a file may name, spelled as in a file. */
export const CSV_INPUT_TYPES: readonly InputType[] = Object.values(InputType).filter((type) => INPUT_TYPE_FACTS[type].supportsCsv);

/** Output types that a file may name. */
export const CSV_OUTPUT_TYPES: readonly OutputType[] = Object.values(OutputType).filter((type) => OUTPUT_TYPE_FACTS[type].supportsCsv);

const PULL_INPUTS = CSV_INPUT_TYPES.filter((type) => !INPUT_TYPE_FACTS[type].isPush);
const PUSH_INPUTS = CSV_INPUT_TYPES.filter((type) => INPUT_TYPE_FACTS[type].isPush);
const FAILOVER_INPUTS = CSV_INPUT_TYPES.filter((type) => INPUT_TYPE_FACTS[type].supportsFailover);
const SERVICE_OUTPUTS = CSV_OUTPUT_TYPES.filter((type) => OUTPUT_TYPE_FACTS[type].supportsService);
const URL_OUTPUTS = CSV_OUTPUT_TYPES.filter((type) => OUTPUT_TYPE_FACTS[type].urlCount !== "NONE");

const DEFAULTS = { isRequired: false, example: null, inputTypes: null, outputTypes: null, isBoolean: false, isSecret: false } as const;

/** Every column that describes a session, in the order of the export. */
export const CSV_COLUMNS: readonly CsvColumn[] = [
  {
    ...DEFAULTS,
    key: "name",
    header: "name",
    isRequired: true,
    appliesTo: "any",
    description: "Session name. Not case sensitive, no duplicates.",
    example: "Channel 5",
  },
  {
    ...DEFAULTS,
    key: "inputType",
    header: "input_type",
    isRequired: true,
    appliesTo: "any",
    description: `One of ${CSV_INPUT_TYPES.map(csvTypeName).join(", ")}.`,
    example: "multicast_pull",
  },
  {
    ...DEFAULTS,
    key: "outputType",
    header: "output_type",
    isRequired: true,
    appliesTo: "any",
    description: `One of ${CSV_OUTPUT_TYPES.map(csvTypeName).join(", ")}.`,
    example: "http",
  },
  {
    ...DEFAULTS,
    key: "outputName",
    header: "output_name",
    isRequired: true,
    appliesTo: "any",
    description: "Playback (output) name.",
    example: "Main",
  },
  {
    ...DEFAULTS,
    key: "templateName",
    header: "template_name",
    isRequired: true,
    appliesTo: "any",
    description: "Name of an existing template. Not case sensitive.",
    example: "HD ladder",
  },
  {
    ...DEFAULTS,
    key: "description",
    header: "description",
    appliesTo: "any",
    description: "Optional session description.",
    example: "Channel 5 HD",
  },
  {
    ...DEFAULTS,
    key: "urlA",
    header: "input_urls-a",
    appliesTo: "user-defined inputs",
    description: "Primary input URL. Required for pull inputs, refused for push inputs.",
    example: "udp://239.1.0.134:5000",
    inputTypes: PULL_INPUTS,
  },
  {
    ...DEFAULTS,
    key: "urlB",
    header: "input_urls-b",
    appliesTo: "multicast_pull only",
    description: "Failover URL. Presence enables failover mode.",
    example: "udp://239.1.0.134:5001",
    inputTypes: FAILOVER_INPUTS,
  },
  {
    ...DEFAULTS,
    key: "recoveryInterval",
    header: "input_settings-failover_recovery_interval_seconds",
    appliesTo: "multicast_pull failover",
    description:
      "-1 remains on input B. 120 or more is the interval in seconds between attempts to go back to input A. Empty with failover: 120.",
    example: "120",
    inputTypes: FAILOVER_INPUTS,
  },
  {
    ...DEFAULTS,
    key: "errorThreshold",
    header: "input_settings-failover_error_threshold_percent",
    appliesTo: "multicast_pull failover",
    description: "Packets in error, in percent from 0.01 to 100.0, above which input B is taken. Empty: only when input A is gone.",
    example: "3.0",
    inputTypes: FAILOVER_INPUTS,
  },
  {
    ...DEFAULTS,
    key: "customStreamKey",
    header: "input_settings-custom_stream_key",
    appliesTo: "srt_push, rtmp_push",
    description: "Custom stream key. Empty: one is generated.",
    example: "myStreamKey",
    inputTypes: PUSH_INPUTS,
    isSecret: true,
  },
  {
    ...DEFAULTS,
    key: "srtPassphrase",
    header: "input_settings-srt_passphrase",
    appliesTo: "srt_push with encryption",
    description: "SRT passphrase of 10 to 79 characters. Empty with encryption: one is generated.",
    inputTypes: [InputType.SRT_PUSH],
    isSecret: true,
  },
  {
    ...DEFAULTS,
    key: "hlsScte35",
    header: "input_settings-enable_hls_scte35_passthrough",
    appliesTo: "hls_pull",
    description: "TRUE to pass SCTE-35 cue tags of the input on.",
    example: "TRUE",
    inputTypes: [InputType.HLS_PULL],
    isBoolean: true,
  },
  {
    ...DEFAULTS,
    key: "slates",
    header: "input_settings-enable_slates",
    appliesTo: "any",
    description: "TRUE to enable slates.",
    example: "TRUE",
    isBoolean: true,
  },
  {
    ...DEFAULTS,
    key: "srtEncryption",
    header: "input_settings-enable_srt_encryption",
    appliesTo: "srt_push",
    description: "TRUE to enable encryption.",
    example: "TRUE",
    inputTypes: [InputType.SRT_PUSH],
    isBoolean: true,
  },
  {
    ...DEFAULTS,
    key: "hls",
    header: "output_settings-enable_hls",
    appliesTo: "http output",
    description: "TRUE to enable HLS. HTTP output needs HLS or DASH.",
    example: "TRUE",
    outputTypes: [OutputType.HTTP],
    isBoolean: true,
  },
  {
    ...DEFAULTS,
    key: "dash",
    header: "output_settings-enable_dash",
    appliesTo: "http output",
    description: "TRUE to enable DASH. HTTP output needs HLS or DASH.",
    example: "TRUE",
    outputTypes: [OutputType.HTTP],
    isBoolean: true,
  },
  {
    ...DEFAULTS,
    key: "serviceProvider",
    header: "output_settings-service_provider",
    appliesTo: "multicast, srt_push",
    description: "MPEG-TS service provider name.",
    example: "NETINT",
    outputTypes: SERVICE_OUTPUTS,
  },
  {
    ...DEFAULTS,
    key: "programNumber",
    header: "output_settings-program_number",
    appliesTo: "multicast, srt_push",
    description: "MPEG-TS program number, 1 to 65535.",
    example: "259",
    outputTypes: SERVICE_OUTPUTS,
  },
  {
    ...DEFAULTS,
    key: "format",
    header: "output_settings-format",
    appliesTo: "file output",
    description: "mkv or mp4. Required for file outputs.",
    example: "mkv",
    outputTypes: [OutputType.FILE],
  },
  {
    ...DEFAULTS,
    key: "maxFileDuration",
    header: "output_settings-max_file_duration_seconds",
    appliesTo: "file output",
    description: "Multiple of 300 from 300 to 43200, after which a new file is begun. Empty: one file.",
    example: "300",
    outputTypes: [OutputType.FILE],
  },
  {
    ...DEFAULTS,
    key: "outputUrls",
    header: "output_urls",
    appliesTo: "non-HTTP outputs",
    description:
      "One URL for each rendition of the template, separated by whitespace. For file output, the file path. For cmaf_push, one base URL.",
    example: "udp://239.1.10.134:5001 udp://239.1.20.134:5001",
    outputTypes: URL_OUTPUTS,
  },
];

/** A column as forms and help show it. */
export type CsvColumnHelp = Omit<CsvColumn, "key" | "isBoolean" | "isSecret">;

/** Every column that a file may have, in the order of the export. */
export const CSV_COLUMN_HELP: readonly CsvColumnHelp[] = [
  {
    ...DEFAULTS,
    header: COMMENT_HEADER,
    appliesTo: "any",
    description: "Empty for a session. A row whose comment begins with Comment is skipped, whatever else stands in it.",
    example: "Comment - not ready yet",
  },
  ...CSV_COLUMNS,
];

const COLUMN_BY_KEY = new Map(CSV_COLUMNS.map((column) => [column.key, column]));

/** The column of a key. */
export function csvColumn(key: CsvColumnKey): CsvColumn {
  const column = COLUMN_BY_KEY.get(key);
  if (column === undefined) throw new Error(`No CSV column ${key}`);
  return column;
}

/** An input or output type as files spell it. */
export function csvTypeName(type: InputType | OutputType): string {
  return type === OutputType.MEDIAPACKAGE_V2 ? "mediapackagev2" : type.toLowerCase();
}
