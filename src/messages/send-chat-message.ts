import { assertPermission } from "../access/actor.ts";
import { inTransaction, type Context } from "../access/context.ts";
import { recordAudit } from "../access/record-audit.ts";
import { attendeeOf } from "../audience/require-attendee.ts";
import { Verb } from "../sessions/session.rules.ts";
import { newIdentifier } from "../shared/identifier.ts";
import { insertChatMessage } from "./chat-message.store.ts";
import { logChatMessageChanges } from "./message.changes.ts";
import type { SendChatMessage } from "./message.input.ts";
import { CHAT_RATES } from "./message.rules.ts";
import { refuseFlood } from "./refuse-flood.ts";
import { MODERATOR_NAME } from "./reply-to-question.ts";
import { requireMessaging } from "./require-messaging.ts";

const MODERATOR_ID = "moderator";

/** Says something to all attendees of an event, as one of them or as a moderator. Gives the message's id. */
export async function sendChatMessage(context: Context, { eventId, text }: SendChatMessage): Promise<string> {
  const attendee = attendeeOf(context.actor);
  if (!attendee) assertPermission(context.actor, "moderate");
  return inTransaction(context, "send chat message", async (transactionContext) => {
    const { transaction, actor, clock } = transactionContext;
    const event = await requireMessaging(transactionContext, { eventId, wanted: "CHAT", path: ["input", "eventId"] });
    const authorId = attendee?.attendeeId ?? null;
    await refuseFlood(transactionContext, { table: "chat_messages", kind: "chatmessage", eventId, authorId, rates: CHAT_RATES });
    const id = newIdentifier("chatmessage");
    await insertChatMessage(transaction, {
      ...{ id, text },
      organizationId: actor.organizationId,
      eventId: event.id,
      authorId: authorId ?? MODERATOR_ID,
      authorName: attendee?.displayName ?? MODERATOR_NAME,
      at: clock.now(),
    });
    await logChatMessageChanges(transactionContext, "CREATED", [{ id, before: null, after: { eventId: event.id } }]);
    // Attendees see no name of an account: who it was is told here alone.
    if (!attendee) await recordAudit(transactionContext, { verb: Verb.MODERATE, objectIds: [id] });
    return id;
  });
}
