import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { StartError } from "../shared/start-error.ts";
import { packageRoot } from "../shared/package.ts";
import { sha256, type PersistedManifest } from "./persisted-operations.rules.ts";

export const PERSISTED_OPERATIONS_FILE = "schema/persisted-operations.json";

/** `allow`: the list is a shorthand, and every other document runs as well. `only`: nothing else runs. */
export type PersistedMode = "allow" | "only";

/** What a request says of its document, as it came. */
export interface DocumentParameters {
  readonly query?: unknown;
  /** `sha256:HASH`, by the draft on persisted documents of GraphQL over HTTP. */
  readonly documentId?: unknown;
  /** `{ persistedQuery: { version: 1, sha256Hash: HASH } }`, as Apollo Client and urql send it. */
  readonly extensions?: unknown;
}

/** The operations that can be asked for by their hash. */
export interface PersistedOperations {
  readonly names: ReadonlySet<string>;
  /**
   * The text of the document that a request means: that of its hash when it is listed, else the one that it brings along, where any
   * may run. Undefined when it brings none. Throws OPERATION_NOT_ALLOWED, or `UnknownDocument`.
   */
  readonly textOf: (parameters: DocumentParameters) => string | undefined;
}

/** A hash that is not of the list, from a client that did not bring the document along but would. */
export class UnknownDocument extends Fault {}

/** A second error beside such a refusal: by its words stock clients know that they may send the document. */
export const DOCUMENT_WANTED = "PersistedQueryNotFound";

export function createPersistedOperations({ operations }: Pick<PersistedManifest, "operations">, mode: PersistedMode): PersistedOperations {
  const bodies = new Map(operations.map(({ id, body }) => [id, body]));
  return {
    names: new Set(operations.map(({ name }) => name)),
    textOf(parameters) {
      const hash = hashIn(parameters);
      const listed = hash === undefined ? undefined : bodies.get(hash);
      if (listed !== undefined) return listed;
      const given = typeof parameters.query === "string" && parameters.query !== "" ? parameters.query : undefined;
      if (mode === "only") return listedText(given, bodies);
      if (given === undefined && hash !== undefined) {
        throw new UnknownDocument(
          FaultCode.BAD_REQUEST,
          `This hash is of no operation in ${PERSISTED_OPERATIONS_FILE}. Send the document.`,
        );
      }
      return given;
    },
  };
}

/** Clients that send whole documents over a WebSocket whatever they do over HTTP are served too, when the document is listed. */
function listedText(given: string | undefined, bodies: ReadonlyMap<string, string>): string {
  if (given !== undefined && bodies.has(sha256(given))) return given;
  throw new Fault(
    FaultCode.OPERATION_NOT_ALLOWED,
    `Only listed operations run here. Send the hash of one of ${PERSISTED_OPERATIONS_FILE} as documentId "sha256:HASH" or in extensions.persistedQuery.`,
  );
}

const DOCUMENT_ID_PATTERN = /^(?:sha256:)?([0-9a-f]{64})$/;

/** A hash that is none counts as one that is not listed. */
function hashIn({ documentId, extensions }: DocumentParameters): string | undefined {
  if (typeof documentId === "string") return DOCUMENT_ID_PATTERN.exec(documentId)?.[1] ?? "";
  const persistedQuery = field(extensions, "persistedQuery");
  if (typeof persistedQuery !== "object" || persistedQuery === null) return undefined;
  const hash = field(persistedQuery, "sha256Hash");
  return typeof hash === "string" ? hash : "";
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

/** The list of this installation; empty where it leaves the file out, which `only` cannot do. */
export function openPersistedOperations(mode: PersistedMode): PersistedOperations {
  const manifest = readPersistedManifest();
  if (manifest === null && mode === "only") {
    throw new StartError(`HEADEND_PERSISTED_OPERATIONS is only, but ${PERSISTED_OPERATIONS_FILE} is missing: install it beside dist.`);
  }
  return createPersistedOperations(manifest ?? { operations: [] }, mode);
}

function readPersistedManifest(): PersistedManifest | null {
  const file = join(packageRoot(), PERSISTED_OPERATIONS_FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as PersistedManifest) : null;
}
