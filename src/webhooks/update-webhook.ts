import type { Context } from "../access/context.ts";
import { mergeMaskedUrl } from "../network/mask.ts";
import { checkWebhookUrl } from "../network/url.rules.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import { editWebhook } from "./edit-webhook.ts";
import type { UpdateWebhook } from "./webhook.input.ts";
import { openUrl, sealUrl } from "./webhook.secrets.ts";
import { updateWebhookRow, type WebhookPatch } from "./webhook.store.ts";

/** Changes a webhook: what is left out stays as it is. One that is enabled again goes on where it was. Gives its id. */
export async function updateWebhook(context: Context, input: UpdateWebhook): Promise<string> {
  const { id, url, kinds, isEnabled } = input;
  return editWebhook(context, { name: "update webhook", id }, async ({ transaction, vault, network }, webhook) => {
    const whole = url === undefined ? null : mergeMaskedUrl(url, openUrl(vault, webhook));
    if (url !== undefined && whole === null) throw new Refusal({ ...MASKED, path: ["input", "url"] });
    const problem = whole === null ? null : checkWebhookUrl(whole, network);
    if (problem) throw new Refusal({ ...problem, path: ["input", "url"] });
    const patch: WebhookPatch = {
      ...(whole !== null && sealUrl(vault, id, whole)),
      ...(kinds && { kinds }),
      ...(isEnabled !== undefined && { isEnabled }),
      // Whoever enables it wants it tried at full speed.
      ...(isEnabled !== undefined && { disabledReason: null, failingSince: null }),
    };
    if (Object.keys(patch).length > 0) await updateWebhookRow(transaction, id, patch);
  });
}

const MASKED = {
  code: UserErrorCode.INVALID_VALUE,
  message: "The URL has a masked secret that is not the stored one's. Send the whole URL.",
} as const;
