import type { Context, TransactionContext } from "../access/context.ts";
import { cursorOf } from "../changes/cursor.ts";
import { decodeCursor, isLater, positionAt } from "../changes/position.ts";
import { Refusal, UserErrorCode, type UserError } from "../shared/user-error.ts";
import { editWebhook } from "./edit-webhook.ts";
import { resetDeliveries } from "./webhook-delivery.store.ts";
import type { ResendWebhook } from "./webhook.input.ts";
import { updateWebhookRow } from "./webhook.store.ts";

/**
 * Sends deliveries again, by their ids; or all changes after a cursor, as if they had not been sent, each with the id that it had. Gives
 * the webhook's id.
 */
export async function resendWebhook(context: Context, { id, deliveryIds, after }: ResendWebhook): Promise<string> {
  return editWebhook(context, { name: "resend webhook", id, objectIds: deliveryIds ?? [] }, async (editContext, webhook) => {
    if (!webhook.isEnabled) {
      throw new Refusal({ code: UserErrorCode.INVALID_STATE, message: "The webhook is disabled. Enable it first.", path: ["input", "id"] });
    }
    if (deliveryIds) await resendDeliveries(editContext, id, deliveryIds);
    // From there on changes are read again, at the pace at which the receiver takes them.
    const position = after ? goBack(webhook.position, after) : null;
    if (position !== null) await updateWebhookRow(editContext.transaction, id, { position });
  });
}

async function resendDeliveries({ transaction, clock }: TransactionContext, webhookId: string, ids: readonly string[]): Promise<void> {
  const found = new Set(await resetDeliveries(transaction, { webhookId, ids, at: clock.now() }));
  const errors = ids.flatMap((id, index): UserError[] => {
    const path = ["input", "deliveryIds", String(index)];
    return found.has(id) ? [] : [{ code: UserErrorCode.NOT_FOUND, message: "The webhook has no delivery with this id.", path }];
  });
  if (errors.length > 0) throw new Refusal(...errors);
}

/**
 * Where a webhook goes on from to send all after a cursor again: where the step of the log began that the cursor stands in, so that
 * nothing is left out that this webhook was not sent before; null when it stands there or before.
 */
function goBack(position: string, after: string): string | null {
  const wanted = decodeCursor(after);
  if (!wanted) {
    const message = "This cursor is not one that the change log gave out.";
    throw new Refusal({ code: UserErrorCode.INVALID_VALUE, message, path: ["input", "after"] });
  }
  const now = decodeCursor(position);
  const { snapshot } = wanted.position;
  if (now?.log === wanted.log && isLater(snapshot, now.position.snapshot)) return null;
  return cursorOf({ ...wanted, position: positionAt(snapshot) });
}
