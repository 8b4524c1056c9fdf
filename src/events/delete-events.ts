import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context } from "../access/context.ts";
import { recordAudit } from "../access/record-audit.ts";
import { requirePackage } from "../organizations/require-package.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { lockSessions } from "../sessions/session.store.ts";
import { Verb } from "../sessions/session.rules.ts";
import { Refusal, UserErrorCode, type UserError } from "../shared/user-error.ts";
import { logEventChanges } from "./event.changes.ts";
import type { DeleteEvents } from "./event.input.ts";
import { deleteEventRows, lockEvents, type StoredEvent } from "./event.store.ts";
import { deleteSlides } from "../slides/slide.store.ts";
import { decideDeleteEvent } from "./event.transitions.ts";
import { stopListening } from "./event-session.ts";

/**
 * Deletes events that are neither tested nor live, all or none, and gives their ids. Their sessions are stopped, and swept away once
 * nothing runs on them; runs and assets stay.
 */
export async function deleteEvents(context: Context, { ids }: DeleteEvents): Promise<readonly string[]> {
  assertPermission(context.actor, "edit events", Verb.DELETE);
  return inTransaction(context, "delete events", async (transactionContext) => {
    const { transaction, actor } = transactionContext;
    await requirePackage(transactionContext, "EVENTS");
    const wellFormed = ids.filter((id) => isIdentifier("event", id));
    const found = await lockEvents(transaction, actor.organizationId, wellFormed);
    const errors = ids.flatMap((id, index) =>
      refusalOf(
        ids,
        index,
        found.find((event) => event.id === id),
      ),
    );
    if (errors.length > 0) throw new Refusal(...errors);
    const sessionIds = found.flatMap(({ languages }) => languages.map(({ sessionId }) => sessionId));
    const sessions = await lockSessions(transaction, actor.organizationId, sessionIds);
    await stopListening(
      transactionContext,
      [...sessions.values()].filter(({ status }) => status !== "STOPPED" && status !== "STOPPING").map(({ id }) => id),
    );
    await deleteSlides(transaction, ids);
    await deleteEventRows(transaction, ids);
    await logEventChanges(
      transactionContext,
      "DELETED",
      found.map((event) => ({ id: event.id, before: event, after: null })),
    );
    await recordAudit(transactionContext, { verb: Verb.DELETE, objectIds: ids });
    return ids;
  });
}

function refusalOf(ids: readonly string[], index: number, event: StoredEvent | undefined): readonly UserError[] {
  const path = ["input", "ids", String(index)];
  if (ids.indexOf(ids[index] ?? "") < index) return [{ code: UserErrorCode.DUPLICATE_ID, message: "This id was given before.", path }];
  if (!event) return [{ code: UserErrorCode.NOT_FOUND, message: "There is no event with this id.", path }];
  return decideDeleteEvent(event).refusals.map((error) => ({ ...error, path }));
}
