import { createHash } from "node:crypto";
import { createVault, type Vault } from "../access/vault.ts";
import type { CopyText } from "../database/copy-text.ts";
import { COPY_PARTS, type CopyStep } from "../sessions/copy-sessions.ts";
import type { SessionDraft } from "../sessions/session.draft.ts";
import { newSessionPlace, prepareSession, type PreparedSession, type SessionPlace } from "../sessions/session.prepare.ts";
import { toSessionCopy, type SessionOrigin } from "../sessions/session.rows.ts";
import type { ValidationFacts } from "../sessions/session.validation.ts";
import { ImportOutcome, type ImportMode } from "../sessions/session.rules.ts";
import { required } from "../shared/assert.ts";
import { nameKey } from "../shared/name.ts";
import type { TemplateFacts } from "../templates/template.rules.ts";
import { parseName } from "./csv.cells.ts";
import type { CsvHeader } from "./csv.header.ts";
import type { CsvRecord } from "./csv.read.ts";
import { openImportFile, type ImportFile } from "./csv.import-file.ts";
import { checkNames } from "./csv.names.ts";
import { countRows, rejectedImport, type CsvImportCounts, type CsvImportResult, type ImportedSession } from "./csv.result.ts";
import { checkRow, csvFacts, type CheckedRow, type CsvFacts } from "./csv.rules.ts";
import { readStoredLines, type StoredSession } from "../sessions/stored-session.ts";
import { toUpdateRows, type SessionUpdate, type UpdateRows } from "../sessions/session.update-rows.ts";
import { checkUpsert, type UpsertedRow } from "./csv.upsert.ts";

/** What rows are checked against, in a form that can be sent to a thread. */
export interface JobFacts extends Omit<ValidationFacts, "templates"> {
  readonly templates: readonly TemplateFacts[];
  /** Where new sessions are put. */
  readonly region: string;
}

export interface JobOrder {
  readonly facts: JobFacts;
  readonly dryRun: boolean;
  /** UPSERT matches rows with sessions by their names; CREATE refuses names that are there. */
  readonly mode: ImportMode;
  /** Which argument the file came in. */
  readonly field: "csv" | "file";
}

/** A checked file, before anybody looked which names are taken. */
export interface JobCheck {
  /** Set when the file cannot be read at all. */
  readonly rejected: CsvImportResult | null;
  readonly counts: CsvImportCounts;
  /** The keys of the rows' names as a JSON array. */
  readonly nameKeys: string;
  /** Of the file's bytes, in hex. */
  readonly digest: string;
  /** The names of the rows, by their order. */
  readonly names: readonly string[];
  readonly rows: readonly number[];
}

/** What the database told about the names. */
export interface JobFindings {
  /** Keys of names that sessions have, for CREATE. */
  readonly taken: readonly string[];
  /** The sessions of these names, for UPSERT, as `selectCsvLines` has them. */
  readonly existing: readonly string[];
  /** The installation's key, to open and seal secrets with. */
  readonly secretKey: Uint8Array;
  readonly origin: SessionOrigin;
}

export type JobResult =
  | { readonly rejected: CsvImportResult; readonly sessions?: never; readonly createdCount?: never; readonly updated?: never }
  | {
      readonly rejected?: never;
      readonly sessions: PackedSessions;
      readonly createdCount: number;
      readonly updated: UpdateRows;
    };

/**
 * What became of each row, packed: a thread hands over two texts in a moment, and tens of thousands of objects in many. No name is in
 * it, so that it may be kept under an idempotency key: whoever asks again with the same key has sent the same file.
 */
export interface PackedSessions {
  /** By the order of the rows, separated by commas; empty in a dry run. */
  readonly ids: string;
  readonly streamIds: string;
  /** Rows that met a session, by their place; every other one is new. */
  readonly matched: readonly (readonly [place: number, outcome: ImportOutcome, changed: readonly string[]])[];
}

