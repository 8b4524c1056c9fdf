import { createHash } from "node:crypto";
import {
  Kind,
  print,
  visit,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";

/** One operation of the list, as Apollo's manifest has it. */
export interface PersistedOperation {
  /** SHA-256 of the body, in hex. */
  readonly id: string;
  readonly name: string;
  readonly type: "query" | "mutation" | "subscription";
  /** The operation and the fragments that it needs. */
  readonly body: string;
}

/**
 * The list as `schema/persisted-operations.json` holds it: the format of Apollo's manifest, which `generatePersistedQueryIdsFromManifest`
 * of stock Apollo Client reads as it is, and others as a plain list.
 */
export interface PersistedManifest {
  readonly format: "apollo-persisted-query-manifest";
  readonly version: 1;
  readonly operations: readonly PersistedOperation[];
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Makes the list of all operations of some documents, in the order of their names; throws for one without a name, or with another one's. */
export function toManifest(documents: readonly DocumentNode[]): PersistedManifest {
  const definitions = documents.flatMap((document) => document.definitions);
  const fragments = new Map(
    definitions.flatMap((each) => (each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each] as const] : [])),
  );
  const operations = definitions
    .flatMap((each) => (each.kind === Kind.OPERATION_DEFINITION ? [toOperation(each, fragments)] : []))
    .toSorted((one, other) => compare(one.name, other.name));
  for (const [index, { name }] of operations.entries())
    if (operations[index + 1]?.name === name) throw new Error(`Two operations are called ${name}.`);
  return { format: "apollo-persisted-query-manifest", version: 1, operations };
}

function toOperation(operation: OperationDefinitionNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>): PersistedOperation {
  if (!operation.name) throw new Error("An operation of the list has no name.");
  const body = print({ kind: Kind.DOCUMENT, definitions: withTypeNames([operation, ...fragmentsOf(operation, fragments)]) });
  return { id: sha256(body), name: operation.name.value, type: operation.operation, body };
}

/** In the order in which Apollo's tools print them, so that theirs and ours come to the same text. */
function fragmentsOf(
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): readonly FragmentDefinitionNode[] {
  const found = new Map<string, FragmentDefinitionNode>();
  function collect(node: OperationDefinitionNode | FragmentDefinitionNode): void {
    visit(node, {
      [Kind.FRAGMENT_SPREAD]({ name: { value } }) {
        const fragment = fragments.get(value);
        if (!fragment) throw new Error(`There is no fragment ${value}.`);
        if (found.has(value)) return;
        found.set(value, fragment);
        collect(fragment);
      },
    });
  }
  collect(operation);
  return [...found.values()].toSorted((one, other) => compare(other.name.value, one.name.value));
}

const TYPE_NAME: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: "__typename" } };

/** Every selection but the root asks for the type as well: normalised caches cannot do without. */
function withTypeNames<Node extends OperationDefinitionNode | FragmentDefinitionNode>(nodes: readonly Node[]): readonly Node[] {
  return nodes.map((node) =>
    visit(node, {
      [Kind.SELECTION_SET]: {
        enter(selectionSet, _key, parent): SelectionSetNode | undefined {
          const isRoot = typeof parent === "object" && "kind" in parent && parent.kind === Kind.OPERATION_DEFINITION;
          const { selections } = selectionSet;
          const isAsked = selections.some((each) => each.kind === Kind.FIELD && each.name.value.startsWith("__"));
          return isRoot || isAsked ? undefined : { ...selectionSet, selections: [...selections, TYPE_NAME] };
        },
      },
    }),
  );
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
