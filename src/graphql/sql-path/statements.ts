import type { DocumentNode } from "graphql";
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
  const known = createRecent<Statement | null>(STATEMENT_LIMIT);
  const uses = createRecent<number>(STATEMENT_LIMIT);
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
      if (found !== undefined) return found;
      return known.set(key, compileOperation(types, operation));
    },
    isPrepared({ text }) {
      if (performance.now() - preparedSince > PREPARED_FOR_MILLISECONDS) {
        preparedSince = performance.now();
        prepared.clear();
      }
      if (prepared.has(text)) return true;
      const count = uses.set(text, (uses.get(text) ?? 0) + 1);
      if (count < USES_BEFORE_PREPARED || prepared.size >= PREPARED_LIMIT) return false;
      prepared.add(text);
      return true;
    },
  };
}

interface Recent<Value> {
  readonly get: (key: string) => Value | undefined;
  readonly set: (key: string, value: Value) => Value;
}

/** So many values, those that were asked for last. */
function createRecent<Value>(limit: number): Recent<Value> {
  const values = new Map<string, Value>();
  return {
    get(key) {
      const value = values.get(key);
      if (value === undefined) return undefined;
      values.delete(key);
      values.set(key, value);
      return value;
    },
    set(key, value) {
      values.delete(key);
      values.set(key, value);
      if (values.size > limit) for (const oldest of values.keys()) return (values.delete(oldest), value);
      return value;
    },
  };
}
