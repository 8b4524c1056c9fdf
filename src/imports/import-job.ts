import { createHash } from "node:crypto";
import { createVault, type Vault } from "../access/vault.ts";
import type { CopyText } from "../database/copy-text.ts";
import { COPY_PARTS, partOf, type CopyStep } from "../sessions/copy-sessions.ts";
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
import { countRows, rejectedImport, type CsvImportCounts, type CsvImportResult } from "./csv.result.ts";
import { checkRow, csvFacts, type CheckedRow, type CsvFacts } from "./csv.rules.ts";
import { readStoredLines, type StoredSession } from "../sessions/stored-session.ts";
import { toUpdateRows, type SessionUpdate, type UpdateRows } from "../sessions/session.update-rows.ts";
import { checkUpsert, type UpsertedRow } from "./csv.upsert.ts";
import type { PackedRows, PackedSessions } from "./packed-sessions.ts";

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
export interface JobCheck extends PackedRows {
  /** Set when the file cannot be read at all. */
  readonly rejected: CsvImportResult | null;
  readonly counts: CsvImportCounts;
  /** The keys of the rows' names as a JSON array. */
  readonly nameKeys: string;
  /** Of the file's bytes, in hex. */
  readonly digest: string;
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
      readonly updated: readonly UpdateRows[];
    };

/** One import, all of it but the database: it runs in a thread, or right here when it is small. The calls come in this order. */
export interface ImportJob {
  /** Takes bytes of the file; false when it is refused already. */
  readonly push: (bytes: Uint8Array) => boolean;
  /** Checks the whole file; again when the facts have changed. */
  readonly check: (order: JobOrder) => JobCheck;
  readonly finish: (findings: JobFindings) => JobResult;
  /** The rows of the new sessions, step by step in their order; what was taken is let go of. */
  readonly take: (step: CopyStep) => CopyText;
}

