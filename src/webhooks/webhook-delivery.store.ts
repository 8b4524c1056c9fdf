import { and, eq, sql, type SQL } from "drizzle-orm";
import type { Executor, Transaction } from "../database/database.ts";
import { keysetCondition, keysetLimit, keysetOrderBy, type KeysetRows } from "../database/keyset.ts";
import { takePages, wantedOwners, type WantedPages } from "../database/owned-pages.ts";
import { textList } from "../database/text-list.ts";
import type { WebhookDeliveryStatus } from "./webhook.rules.ts";
import { webhookDeliveries, webhooks } from "./webhook.table.ts";

export type WebhookDeliveryRow = typeof webhookDeliveries.$inferSelect;

/** Which deliveries are meant: those of this status; null: all. */
export interface DeliveryQuery {
  readonly organizationId: string;
  readonly status: WebhookDeliveryStatus | null;
}

/** For each webhook one page of its deliveries, the newest first: all webhooks in one statement. */
export async function pageDeliveriesOfWebhooks(
  executor: Executor,
  { organizationId, status, ...wantedPages }: DeliveryQuery & WantedPages,
): Promise<ReadonlyMap<string, KeysetRows<WebhookDeliveryRow>>> {
  // Ids sort by when they were made.
  const order = { key: webhookDeliveries.id, id: webhookDeliveries.id, isDescending: true } as const;
  const { ownerIds, page } = wantedPages;
  const wanted = wantedOwners(executor, ownerIds);
  const found = executor
    .select()
    .from(webhookDeliveries)
    .where(
      and(
        eq(webhookDeliveries.organizationId, organizationId),
        eq(webhookDeliveries.webhookId, wanted.ownerId),
        isOfStatus(status),
        keysetCondition(order, page),
      ),
    )
    .orderBy(keysetOrderBy(order, page))
    .limit(keysetLimit(page))
    .as("found");
  const rows = await executor
    .with(wanted)
    .select()
    .from(wanted)
    .innerJoinLateral(found, sql`true`);
  return takePages(wantedPages, rows);
}

export async function countDeliveriesOfWebhooks(
  executor: Executor,
  { organizationId, status, webhookIds }: DeliveryQuery & { readonly webhookIds: readonly string[] },
): Promise<ReadonlyMap<string, number>> {
  const rows = await executor
    .select({ webhookId: webhookDeliveries.webhookId, count: sql<number>`count(*)::integer` })
    .from(webhookDeliveries)
    .where(
      and(
        eq(webhookDeliveries.organizationId, organizationId),
        sql`${webhookDeliveries.webhookId} = any(${textList(webhookIds)})`,
        isOfStatus(status),
      ),
    )
    .groupBy(webhookDeliveries.webhookId);
  return new Map(rows.map((row) => [row.webhookId, row.count]));
}

/** Those of webhooks that were not deleted. */
export async function findDeliveries(
  executor: Executor,
  organizationId: string,
  ids: readonly string[],
): Promise<readonly WebhookDeliveryRow[]> {
  const rows = await executor
    .select({ delivery: webhookDeliveries })
    .from(webhookDeliveries)
    .innerJoin(webhooks, eq(webhooks.id, webhookDeliveries.webhookId))
    .where(
      and(
        eq(webhookDeliveries.organizationId, organizationId),
        sql`${webhookDeliveries.id} = any(${textList(ids)})`,
        sql`${webhooks.deletedAt} is null`,
      ),
    );
  return rows.map(({ delivery }) => delivery);
}

/** Makes deliveries of a webhook ready to be sent again, as if never sent, and gives the ids of those that it has. */
export async function resetDeliveries(
  transaction: Transaction,
  { webhookId, ids, at }: { readonly webhookId: string; readonly ids: readonly string[]; readonly at: Date },
): Promise<readonly string[]> {
  const rows = await transaction
    .update(webhookDeliveries)
    .set({ status: "PENDING", attempts: 0, nextAttemptAt: at, claimedUntil: null, firstAttemptAt: null })
    .where(and(eq(webhookDeliveries.webhookId, webhookId), sql`${webhookDeliveries.id} = any(${textList(ids)})`))
    .returning({ id: webhookDeliveries.id });
  return rows.map(({ id }) => id);
}

function isOfStatus(status: WebhookDeliveryStatus | null): SQL | undefined {
  return status === null ? undefined : eq(webhookDeliveries.status, status);
}
