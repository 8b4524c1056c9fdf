import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context, type TransactionContext } from "../access/context.ts";
import { idempotently } from "../access/idempotency.ts";
import { recordAudit } from "../access/record-audit.ts";
import { newIdentifier } from "../shared/identifier.ts";
import { logTemplateChanges, type TemplateChange } from "./template.changes.ts";
import { clearOtherDefault, identifyRenditions, nameColumns, refuseTakenName } from "./template.edit.ts";
import type { CreateTemplate } from "./template.input.ts";
import { insertTemplate, lockTemplateEdits, lockTemplates, replaceRenditions } from "./template.store.ts";

/** Creates a template and gives its id. As the default, it takes the place of the one before. */
export async function createTemplate(context: Context, input: CreateTemplate): Promise<string> {
  assertPermission(context.actor, "create templates");
  const { idempotencyKey: key, ...asked } = input;
  return inTransaction(context, "create template", (transactionContext) =>
    idempotently(transactionContext, { operation: "create template", key, input: asked }, () => create(transactionContext, input)),
  );
}

async function create(context: TransactionContext, input: CreateTemplate): Promise<string> {
  const { transaction, actor, clock } = context;
  const isDefault = input.isDefault ?? false;
  const ladder = identifyRenditions(input.renditions, []);
  await lockTemplateEdits(transaction, actor.organizationId);
  await refuseTakenName(context, input.name, null);
  const at = clock.now();
  const row = {
    id: newIdentifier("template"),
    organizationId: actor.organizationId,
    ...nameColumns(input.name),
    description: input.description || null,
    isDefault,
    createdAt: at,
    updatedAt: at,
  };
  const cleared = isDefault ? await takeDefault(context, row.id) : [];
  await insertTemplate(transaction, row);
  await replaceRenditions(transaction, row.id, ladder);
  await logTemplateChanges(context, [...cleared, { before: null, after: row }]);
  await recordAudit(context, { verb: "CREATE", objectIds: [row.id] });
  return row.id;
}

async function takeDefault(context: TransactionContext, id: string): Promise<readonly TemplateChange[]> {
  const { transaction, actor } = context;
  const locked = await lockTemplates(transaction, actor.organizationId, { ids: [], withDefault: true });
  return clearOtherDefault(context, locked.values(), id);
}