export function createImportJob(): ImportJob {
  const reader = openImportFile();
  const hash = createHash("sha256");
  let file: ImportFile | null = null;
  let digest = "";
  /** New sessions by the part that they are written in. */
  let parts: readonly (readonly NewSession[])[] = [];
  let prepared: readonly PreparedSession[] = [];
  let writing: { readonly vault: Vault; readonly origin: SessionOrigin } | null = null;
  /** The rows are let go of once they are accepted. */
  let checked: { readonly order: JobOrder; readonly rows: readonly CheckedRow[] | null; readonly facts: CsvFacts } | null = null;

  function readFile(): ImportFile {
    if (file) return file;
    digest = hash.digest("hex");
    return (file = reader.end());
  }

  function checkRows(mode: ImportMode, facts: CsvFacts): readonly CheckedRow[] {
    const { rows, header } = readFile();
    // What a row of an UPSERT says depends on the session of its name, which nobody has looked for yet.
    return rows.map((record) => (mode === "CREATE" ? checkRow(record, header, facts) : readName(record, header)));
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
      const rows = isLost ? [] : checkRows(order.mode, facts);
      checked = { order, rows, facts };
      return {
        rejected: isLost ? rejectedImport(read, order, read.errors) : null,
        counts: countRows(read, order.dryRun),
        nameKeys: JSON.stringify([...new Set(rows.flatMap(({ nameKey: key }) => key ?? []))]),
        digest,
        names: rows.map(({ name }) => name ?? "").join("\n"),
        rows: Uint32Array.from(rows, ({ record }) => record.row),
      };
    },
    finish({ taken, existing, secretKey, origin }) {
      const read = readFile();
      const { order, facts, rows: kept } = required(checked, "the check before the end of an import");
      // A transaction that met another one is begun anew, and asks once more.
      const given = kept ?? checkRows(order.mode, facts);
      const vault = createVault(Buffer.from(secretKey));
      writing = { vault, origin };
      const stored = new Map(readStoredLines(existing, vault).map((session) => [nameKey(session.session.name), session]));
      const matched = order.mode === "CREATE" ? given : given.map((row) => matchRow(row, { read, stored, facts }));
      const rows = checkNames(matched, read.header, new Set(taken));
      const errors = [...read.errors, ...rows.flatMap((row) => row.errors)];
      if (errors.length > 0) return { rejected: rejectedImport(read, order, errors) };
      const accepted = accept(rows, order.dryRun, vault);
      parts = Array.from({ length: COPY_PARTS }, (_, part) => partOf(accepted.created, part));
      checked = { order, facts, rows: null };
      return accepted.result;
    },
    take({ part, table }) {
      const given = required(writing, "what rows are made with");
      if (table === "sessions") prepared = (parts[part] ?? []).map(({ draft, place }) => prepareSession(given, draft, place));
      const rows = toSessionCopy(prepared, table, given.origin);
      if (table === "changes") {
        prepared = [];
        parts = parts.with(part, []);
      }
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

/** Only the name of a row, for those of an UPSERT. */
function readName(record: CsvRecord, header: CsvHeader): CheckedRow {
  const cell = record.cells[header.positions.get("name") ?? -1] ?? "";
  const name = parseName(cell).value ?? null;
  return { record, name, nameKey: name === null ? null : nameKey(name), draft: null, errors: [] };
}

interface Matching {
  readonly read: ImportFile;
  readonly stored: ReadonlyMap<string, StoredSession>;
  readonly facts: CsvFacts;
}

function matchRow({ record, nameKey: key }: CheckedRow, { read, stored, facts }: Matching): CheckedRow | MatchedRow {
  const existing = key === null ? undefined : stored.get(key);
  const isWhole = record.cells.length === read.header.width;
  if (!existing || !isWhole) return checkRow(record, read.header, facts);
  return { ...checkUpsert(record, read.header, existing, facts), existing };
}

type MatchedRow = UpsertedRow & { readonly existing: StoredSession };

interface Accepted {
  readonly created: readonly NewSession[];
  readonly result: JobResult;
}

function accept(rows: readonly (CheckedRow | MatchedRow)[], dryRun: boolean, vault: Vault): Accepted {
  const created: NewSession[] = [];
  const updates: SessionUpdate[] = [];
  const ids: string[] = [];
  const streamIds: string[] = [];
  const matched: PackedSessions["matched"][number][] = [];
  const answer = ({ id, streamId }: SessionPlace) => {
    ids.push(id);
    streamIds.push(streamId);
  };
  for (const [index, checked] of rows.entries()) {
    const draft = required(checked.draft, "the draft of a row without errors");
    if ("existing" in checked) {
      const { existing, changed } = checked;
      if (changed.length > 0) updates.push({ existing, draft, playbackIds: existing.playbackIds });
      matched.push([index, changed.length > 0 ? ImportOutcome.UPDATED : ImportOutcome.UNCHANGED, changed]);
      answer(dryRun ? NO_PLACE : { id: existing.id, streamId: existing.state.streamId });
    } else if (dryRun) {
      answer(NO_PLACE);
    } else {
      const place = newSessionPlace();
      created.push({ draft, place, nameKey: checked.nameKey ?? "" });
      answer(place);
    }
  }
  // In the order of the names, so that two imports of the same names cannot wait for one another in a circle.
  created.sort((one, other) => (one.nameKey < other.nameKey ? -1 : 1));
  const sessions = { ids: ids.join(","), streamIds: streamIds.join(","), matched };
  return { created, result: { sessions, createdCount: created.length, updated: toUpdateRows(dryRun ? [] : updates, vault) } };
}

const NO_PLACE: SessionPlace = { id: "", streamId: "" };

export function toCsvFacts({ templates, region, ...facts }: JobFacts): CsvFacts {
  return csvFacts({ ...facts, templates: new Map(templates.map((template) => [template.id, template])) }, region);
}
