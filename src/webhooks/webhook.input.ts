import { z } from "zod";
import { CHANGE_KIND_NAMES } from "../changes/change.rules.ts";
import { plainText } from "../shared/text.schema.ts";
import { UserErrorCode } from "../shared/user-error.ts";

/** Webhooks of one `deleteWebhooks` call. */
const DELETE_WEBHOOKS_LIMIT = 100;
/** Deliveries that one call sends again by their ids. */
export const RESEND_LIMIT = 1_000;

const kinds = z
  .array(z.string().refine((kind) => CHANGE_KIND_NAMES.includes(kind), `must be one of ${CHANGE_KIND_NAMES.join(", ")}`))
  .min(1, "must name at least one kind")
  .max(CHANGE_KIND_NAMES.length * 2, `must be at most ${CHANGE_KIND_NAMES.length * 2}`)
  .transform((names) => [...new Set(names)]);
const idempotencyKey = plainText(200).min(1, "must not be empty").nullish();

export const createWebhookInput = z.object({ url: z.string(), kinds, idempotencyKey });
export type CreateWebhook = z.output<typeof createWebhookInput>;

export const updateWebhookInput = z.object({
  id: z.string(),
  url: z.string().optional(),
  kinds: kinds.optional(),
  isEnabled: z.boolean().optional(),
});
export type UpdateWebhook = z.output<typeof updateWebhookInput>;

export const deleteWebhooksInput = z.object({
  ids: z.array(z.string()).min(1, "must name at least one").max(DELETE_WEBHOOKS_LIMIT, `must be at most ${DELETE_WEBHOOKS_LIMIT}`),
});
export type DeleteWebhooks = z.output<typeof deleteWebhooksInput>;

export const resendWebhookInput = z
  .object({
    id: z.string(),
    deliveryIds: z.array(z.string()).min(1, "must name at least one").max(RESEND_LIMIT, `must be at most ${RESEND_LIMIT}`).nullish(),
    after: z.string().nullish(),
  })
  .superRefine(({ deliveryIds, after }, context) => {
    const params = { code: deliveryIds ? UserErrorCode.NOT_APPLICABLE : UserErrorCode.REQUIRED };
    if (Boolean(deliveryIds) === Boolean(after)) {
      context.addIssue({
        code: "custom",
        path: ["after"],
        message: "Say what to send again: deliveries by their ids, or all after a cursor.",
        params,
      });
    }
  });
export type ResendWebhook = z.output<typeof resendWebhookInput>;
