import { getOperationAST } from "graphql";
import { UNREADABLE } from "../observability/operation.meters.ts";
import { inOperationSpan, nameOperationSpan } from "../observability/spans.ts";
import { codesOf } from "./metering.ts";
import type { PreparedSubscription, Subscribed } from "./subscribe.ts";

/** Counts a subscription while it is open, whoever ends it, and traces its beginning. */
export function meterSubscription(
  prepared: PreparedSubscription,
  run: (prepared: PreparedSubscription) => Promise<Subscribed>,
): Promise<Subscribed> {
  const { metering } = prepared.contextValue;
  const operation = getOperationAST(prepared.document, prepared.operationName);
  const metered = operation ? metering.nameOf({ ...prepared, operation }) : UNREADABLE;
  const startedAt = performance.now();
  return inOperationSpan(async () => {
    nameOperationSpan("subscription", operation?.name?.value);
    const result = await run(prepared);
    const isOpen = "run" in result;
    const [code = null] = isOpen ? [] : codesOf(result.errors ?? []);
    metering.answered(metered, code, startedAt);
    if (isOpen) result.onClose(metering.subscribed(metered));
    return result;
  });
}
