import { setMaxListeners } from "node:events";
import type { Vault } from "../access/vault.ts";
import { BELL_CHANNEL } from "../changes/bell.ts";
import type { ChangeLog } from "../changes/change-log.ts";
import type { Database } from "../database/database.ts";
import type { NetworkPolicy } from "../network/network-policy.ts";
import { resolveAllowed } from "../network/resolve.ts";
import type { Clock } from "../shared/clock.ts";
import type { Logger } from "../shared/log.ts";
import { startLoop } from "../shared/loop.ts";
import { claimDeliveries, recordAttempt, releaseDelivery, sweepDeliveries, type ClaimedDelivery } from "./dispatch.store.ts";
import { fanOut } from "./fan-out.ts";
import { sendDelivery } from "./send-delivery.ts";
import { decideOutcome, type WebhookDeliveryStatus } from "./webhook.rules.ts";

const INTERVAL_MILLISECONDS = 1_000;
/** The shortest pause between two looks at the log, and between two at what is due. */
const PAUSE_MILLISECONDS = 50;
const SEND_PAUSE_MILLISECONDS = 10;
const SWEEP_INTERVAL_MILLISECONDS = 600_000;
/** Attempts of one gateway at a time, and how many of them may be at webhooks that take nothing: those wait long, and others must not. */
const SLOTS = 200;
const FAILING_SLOTS = 50;
/** How long the end waits for answers that are on their way; what has none is sent by another gateway, or at the next start. */
const CLOSE_MILLISECONDS = 3_000;
/** A claim outlasts the longest attempt so many times. */
const CLAIM_FACTOR = 2;

export interface WebhookDispatcherOptions {
  readonly database: Pick<Database, "executor" | "transaction" | "listen">;
  readonly changeLog: Pick<ChangeLog, "after">;
  readonly vault: Vault;
  readonly network: NetworkPolicy;
  readonly clock: Clock;
  readonly log: Logger;
  /** The longest that a receiver may take, from the lookup of its name to its answer. */
  readonly deliveryMilliseconds: number;
  /** An attempt has come to an outcome that was written. */
  readonly onAttempt: (outcome: WebhookDeliveryStatus) => void;
}

export interface WebhookDispatcher {
  readonly close: () => Promise<void>;
}

/** Tells webhooks of changes. Every gateway has one; what one of them has claimed no other sends, unless it died at it. */
export async function startWebhookDispatcher(options: WebhookDispatcherOptions): Promise<WebhookDispatcher> {
  const { database, clock, log, deliveryMilliseconds } = options;
  const closing = new AbortController();
  // Every attempt listens to it; Node warns of more than ten.
  setMaxListeners(2 * SLOTS, closing.signal);
  const sending = { healthy: new Set<Promise<void>>(), failing: new Set<Promise<void>>() };
  let known = { hasWebhooks: false, hasFailing: false };
  let sweptAt = -Infinity;

  async function makeDeliveries(): Promise<void> {
    const { hasMore, ...found } = await fanOut(options);
    known = found;
    sender.wake();
    if (hasMore) maker.wake();
    if (performance.now() - sweptAt < SWEEP_INTERVAL_MILLISECONDS) return;
    if (!(await sweepDeliveries(database.executor, { now: clock.now() }))) sweptAt = performance.now();
  }

  async function sendDeliveries(): Promise<void> {
    if (!known.hasWebhooks) return;
    await claim({ isFailing: false, limit: SLOTS - sending.failing.size - sending.healthy.size });
    if (known.hasFailing) {
      await claim({ isFailing: true, limit: Math.min(FAILING_SLOTS, SLOTS - sending.healthy.size) - sending.failing.size });
    }
  }

  async function claim({ isFailing, limit }: { readonly isFailing: boolean; readonly limit: number }): Promise<void> {
    if (limit <= 0 || closing.signal.aborted) return;
    const lane = isFailing ? sending.failing : sending.healthy;
    const query = { now: clock.now(), isFailing, limit, claimMilliseconds: CLAIM_FACTOR * deliveryMilliseconds };
    for (const delivery of await claimDeliveries(database.executor, query)) {
      const attempt = attemptDelivery(options, delivery, closing.signal).finally(() => {
        lane.delete(attempt);
        sender.wake();
      });
      lane.add(attempt);
    }
  }

  function onError(error: unknown, failures: number): void {
    if (failures === 1) log.warn({ err: error }, "webhooks cannot be served; trying again");
  }
  const everyMilliseconds = INTERVAL_MILLISECONDS;
  const sender = startLoop({ everyMilliseconds, pauseMilliseconds: SEND_PAUSE_MILLISECONDS, work: sendDeliveries, onError });
  const maker = startLoop({ everyMilliseconds, pauseMilliseconds: PAUSE_MILLISECONDS, work: makeDeliveries, onError });
  const endListening = await database.listen(BELL_CHANNEL, { onNotification: maker.wake, onListening: maker.wake });
  return {
    async close() {
      await Promise.all([endListening(), maker.close(), sender.close()]);
      const late = setTimeout(() => closing.abort(), CLOSE_MILLISECONDS);
      await Promise.all([...sending.healthy, ...sending.failing]);
      clearTimeout(late);
    },
  };
}

/** Never throws: what cannot be written is attempted again once its claim has run out. */
async function attemptDelivery(options: WebhookDispatcherOptions, delivery: ClaimedDelivery, signal: AbortSignal): Promise<void> {
  const { database, vault, network, clock, log, deliveryMilliseconds } = options;
  try {
    const answer = await sendDelivery(delivery, {
      vault,
      resolve: (host) => resolveAllowed(host, network),
      at: clock.now(),
      signal,
      milliseconds: deliveryMilliseconds,
    });
    if (answer.kind === "UNANSWERED" && signal.aborted) {
      await releaseDelivery(database.executor, delivery);
      return;
    }
    const at = clock.now();
    const outcome = decideOutcome(answer, { ...delivery, now: at, chance: Math.random() });
    await database.transaction("record a webhook's answer", (transaction) => recordAttempt(transaction, { delivery, outcome, at }));
    options.onAttempt(outcome.status);
    const said = { webhook: delivery.webhookId, delivery: delivery.id, problem: outcome.problem };
    if (outcome.disabledReason !== null) log.warn(said, "a webhook was disabled by its receiver");
    else if (outcome.status === "FAILED") log.warn(said, "a webhook's delivery was given up");
  } catch (error) {
    log.warn(
      { err: error, webhook: delivery.webhookId, delivery: delivery.id },
      "what became of a webhook's delivery is not known; it is attempted again",
    );
  }
}
