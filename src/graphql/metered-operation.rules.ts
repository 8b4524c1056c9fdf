import { Kind, type DocumentNode, type GraphQLSchema, type OperationDefinitionNode, type SelectionSetNode } from "graphql";
import { UNREADABLE, type MeteredOperation } from "../observability/operation.meters.ts";

/** An operation as it was parsed, whether or not it fits the schema. */
export interface ParsedOperation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
}

/**
 * How figures name an operation: by its own name when that is one of `listed`, else by the field that it asks for, of which the schema
 * has a fixed number. Names that callers make up never become labels, of which each would be kept for ever.
 */
export function meteredOperation({ schema, document, operation }: ParsedOperation, listed: ReadonlySet<string>): MeteredOperation {
  const { operation: type, name } = operation;
  if (name && listed.has(name.value)) return { type, name: name.value };
  const fields = rootFields(document, operation.selectionSet, new Set());
  const [field] = fields;
  if (field === undefined || fields.size > 1) return { type, name: field === undefined ? "nothing" : "several" };
  if (field.startsWith("__")) return { type, name: "introspection" };
  return Object.hasOwn(schema.getRootType(type)?.getFields() ?? {}, field) ? { type, name: field } : UNREADABLE;
}

/** Names of the fields at the root, fragments opened; each fragment once. */
function rootFields(document: DocumentNode, { selections }: SelectionSetNode, opened: Set<string>): Set<string> {
  const names = selections.flatMap((selection): readonly string[] => {
    if (selection.kind === Kind.FIELD) return selection.name.value === "__typename" ? [] : [selection.name.value];
    if (selection.kind === Kind.INLINE_FRAGMENT) return [...rootFields(document, selection.selectionSet, opened)];
    const { value } = selection.name;
    if (opened.has(value)) return [];
    opened.add(value);
    const fragment = document.definitions.find((each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === value);
    return fragment?.kind === Kind.FRAGMENT_DEFINITION ? [...rootFields(document, fragment.selectionSet, opened)] : [];
  });
  return new Set(names);
}
