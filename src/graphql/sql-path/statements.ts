import type { DocumentNode } from "graphql";
// Apollo brings it, and it is what most use for this.
import { LRUCache } from "lru-cache";
import { compileOperation, type SqlOperation, type SqlTypes, type Statement } from "./compile.ts";

/** So many statements are kept, each of a few thousand characters. */
const STATEMENT_LIMIT = 500;
/** Longer variables are hardly sent twice. */
const KEPT_VARIABLES_LENGTH = 2_000;
/** A text is prepared when it comes for the third time: many never do. */
const USES_BEFORE_PREPARED = 3;
/** Connections keep what was prepared as long as they live, which is an hour or so: callers' texts must not pile up there. */
const PREPARED_LIMIT = 300;
const PREPARED_FOR_MILLISECONDS = 3_600_000;

export interface Statements {
  /** The statement of a query, null when the resolvers have to answer it. */
  readonly of: (operation: SqlOperation) => Statement | null;
  /** Whether a statement that is to run now should be prepared. */
  readonly isPrepared: (statement: Statement) => boolean;
}

/** Remembers what became of queries by document, operation, caller's organization and variables. Documents live as long as the store that parsed them keeps them. */
export function createStatements(types: SqlTypes): Statements {
  const numbers = new WeakMap<DocumentNode, number>();
  const known = new LRUCache<string, { readonly statement: Statement | null }>({ max: STATEMENT_LIMIT });
  const uses = new LRUCache<string, number>({ max: STATEMENT_LIMIT });
  const prepared = new Set<string>();
  let documents = 0;
  let preparedSince = performance.now();

  function numberOf(document: DocumentNode): number {
    const number = numbers.get(document) ?? (documents += 1);
    numbers.set(document, number);
    return number;
  }

  return {
    of(operation) {
      const variables = JSON.stringify(operation.variables);
      if (variables.length > KEPT_VARIABLES_LENGTH) return compileOperation(types, operation);
      const name = operation.operation.name?.value ?? "";
      const key = `${numberOf(operation.document)} ${name} ${operation.context.actor.organizationId} ${variables}`;
      const found = known.get(key);
      if (found) return found.statement;
      const statement = compileOperation(types, operation);
      known.set(key, { statement });
      return statement;
    },
    isPrepared({ text }) {
      if (performance.now() - preparedSince > PREPARED_FOR_MILLISECONDS) {
        preparedSince = performance.now();
        prepared.clear();
      }
      if (prepared.has(text)) return true;
      const count = (uses.get(text) ?? 0) + 1;
      uses.set(text, count);
      if (count < USES_BEFORE_PREPARED || prepared.size >= PREPARED_LIMIT) return false;
      prepared.add(text);
      return true;
    },
  };
}
