import type { ExecutionArgs, ExecutionResult } from "graphql";
import type { Slots } from "../limits/slots.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { toGraphQLError } from "./errors.ts";
import type { RequestContext } from "./request.ts";

type Results = AsyncGenerator<ExecutionResult, void> | ExecutionResult;

/** Opens a subscription with a slot of its caller's, which is given back when it ends, however it does; or answers RATE_LIMITED. */
export async function withSlot(slots: Slots, { contextValue }: ExecutionArgs, open: () => Promise<Results>): Promise<Results> {
  const release = slots.take((contextValue as RequestContext).actor.callerId);
  if (!release) {
    const message = `A credential carries at most ${slots.limit} subscriptions at a time. End some, then subscribe again.`;
    return { errors: [toGraphQLError(new Fault(FaultCode.RATE_LIMITED, message))] };
  }
  try {
    const results = await open();
    if (Symbol.asyncIterator in results) return releaseAtEnd(results, release);
    release();
    return results;
  } catch (error) {
    release();
    throw error;
  }
}

function releaseAtEnd(results: AsyncGenerator<ExecutionResult, void>, release: () => void): AsyncGenerator<ExecutionResult, void> {
  const held: AsyncGenerator<ExecutionResult, void> = {
    async next() {
      const item = await results.next().catch((error: unknown) => {
        release();
        throw error;
      });
      if (item.done) release();
      return item;
    },
    return(value) {
      release();
      return results.return(value);
    },
    throw(error) {
      release();
      return results.throw(error);
    },
    [Symbol.asyncIterator]: () => held,
  };
  return held;
}
