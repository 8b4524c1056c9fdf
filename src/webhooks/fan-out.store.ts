import { sql, type SQL } from "drizzle-orm";
import type { Executor, Transaction } from "../database/database.ts";
import { insertRows, rowsAs, toRowSet, type ColumnTypes } from "../database/row-set.ts";

/** Open deliveries of one webhook: who takes nothing gets no more of them, and waits in the log instead. */
export const OPEN_LIMIT = 500;

/** Enabled webhooks of an organization that stand at one place of the log. */
export interface WebhookStand {
  readonly organizationId: string;
  readonly position: string;
  /** Whether one of them may be given more. */
  readonly hasRoom: boolean;
  /** Whether one of them takes nothing. */
  readonly hasFailing: boolean;
}

export async function listStands(executor: Executor): Promise<readonly WebhookStand[]> {
  const rows = await executor.execute<{ organization_id: string; position: string; has_room: boolean; has_failing: boolean }>(sql`
    select w.organization_id, w.position, bool_or(w.failing_since is null or ${openCount(sql`w`)} < ${OPEN_LIMIT}::integer) as has_room,
      bool_or(w.failing_since is not null) as has_failing
    from webhooks w where w.is_enabled group by w.organization_id, w.position`);
  return rows.map((row) => ({
    organizationId: row.organization_id,
    position: row.position,
    hasRoom: row.has_room,
    hasFailing: row.has_failing,
  }));
}

export interface LockedWebhook {
  readonly id: string;
  readonly position: string;
  readonly kinds: readonly string[];
}

/** Such webhooks of an organization, held until the transaction ends; those that another gateway is at are left to it. */
export async function lockForFanOut(transaction: Transaction, organizationId: string): Promise<readonly LockedWebhook[]> {
  const rows = await transaction.execute<{ id: string; position: string; kinds: readonly string[]; open: number }>(sql`
    with held as (
      select id, position, kinds from webhooks where organization_id = ${organizationId} and is_enabled order by id for update skip locked)
    select held.id, held.position, held.kinds, ${openCount(sql`held`)} as open from held`);
  return rows.filter(({ open }) => open < OPEN_LIMIT).map(({ id, position, kinds }) => ({ id, position, kinds }));
}

function openCount(webhook: SQL): SQL {
  return sql`(select count(*)::integer from (
    select from webhook_deliveries d where d.webhook_id = ${webhook}.id and d.status in ('PENDING', 'RETRYING') limit ${OPEN_LIMIT}) open_ones)`;
}

const DELIVERY_COLUMNS = {
  id: "text",
  webhook_id: "text",
  organization_id: "text",
  change_id: "bigint",
  object_id: "text",
  body: "text",
} as const satisfies ColumnTypes;

export type NewDelivery = { readonly [Name in keyof typeof DELIVERY_COLUMNS]: string | number | null };

/** Writes deliveries in one statement; one that was made before and is over is sent again, under the id that it had. */
export async function insertDeliveries(transaction: Transaction, deliveries: readonly NewDelivery[], at: Date): Promise<void> {
  if (deliveries.length === 0) return;
  const now = sql`${at.toISOString()}::timestamptz`;
  const insert = insertRows("webhook_deliveries", DELIVERY_COLUMNS, toRowSet(deliveries, DELIVERY_COLUMNS), {
    next_attempt_at: now,
    created_at: now,
  });
  await transaction.execute(sql`
    ${insert}
    on conflict on constraint webhook_deliveries_by_change do update
    set status = 'PENDING', attempts = 0, next_attempt_at = excluded.next_attempt_at, claimed_until = null,
      first_attempt_at = null
    where webhook_deliveries.status in ('DELIVERED', 'FAILED')`);
}

const POSITION_COLUMNS = { id: "text", position: "text" } as const satisfies ColumnTypes;

/** Moves locked webhooks in one statement. */
export async function writePositions(transaction: Transaction, webhooks: readonly Pick<LockedWebhook, "id" | "position">[]): Promise<void> {
  await transaction.execute(sql`
    update webhooks w set position = r.position
    from ${rowsAs("r", POSITION_COLUMNS, toRowSet(webhooks, POSITION_COLUMNS))} where w.id = r.id`);
}
