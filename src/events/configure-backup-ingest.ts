import type { Context } from "../access/context.ts";
import { Verb } from "../sessions/session.rules.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import { logEventChanges } from "./event.changes.ts";
import type { ConfigureBackupIngest } from "./event.input.ts";
import { updateEventRow } from "./event.store.ts";
import { decideEditIngest } from "./event.transitions.ts";
import { setBackupEnabled } from "./event-session.store.ts";
import { reopenIngest } from "./event-session.ts";
import { refuseUnless, withEvent } from "./require-event.ts";

const CONFIGURE = { permission: "edit events", verb: Verb.CONFIGURE, name: "configure backup ingest" } as const;

/** Says whether a language has a backup, before the event is live. One that is taken away cuts its sender off. */
export async function configureBackupIngest(context: Context, { id, languageCode, enabled }: ConfigureBackupIngest): Promise<string> {
  return withEvent(context, CONFIGURE, { id }, async (transactionContext, event) => {
    refuseUnless(decideEditIngest(event));
    const language = event.languages.find(({ code }) => code === languageCode);
    if (!language) {
      const message = "The event has no language of this code.";
      throw new Refusal({ code: UserErrorCode.NOT_FOUND, message, path: ["input", "languageCode"] });
    }
    if (language.isBackupEnabled === enabled) return;
    await setBackupEnabled(transactionContext.transaction, language.sessionId, enabled);
    await reopenIngest(transactionContext, [language.sessionId]);
    await updateEventRow(transactionContext.transaction, event.id, { updatedAt: transactionContext.clock.now() });
    await logEventChanges(transactionContext, "UPDATED", [{ id: event.id, before: event, after: event }]);
  });
}
