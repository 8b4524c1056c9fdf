import type { Context } from "../access/context.ts";
import { Verb } from "../sessions/session.rules.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import { logEventChanges } from "./event.changes.ts";
import type { AddEventLanguage } from "./event.input.ts";
import { LANGUAGE_COUNT_LIMIT } from "./event.rules.ts";
import { insertLanguages, updateEventRow } from "./event.store.ts";
import { decideEditIngest } from "./event.transitions.ts";
import { makeLanguages, startListening } from "./event-session.ts";
import { refuseTemplates } from "./event-template.ts";
import { refuseUnless, withEvent } from "./require-event.ts";

const ADD = { permission: "edit events", verb: Verb.UPDATE, name: "add event language" } as const;

/** Gives an event that is not live yet one more language, whose ingest listens from now on. */
export async function addEventLanguage(context: Context, { language, ...target }: AddEventLanguage): Promise<string> {
  return withEvent(context, ADD, target, async (transactionContext, event) => {
    refuseUnless(decideEditIngest(event));
    const path = ["input", "language"];
    const same = event.languages.find(({ code }) => code === language.code);
    if (same) {
      const message = "Another language of the event has this code.";
      throw new Refusal({ code: UserErrorCode.DUPLICATE_NAME, message, path: [...path, "code"], conflictingId: same.id });
    }
    if (event.languages.length >= LANGUAGE_COUNT_LIMIT) {
      const message = `An event has at most ${LANGUAGE_COUNT_LIMIT} languages.`;
      throw new Refusal({ code: UserErrorCode.TOO_MANY_ITEMS, message, path });
    }
    await refuseTemplates(transactionContext, [language], () => path);
    const positionFrom = (event.languages.at(-1)?.position ?? -1) + 1;
    const rows = await makeLanguages(transactionContext, { eventId: event.id, title: event.title, languages: [language], positionFrom });
    await insertLanguages(transactionContext.transaction, rows);
    await startListening(
      transactionContext,
      rows.map(({ sessionId }) => sessionId),
    );
    await updateEventRow(transactionContext.transaction, event.id, { updatedAt: transactionContext.clock.now() });
    await logEventChanges(transactionContext, "UPDATED", [{ id: event.id, before: event, after: event }]);
  });
}
