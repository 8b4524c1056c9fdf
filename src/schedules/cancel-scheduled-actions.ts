import { z } from "zod";
import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context } from "../access/context.ts";
import { recordAudit } from "../access/record-audit.ts";
import { Verb } from "../sessions/session.rules.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { Refusal, UserErrorCode, type UserError } from "../shared/user-error.ts";
import { SCHEDULABLE_VERBS } from "./scheduled-action.rules.ts";
import { endActions, lockScheduledActions, type ScheduledActionRow } from "./scheduled-action.store.ts";

const IDS_LIMIT = 1_000;

export const cancelScheduledActionsInput = z.object({
  ids: z.array(z.string()).min(1, "must name at least one").max(IDS_LIMIT, `must be at most ${IDS_LIMIT}`),
});
export type CancelScheduledActions = z.output<typeof cancelScheduledActionsInput>;

/** Takes actions back that have not run, all or none, and gives their ids. Wants the right that each of them wants. */
export async function cancelScheduledActions(context: Context, { ids }: CancelScheduledActions): Promise<readonly string[]> {
  assertPermission(context.actor, "cancel scheduled actions");
  return inTransaction(context, "cancel scheduled actions", async (transactionContext) => {
    const { transaction, actor, clock } = transactionContext;
    const wellFormed = ids.filter((id) => isIdentifier("scheduledaction", id));
    const locked = await lockScheduledActions(transaction, actor.organizationId, wellFormed);
    const errors = ids.flatMap((id, index) =>
      refusalOf(
        ids,
        index,
        locked.find((action) => action.id === id),
      ),
    );
    if (errors.length > 0) throw new Refusal(...errors);
    for (const { verb } of locked) assertPermission(actor, SCHEDULABLE_VERBS[verb]?.permission ?? "cancel scheduled actions", Verb.CANCEL);
    await endActions(transaction, ids, { status: "CANCELLED", at: clock.now() });
    await recordAudit(transactionContext, { verb: Verb.CANCEL, objectIds: ids });
    return ids;
  });
}

function refusalOf(ids: readonly string[], index: number, action: ScheduledActionRow | undefined): readonly UserError[] {
  const path = ["input", "ids", String(index)];
  if (ids.indexOf(ids[index] ?? "") < index) return [{ code: UserErrorCode.DUPLICATE_ID, message: "This id was given before.", path }];
  if (!action) return [{ code: UserErrorCode.NOT_FOUND, message: "There is no scheduled action with this id.", path }];
  if (action.status === "SCHEDULED") return [];
  if (action.status === "CANCELLED") return [{ code: UserErrorCode.ALREADY_IN_STATE, message: "The action is cancelled already.", path }];
  return [{ code: UserErrorCode.INVALID_STATE, message: `The action is ${action.status}: it has run.`, path }];
}
