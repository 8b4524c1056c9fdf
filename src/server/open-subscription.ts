import { isInterruption } from "../changes/patience.ts";
import { meterSubscription } from "../graphql/metered-subscription.ts";
import type { PreparedSubscription, Subscribed } from "../graphql/subscribe.ts";
import { withSlot } from "../graphql/subscription-slot.ts";
import type { Gateway } from "./gateway.ts";

/** Opens a subscription, counted and within its caller's limits, whatever carries it. Throws the fault while the database is away. */
export async function openSubscription({ limits, subscriptions }: Gateway, prepared: PreparedSubscription): Promise<Subscribed> {
  const subscribed = await withSlot(limits.subscriptionsOfCaller, prepared.contextValue, () =>
    meterSubscription(prepared, subscriptions.run),
  );
  if ("run" in subscribed) return subscribed;
  // Told as an answer, it would end the subscription of a stock client for good.
  const interruption = subscribed.errors?.find(({ originalError }) => isInterruption(originalError));
  if (interruption) throw interruption.originalError ?? interruption;
  return subscribed;
}
