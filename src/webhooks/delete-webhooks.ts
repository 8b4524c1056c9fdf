import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context } from "../access/context.ts";
import { recordAudit } from "../access/record-audit.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { Refusal, UserErrorCode, type UserError } from "../shared/user-error.ts";
import type { DeleteWebhooks } from "./webhook.input.ts";
import { lockWebhooks, markWebhooksDeleted } from "./webhook.store.ts";

/** Deletes webhooks with all that was sent to them, all or none, and gives their ids. What is on its way still arrives. */
export async function deleteWebhooks(context: Context, { ids }: DeleteWebhooks): Promise<readonly string[]> {
  assertPermission(context.actor, "delete webhooks");
  return inTransaction(context, "delete webhooks", async (transactionContext) => {
    const { transaction, actor, clock } = transactionContext;
    const wellFormed = ids.filter((id) => isIdentifier("webhook", id));
    const locked = await lockWebhooks(transaction, actor.organizationId, wellFormed);
    const errors = ids.flatMap((id, index): UserError[] => {
      const path = ["input", "ids", String(index)];
      if (ids.indexOf(id) < index) return [{ code: UserErrorCode.DUPLICATE_ID, message: "This id was given before.", path }];
      return locked.has(id) ? [] : [{ code: UserErrorCode.NOT_FOUND, message: "There is no webhook with this id.", path }];
    });
    if (errors.length > 0) throw new Refusal(...errors);
    await markWebhooksDeleted(transaction, ids, clock.now());
    await recordAudit(transactionContext, { verb: "DELETE", objectIds: ids });
    return ids;
  });
}
