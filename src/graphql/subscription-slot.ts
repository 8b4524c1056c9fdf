import type { ExecutionArgs } from "graphql";
import type { Slots } from "../limits/slots.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { endingWith, type Subscribed } from "./ending-with.ts";
import { toGraphQLError } from "./errors.ts";
import type { RequestContext } from "./request.ts";

/** Opens a subscription with a slot of its caller's, which is given back when it ends, however it does; or answers RATE_LIMITED. */
export async function withSlot(slots: Slots, { contextValue }: ExecutionArgs, open: () => Promise<Subscribed>): Promise<Subscribed> {
  const release = slots.take((contextValue as RequestContext).actor.callerId);
  if (!release) {
    const message = `A credential carries at most ${slots.limit} subscriptions at a time. End some, then subscribe again.`;
    return { errors: [toGraphQLError(new Fault(FaultCode.RATE_LIMITED, message))] };
  }
  try {
    const results = await open();
    if (Symbol.asyncIterator in results) return endingWith(results, release);
    release();
    return results;
  } catch (error) {
    release();
    throw error;
  }
}
