import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context, type TransactionContext } from "../access/context.ts";
import { recordAudit } from "../access/record-audit.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import { lockWebhooks, type WebhookRow } from "./webhook.store.ts";

export interface WebhookEdit {
  readonly name: string;
  readonly id: string;
  /** What the audit names beside the webhook. */
  readonly objectIds?: readonly string[];
}

/** The frame of every edit of one webhook: holds it, runs `edit`, and keeps who did it. Gives its id. */
export async function editWebhook(
  context: Context,
  { name, id, objectIds = [] }: WebhookEdit,
  edit: (context: TransactionContext, webhook: WebhookRow) => Promise<void>,
): Promise<string> {
  assertPermission(context.actor, "update webhooks");
  return inTransaction(context, name, async (transactionContext) => {
    const { transaction, actor } = transactionContext;
    const ids = isIdentifier("webhook", id) ? [id] : [];
    const webhook = (await lockWebhooks(transaction, actor.organizationId, ids)).get(id);
    if (!webhook) throw new Refusal({ code: UserErrorCode.NOT_FOUND, message: "There is no webhook with this id.", path: ["input", "id"] });
    await edit(transactionContext, webhook);
    await recordAudit(transactionContext, { verb: "UPDATE", objectIds: [id, ...objectIds] });
    return id;
  });
}
