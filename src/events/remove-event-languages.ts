import type { Context } from "../access/context.ts";
import { Verb } from "../sessions/session.rules.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import { logEventChanges } from "./event.changes.ts";
import type { RemoveEventLanguages } from "./event.input.ts";
import { deleteLanguages, updateEventRow } from "./event.store.ts";
import { decideEditIngest } from "./event.transitions.ts";
import { stopListening } from "./event-session.ts";
import { refuseUnless, withEvent } from "./require-event.ts";

const REMOVE = { permission: "edit events", verb: Verb.UPDATE, name: "remove event languages" } as const;

/** Takes languages from an event that is not live yet, all of those named or none; one has to be left. Their senders are cut off. */
export async function removeEventLanguages(context: Context, { codes, ...target }: RemoveEventLanguages): Promise<string> {
  return withEvent(context, REMOVE, target, async (transactionContext, event) => {
    refuseUnless(decideEditIngest(event));
    const removed = event.languages.filter(({ code }) => codes.includes(code));
    const unknown = codes.flatMap((code, index) => (removed.some((language) => language.code === code) ? [] : [index]));
    if (unknown.length > 0) {
      const message = "The event has no language of this code.";
      throw new Refusal(...unknown.map((index) => ({ code: UserErrorCode.NOT_FOUND, message, path: ["input", "codes", String(index)] })));
    }
    if (removed.length === event.languages.length) {
      const message = "An event keeps at least one language. Delete the event instead.";
      throw new Refusal({ code: UserErrorCode.INVALID_VALUE, message, path: ["input", "codes"] });
    }
    await stopListening(
      transactionContext,
      removed.map(({ sessionId }) => sessionId),
    );
    await deleteLanguages(
      transactionContext.transaction,
      removed.map(({ id }) => id),
    );
    await updateEventRow(transactionContext.transaction, event.id, { updatedAt: transactionContext.clock.now() });
    await logEventChanges(transactionContext, "UPDATED", [{ id: event.id, before: event, after: event }]);
  });
}
