import type { ChangeLog } from "../changes/change-log.ts";
import { changeKindName } from "../changes/change.rules.ts";
import { readFlushedExtent, type LogExtent } from "../changes/change.store.ts";
import { cursorOf, resumeAfter } from "../changes/cursor.ts";
import { decodeCursor, type Position } from "../changes/position.ts";
import { readUntold, type UntoldItem } from "../changes/read-untold.ts";
import type { Database, Transaction } from "../database/database.ts";
import type { Clock } from "../shared/clock.ts";
import { groupBy } from "../shared/group-by.ts";
import { newIdentifier } from "../shared/identifier.ts";
import {
  insertDeliveries,
  listStands,
  lockForFanOut,
  writePositions,
  type LockedWebhook,
  type NewDelivery,
  type WebhookStand,
} from "./fan-out.store.ts";
import { webhookMessage } from "./webhook.message.ts";

/** Changes of one organization that one transaction makes deliveries of. */
const PAGE_SIZE = 100;
/** A webhook of whose kinds nothing happens is moved on so often, so that its place in the log does not age. */
const REFRESH_MILLISECONDS = 60_000;

export interface FanOutOptions {
  readonly database: Pick<Database, "executor" | "transaction">;
  /** Tells from memory that an organization has no changes, which is so nearly always. */
  readonly changeLog: Pick<ChangeLog, "after">;
  readonly clock: Clock;
}

export interface FanOut {
  /** Whether there is any webhook that something may be sent to, and any that takes nothing. */
  readonly hasWebhooks: boolean;
  readonly hasFailing: boolean;
  /** Whether there is more to make deliveries of by now. */
  readonly hasMore: boolean;
}

/**
 * Makes deliveries of what the log has behind the places of the webhooks. A webhook moves on in the transaction that writes its
 * deliveries: whoever is killed at it has done all of a page or nothing. Gateways share the organizations among them by their locks.
 */
export async function fanOut(options: FanOutOptions): Promise<FanOut> {
  const { database, clock } = options;
  const stands = await listStands(database.executor);
  const organizationIds = new Set(stands.filter((stand) => mayHaveMore(options, stand)).map(({ organizationId }) => organizationId));
  const problems: unknown[] = [];
  let hasMore = false;
  for (const organizationId of organizationIds) {
    try {
      const isWhole = await database.transaction("fan out webhooks", (transaction) => fanOutOf(transaction, organizationId, clock.now()));
      hasMore ||= !isWhole;
    } catch (error) {
      // One organization's trouble must not keep the others waiting.
      problems.push(error);
    }
  }
  if (problems.length > 0) throw problems[0];
  return { hasWebhooks: stands.length > 0, hasFailing: stands.some((stand) => stand.hasFailing), hasMore };
}

function mayHaveMore({ changeLog, clock }: FanOutOptions, { organizationId, position: cursor, hasRoom }: WebhookStand): boolean {
  if (!hasRoom) return false;
  const mark = decodeCursor(cursor);
  if (!mark?.at || mark.position.step || clock.now().getTime() - mark.at.getTime() >= REFRESH_MILLISECONDS) return true;
  return changeLog.after(mark.position.snapshot, organizationId).kind !== "nothing";
}

/** Tells whether the log was read to the present. */
async function fanOutOf(transaction: Transaction, organizationId: string, now: Date): Promise<boolean> {
  const webhooks = await lockForFanOut(transaction, organizationId);
  if (webhooks.length === 0) return true;
  // Receivers are sent cursors out of it as soon as this is committed, which by itself may not wait for the disk.
  const extent = await readFlushedExtent(transaction);
  const deliveries: NewDelivery[] = [];
  const moved: Pick<LockedWebhook, "id" | "position">[] = [];
  let isWhole = true;
  // Those that take what they are sent stand at one place, and are served by one reading.
  for (const [cursor, group] of groupBy(webhooks, ({ position }) => position)) {
    const page = await readPageAfter(transaction, { cursor, extent, organizationId });
    const position = cursorOf({ log: extent.log, position: page.position, at: page.hasMore ? null : now });
    moved.push(...group.map(({ id }) => ({ id, position })));
    deliveries.push(...group.flatMap((webhook) => deliveriesOf(webhook, page.items, { extent, organizationId, now })));
    isWhole &&= !page.hasMore;
  }
  await insertDeliveries(transaction, deliveries, now);
  await writePositions(transaction, moved);
  return isWhole;
}

interface PageAfter {
  readonly cursor: string;
  readonly extent: LogExtent;
  readonly organizationId: string;
}

async function readPageAfter(
  transaction: Transaction,
  { cursor, extent, organizationId }: PageAfter,
): Promise<{ readonly items: readonly UntoldItem[]; readonly position: Position; readonly hasMore: boolean }> {
  const { position, hasGap } = resumeAfter(cursor, extent);
  const page = await readUntold(transaction, { organizationId, extent, position, limit: PAGE_SIZE });
  return hasGap ? { ...page, items: [{ change: null, position }, ...page.items] } : page;
}

interface Making {
  readonly extent: LogExtent;
  readonly organizationId: string;
  readonly now: Date;
}

/** Of a gap everybody is told, whatever kinds they want. */
function deliveriesOf(
  { id, kinds }: LockedWebhook,
  items: readonly UntoldItem[],
  { extent, organizationId, now }: Making,
): readonly NewDelivery[] {
  const wanted = items.filter(({ change }) => change === null || kinds.includes(changeKindName(change.object, change.kind)));
  return wanted.map(({ change, position }) => {
    const cursor = cursorOf({ log: extent.log, position, at: change?.at ?? now });
    return {
      id: newIdentifier("webhookdelivery"),
      webhook_id: id,
      organization_id: organizationId,
      change_id: change?.id ?? null,
      object_id: change?.objectId ?? organizationId,
      body: webhookMessage(change, { cursor, organizationId, now }),
    };
  });
}
