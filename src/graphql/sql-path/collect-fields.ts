import {
  getDirectiveValues,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  isAbstractType,
  isObjectType,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";
import { Unmapped } from "./unmapped.ts";

/** What a document has to be read with. */
export interface Reading {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Fitted to their types. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Fields by the names that they have in the answer, in the answer's order; those of one name belong together. */
export type CollectedFields = ReadonlyMap<string, readonly FieldNode[]>;

/** What the selections of an object of this type come to, fragments opened and directives applied: the rules of GraphQL's CollectFields. */
export function collectFields(
  reading: Reading,
  typeName: string,
  selectionSets: readonly (SelectionSetNode | undefined)[],
): CollectedFields {
  const fields = new Map<string, FieldNode[]>();
  const opened = new Set<string>();

  function collect(selections: readonly SelectionNode[]): void {
    for (const selection of selections) {
      if (!isIncluded(selection, reading)) continue;
      if (selection.kind === Kind.FIELD) {
        const key = (selection.alias ?? selection.name).value;
        const same = fields.get(key);
        if (same) same.push(selection);
        else fields.set(key, [selection]);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        if (applies(reading.schema, selection.typeCondition?.name.value, typeName)) collect(selection.selectionSet.selections);
      } else if (!opened.has(selection.name.value)) {
        opened.add(selection.name.value);
        const fragment = reading.fragments.get(selection.name.value);
        if (!fragment || fragment.directives?.length) throw new Unmapped();
        if (applies(reading.schema, fragment.typeCondition.name.value, typeName)) collect(fragment.selectionSet.selections);
      }
    }
  }

  for (const selectionSet of selectionSets) collect(selectionSet?.selections ?? []);
  return fields;
}

function isIncluded(selection: SelectionNode, { variables }: Reading): boolean {
  const { directives = [] } = selection;
  if (directives.length === 0) return true;
  if (directives.some(({ name }) => name.value !== GraphQLSkipDirective.name && name.value !== GraphQLIncludeDirective.name))
    throw new Unmapped();
  if (getDirectiveValues(GraphQLSkipDirective, selection, variables)?.["if"] === true) return false;
  return getDirectiveValues(GraphQLIncludeDirective, selection, variables)?.["if"] !== false;
}

/** Whether a fragment on this condition says something of objects of the type. */
function applies(schema: GraphQLSchema, condition: string | undefined, typeName: string): boolean {
  if (condition === undefined || condition === typeName) return true;
  const [conditionType, type] = [schema.getType(condition), schema.getType(typeName)];
  return isAbstractType(conditionType) && isObjectType(type) && schema.isSubType(conditionType, type);
}
