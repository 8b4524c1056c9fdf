import type { SessionDraft } from "../sessions/session.draft.ts";
import type { PlaybackCandidate, SessionCandidate, SourceCandidate } from "../sessions/session.input.ts";
import {
  errorThresholdPercent,
  FILE_DURATION_SECONDS,
  maxFileDurationSeconds,
  programNumber,
  recoveryIntervalSeconds,
  serviceProviderText,
  srtPassphraseText,
  streamKeyText,
} from "../sessions/session.input.ts";
import { SECRET_MASK } from "../sessions/secret.rules.ts";
import { INPUT_TYPE_FACTS, type InputType } from "../sessions/session.rules.ts";
import {
  DEFAULT_RECOVERY_INTERVAL_SECONDS,
  validateSession,
  validateSource,
  type ValidationFacts,
} from "../sessions/session.validation.ts";
import { validatePlayback } from "../playbacks/playback.validation.ts";
import { OUTPUT_TYPE_FACTS, type OutputType } from "../playbacks/playback.rules.ts";
import { nameKey } from "../shared/name.ts";
import { descriptionText } from "../shared/text.schema.ts";
import type { UserError } from "../shared/user-error.ts";
import type { TemplateFacts } from "../templates/template.rules.ts";
import { parseBoolean, parseDecimal, parseInteger, parseName, parseText, problem, type ParsedCell } from "./csv.cells.ts";
import { CSV_COLUMNS, csvTypeName, type CsvColumn, type CsvColumnKey } from "./csv.columns.ts";
import { CsvImportErrorCode, type CsvImportError } from "./csv.error.ts";
import type { CsvHeader } from "./csv.header.ts";
import { toCellProblem } from "./csv.mapping.ts";
import { createSuggester } from "./csv.nearest.ts";
import type { CsvRecord } from "./csv.read.ts";
import { openRow, type CsvRow } from "./csv.row.ts";
import { parseFileFormat, parseInputType, parseOutputType } from "./csv.types.ts";

/** What rows are checked against besides themselves. */
export interface CsvFacts extends ValidationFacts {
  readonly templatesByNameKey: ReadonlyMap<string, TemplateFacts>;
  /** The template that a wrong name was probably meant for. */
  readonly nearestTemplate: (name: string) => string | null;
  /** Where the sessions are put: the format has no column for it. */
  readonly region: string;
}

/** A row that was checked by itself; its name is still to be held against the others. */
export interface CheckedRow {
  readonly record: CsvRecord;
  /** In its normal form; null when it is not a name at all. */
  readonly name: string | null;
  /** What the name is compared by; null with it. */
  readonly nameKey: string | null;
  /** Null when there are errors. */
  readonly draft: SessionDraft | null;
  /** All wrong cells, in the order of the columns. */
  readonly errors: readonly CsvImportError[];
}

/** Stands for a template that is not known, so that the rest of its row can still be checked. */
const UNKNOWN_TEMPLATE_ID = "";

export function csvFacts(facts: ValidationFacts, region: string): CsvFacts {
  const templates = [...facts.templates.values()];
  return {
    ...facts,
    region,
    templatesByNameKey: new Map(templates.map((template) => [template.nameKey, template])),
    nearestTemplate: createSuggester(templates.map((template) => template.name)),
  };
}

/** Checks one row of cells: gives the session that it describes, or every reason why it describes none. */
export function checkRow(record: CsvRecord, header: CsvHeader, facts: CsvFacts): CheckedRow {
  if (record.cells.length !== header.width) return { record, name: null, nameKey: null, draft: null, errors: [raggedRow(record, header)] };
  const row = openRow(record, header);
  const parsed = parseRow(row, facts);
  const { name } = parsed;
  const key = name === null ? null : nameKey(name);
  if (row.errors().length === 0 && parsed.inputType && parsed.outputType) {
    const result = validateSession(toCandidate(parsed, facts.region), facts);
    if (result.draft) return { record, name, nameKey: key, draft: result.draft, errors: [] };
    noteErrors(row, result.errors);
  } else {
    checkWhatIsKnown(row, parsed, facts);
  }
  return { record, name, nameKey: key, draft: null, errors: row.errors() };
}

/** Everything that a row says, each value null where its cell is empty or wrong. */
interface ParsedRow {
  readonly name: string | null;
  readonly description: string | null;
  readonly inputType: InputType | null;
  readonly outputType: OutputType | null;
  readonly slates: boolean;
  readonly source: Omit<SourceCandidate, "type">;
  readonly playback: Omit<PlaybackCandidate, "type" | "name">;
  readonly outputName: string | null;
}

