import { isPermitted } from "../access/level.rules.ts";
import { defineLoader, inOrderOf } from "../graphql/loaders.ts";
import { definePageLoader } from "../graphql/page-loader.ts";
import { groupBy } from "../shared/group-by.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { countDeliveriesOfWebhooks, findDeliveries, pageDeliveriesOfWebhooks, type WebhookDeliveryRow } from "./webhook-delivery.store.ts";
import type { WebhookDeliveryStatus } from "./webhook.rules.ts";
import { findWebhooks, type WebhookRow } from "./webhook.store.ts";

/** Webhooks by id; to callers who may not manage them, there are none. */
export const webhookLoader = defineLoader<WebhookRow>("webhooks", async ({ database, actor }, ids) => {
  const known = isPermitted(actor.accessLevel, "list webhooks") ? ids.filter((id) => isIdentifier("webhook", id)) : [];
  return inOrderOf(
    ids,
    known.length === 0 ? [] : await findWebhooks(database.executor, actor.organizationId, known),
    (row) => row.id,
    (row) => row,
  );
});

/** Deliveries by id, to the same callers. */
export const webhookDeliveryLoader = defineLoader<WebhookDeliveryRow>("webhook deliveries", async ({ database, actor }, ids) => {
  const known = isPermitted(actor.accessLevel, "list webhooks") ? ids.filter((id) => isIdentifier("webhookdelivery", id)) : [];
  return inOrderOf(
    ids,
    known.length === 0 ? [] : await findDeliveries(database.executor, actor.organizationId, known),
    (row) => row.id,
    (row) => row,
  );
});

/** Pages of the deliveries of webhooks, the newest first; the variant is their status. */
export const deliveriesOfWebhookLoader = definePageLoader<WebhookDeliveryRow>("deliveries of webhooks", ({ database, actor }, wanted) =>
  pageDeliveriesOfWebhooks(database.executor, {
    organizationId: actor.organizationId,
    ownerIds: wanted.ownerIds,
    status: wanted.variant as WebhookDeliveryStatus | null,
    page: wanted.page,
  }),
);

/** How many deliveries a webhook has, by `deliveryCountKey`. */
export const deliveryCountLoader = defineLoader<number>("delivery counts of webhooks", async ({ database, actor }, keys) => {
  const wanted = keys.map((key) => JSON.parse(key) as readonly [webhookId: string, status: WebhookDeliveryStatus | null]);
  const counts = await Promise.all(
    [...groupBy(wanted, ([, status]) => status)].map(async ([status, group]) => {
      const query = { organizationId: actor.organizationId, status, webhookIds: group.map(([id]) => id) };
      return [status, await countDeliveriesOfWebhooks(database.executor, query)] as const;
    }),
  );
  const byStatus = new Map(counts);
  return wanted.map(([id, status]) => byStatus.get(status)?.get(id) ?? 0);
});

export function deliveryCountKey(webhookId: string, status: WebhookDeliveryStatus | null): string {
  return JSON.stringify([webhookId, status]);
}
