import { isDeepStrictEqual } from "node:util";
import type { Context, TransactionContext } from "../access/context.ts";
import { requireLiveProcessing } from "../processes/require-live-processing.ts";
import { Verb } from "../sessions/session.rules.ts";
import { Refusal } from "../shared/user-error.ts";
import { sealAccessCode } from "./access-code.ts";
import { logEventChanges } from "./event.changes.ts";
import { refuseAccess, refuseTimes } from "./event.checks.ts";
import type { UpdateEvent } from "./event.input.ts";
import { updateEventRow, type StoredEvent } from "./event.store.ts";
import { decideEditRecording } from "./event.transitions.ts";
import { withEvent } from "./require-event.ts";

const UPDATE = { permission: "edit events", verb: Verb.UPDATE, name: "update event" } as const;

/** Changes what an event is called and who may watch it, at any time: a field left out stays as it is, null clears it. */
export async function updateEvent(context: Context, input: UpdateEvent): Promise<string> {
  return withEvent(context, UPDATE, input, async (transactionContext, event) => {
    const columns = columnsOf(transactionContext, event, input);
    await refuseRecording(transactionContext, event, input);
    if (isDeepStrictEqual({ ...event, ...columns }, event)) return;
    await updateEventRow(transactionContext.transaction, event.id, { ...columns, updatedAt: transactionContext.clock.now() });
    await logEventChanges(transactionContext, "UPDATED", [{ id: event.id, before: event, after: { ...event, ...columns } }]);
  });
}

/** Said as it is already, it is no change at any time. */
async function refuseRecording(context: TransactionContext, event: StoredEvent, { recordingEnabled }: UpdateEvent): Promise<void> {
  if (recordingEnabled === undefined || recordingEnabled === event.recordingEnabled) return;
  const path = ["input", "recordingEnabled"];
  const { refusals } = decideEditRecording(event);
  if (refusals.length > 0) throw new Refusal(...refusals.map((error) => ({ ...error, path })));
  if (recordingEnabled) await requireLiveProcessing(context, path);
}

function columnsOf({ vault }: TransactionContext, event: StoredEvent, input: UpdateEvent): Partial<StoredEvent> {
  const { title, details, startsAt, endsAt, messagingMode, recordingEnabled, access = event.access } = input;
  const times = { startsAt: startsAt === undefined ? event.startsAt : startsAt, endsAt: endsAt === undefined ? event.endsAt : endsAt };
  refuseTimes(times);
  const isCodeGiven = Boolean(input.accessCode);
  refuseAccess({ access, isCodeGiven, hasCode: isCodeGiven || (input.accessCode !== null && event.accessCode !== null) });
  return {
    ...times,
    ...(title === undefined ? {} : { title }),
    ...(details === undefined ? {} : { details: details || null }),
    ...(messagingMode === undefined ? {} : { messagingMode }),
    ...(recordingEnabled === undefined ? {} : { recordingEnabled }),
    access,
    // Whoever makes it public and back again gives a new code.
    ...(access === "PUBLIC" ? { accessCode: null } : {}),
    ...(input.accessCode ? { accessCode: sealAccessCode(vault, event.id, input.accessCode) } : {}),
  };
}
