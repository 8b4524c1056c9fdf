import type { TransactionContext } from "../access/context.ts";
import { newIdentifier } from "../shared/identifier.ts";
import { nameKey, nameOrder } from "../shared/name.ts";
import { Refusal, UserErrorCode, type UserError } from "../shared/user-error.ts";
import type { TemplateChange } from "./template.changes.ts";
import type { RenditionDraft } from "./template.input.ts";
import { findTemplateNamed, updateTemplateRow, type StoredRendition, type StoredTemplate } from "./template.store.ts";

/** The columns that a name stands in. */
export function nameColumns(name: string) {
  return { name, nameKey: nameKey(name), nameOrder: nameOrder(name) };
}

/** Refuses a name that another template of the organization has; edits have to be locked, or another one could take it meanwhile. */
export async function refuseTakenName({ transaction, actor }: TransactionContext, name: string, ownId: string | null): Promise<void> {
  const conflictingId = await findTemplateNamed(transaction, actor.organizationId, name);
  if (conflictingId === null || conflictingId === ownId) return;
  throw new Refusal({
    code: UserErrorCode.DUPLICATE_NAME,
    message: "Another template has this name.",
    path: ["input", "name"],
    conflictingId,
  });
}

/** Takes the default away from the other template that has it. */
export async function clearOtherDefault(
  { transaction, clock }: TransactionContext,
  locked: Iterable<StoredTemplate>,
  newDefaultId: string,
): Promise<readonly TemplateChange[]> {
  const previous = [...locked].find((template) => template.isDefault && template.id !== newDefaultId);
  if (!previous) return [];
  await updateTemplateRow(transaction, previous.id, { isDefault: false, updatedAt: clock.now() });
  return [{ before: previous, after: { ...previous, isDefault: false } }];
}

/** Gives new renditions an id. An id keeps the rendition of that id, which has to be one of the template's own, once. */
export function identifyRenditions(drafts: readonly RenditionDraft[], present: readonly StoredRendition[]): readonly StoredRendition[] {
  const ids = drafts.map(({ id }) => id);
  const errors = drafts.flatMap(({ id }, index): UserError[] => {
    const path = ["input", "renditions", String(index), "id"];
    if (id === null) return [];
    if (!present.some((rendition) => rendition.id === id)) {
      return [{ code: UserErrorCode.NOT_FOUND, message: "The template has no rendition with this id.", path }];
    }
    if (ids.indexOf(id) === index) return [];
    return [{ code: UserErrorCode.DUPLICATE_ID, message: "This rendition stands in the ladder already.", path }];
  });
  if (errors.length > 0) throw new Refusal(...errors);
  return drafts.map((draft) => ({ ...draft, id: draft.id ?? newIdentifier("rendition") }));
}
