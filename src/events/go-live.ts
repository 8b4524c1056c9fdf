import type { Context } from "../access/context.ts";
import { Verb } from "../sessions/session.rules.ts";
import type { GoLive } from "./event.input.ts";
import { checkGoLive, decideGoLive } from "./event.transitions.ts";
import { openLiveRuns, putOnAir } from "./event-session.store.ts";
import { moveEvent, sessionIdsOf } from "./move-event.ts";
import { readDecidedEvent } from "./read-ingests.ts";
import { recordShow } from "./record-show.ts";
import { refuseUnless, withEvent } from "./require-event.ts";

const GO_LIVE = { permission: "take events live", verb: Verb.GO_LIVE, name: "go live" } as const;

/** Takes an event live, by the signals that arrive at this moment. A language whose primary is missing goes live without it for good. */
export async function goLive(context: Context, { id, confirmBackupOnly }: GoLive): Promise<string> {
  return withEvent(context, GO_LIVE, { id }, async (transactionContext, event) => {
    const { transaction, clock, actor } = transactionContext;
    const check = checkGoLive(await readDecidedEvent(transaction, event));
    refuseUnless(decideGoLive(check, confirmBackupOnly));
    const backupOnly = event.languages.filter(({ code }) => check.backupOnlyCodes.includes(code));
    const at = clock.now();
    await putOnAir(transaction, sessionIdsOf(event), { onAir: "LIVE", backupOnlyIds: backupOnly.map(({ sessionId }) => sessionId) });
    await openLiveRuns(transaction, sessionIdsOf(event), { at, actor: actor.name });
    await recordShow(transactionContext, event);
    await moveEvent(transactionContext, event, { status: "LIVE", liveSince: at });
  });
}
