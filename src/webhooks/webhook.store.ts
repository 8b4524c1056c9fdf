import { and, eq, isNull, sql } from "drizzle-orm";
import type { Executor, Transaction } from "../database/database.ts";
import { keysetCondition, keysetLimit, keysetOrderBy, takePage, type KeysetPage, type KeysetRows } from "../database/keyset.ts";
import { textList } from "../database/text-list.ts";
import { webhooks } from "./webhook.table.ts";

export type WebhookRow = typeof webhooks.$inferSelect;

export async function insertWebhook(transaction: Transaction, row: typeof webhooks.$inferInsert): Promise<void> {
  await transaction.insert(webhooks).values(row);
}

/** One page of an organization's webhooks, the newest first. */
export async function pageWebhooks(executor: Executor, organizationId: string, page: KeysetPage): Promise<KeysetRows<WebhookRow>> {
  // Ids sort by when they were made.
  const order = { key: webhooks.id, id: webhooks.id, isDescending: true } as const;
  const rows = await executor
    .select()
    .from(webhooks)
    .where(and(isOf(organizationId), keysetCondition(order, page)))
    .orderBy(keysetOrderBy(order, page))
    .limit(keysetLimit(page));
  return takePage(rows, page);
}

export async function countWebhooks(executor: Executor, organizationId: string): Promise<number> {
  return executor.$count(webhooks, isOf(organizationId));
}

export async function findWebhooks(executor: Executor, organizationId: string, ids: readonly string[]): Promise<readonly WebhookRow[]> {
  return executor
    .select()
    .from(webhooks)
    .where(and(isOf(organizationId), isOneOf(ids)));
}

/** Held until the transaction ends, in the order of ids. */
export async function lockWebhooks(
  transaction: Transaction,
  organizationId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, WebhookRow>> {
  const rows = await transaction
    .select()
    .from(webhooks)
    .where(and(isOf(organizationId), isOneOf(ids)))
    .orderBy(webhooks.id)
    .for("update");
  return new Map(rows.map((row) => [row.id, row]));
}

/** Makes others who count the webhooks of the organization wait until the transaction ends. */
export async function holdWebhookCount(transaction: Transaction, organizationId: string): Promise<void> {
  await transaction.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`headend webhooks of ${organizationId}`}, 0))`);
}

export type WebhookPatch = Partial<
  Pick<WebhookRow, "url" | "urlCiphertext" | "kinds" | "isEnabled" | "disabledReason" | "failingSince" | "position">
>;

export async function updateWebhookRow(transaction: Transaction, id: string, patch: WebhookPatch): Promise<void> {
  await transaction.update(webhooks).set(patch).where(eq(webhooks.id, id));
}

/** Nothing is sent to them any more; what was sent goes with the sweep. */
export async function markWebhooksDeleted(transaction: Transaction, ids: readonly string[], at: Date): Promise<void> {
  await transaction.update(webhooks).set({ deletedAt: at, isEnabled: false }).where(isOneOf(ids));
}

function isOf(organizationId: string) {
  return and(eq(webhooks.organizationId, organizationId), isNull(webhooks.deletedAt));
}

function isOneOf(ids: readonly string[]) {
  return sql`${webhooks.id} = any(${textList(ids)})`;
}
