import { mergeMaskedUrl, type UrlRole } from "../network/mask.ts";
import { SECRET_MASK } from "../sessions/secret.rules.ts";
import type { SessionDraft } from "../sessions/session.draft.ts";
import { decideEdit } from "../sessions/session.transitions.ts";
import { parseBoolean, type CellProblem } from "./csv.cells.ts";
import { CSV_COLUMNS, csvColumn, csvTypeName, type CsvColumnKey } from "./csv.columns.ts";
import { CsvImportErrorCode } from "./csv.error.ts";
import { checkHeader, type CsvHeader } from "./csv.header.ts";
import type { CsvRecord } from "./csv.read.ts";
import { cellError, isEmptyCell } from "./csv.row.ts";
import { checkRow, type CheckedRow, type CsvFacts } from "./csv.rules.ts";
import { toCells, type CsvSession } from "./csv.session.ts";
import type { StoredSession } from "../sessions/stored-session.ts";

/** What a row makes of an existing session. */
export interface UpsertedRow extends CheckedRow {
  /** Headers of the columns that change, as the file spells them; empty when nothing does. */
  readonly changed: readonly string[];
}

const { header: WHOLE_HEADER } = checkHeader(CSV_COLUMNS.map((column) => column.header));
const POSITION = new Map(CSV_COLUMNS.map((column, position) => [column.key, position]));

/** Columns that may change while the session runs; the others are its input and its output. */
const ALWAYS_EDITABLE: ReadonlySet<CsvColumnKey> = new Set<CsvColumnKey>(["name", "description"]);

/** An empty cell leaves these as they are: an export without secrets has them empty. */
const KEPT_WHEN_EMPTY: ReadonlySet<CsvColumnKey> = new Set<CsvColumnKey>(["customStreamKey", "srtPassphrase"]);

const URL_ROLE: Partial<Readonly<Record<CsvColumnKey, UrlRole>>> = { urlA: "INPUT", urlB: "INPUT", outputUrls: "OUTPUT" };

/**
 * Checks a row against the session of its name: a column that the file does not have leaves its value as it is, an empty cell
 * clears it, an empty secret and a masked URL stay what they are. What comes out has to keep every rule of a new session.
 */
export function checkUpsert(record: CsvRecord, header: CsvHeader, existing: StoredSession, facts: CsvFacts): UpsertedRow {
  const before = toCells(existing.session);
  const merged = mergeCells(record, header, before);
  const checked = checkRow({ row: record.row, cells: merged }, WHOLE_HEADER, facts);
  const problems = new Map<CsvColumnKey, CellProblem>();
  for (const error of checked.errors) {
    const column = CSV_COLUMNS.find(({ header: name }) => name === error.column);
    if (column) problems.set(column.key, { code: error.code, message: error.message, isSentence: true });
  }
  refuseFixed(existing, { before, merged }, problems);
  const changedKeys = checked.draft ? findChanges(checked.draft, existing.session, before) : [];
  refuseBusy(existing, changedKeys, problems);
  const spell = (key: CsvColumnKey) => header.spellings[header.positions.get(key) ?? -1] ?? csvColumn(key).header;
  const draft = checked.draft && withoutColumns(checked.draft, existing.session);
  const order = (key: CsvColumnKey) => header.positions.get(key) ?? header.width + (POSITION.get(key) ?? 0);
  const errors = [...problems]
    .toSorted(([left], [right]) => order(left) - order(right))
    .map(([key, problem]) => cellError({ record, header, key, problem }));
  return {
    record,
    name: checked.name,
    nameKey: checked.nameKey,
    draft: errors.length > 0 ? null : draft,
    errors,
    changed: changedKeys.map(spell),
  };
}

/** What the format has no column for stays as it is. */
function withoutColumns(draft: SessionDraft, { externalId, labels, streamRemap }: CsvSession): SessionDraft {
  return { ...draft, externalId, labels, streamRemap };
}