export function unpackSessions({ ids, streamIds, matched }: PackedSessions, { rows, names }: JobCheck): readonly ImportedSession[] {
  const idOf = ids.split(",");
  const streamIdOf = streamIds.split(",");
  const found = new Map(matched.map(([place, ...what]) => [place, what]));
  return rows.map((row, place) => {
    const [outcome = ImportOutcome.CREATED, changed = []] = found.get(place) ?? [];
    return { row, name: names[place] ?? "", id: idOf[place] || null, streamId: streamIdOf[place] || null, outcome, changed };
  });
}

/** The sessions that were created or changed. */
export function writtenIds({ ids, matched }: PackedSessions): readonly string[] {
  const unchanged = new Set(matched.flatMap(([place, outcome]) => (outcome === ImportOutcome.UNCHANGED ? [place] : [])));
  return ids.split(",").filter((id, place) => id !== "" && !unchanged.has(place));
}

function packSessions(sessions: readonly ImportedSession[]): PackedSessions {
  return {
    ids: sessions.map(({ id }) => id ?? "").join(","),
    streamIds: sessions.map(({ streamId }) => streamId ?? "").join(","),
    matched: sessions.flatMap(({ outcome, changed }, place) =>
      outcome === ImportOutcome.CREATED ? [] : [[place, outcome, changed] as const],
    ),
  };
}

/** One import, all of it but the database: it runs in a thread, or right here when it is small. The calls come in this order. */
export interface ImportJob {
  /** Takes bytes of the file; false when it is refused already. */
  readonly push: (bytes: Uint8Array) => boolean;
  /** Checks the whole file; again when the facts have changed. */
  readonly check: (order: JobOrder) => JobCheck;
  readonly finish: (findings: JobFindings) => JobResult;
  /** The rows of the new sessions, step by step in their order; after the last of them the job is empty. */
  readonly take: (step: CopyStep) => CopyText;
}

export function createImportJob(): ImportJob {
  const reader = openImportFile();
  const hash = createHash("sha256");
  let file: ImportFile | null = null;
  let digest = "";
  let created: readonly NewSession[] = [];
  let prepared: readonly PreparedSession[] = [];
  let writing: { readonly vault: Vault; readonly origin: SessionOrigin } | null = null;
  let checked: { readonly order: JobOrder; readonly rows: readonly CheckedRow[]; readonly facts: CsvFacts } | null = null;

  function readFile(): ImportFile {
    if (file) return file;
    digest = hash.digest("hex");
    return (file = reader.end());
  }

  return {
    push(bytes) {
      hash.update(bytes);
      return reader.push(bytes);
    },
    check(order) {
      const read = readFile();
      const isLost = read.errors.length > 0 && !read.isReadable;
      const facts = toCsvFacts(order.facts);
      // What a row of an UPSERT says depends on the session of its name, which nobody has looked for yet.
      const check = order.mode === "CREATE" ? checkRow : readName;
      const rows = isLost ? [] : read.rows.map((record) => check(record, read.header, facts));
      checked = { order, rows, facts };
      return {
        rejected: isLost ? rejectedImport(read, order, read.errors) : null,
        counts: countRows(read, order.dryRun),
        nameKeys: JSON.stringify([...new Set(rows.flatMap(({ name }) => (name === null ? [] : nameKey(name))))]),
        digest,
        names: rows.map(({ name }) => name ?? ""),
        rows: rows.map(({ record }) => record.row),
      };
    },
    finish({ taken, existing, secretKey, origin }) {
      if (!checked) throw new Error("An import is checked before it is finished.");
      const read = readFile();
      const { order, facts } = checked;
      const vault = createVault(Buffer.from(secretKey));
      writing = { vault, origin };
      const stored = new Map(readStoredLines(existing, vault).map((session) => [nameKey(session.session.name), session]));
      const matched = order.mode === "CREATE" ? checked.rows : checked.rows.map((row) => matchRow(row, { read, stored, facts }));
      const rows = checkNames(matched, read.header, new Set(taken));
      const errors = [...read.errors, ...rows.flatMap((row) => row.errors)];
      if (errors.length > 0) return { rejected: rejectedImport(read, order, errors) };
      const accepted = accept(rows, order.dryRun, vault);
      // In the order of the names, so that two imports of the same names cannot wait for one another in a circle.
      created = accepted.created.toSorted((one, other) => (one.nameKey < other.nameKey ? -1 : 1));
      checked = { ...checked, rows: [] };
      return accepted.result;
    },
    take({ part, table }) {
      const given = required(writing, "what rows are made with");
      if (table === "sessions") prepared = partOf(created, part).map(({ draft, place }) => prepareSession(given, draft, place));
      const rows = toSessionCopy(prepared, table, given.origin);
      if (table === "changes") prepared = [];
      if (table === "changes" && part === COPY_PARTS - 1) created = [];
      return rows;
    },
  };
}

