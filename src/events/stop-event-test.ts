import type { Context } from "../access/context.ts";
import { Verb } from "../sessions/session.rules.ts";
import type { EventAction } from "./event.input.ts";
import { decideStopTest } from "./event.transitions.ts";
import { putOnAir } from "./event-session.store.ts";
import { moveEvent, sessionIdsOf } from "./move-event.ts";
import { refuseUnless, withEvent } from "./require-event.ts";

const STOP_TEST = { permission: "test events", verb: Verb.STOP_TEST, name: "stop event test" } as const;

/** Ends the encoding of a test; senders stay connected. */
export async function stopEventTest(context: Context, input: EventAction): Promise<string> {
  return withEvent(context, STOP_TEST, input, async (transactionContext, event) => {
    refuseUnless(decideStopTest(event));
    await putOnAir(transactionContext.transaction, sessionIdsOf(event), { onAir: "OFF" });
    await moveEvent(transactionContext, event, { status: "SCHEDULED" });
  });
}
