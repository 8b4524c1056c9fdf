import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context } from "../access/context.ts";
import { recordAudit } from "../access/record-audit.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { Refusal, UserErrorCode, type UserError } from "../shared/user-error.ts";
import { logTemplateChanges } from "./template.changes.ts";
import type { DeleteTemplates } from "./template.input.ts";
import { deleteTemplateRows, findTemplateUses, lockTemplateEdits, lockTemplates, type TemplateUse } from "./template.store.ts";

/** Deletes templates, all or none, and gives their ids. One that a session uses is refused. */
export async function deleteTemplates(context: Context, { ids }: DeleteTemplates): Promise<readonly string[]> {
  assertPermission(context.actor, "delete templates");
  return inTransaction(context, "delete templates", async (transactionContext) => {
    const { transaction, actor } = transactionContext;
    await lockTemplateEdits(transaction, actor.organizationId);
    const wellFormed = ids.filter((id) => isIdentifier("template", id));
    const locked = await lockTemplates(transaction, actor.organizationId, { ids: wellFormed, withDefault: false });
    // Looked for once the templates are locked: whoever saves a session holds its templates until then.
    const uses = await findTemplateUses(transaction, [...locked.keys()]);
    const errors = ids.flatMap((id, index) => refusalOf(id, { index, ids, isKnown: locked.has(id), use: uses.get(id) }));
    if (errors.length > 0) throw new Refusal(...errors);
    await deleteTemplateRows(transaction, ids);
    await logTemplateChanges(
      transactionContext,
      ids.map((id) => ({ before: locked.get(id) ?? null, after: null })),
    );
    await recordAudit(transactionContext, { verb: "DELETE", objectIds: ids });
    return ids;
  });
}

interface Facts {
  readonly index: number;
  readonly ids: readonly string[];
  readonly isKnown: boolean;
  readonly use: TemplateUse | undefined;
}

function refusalOf(id: string, { index, ids, isKnown, use }: Facts): UserError[] {
  const path = ["input", "ids", String(index)];
  if (ids.indexOf(id) < index) return [{ code: UserErrorCode.DUPLICATE_ID, message: "This id was given before.", path }];
  if (!isKnown) return [{ code: UserErrorCode.NOT_FOUND, message: "There is no template with this id.", path }];
  if (!use) return [];
  const others = use.sessionCount > 1 ? ` and ${use.sessionCount - 1} more` : "";
  const message = `The template is in use by the session “${use.sessionName}”${others}.`;
  return [{ code: UserErrorCode.TEMPLATE_IN_USE, message, path, conflictingId: use.sessionId }];
}
