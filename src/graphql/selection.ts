import { Kind, type FragmentDefinitionNode, type GraphQLResolveInfo, type SelectionSetNode } from "graphql";

/** Whether the operation asks for a field of the value that is being resolved, directly or in a fragment. Directives do not count. */
export function isSelected(info: Pick<GraphQLResolveInfo, "fieldNodes" | "fragments">, name: string): boolean {
  return info.fieldNodes.some(({ selectionSet }) => selects(selectionSet, name, info.fragments));
}

function selects(
  selectionSet: SelectionSetNode | undefined,
  name: string,
  fragments: Readonly<Record<string, FragmentDefinitionNode>>,
): boolean {
  return (selectionSet?.selections ?? []).some((selection) => {
    if (selection.kind === Kind.FIELD) return selection.name.value === name;
    if (selection.kind === Kind.INLINE_FRAGMENT) return selects(selection.selectionSet, name, fragments);
    return selects(fragments[selection.name.value]?.selectionSet, name, fragments);
  });
}
