import { Kind, print, visit, type DocumentNode, type OperationDefinitionNode } from "graphql";
import { LRUCache } from "lru-cache";
import { parseDocument } from "./document-text.ts";

/** Documents of subscriptions. Thousands of dashboards subscribe with the same one: it is parsed once, and kept once. */
export interface SubscriptionDocuments {
  /** Throws a coded error for a text that is none. */
  readonly parse: (text: string) => DocumentNode;
}

/** Beyond them the one that was asked for longest ago is forgotten. */
const KEPT_DOCUMENTS = 200;
/** Longer ones are parsed anew each time: they are few, and would take the memory of many. */
const KEPT_LENGTH_LIMIT = 20_000;

export function createSubscriptionDocuments(): SubscriptionDocuments {
  const kept = new LRUCache<string, DocumentNode>({ max: KEPT_DOCUMENTS });
  return {
    parse(text) {
      const known = kept.get(text);
      if (known) return known;
      const document = parseDocument(text);
      if (text.length <= KEPT_LENGTH_LIMIT) kept.set(text, document);
      return document;
    },
  };
}

/** An operation without what says where a subscriber begins: those whose texts, and variables of these names, are equal ask for the same. */
export interface LiveForm {
  readonly text: string;
  readonly variables: readonly string[];
}

const POSITION_ARGUMENTS: ReadonlySet<string> = new Set(["after", "snapshot"]);

const liveForms = new WeakMap<OperationDefinitionNode, LiveForm>();

export function liveFormOf(document: DocumentNode, operation: OperationDefinitionNode): LiveForm {
  const known = liveForms.get(operation) ?? withoutPosition(document, operation);
  liveForms.set(operation, known);
  return known;
}

/** Positions that stand within fragments stay, and so does what is used elsewhere as well. */
function withoutPosition(document: DocumentNode, operation: OperationDefinitionNode): LiveForm {
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
