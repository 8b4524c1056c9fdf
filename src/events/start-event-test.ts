import type { Context } from "../access/context.ts";
import { Verb } from "../sessions/session.rules.ts";
import type { EventAction } from "./event.input.ts";
import { decideStartTest } from "./event.transitions.ts";
import { putOnAir } from "./event-session.store.ts";
import { moveEvent, sessionIdsOf } from "./move-event.ts";
import { refuseUnless, withEvent } from "./require-event.ts";

const START_TEST = { permission: "test events", verb: Verb.START_TEST, name: "start event test" } as const;

/** Encodes an event for its operator alone: nothing is public, counted or recorded. */
export async function startEventTest(context: Context, input: EventAction): Promise<string> {
  return withEvent(context, START_TEST, input, async (transactionContext, event) => {
    refuseUnless(decideStartTest(event));
    await putOnAir(transactionContext.transaction, sessionIdsOf(event), { onAir: "TEST" });
    await moveEvent(transactionContext, event, { status: "TESTING" });
  });
}
