import { UserErrorCode, type UserError } from "../shared/user-error.ts";
import type { CellProblem } from "./csv.cells.ts";
import { OutputType } from "../playbacks/playback.rules.ts";
import { InputType } from "../sessions/session.rules.ts";
import { csvTypeName, type CsvColumnKey } from "./csv.columns.ts";
import { CsvImportErrorCode } from "./csv.error.ts";

/** Which column holds what a path of a session input names. */
const COLUMN_OF_FIELD: Readonly<Record<string, CsvColumnKey>> = {
  name: "name",
  description: "description",
  urlA: "urlA",
  urlB: "urlB",
  failover: "recoveryInterval",
  recoveryIntervalSeconds: "recoveryInterval",
  errorThresholdPercent: "errorThreshold",
  customStreamKey: "customStreamKey",
  srtEncryptionEnabled: "srtEncryption",
  srtPassphrase: "srtPassphrase",
  hlsScte35PassthroughEnabled: "hlsScte35",
  slatesEnabled: "slates",
  type: "outputType",
  templateId: "templateName",
  urls: "outputUrls",
  hlsEnabled: "hls",
  dashEnabled: "dash",
  serviceProvider: "serviceProvider",
  programNumber: "programNumber",
  fileFormat: "format",
  maxFileDurationSeconds: "maxFileDuration",
};

const URL_COLUMNS: readonly CsvColumnKey[] = ["urlA", "urlB", "outputUrls"];

const CODE_OF_CODE: Partial<Readonly<Record<UserErrorCode, CsvImportErrorCode>>> = {
  REQUIRED: CsvImportErrorCode.REQUIRED,
  NOT_APPLICABLE: CsvImportErrorCode.NOT_APPLICABLE,
  FAILOVER_NOT_SUPPORTED: CsvImportErrorCode.NOT_APPLICABLE,
  URL_COUNT: CsvImportErrorCode.URL_COUNT,
  URL_NOT_ALLOWED: CsvImportErrorCode.URL_NOT_ALLOWED,
  NOT_FOUND: CsvImportErrorCode.TEMPLATE_NOT_FOUND,
};

/** An error of a session's rules, told where a row has the value. */
export function toCellProblem(error: UserError): { readonly key: CsvColumnKey; readonly cellProblem: CellProblem } {
  const fields = error.path.filter((step) => !/^\d+$/.test(step));
  const field = fields.findLast((step) => Object.hasOwn(COLUMN_OF_FIELD, step)) ?? "name";
  const key = COLUMN_OF_FIELD[field] ?? "name";
  const isUrl = URL_COLUMNS.includes(key) && error.code === UserErrorCode.INVALID_VALUE;
  const code = isUrl ? CsvImportErrorCode.INVALID_URL : (CODE_OF_CODE[error.code] ?? CsvImportErrorCode.INVALID_VALUE);
  return { key, cellProblem: { code, message: `${urlNumber(error.path)}${inFileSpelling(error.message)}`, isSentence: true } };
}

const TYPE_NAMES = new Map([...Object.values(InputType), ...Object.values(OutputType)].map((type) => [type as string, csvTypeName(type)]));

/** Types as a file spells them, so that what a message names can be looked for in its cells. */
function inFileSpelling(message: string): string {
  return message.replace(/\b[A-Z][A-Z0-9_]+(?= (?:input|output))/g, (word) => TYPE_NAMES.get(word) ?? word);
}

/** Which of several URLs is meant; the first one goes without saying. */
function urlNumber(path: readonly string[]): string {
  const number = Number(path[path.lastIndexOf("urls") + 1]);
  return path.includes("urls") && number > 0 ? `URL ${number + 1}: ` : "";
}
