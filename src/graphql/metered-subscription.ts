import { getOperationAST, type ExecutionArgs } from "graphql";
import { UNREADABLE } from "../observability/operation.meters.ts";
import { inOperationSpan, nameOperationSpan } from "../observability/spans.ts";
import { endingWith, type Subscribed } from "./ending-with.ts";
import { codesOf } from "./metering.ts";
import type { RequestContext } from "./request.ts";

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