function parseRow(row: CsvRow, facts: CsvFacts): ParsedRow {
  const inputType = required(row, "inputType", parseInputType);
  const outputType = required(row, "outputType", parseOutputType);
  refuseMisplaced(row, inputType, outputType);
  const name = required(row, "name", parseName);
  const outputName = required(row, "outputName", parseName);
  const template = required(row, "templateName", (cell) => findTemplate(cell, facts));
  return {
    name,
    outputName,
    inputType,
    outputType,
    description: row.read("description", (cell) => parseText(cell, descriptionText)),
    slates: readBoolean(row, "slates"),
    source: parseSource(row, inputType),
    playback: { ...parsePlayback(row, outputType), templateId: template?.id ?? UNKNOWN_TEMPLATE_ID },
  };
}

function parseSource(row: CsvRow, inputType: InputType | null): ParsedRow["source"] {
  const interval = row.read("recoveryInterval", (cell) => parseInteger(cell, recoveryIntervalSeconds));
  const threshold = row.read("errorThreshold", (cell) => parseDecimal(cell, errorThresholdPercent));
  if (inputType && !INPUT_TYPE_FACTS[inputType].isPush) requireCell(row, "urlA", `is required for ${csvTypeName(inputType)} input`);
  return {
    urlA: row.read("urlA", parseUrl),
    urlB: row.read("urlB", parseUrl),
    failover:
      interval === null && threshold === null
        ? null
        : { recoveryIntervalSeconds: interval ?? DEFAULT_RECOVERY_INTERVAL_SECONDS, errorThresholdPercent: threshold },
    customStreamKey: row.read("customStreamKey", (cell) => parseText(cell.trim(), streamKeyText)),
    srtEncryptionEnabled: readBoolean(row, "srtEncryption"),
    srtPassphrase: row.read("srtPassphrase", (cell) => parseText(cell, srtPassphraseText)),
    hlsScte35PassthroughEnabled: readBoolean(row, "hlsScte35"),
  };
}

function parsePlayback(row: CsvRow, outputType: OutputType | null): Omit<ParsedRow["playback"], "templateId"> {
  const hlsEnabled = readBoolean(row, "hls");
  const dashEnabled = readBoolean(row, "dash");
  if (outputType === "HTTP" && !hlsEnabled && !dashEnabled) {
    const message = "must be TRUE when output_settings-enable_dash is not: http output needs HLS or DASH";
    row.refuse("hls", { code: CsvImportErrorCode.REQUIRED, message });
  }
  if (outputType === "FILE") requireCell(row, "format", "is required for file output: mkv or mp4");
  if (outputType && OUTPUT_TYPE_FACTS[outputType].urlCount !== "NONE") {
    requireCell(row, "outputUrls", `is required for ${csvTypeName(outputType)} output`);
  }
  return {
    hlsEnabled,
    dashEnabled,
    serviceProvider: row.read("serviceProvider", (cell) => parseText(cell, serviceProviderText)),
    programNumber: row.read("programNumber", (cell) => parseInteger(cell, programNumber)),
    fileFormat: row.read("format", parseFileFormat),
    maxFileDurationSeconds: row.read("maxFileDuration", parseFileDuration),
    urls: row.read("outputUrls", (cell) => parseUrls(cell, outputType)) ?? [],
  };
}

/** Notes the cells that the types of the row leave no place for. Where a type is wrong itself, nothing follows from it. */
function refuseMisplaced(row: CsvRow, inputType: InputType | null, outputType: OutputType | null): void {
  for (const column of row.columns) {
    const cell = row.cell(column.key);
    if (cell === "") continue;
    const reason = misplacement(row, column, { inputType, outputType });
    if (reason === null) continue;
    row.ignore(column.key);
    // FALSE says the same as an empty cell, and spreadsheets fill whole columns with it.
    const saysNothing = cell.trim() === "" || (column.isBoolean && parseBoolean(cell).value === false);
    if (!saysNothing) row.refuse(column.key, { code: CsvImportErrorCode.NOT_APPLICABLE, message: reason });
  }
}

function misplacement(
  row: CsvRow,
  { key, inputTypes, outputTypes, appliesTo }: CsvColumn,
  { inputType, outputType }: { readonly inputType: InputType | null; readonly outputType: OutputType | null },
): string | null {
  if (inputType && inputTypes && !inputTypes.includes(inputType)) {
    return `must be empty for ${csvTypeName(inputType)} input: it applies to ${appliesTo}`;
  }
  if (outputType && outputTypes && !outputTypes.includes(outputType)) {
    return `must be empty for ${csvTypeName(outputType)} output: it applies to ${appliesTo}`;
  }
  if (!inputType) return null;
  if ((key === "recoveryInterval" || key === "errorThreshold") && row.cell("urlB").trim() === "") {
    return "must be empty without a failover URL in input_urls-b";
  }
  if (key === "srtPassphrase" && (row.cell("srtEncryption").trim() === "" || parseBoolean(row.cell("srtEncryption")).value === false)) {
    return "must be empty unless input_settings-enable_srt_encryption is TRUE";
  }
  return null;
}

