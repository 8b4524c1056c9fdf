import { sql } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import { firstIdentifierOf } from "../shared/identifier.ts";
import type { DeliveryOutcome } from "./webhook.rules.ts";

/** Attempts at one webhook at a time, of all gateways together; at one that takes nothing only one, to see whether it does again. */
const PARALLEL_ATTEMPTS = 8;
const PROBE_ATTEMPTS = 1;

/** A delivery that nobody else attempts for now. */
export interface ClaimedDelivery {
  readonly id: string;
  readonly webhookId: string;
  /** This one included; tells it from later ones. */
  readonly attempts: number;
  readonly firstAttemptAt: Date;
  readonly body: string;
  readonly urlCiphertext: Buffer;
  readonly secretCiphertext: Buffer;
}

export interface ClaimQuery {
  readonly now: Date;
  /** Of webhooks that take what they are sent, or of those that do not. */
  readonly isFailing: boolean;
  readonly limit: number;
  /** How long a gateway keeps a delivery to itself: longer than an attempt can take. Whoever was killed at it lets go of it so. */
  readonly claimMilliseconds: number;
}

/**
 * Takes deliveries that are due. Of one object's only the first: its changes arrive in their order as long as they are taken at once,
 * while those of different objects go side by side.
 */
export async function claimDeliveries(
  executor: Executor,
  { now, isFailing, limit, claimMilliseconds }: ClaimQuery,
): Promise<readonly ClaimedDelivery[]> {
  const at = sql`${now.toISOString()}::timestamptz`;
  const due = sql`d.status in ('PENDING', 'RETRYING') and d.next_attempt_at <= ${at}`;
  const isFree = sql`(d.claimed_until is null or d.claimed_until < clock_timestamp())`;
  const rows = await executor.execute<{
    id: string;
    webhook_id: string;
    attempts: number;
    first_attempt_at: string;
    body: string;
    url: string;
    secret: string;
  }>(sql`
    with chosen as (
      select first.id from webhooks w
      cross join lateral (
        select count(*)::integer as count from webhook_deliveries d
        where d.webhook_id = w.id and d.status in ('PENDING', 'RETRYING') and d.claimed_until >= clock_timestamp()) claimed
      cross join lateral (
        select d.id, d.next_attempt_at from (
          select distinct on (d.object_id) d.id, d.claimed_until, d.next_attempt_at from webhook_deliveries d
          where d.webhook_id = w.id and ${due}
          order by d.object_id, d.id) d
        where ${isFree}
        order by d.id limit greatest(0, ${isFailing ? PROBE_ATTEMPTS : PARALLEL_ATTEMPTS}::integer - claimed.count)) first
      where w.is_enabled and (w.failing_since is not null) = ${isFailing}
      order by first.next_attempt_at, first.id limit ${limit}),
    held as (
      select d.id from webhook_deliveries d join chosen using (id) where ${due} and ${isFree} order by d.id for update of d skip locked)
    update webhook_deliveries d
    set attempts = d.attempts + 1, first_attempt_at = coalesce(d.first_attempt_at, ${at}), claimed_until = clock_timestamp() + make_interval(secs => ${claimMilliseconds / 1_000}::double precision)
    from held, webhooks w where d.id = held.id and w.id = d.webhook_id
    returning d.id, d.webhook_id, d.attempts, d.first_attempt_at, d.body, encode(w.url_ciphertext, 'base64') as url, encode(w.secret_ciphertext, 'base64') as secret`);
  return rows.map((row) => ({
    id: row.id,
    webhookId: row.webhook_id,
    attempts: row.attempts,
    firstAttemptAt: new Date(row.first_attempt_at),
    body: row.body,
    urlCiphertext: Buffer.from(row.url, "base64"),
    secretCiphertext: Buffer.from(row.secret, "base64"),
  }));
}

/** A webhook that took nothing for so long was away. */
const OUTAGE_SECONDS = 60;

export interface Attempt {
  readonly delivery: Pick<ClaimedDelivery, "id" | "webhookId" | "attempts">;
  readonly outcome: DeliveryOutcome;
  readonly at: Date;
}

/**
 * Writes what became of an attempt, and what it says of the webhook, in one statement. A failure of an attempt that somebody else has
 * repeated meanwhile says nothing. Once a webhook takes messages again that took none for a while, those that waited for another
 * attempt are due; one that is never taken while others are keeps to its times.
 */
