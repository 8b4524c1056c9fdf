import type { RunningSubscription } from "./subscribe.ts";

/** The same subscription; `end` is called once it is over. */
export function endingWith(subscription: RunningSubscription, end: () => void): RunningSubscription {
  return {
    ...subscription,
    close() {
      end();
      subscription.close();
    },
  };
}
