import type { RunningSubscription } from "../graphql/run-subscription.ts";
import type { Frame, Outlet } from "./outlet.ts";

/** Sends a subscription's answers through an outlet until one of both is over, and closes it. Rejects when the subscription failed. */
export async function deliver(subscription: RunningSubscription, outlet: Outlet, frameOf: (answer: Buffer) => Frame): Promise<void> {
  const forget = outlet.onEnd(() => subscription.close());
  try {
    const { isDrained, drained } = outlet;
    await subscription.run({ send: (answer, isLive) => outlet.send(frameOf(answer), isLive), isDrained, drained });
  } finally {
    forget();
    subscription.close();
  }
}
