import { z } from "zod";
import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context, type TransactionContext } from "../access/context.ts";
import { idempotently } from "../access/idempotency.ts";
import { recordAudit } from "../access/record-audit.ts";
import { findEvents } from "../events/event.store.ts";
import { sessionSelection } from "../sessions/session.input.ts";
import { InputPath, Verb } from "../sessions/session.rules.ts";
import { required } from "../shared/assert.ts";
import { isIdentifier, newIdentifier } from "../shared/identifier.ts";
import { plainText } from "../shared/text.schema.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import { checkActionWish, SCHEDULABLE_VERBS, WAITING_LIMIT } from "./scheduled-action.rules.ts";
import { countWaiting, insertScheduledAction } from "./scheduled-action.store.ts";

export const scheduleActionInput = z.object({
  verb: z.enum(Verb),
  runAt: z.date(),
  eventId: z.string().nullish(),
  selection: sessionSelection.nullish(),
  toPath: z.enum(InputPath).nullish(),
  confirmBackupOnly: z.boolean().nullish(),
  idempotencyKey: plainText(200).min(1, "must not be empty").nullish(),
});
export type ScheduleAction = z.output<typeof scheduleActionInput>;

/** Keeps something to be done at a time, by whoever asks now, and gives its id. Whether it can be done is decided then. */
export async function scheduleAction(context: Context, input: ScheduleAction): Promise<string> {
  const facts = SCHEDULABLE_VERBS[input.verb];
  assertPermission(context.actor, facts?.permission ?? "schedule actions", Verb.SCHEDULE);
  const { idempotencyKey: key, ...asked } = input;
  return inTransaction(context, "schedule action", (transactionContext) =>
    idempotently(transactionContext, { operation: "schedule action", key, input: asked }, () => schedule(transactionContext, input)),
  );
}

async function schedule(context: TransactionContext, input: ScheduleAction): Promise<string> {
  const { transaction, actor, clock } = context;
  const { verb, runAt, eventId, selection, toPath, confirmBackupOnly } = input;
  const errors = checkActionWish(
    {
      ...{ verb, runAt },
      hasEvent: isGiven(eventId),
      hasSelection: Boolean(selection),
      hasToPath: Boolean(toPath),
      confirmsBackupOnly: confirmBackupOnly === true,
    },
    clock.now(),
  );
  if (errors.length > 0) throw new Refusal(...errors);
  if (isGiven(eventId)) await refuseUnknownEvent(context, eventId);
  if ((await countWaiting(transaction, actor.organizationId)) >= WAITING_LIMIT) {
    const message = `At most ${WAITING_LIMIT.toLocaleString("en")} actions wait at a time. Cancel some.`;
    throw new Refusal({ code: UserErrorCode.TOO_MANY_ITEMS, message, path: ["input"] });
  }
  const id = newIdentifier("scheduledaction");
  await insertScheduledAction(transaction, {
    ...{ id, verb, runAt },
    organizationId: actor.organizationId,
    eventId: eventId ?? null,
    work: { ...(selection && { selection }), ...(toPath && { toPath }), ...(confirmBackupOnly && { confirmBackupOnly }) },
    createdBy: actor.name,
    accessLevel: required(actor.accessLevel, "level of whoever may schedule"),
    createdAt: clock.now(),
  });
  await recordAudit(context, { verb: Verb.SCHEDULE, objectIds: [id, ...(eventId ? [eventId] : [])] });
  return id;
}

/** An empty id is one that names nothing, not one that was left out. */
function isGiven(id: string | null | undefined): id is string {
  return id !== null && id !== undefined;
}

async function refuseUnknownEvent({ transaction, actor }: TransactionContext, id: string): Promise<void> {
  const found = isIdentifier("event", id) ? await findEvents(transaction, actor.organizationId, [id]) : [];
  if (found.length > 0) return;
  throw new Refusal({ code: UserErrorCode.NOT_FOUND, message: "There is no event with this id.", path: ["input", "eventId"] });
}
