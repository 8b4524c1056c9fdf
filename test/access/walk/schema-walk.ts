import {
  getNamedType,
  getNullableType,
  GraphQLID,
  isCompositeType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
  OperationTypeNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from "graphql";

/** A field that an operation can begin with. */
export interface Operation {
  /** Such as `Mutation.startSessions`. */
  readonly name: string;
  readonly kind: OperationTypeNode;
  readonly field: GraphQLField<unknown, unknown>;
}

export type Arguments = Readonly<Record<string, unknown>>;

/** One id within the arguments of an operation. */
export interface IdPlace {
  /** Such as `SessionFilter.ids` or `Query.node.id`: by it is known what the id names. */
  readonly name: string;
  /** Where it stands, such as `input.selection.filter.ids`. */
  readonly pattern: string;
  readonly path: readonly (string | number)[];
}

/** Everything that can be asked for. */
export function operationsOf(schema: GraphQLSchema): readonly Operation[] {
  return Object.values(OperationTypeNode).flatMap((kind) => {
    const root = schema.getRootType(kind);
    return Object.values(root?.getFields() ?? {}).map((field) => ({ name: `${root?.name}.${field.name}`, kind, field }));
  });
}

/** Places where ids can stand in the arguments of an operation, by their patterns. */
export function idPatternsOf({ name, field }: Operation): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  function visit(
    type: GraphQLInputType,
    at: { readonly name: string; readonly pattern: string },
    trail: readonly GraphQLNamedType[],
  ): void {
    const named = getNamedType(type);
    if (named === GraphQLID) found.set(at.pattern, at.name);
    if (!isInputObjectType(named) || trail.includes(named)) return;
    for (const inner of Object.values(named.getFields())) {
      visit(inner.type, { name: `${named.name}.${inner.name}`, pattern: `${at.pattern}.${inner.name}` }, [...trail, named]);
    }
  }
  for (const argument of field.args) visit(argument.type, { name: `${name}.${argument.name}`, pattern: argument.name }, []);
  return found;
}

/** Fields below the roots that take ids themselves. */
export function deeperIdArguments(schema: GraphQLSchema): readonly string[] {
  const roots = Object.values(OperationTypeNode).map((kind) => schema.getRootType(kind));
  return Object.values(schema.getTypeMap())
    .filter((type) => (isObjectType(type) || isInterfaceType(type)) && !type.name.startsWith("__"))
    .filter((type) => !roots.some((root) => root === type))
    .flatMap((type) =>
      Object.values((isObjectType(type) || isInterfaceType(type) ? type : undefined)?.getFields() ?? {})
        .filter((field) => idPatternsOf({ name: `${type.name}.${field.name}`, kind: OperationTypeNode.QUERY, field }).size > 0)
        .map((field) => `${type.name}.${field.name}`),
    );
}

/** The ids that stand in given arguments. */
export function idPlacesIn({ name, field }: Operation, given: Arguments): readonly IdPlace[] {
  const places: IdPlace[] = [];
  function visit(type: GraphQLInputType, value: unknown, at: IdPlace): void {
    const nullable = getNullableType(type);
    if (value === null || value === undefined) return;
    if (isListType(nullable)) {
      const inner = nullable.ofType as GraphQLInputType;
      [value].flat().forEach((item, index) => visit(inner, item, { ...at, path: [...at.path, index] }));
    } else if (nullable === GraphQLID) places.push(at);
    else if (isInputObjectType(nullable)) {
      for (const inner of Object.values(nullable.getFields())) {
        const below = { name: `${nullable.name}.${inner.name}`, pattern: `${at.pattern}.${inner.name}`, path: [...at.path, inner.name] };
        visit(inner.type, (value as Arguments)[inner.name], below);
      }
    }
  }
  for (const { name: argument, type } of field.args) {
    visit(type, given[argument], { name: `${name}.${argument}`, pattern: argument, path: [argument] });
  }
  return places;
}

export function valueAt(given: Arguments, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((holder, key) => (holder as Record<string | number, unknown>)[key], given);
}

/** The same arguments with another value at one place. */
export function withValueAt(given: Arguments, path: readonly (string | number)[], value: unknown): Arguments {
  const copy = structuredClone(given) as Record<string, unknown>;
  let holder = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) holder = holder[key] as Record<string | number, unknown>;
  holder[path.at(-1)!] = value;
  return copy;
}

/** The operation as a document, with the arguments given as variables. */
export function documentOf({ kind, field }: Operation, given: Arguments, selection: string): string {
  const used = field.args.filter(({ name }) => given[name] !== undefined);
  const variables = used.map(({ name, type }) => `$${name}: ${String(type)}`).join(", ");
  const values = used.map(({ name }) => `${name}: $${name}`).join(", ");
  return `${kind}${variables && ` (${variables})`} { ${field.name}${values && `(${values})`} ${selection} }`;
}

/** What is asked of a connection: enough to meet whatever should not be there. */
const PAGE = "(first: 5)";

/** Everything that a type tells, so many levels deep, each type once on the way down; empty for what is no object. */
export function selectionOf(schema: GraphQLSchema, type: GraphQLOutputType, depth: number): string {
  const named = getNamedType(type);
  if (!isCompositeType(named)) return "";
  // Types of one interface may have fields of one name and several types, which do not go into one document.
  if (isInterfaceType(named)) return `{ __typename ${Object.keys(named.getFields()).join(" ")} }`;
  const leaves = leavesOf(schema, named, depth);
  return leaves.length === 0 ? "{ __typename }" : selectionOfLeaves(leaves);
}

/** One field without fields of its own, with the way to it; a step is as a document has it, such as `alerts(first: 5)`. */
export type Leaf = readonly string[];

export function leavesOf(schema: GraphQLSchema, type: GraphQLCompositeType, depth: number, trail: readonly string[] = []): readonly Leaf[] {
  if (isInterfaceType(type)) {
    const below = schema
      .getPossibleTypes(type)
      .flatMap((possible) => leavesOf(schema, possible, depth, trail).map((leaf) => ({ possible, leaf })));
    return below.map(({ possible, leaf }) => [`... on ${possible.name}`, ...leaf]);
  }
  if (!isObjectType(type)) throw new Error(`Say how ${type.name} is asked for`);
  return Object.values(type.getFields()).flatMap((field): readonly Leaf[] => {
    const inner = getNamedType(field.type);
    // Edges say nothing that the nodes do not.
    if (field.args.some(isRequiredArgument) || field.name === "edges") return [];
    if (isLeafType(inner)) return [[field.name]];
    if (!isCompositeType(inner) || depth === 0 || trail.includes(inner.name)) return [];
    const step = field.args.some(({ name }) => name === "first") ? `${field.name}${PAGE}` : field.name;
    return leavesOf(schema, inner, depth - 1, [...trail, type.name]).map((leaf) => [step, ...leaf]);
  });
}

/** Leaves as one selection set. */
export function selectionOfLeaves(leaves: readonly Leaf[]): string {
  const below = new Map<string, Leaf[]>();
  for (const [step = "", ...rest] of leaves) below.set(step, [...(below.get(step) ?? []), rest]);
  const parts = [...below].map(([step, inner]) => (inner.some((leaf) => leaf.length > 0) ? `${step} ${selectionOfLeaves(inner)}` : step));
  return `{ ${parts.join(" ")} }`;
}

/** The same arguments, not only tried out. */
export function inEarnest(given: Arguments): Arguments {
  const input = given["input"] as Arguments | undefined;
  return input && "dryRun" in input ? { ...given, input: { ...input, dryRun: false } } : given;
}
