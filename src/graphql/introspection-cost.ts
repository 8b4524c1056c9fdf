import {
  getIntrospectionQuery,
  getNamedType,
  getNullableType,
  getOperationAST,
  isListType,
  isObjectType,
  Kind,
  parse,
  type DocumentNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";

/** Introspection may come to so many times what the standard query of tools does: aliases could multiply it by hundreds. */
const STANDARD_FACTOR = 2;

/** Usual lengths of the lists of introspection; that of the types is known. */
const LIST_ESTIMATES: ReadonlyMap<string, number> = new Map([
  ["__Type.fields", 10],
  ["__Type.inputFields", 10],
  ["__Type.enumValues", 5],
]);
const OTHER_LIST_ESTIMATE = 2;

/** The standard query with everything that there is to ask. */
const STANDARD_QUERY = getIntrospectionQuery({
  directiveIsRepeatable: true,
  inputValueDeprecation: true,
  oneOf: true,
  schemaDescription: true,
  specifiedByUrl: true,
});

const limits = new WeakMap<GraphQLSchema, number>();

/** Most of what `introspectionCostOf` may come to. */
export function introspectionLimit(schema: GraphQLSchema): number {
  const known = limits.get(schema);
  if (known !== undefined) return known;
  const document = parse(STANDARD_QUERY);
  const operation = getOperationAST(document);
  const limit = operation ? STANDARD_FACTOR * introspectionCostOf(schema, document, operation) : 0;
  limits.set(schema, limit);
  return limit;
}

/** About how many objects of the schema's description a validated operation answers with; 0 when it asks for none. */
export function introspectionCostOf(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): number {
  const typeCount = Object.keys(schema.getTypeMap()).length;
  const fragments = new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition.selectionSet] as const] : [],
    ),
  );
  const known = new Map<string, number>();

  /** Fragments that are spread outside of introspection have another parent than those within. */
  function ofSelections(selectionSet: SelectionSetNode | undefined, parent: GraphQLNamedType | undefined): number {
    return (selectionSet?.selections ?? []).reduce((sum, selection) => {
      if (selection.kind === Kind.INLINE_FRAGMENT) return sum + ofSelections(selection.selectionSet, parent);
      if (selection.kind === Kind.FRAGMENT_SPREAD) return sum + ofFragment(selection.name.value, parent);
      return sum + ofField(selection.name.value, selection.selectionSet, parent);
    }, 0);
  }

  function ofFragment(name: string, parent: GraphQLNamedType | undefined): number {
    const key = `${name} ${parent?.name ?? ""}`;
    const cost = known.get(key) ?? ofSelections(fragments.get(name), parent);
    known.set(key, cost);
    return cost;
  }

  function ofField(name: string, selectionSet: SelectionSetNode | undefined, parent: GraphQLNamedType | undefined): number {
    if (!selectionSet) return 0;
    if (name === "__schema") return 1 + ofSelections(selectionSet, schema.getType("__Schema"));
    if (name === "__type") return 1 + ofSelections(selectionSet, schema.getType("__Type"));
    if (!parent) return ofSelections(selectionSet, undefined);
    const type = isObjectType(parent) ? parent.getFields()[name]?.type : undefined;
    const isList = type !== undefined && isListType(getNullableType(type));
    const place = `${parent.name}.${name}`;
    const length = place === "__Schema.types" ? typeCount : isList ? (LIST_ESTIMATES.get(place) ?? OTHER_LIST_ESTIMATE) : 1;
    return length * (1 + ofSelections(selectionSet, type && getNamedType(type)));
  }

  return ofSelections(operation.selectionSet, undefined);
}
