import type { RunningSubscription } from "../graphql/subscribe.ts";
import type { Outlet } from "./outlet.ts";

/**
 * Sends a subscription's answers to its reader until one of both is over, and closes the subscription. Answers that are live are sent
 * as they come; a snapshot, and what a reader missed, as it takes them. Rejects when the subscription failed.
 */
export async function deliver(subscription: RunningSubscription, outlet: Outlet, frameOf: (answer: string) => string): Promise<void> {
  const forget = outlet.onEnd(() => subscription.close());
  let isLive = false;
  try {
    for (;;) {
      isLive &&= subscription.isLive();
      if (!isLive) {
        await outlet.drained();
        isLive = subscription.isLive();
      }
      await subscription.ready();
      const answers = await subscription.take();
      if (answers === null || subscription.isOver()) return;
      for (const answer of answers) outlet.send(frameOf(subscription.textOf(answer)), isLive);
      if (answers.length > 0) subscription.noteTold();
    }
  } finally {
    forget();
    subscription.close();
  }
}
