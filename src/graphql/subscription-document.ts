import {
  getOperationAST,
  GraphQLError,
  Kind,
  parse,
  print,
  validate,
  visit,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from "graphql";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { TOKEN_LIMIT } from "./admission.ts";
import { withCode } from "./errors.ts";

/** The arguments that say where a subscriber begins, and nothing about what it is told. */
const POSITION_ARGUMENTS: ReadonlySet<string> = new Set(["after", "snapshot"]);

/** An operation of a document that is valid. */
export interface SubscriptionOperation {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** The operation without the position: subscribers whose texts, and variables of these names, are equal ask for the same. */
  readonly live: { readonly text: string; readonly variables: readonly string[] };
}

export interface SubscriptionDocuments {
  /** Reads a document; throws a `GraphQLError` or `Fault` for one that is none, or what speaks against it. */
  readonly read: (text: string, operationName: string | null | undefined) => SubscriptionOperation | readonly GraphQLError[];
}

/** Documents that are kept; beyond them the one that was read longest ago is forgotten. */
const KEPT_DOCUMENTS = 200;
/** Longer ones are read anew each time: they are few, and would take the memory of many. */
const KEPT_LENGTH_LIMIT = 20_000;

/** Reads documents and keeps them: thousands of dashboards subscribe with the same one, and share what was read. */
export function createSubscriptionDocuments(schema: GraphQLSchema): SubscriptionDocuments {
  const kept = new Map<string, DocumentNode>();
  const operations = new WeakMap<DocumentNode, Map<string | null, SubscriptionOperation>>();

  function readDocument(text: string): DocumentNode | readonly GraphQLError[] {
    const known = kept.get(text);
    kept.delete(text);
    const document = known ?? parseDocument(text);
    if (!known) {
      const errors = validate(schema, document);
      if (errors.length > 0) return errors.map((error) => withCode(error, "GRAPHQL_VALIDATION_FAILED"));
    }
    if (text.length <= KEPT_LENGTH_LIMIT) kept.set(text, document);
    for (const oldest of kept.keys()) {
      if (kept.size <= KEPT_DOCUMENTS) break;
      kept.delete(oldest);
    }
    return document;
  }

  return {
    read(text, operationName = null) {
      const document = readDocument(text);
      if (!("kind" in document)) return document;
      const ofDocument = operations.get(document) ?? new Map<string | null, SubscriptionOperation>();
      operations.set(document, ofDocument);
      const known = ofDocument.get(operationName);
      if (known) return known;
      const operation = getOperationAST(document, operationName);
      if (!operation)
        return [new GraphQLError("The document has no such operation.", { extensions: { code: "OPERATION_RESOLUTION_FAILURE" } })];
      const found = { document, operation, live: withoutPosition(document, operation) };
      ofDocument.set(operationName, found);
      return found;
    },
  };
}

function parseDocument(text: string): DocumentNode {
  try {
    return parse(text, { maxTokens: TOKEN_LIMIT });
  } catch (error) {
    if (error instanceof GraphQLError) throw withCode(error, "GRAPHQL_PARSE_FAILED");
    throw new Fault(FaultCode.BAD_REQUEST, "The document cannot be read.", { cause: error });
  }
}

/** Arguments within fragments stay, and so does what is used elsewhere as well. */
function withoutPosition(document: DocumentNode, operation: OperationDefinitionNode): SubscriptionOperation["live"] {
  const selections = operation.selectionSet.selections.map((selection) =>
    selection.kind === Kind.FIELD
      ? { ...selection, arguments: (selection.arguments ?? []).filter(({ name }) => !POSITION_ARGUMENTS.has(name.value)) }
      : selection,
  );
  const { name: _name, variableDefinitions = [], ...rest } = operation;
  const live = { ...rest, selectionSet: { ...operation.selectionSet, selections } };
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  const used = new Set<string>();
  for (const definition of [live, ...fragments]) visit(definition, { [Kind.VARIABLE]: ({ name }) => void used.add(name.value) });
  const definitions = variableDefinitions.filter(({ variable }) => used.has(variable.name.value));
  return {
    text: print({ kind: Kind.DOCUMENT, definitions: [{ ...live, variableDefinitions: definitions }, ...fragments] }),
    variables: definitions.map(({ variable }) => variable.name.value),
  };
}