/** A session that is to be written. */
interface NewSession {
  readonly draft: SessionDraft;
  readonly place: SessionPlace;
  readonly nameKey: string;
}

function partOf<T>(items: readonly T[], part: number): readonly T[] {
  const size = Math.ceil(items.length / COPY_PARTS);
  return items.slice(part * size, (part + 1) * size);
}

/** Only the name of a row, for those of an UPSERT. */
function readName(record: CsvRecord, header: CsvHeader): CheckedRow {
  const cell = record.cells[header.positions.get("name") ?? -1] ?? "";
  return { record, name: parseName(cell).value ?? null, draft: null, errors: [] };
}

interface Matching {
  readonly read: ImportFile;
  readonly stored: ReadonlyMap<string, StoredSession>;
  readonly facts: CsvFacts;
}

function matchRow({ record, name }: CheckedRow, { read, stored, facts }: Matching): CheckedRow | MatchedRow {
  const existing = name === null ? undefined : stored.get(nameKey(name));
  const isWhole = record.cells.length === read.header.width;
  if (!existing || !isWhole) return checkRow(record, read.header, facts);
  return { ...checkUpsert(record, read.header, existing, facts), existing };
}

type MatchedRow = UpsertedRow & { readonly existing: StoredSession };

function accept(
  rows: readonly (CheckedRow | MatchedRow)[],
  dryRun: boolean,
  vault: Vault,
): { readonly created: readonly NewSession[]; readonly result: JobResult } {
  const created: NewSession[] = [];
  const updates: SessionUpdate[] = [];
  const sessions = rows.map((checked): ImportedSession => {
    const { record, name, draft } = checked;
    const row = { row: record.row, name: name ?? "" };
    if (!draft) throw new Error("A row without errors has a draft.");
    if ("existing" in checked) {
      const { existing, changed } = checked;
      if (changed.length > 0) updates.push({ existing, draft, playbackIds: existing.playbackIds });
      const place = dryRun ? { id: null, streamId: null } : { id: existing.id, streamId: existing.state.streamId };
      return { ...row, ...place, outcome: changed.length > 0 ? ImportOutcome.UPDATED : ImportOutcome.UNCHANGED, changed };
    }
    const made = { ...row, outcome: ImportOutcome.CREATED, changed: [] };
    if (dryRun) return { ...made, id: null, streamId: null };
    const place = newSessionPlace();
    created.push({ draft, place, nameKey: nameKey(draft.name) });
    return { ...made, ...place };
  });
  return {
    created,
    result: { sessions: packSessions(sessions), createdCount: created.length, updated: toUpdateRows(dryRun ? [] : updates, vault) },
  };
}

export function toCsvFacts({ templates, region, ...facts }: JobFacts): CsvFacts {
  return csvFacts({ ...facts, templates: new Map(templates.map((template) => [template.id, template])) }, region);
}
