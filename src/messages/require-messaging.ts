import type { TransactionContext } from "../access/context.ts";
import { attendeeOf } from "../audience/require-attendee.ts";
import { findEvents, type StoredEvent } from "../events/event.store.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import { findMessagingRefusal } from "./message.rules.ts";

/** The event, if the caller may write to it in this way now. To an attendee any other event is one that is not there. */
export async function requireMessaging(
  { transaction, actor }: TransactionContext,
  { eventId, wanted, path }: { readonly eventId: string; readonly wanted: "CHAT" | "MODERATED_QA"; readonly path: readonly string[] },
): Promise<StoredEvent> {
  const attendee = attendeeOf(actor);
  const isOpen = isIdentifier("event", eventId) && (attendee === null || attendee.eventId === eventId);
  const [event] = isOpen ? await findEvents(transaction, actor.organizationId, [eventId]) : [];
  if (!event) throw new Refusal({ code: UserErrorCode.NOT_FOUND, message: "There is no event with this id.", path });
  const refusal = findMessagingRefusal(event, wanted);
  if (refusal) throw new Refusal({ ...refusal, path });
  return event;
}
