import {
  Kind,
  visit,
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";

/** What an operation comes to, with its fragments counted as often as they are spread. */
export interface Shape {
  /** Fields within fields. */
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
  /** Fields of the root, fragments opened. */
  readonly rootFields: number;
  readonly rootNames: ReadonlySet<string>;
}

const NOTHING: Shape = { depth: 0, aliases: 0, directives: 0, rootFields: 0, rootNames: new Set() };

const measured = new WeakMap<OperationDefinitionNode, Shape>();

/** Measures an operation of a document, once as long as that is kept. */
export function shapeOf(document: DocumentNode, operation: OperationDefinitionNode): Shape {
  const shape = measured.get(operation) ?? measure(document, operation);
  measured.set(operation, shape);
  return shape;
}

/** Each fragment is looked at once: fragments that spread each other twice would else double the work at every level. */
function measure(document: DocumentNode, operation: OperationDefinitionNode): Shape {
  const fragments = new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
    ),
  );
  const known = new Map<string, Shape>();

  function ofFragment(name: string): Shape {
    const shape = known.get(name);
    if (shape) return shape;
    // Fragments that spread each other in a circle are refused when the document is validated.
    known.set(name, NOTHING);
    const opened = withDirectives(ofSelections(fragments.get(name)?.selectionSet), fragments.get(name));
    known.set(name, opened);
    return opened;
  }

  function ofSelection(selection: SelectionNode): Shape {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return withDirectives(ofFragment(selection.name.value), selection);
    if (selection.kind === Kind.INLINE_FRAGMENT) return withDirectives(ofSelections(selection.selectionSet), selection);
    const inner = ofSelections(selection.selectionSet);
    const aliases = inner.aliases + (selection.alias ? 1 : 0);
    return withDirectives(
      { depth: inner.depth + 1, aliases, directives: inner.directives, rootFields: 1, rootNames: new Set([selection.name.value]) },
      selection,
    );
  }

  function ofSelections(selectionSet: SelectionSetNode | undefined): Shape {
    const shapes = (selectionSet?.selections ?? []).map(ofSelection);
    const sum = (count: (shape: Shape) => number): number => shapes.reduce((total, shape) => total + count(shape), 0);
    return {
      depth: Math.max(0, ...shapes.map(({ depth }) => depth)),
      aliases: sum(({ aliases }) => aliases),
      directives: sum(({ directives }) => directives),
      rootFields: sum(({ rootFields }) => rootFields),
      rootNames: new Set(shapes.flatMap(({ rootNames }) => [...rootNames])),
    };
  }

  const variables = (operation.variableDefinitions ?? []).reduce((total, { directives = [] }) => total + directives.length, 0);
  const shape = withDirectives(ofSelections(operation.selectionSet), operation);
  return { ...shape, directives: shape.directives + variables };
}

type Directed = { readonly directives?: readonly DirectiveNode[] } | FragmentDefinitionNode | undefined;

function withDirectives(shape: Shape, node: Directed): Shape {
  const count = node?.directives?.length ?? 0;
  return count === 0 ? shape : { ...shape, directives: shape.directives + count };
}

/**
 * How often validation may have to compare two fields, or two fragments, to find out whether they can be merged: each pair of fields
 * that are called the same, and each pair of fragments. Within 2,000 tokens it could be kept busy for a third of a second.
 */
export function countMergedPairs(document: DocumentNode): number {
  const fields = new Map<string, number>();
  const spreads = new Set<string>();
  visit(document, {
    [Kind.FIELD]({ alias, name }) {
      const key = (alias ?? name).value;
      fields.set(key, (fields.get(key) ?? 0) + 1);
    },
    [Kind.FRAGMENT_SPREAD]: ({ name }) => void spreads.add(name.value),
  });
  return [...fields.values(), spreads.size].reduce((pairs, count) => pairs + (count * (count - 1)) / 2, 0);
}