/** The rules of the input and of the output by themselves, for a row that is wrong already and is to be told everything. */
function checkWhatIsKnown(row: CsvRow, parsed: ParsedRow, facts: CsvFacts): void {
  if (parsed.inputType) noteErrors(row, validateSource({ ...parsed.source, type: parsed.inputType }, facts.network).errors);
  if (!parsed.outputType) return;
  const candidate = { ...parsed.playback, name: parsed.outputName ?? "", type: parsed.outputType };
  noteErrors(row, validatePlayback(candidate, withUnknownTemplate(facts, parsed.playback)).errors);
}

/** A template that is not known takes as many URLs as were given. */
function withUnknownTemplate(facts: CsvFacts, { templateId, urls }: ParsedRow["playback"]): ValidationFacts {
  if (templateId !== UNKNOWN_TEMPLATE_ID) return facts;
  const renditions = (urls ?? []).map((_, index) => ({ id: "", name: String(index), isPassthrough: true as const }));
  const unknown = { id: UNKNOWN_TEMPLATE_ID, name: "", nameKey: "", isDefault: false, version: 1, renditions };
  return { ...facts, templates: new Map([[UNKNOWN_TEMPLATE_ID, unknown]]) };
}

/** Tells errors of the session's rules where the row has the values; a cell that is refused already is not refused again. */
function noteErrors(row: CsvRow, errors: readonly UserError[] | undefined): void {
  const refusedBefore = new Set(CSV_COLUMNS.map((column) => column.key).filter((key) => row.isRefused(key)));
  for (const error of errors ?? []) {
    const { key, cellProblem } = toCellProblem(error);
    if (!refusedBefore.has(key)) row.refuse(key, cellProblem);
  }
}

function toCandidate(parsed: ParsedRow, region: string): SessionCandidate {
  const { inputType, outputType } = parsed;
  if (!inputType || !outputType) throw new Error("A row without types has no candidate");
  return {
    name: parsed.name ?? "",
    description: parsed.description,
    region,
    source: { ...parsed.source, type: inputType },
    slatesEnabled: parsed.slates,
    playbacks: [{ ...parsed.playback, name: parsed.outputName ?? "", type: outputType }],
  };
}

function required<T>(row: CsvRow, key: CsvColumnKey, parse: (cell: string) => ParsedCell<T>): T | null {
  requireCell(row, key, "must not be empty");
  return row.read(key, parse);
}

function requireCell(row: CsvRow, key: CsvColumnKey, message: string): void {
  if (row.cell(key).trim() === "") row.refuse(key, { code: CsvImportErrorCode.REQUIRED, message });
}

/** A boolean that cannot be read counts as TRUE for the rest of the row, so that no second error follows from it. */
function readBoolean(row: CsvRow, key: CsvColumnKey): boolean {
  const value = row.read(key, parseBoolean);
  return value ?? (row.isRefused(key) && parseBoolean(row.cell(key)).problem !== undefined);
}

function findTemplate(cell: string, facts: CsvFacts): ParsedCell<TemplateFacts> {
  const template = facts.templatesByNameKey.get(nameKey(cell));
  if (template) return { value: template };
  const suggestion = facts.nearestTemplate(cell.trim());
  const hint = suggestion === null ? "" : `; did you mean ${suggestion}?`;
  return problem(CsvImportErrorCode.TEMPLATE_NOT_FOUND, `must be the name of a template, and there is none of this name${hint}`);
}

function parseFileDuration(cell: string): ParsedCell<number> {
  const parsed = parseInteger(cell, maxFileDurationSeconds);
  const seconds = Number(cell);
  const { least, most } = FILE_DURATION_SECONDS;
  if (parsed.problem?.code !== CsvImportErrorCode.OUT_OF_RANGE || seconds < least || seconds > most) return parsed;
  return problem(CsvImportErrorCode.NOT_A_MULTIPLE, parsed.problem.message);
}

function parseUrl(cell: string): ParsedCell<string> {
  const url = cell.trim();
  return url.includes(SECRET_MASK) ? maskedUrl() : { value: url };
}

/** A file's path is one path and is never split; other outputs take URLs, which hold no blanks. */
function parseUrls(cell: string, outputType: OutputType | null): ParsedCell<string[]> {
  if (outputType === "FILE") return { value: [cell.trim()] };
  return cell.includes(SECRET_MASK) ? maskedUrl() : { value: cell.trim().split(/\s+/) };
}

function maskedUrl() {
  const message = "holds a URL whose secret was left out by the export; put the secret in its place, or export with secrets";
  return problem(CsvImportErrorCode.INVALID_URL, message);
}

function raggedRow(record: CsvRecord, header: CsvHeader): CsvImportError {
  const { length } = record.cells;
  const message = `The row has ${length} ${length === 1 ? "cell" : "cells"}, but the header has ${header.width}.`;
  return { row: record.row, column: null, value: null, message, code: CsvImportErrorCode.MALFORMED };
}
