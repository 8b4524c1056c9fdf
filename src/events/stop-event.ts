import type { Context } from "../access/context.ts";
import { Verb } from "../sessions/session.rules.ts";
import type { StopEvent } from "./event.input.ts";
import { decideStopEvent } from "./event.transitions.ts";
import { stopListening } from "./event-session.ts";
import { moveEvent, sessionIdsOf } from "./move-event.ts";
import { refuseUnless, withEvent } from "./require-event.ts";

const STOP = { permission: "stop events", verb: Verb.STOP_EVENT, name: "stop event" } as const;

/** Ends a live event for ever: its sessions stop, and nobody can push to them any more. */
export async function stopEvent(context: Context, { id, confirm }: StopEvent): Promise<string> {
  return withEvent(context, STOP, { id }, async (transactionContext, event) => {
    refuseUnless(decideStopEvent(event, confirm));
    await stopListening(transactionContext, sessionIdsOf(event));
    await moveEvent(transactionContext, event, { status: "ENDED", publishedSlide: null, endedAt: transactionContext.clock.now() });
  });
}
