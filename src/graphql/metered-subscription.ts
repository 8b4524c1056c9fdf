import { getOperationAST, type ExecutionArgs, type ExecutionResult } from "graphql";
import { UNREADABLE } from "../observability/operation.meters.ts";
import { inOperationSpan, nameOperationSpan } from "../observability/spans.ts";
import { codesOf } from "./metering.ts";
import type { RequestContext } from "./request.ts";

/** What a subscription comes to: its items, or why there are none. */
export type Subscribed = AsyncGenerator<ExecutionResult, void> | ExecutionResult;

/** Counts a subscription while it is open, whoever ends it, and traces its beginning. */
export function meterSubscription(args: ExecutionArgs, run: (args: ExecutionArgs) => Promise<Subscribed>): Promise<Subscribed> {
  const { metering } = args.contextValue as RequestContext;
  const operation = getOperationAST(args.document, args.operationName);
  const metered = operation ? metering.nameOf(args.document, operation) : UNREADABLE;
  const startedAt = performance.now();
  return inOperationSpan(async () => {
    nameOperationSpan("subscription", operation?.name?.value);
    const result = await run(args);
    const isOpen = Symbol.asyncIterator in result;
    const [code = null] = isOpen ? [] : codesOf(result.errors ?? []);
    metering.answered(metered, code, startedAt);
    return isOpen ? endingWith(result, metering.subscribed(metered)) : result;
  });
}

/** The same items; `end` is called once there are no more of them. */
function endingWith(items: AsyncGenerator<ExecutionResult, void>, end: () => void): AsyncGenerator<ExecutionResult, void> {
  const counted: AsyncGenerator<ExecutionResult, void> = {
    async next() {
      try {
        const result = await items.next();
        if (result.done) end();
        return result;
      } catch (error) {
        end();
        throw error;
      }
    },
    return(value) {
      end();
      return items.return(value);
    },
    throw(error: unknown) {
      end();
      return items.throw(error);
    },
    [Symbol.asyncIterator]: () => counted,
  };
  return counted;
}
