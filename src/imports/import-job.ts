import { createHash } from "node:crypto";
import { createVault } from "../access/vault.ts";
import { toSessionRows, type SessionRows } from "../sessions/session.insert.ts";
import { prepareSession } from "../sessions/session.prepare.ts";
import type { ValidationFacts } from "../sessions/session.validation.ts";
import { ImportOutcome } from "../sessions/session.rules.ts";
import { nameKey } from "../shared/name.ts";
import type { TemplateFacts } from "../templates/template.rules.ts";
import { openImportFile, type ImportFile } from "./csv.import-file.ts";
import { checkNames } from "./csv.names.ts";
import { countRows, rejectedImport, type CsvImportCounts, type CsvImportResult, type ImportedSession } from "./csv.result.ts";
import { checkRow, csvFacts, type CheckedRow, type CsvFacts } from "./csv.rules.ts";

/** What rows are checked against, in a form that can be sent to a thread. */
export interface JobFacts extends Omit<ValidationFacts, "templates"> {
  readonly templates: readonly TemplateFacts[];
  /** Where new sessions are put. */
  readonly region: string;
}

export interface JobOrder {
  readonly facts: JobFacts;
  readonly dryRun: boolean;
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
  /** Keys of names that sessions have. */
  readonly taken: readonly string[];
  /** The installation's key, to seal secrets with; null when nothing is to be written. */
  readonly secretKey: Uint8Array | null;
}

export type JobResult =
  | { readonly rejected: CsvImportResult; readonly sessions?: never; readonly created?: never }
  | { readonly rejected?: never; readonly sessions: readonly ImportedSession[]; readonly created: SessionRows | null };

/** One import, all of it but the database: it runs in a thread, or right here when it is small. The calls come in this order. */
export interface ImportJob {
  /** Takes bytes of the file; false when it is refused already. */
  readonly push: (bytes: Uint8Array) => boolean;
  /** Checks the whole file; again when the facts have changed. */
  readonly check: (order: JobOrder) => JobCheck;
  readonly finish: (findings: JobFindings) => JobResult;
}

export function createImportJob(): ImportJob {
  const reader = openImportFile();
  const hash = createHash("sha256");
  let file: ImportFile | null = null;
  let digest = "";
  let checked: { readonly order: JobOrder; readonly rows: readonly CheckedRow[] } | null = null;

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
      const rows = isLost ? [] : read.rows.map((record) => checkRow(record, read.header, facts));
      checked = { order, rows };
      return {
        rejected: isLost ? rejectedImport(read, order, read.errors) : null,
        counts: countRows(read, order.dryRun),
        nameKeys: JSON.stringify([...new Set(rows.flatMap(({ name }) => (name === null ? [] : nameKey(name))))]),
        digest,
        names: rows.map(({ name }) => name ?? ""),
        rows: rows.map(({ record }) => record.row),
      };
    },
    finish({ taken, secretKey }) {
      if (!checked) throw new Error("An import is checked before it is finished.");
      const read = readFile();
      const { order } = checked;
      const rows = checkNames(checked.rows, read.header, new Set(taken));
      const errors = [...read.errors, ...rows.flatMap((row) => row.errors)];
      if (errors.length > 0) return { rejected: rejectedImport(read, order, errors) };
      return create(rows, secretKey);
    },
  };
}

function create(rows: readonly CheckedRow[], secretKey: Uint8Array | null): JobResult {
  const common = { outcome: ImportOutcome.CREATED, changed: [] };
  if (secretKey === null) {
    return {
      created: null,
      sessions: rows.map(({ record, name }) => ({ row: record.row, name: name ?? "", id: null, streamId: null, ...common })),
    };
  }
  const vault = createVault(Buffer.from(secretKey));
  const prepared = rows.flatMap(({ draft }) => (draft ? prepareSession({ vault }, draft) : []));
  return {
    created: toSessionRows(prepared),
    sessions: prepared.map(({ row }, index) => ({
      row: rows[index]?.record.row ?? 0,
      name: row.name,
      id: row.id,
      streamId: row.stream_id,
      ...common,
    })),
  };
}

export function toCsvFacts({ templates, region, ...facts }: JobFacts): CsvFacts {
  return csvFacts({ ...facts, templates: new Map(templates.map((template) => [template.id, template])) }, region);
}