/** The cells of the session as the row would have them, in the order of all columns. */
function mergeCells(record: CsvRecord, header: CsvHeader, before: readonly string[]): readonly string[] {
  const merged = CSV_COLUMNS.map(({ key }, index) => {
    const position = header.positions.get(key);
    const stored = before[index] ?? "";
    if (position === undefined) return stored;
    const given = record.cells[position] ?? "";
    if (KEPT_WHEN_EMPTY.has(key) && isEmptyCell(key, given)) return stored;
    const role = URL_ROLE[key];
    return role && given.includes(SECRET_MASK) ? mergeUrls(given, stored, role) : given;
  });
  return dropDependants(merged, (key) => !isEmptyCell(key, record.cells[header.positions.get(key) ?? -1] ?? ""));
}

/** Each masked URL is the stored one of its place; one that is not stays masked, which the check of the row refuses. */
function mergeUrls(given: string, stored: string, role: UrlRole): string {
  const storedUrls = stored.split(" ");
  return given
    .trim()
    .split(/\s+/)
    .map((url, index) => mergeMaskedUrl(url, storedUrls[index] ?? "", role) ?? url)
    .join(" ");
}

/** What was stored for something that the row takes away goes with it: nobody could clear a column that the file does not have. */
function dropDependants(cells: readonly string[], isGiven: (key: CsvColumnKey) => boolean): readonly string[] {
  const valueOf = (key: CsvColumnKey) => cells[POSITION.get(key) ?? -1] ?? "";
  const dependants: CsvColumnKey[] = valueOf("urlB").trim() === "" ? ["recoveryInterval", "errorThreshold"] : [];
  if (parseBoolean(valueOf("srtEncryption")).value !== true) dependants.push("srtPassphrase");
  const gone = new Set(dependants.filter((key) => !isGiven(key)));
  return gone.size === 0 ? cells : cells.map((cell, index) => (gone.has(CSV_COLUMNS[index]?.key ?? "name") ? "" : cell));
}

function refuseFixed(
  { session }: StoredSession,
  { before, merged }: { readonly before: readonly string[]; readonly merged: readonly string[] },
  problems: Map<CsvColumnKey, CellProblem>,
): void {
  const differs = (key: CsvColumnKey) => {
    const index = POSITION.get(key) ?? -1;
    return merged[index]?.trim().toLowerCase() !== before[index]?.toLowerCase();
  };
  if (differs("inputType") && !problems.has("inputType")) {
    const message = `must stay ${csvTypeName(session.source.type)}: the input type of a session can never change`;
    // Everything else that is wrong follows from the other type.
    problems.clear();
    problems.set("inputType", { code: CsvImportErrorCode.INPUT_TYPE_FIXED, message });
  }
  const [playback, another] = session.playbacks;
  if (!playback || another) {
    const count = playback ? "more than one playback" : "no playback";
    problems.set("outputType", {
      code: CsvImportErrorCode.INVALID_VALUE,
      message: `cannot be set by CSV: the session of this name has ${count}`,
    });
  } else if (differs("outputType") && !problems.has("outputType")) {
    const message = `must stay ${csvTypeName(playback.type)}: the type of an output can never change`;
    problems.set("outputType", { code: CsvImportErrorCode.INVALID_VALUE, message });
  }
}

/** The columns whose cells an export would write differently afterwards. */
function findChanges(draft: SessionDraft, session: CsvSession, before: readonly string[]): readonly CsvColumnKey[] {
  const templateName = session.playbacks[0]?.templateName ?? "";
  const isSameTemplate = draft.playbacks[0]?.templateId === session.playbacks[0]?.templateId;
  const playbacks = draft.playbacks.map((playback) => ({
    ...playback,
    templateName: isSameTemplate ? templateName : `not ${templateName}`,
  }));
  const after = toCells({ ...draft, playbacks });
  return CSV_COLUMNS.flatMap(({ key }, index) => (after[index] === before[index] ? [] : key));
}

function refuseBusy(existing: StoredSession, changed: readonly CsvColumnKey[], problems: Map<CsvColumnKey, CellProblem>): void {
  const { status, hasEvent: isOfEvent } = existing.state;
  const decision = decideEdit({ status, desiredStatus: existing.desiredStatus, playbackCount: 1, isOfEvent });
  if (decision.outcome === "ACCEPTED") return;
  const code = isOfEvent ? CsvImportErrorCode.INVALID_VALUE : CsvImportErrorCode.SESSION_NOT_STOPPED;
  for (const key of changed.filter((each) => isOfEvent || !ALWAYS_EDITABLE.has(each))) {
    problems.set(key, { code, message: decision.message, isSentence: true });
  }
}