export async function recordAttempt(executor: Executor, { delivery, outcome, at }: Attempt): Promise<void> {
  const { status, responseStatus, problem, nextAttemptAt, disabledReason } = outcome;
  const now = sql`${at.toISOString()}::timestamptz`;
  const isTaken = status === "DELIVERED";
  await executor.execute(sql`
    with hook as (select id, failing_since from webhooks where id = ${delivery.webhookId}),
    written as (
      update webhook_deliveries d set
        status = ${status}, response_status = ${responseStatus}::integer, problem = ${problem}, claimed_until = null, last_attempt_at = ${now},
        next_attempt_at = coalesce(${nextAttemptAt?.toISOString() ?? null}::timestamptz, d.next_attempt_at)
      where d.id = ${delivery.id} and d.status in ('PENDING', 'RETRYING') and (${isTaken}::boolean or d.attempts = ${delivery.attempts})
      returning d.id),
    judged as (
      update webhooks w set
        failing_since = case when ${isTaken}::boolean then null else coalesce(w.failing_since, ${now}) end,
        is_enabled = w.is_enabled and ${disabledReason}::text is null,
        disabled_reason = coalesce(${disabledReason}::text, w.disabled_reason)
      from written, hook
      where w.id = hook.id and (${disabledReason}::text is not null or (w.failing_since is null) <> ${isTaken}::boolean)
      returning w.id, coalesce(${isTaken}::boolean and hook.failing_since < ${now} - make_interval(secs => ${OUTAGE_SECONDS}::integer), false) as is_back)
    update webhook_deliveries d set next_attempt_at = ${now} from judged
    where judged.is_back and d.webhook_id = judged.id and d.id <> ${delivery.id} and d.status = 'RETRYING' and d.next_attempt_at > ${now}`);
}

/** Lets go of deliveries whose attempt was called off before it had an end. */
export async function releaseDelivery(executor: Executor, { id, attempts }: Pick<ClaimedDelivery, "id" | "attempts">): Promise<void> {
  await executor.execute(sql`
    update webhook_deliveries set claimed_until = null, attempts = attempts - 1 where id = ${id} and attempts = ${attempts} and status in ('PENDING', 'RETRYING')`);
}

/** Deliveries are kept so long after they were made, and of one webhook, beside those that are still to be sent, so many of the newest. */
export const DELIVERY_RETENTION_DAYS = 30;
export const DELIVERY_RETENTION_ROWS = 100_000;
const SWEEP_BATCH_ROWS = 5_000;

export interface DeliverySweep {
  readonly now: Date;
  readonly rowLimit?: number;
}

/** Deletes some of what is older or more, and deleted webhooks once nothing is left of them. Tells whether there is more. */
export async function sweepDeliveries(executor: Executor, { now, rowLimit = DELIVERY_RETENTION_ROWS }: DeliverySweep): Promise<boolean> {
  const oldest = firstIdentifierOf("webhookdelivery", new Date(now.getTime() - DELIVERY_RETENTION_DAYS * 86_400_000));
  const [row] = await executor.execute<{ count: number }>(sql`
    with old as (
      delete from webhook_deliveries where id = any(array(
        -- Ids sort by when they were made.
        (select id from webhook_deliveries where id < ${oldest} order by id limit ${SWEEP_BATCH_ROWS}::integer)
        union all
        (select d.id from webhooks w
        cross join lateral (
          select d.id from webhook_deliveries d where d.webhook_id = w.id order by d.id desc offset ${rowLimit}::integer limit 1) surplus
        join webhook_deliveries d on d.webhook_id = w.id and d.id <= surplus.id and d.status in ('DELIVERED', 'FAILED')
        limit ${SWEEP_BATCH_ROWS}::integer)
        union all
        (select d.id from webhooks w join webhook_deliveries d on d.webhook_id = w.id
        where w.deleted_at is not null limit ${SWEEP_BATCH_ROWS}::integer)))
      returning id),
    empty as (
      delete from webhooks w where w.deleted_at is not null and not exists (select from webhook_deliveries d where d.webhook_id = w.id))
    select count(*)::integer as count from old`);
  return (row?.count ?? 0) >= SWEEP_BATCH_ROWS;
}
