import { isDeepStrictEqual } from "node:util";
import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context, type TransactionContext } from "../access/context.ts";
import { recordAudit } from "../access/record-audit.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import { logTemplateChanges } from "./template.changes.ts";
import { clearOtherDefault, identifyRenditions, nameColumns, refuseTakenName } from "./template.edit.ts";
import type { UpdateTemplate } from "./template.input.ts";
import {
  lockTemplateEdits,
  lockTemplates,
  replaceRenditions,
  updateTemplateRow,
  type StoredRendition,
  type StoredTemplate,
} from "./template.store.ts";

/**
 * Changes a template: a field left out stays as it is, null clears it. Sessions that run keep to the ladder that they were
 * started with until they are restarted.
 */
export async function updateTemplate(context: Context, input: UpdateTemplate): Promise<string> {
  assertPermission(context.actor, "update templates");
  return inTransaction(context, "update template", async (transactionContext) => {
    const { transaction, actor } = transactionContext;
    await lockTemplateEdits(transaction, actor.organizationId);
    const ids = isIdentifier("template", input.id) ? [input.id] : [];
    const locked = await lockTemplates(transaction, actor.organizationId, { ids, withDefault: input.isDefault === true });
    const template = locked.get(input.id);
    if (!template || ids.length === 0) {
      throw new Refusal({ code: UserErrorCode.NOT_FOUND, message: "There is no template with this id.", path: ["input", "id"] });
    }
    refuseOldVersion(template, input.expectedVersion);
    await update(transactionContext, { input, template, locked: [...locked.values()] });
    await recordAudit(transactionContext, { verb: "UPDATE", objectIds: [template.id] });
    return template.id;
  });
}

interface Update {
  readonly input: UpdateTemplate;
  readonly template: StoredTemplate;
  /** With the default template, where that is about to change. */
  readonly locked: readonly StoredTemplate[];
}

async function update(context: TransactionContext, { input, template, locked }: Update): Promise<void> {
  const { name, description, isDefault, renditions } = input;
  const ladder = renditions && identifyRenditions(renditions, template.renditions);
  if (name !== undefined) await refuseTakenName(context, name, template.id);
  const columns = {
    ...(name === undefined ? {} : nameColumns(name)),
    ...(description === undefined ? {} : { description: description || null }),
    ...(isDefault === undefined ? {} : { isDefault: isDefault ?? false }),
  };
  if (!isDifferent(template, columns, ladder)) return;
  const cleared = isDefault === true ? await clearOtherDefault(context, locked, template.id) : [];
  await updateTemplateRow(context.transaction, template.id, { ...columns, updatedAt: context.clock.now() });
  if (ladder) await replaceRenditions(context.transaction, template.id, ladder);
  await logTemplateChanges(context, [...cleared, { before: template, after: { ...template, ...columns } }]);
}

/** An edit that changes nothing leaves the version as it is, so that nobody else's edit is refused for it. */
function isDifferent(template: StoredTemplate, columns: Partial<StoredTemplate>, ladder: readonly StoredRendition[] | undefined): boolean {
  return !isDeepStrictEqual({ ...template, ...columns, renditions: ladder ?? template.renditions }, template);
}

function refuseOldVersion(template: StoredTemplate, expectedVersion: number | null | undefined): void {
  if (expectedVersion === null || expectedVersion === undefined || expectedVersion === template.version) return;
  throw new Refusal({
    code: UserErrorCode.VERSION_CONFLICT,
    message: `The template is at version ${template.version} by now. Read it again before you write.`,
    path: ["input", "expectedVersion"],
    conflictingId: template.id,
  });
}
