import type { Slots } from "../limits/slots.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { toGraphQLError } from "./errors.ts";
import type { RequestContext } from "./request.ts";
import type { Subscribed } from "./subscribe.ts";

/** Opens a subscription with a slot of its caller's, which is given back when it ends, however it does; or answers RATE_LIMITED. */
export async function withSlot(slots: Slots, { actor }: RequestContext, open: () => Promise<Subscribed>): Promise<Subscribed> {
  const release = slots.take(actor.callerId);
  if (!release) {
    const message = `A credential carries at most ${slots.limit} subscriptions at a time. End some, then subscribe again.`;
    return { errors: [toGraphQLError(new Fault(FaultCode.RATE_LIMITED, message))] };
  }
  try {
    const results = await open();
    if ("run" in results) results.onClose(release);
    else release();
    return results;
  } catch (error) {
    release();
    throw error;
  }
}
