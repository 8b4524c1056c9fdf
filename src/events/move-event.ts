import type { TransactionContext } from "../access/context.ts";
import { logEventChanges } from "./event.changes.ts";
import type { EventStatus } from "./event.rules.ts";
import { updateEventRow, type StoredEvent } from "./event.store.ts";

/** Gives a locked event its next status, and tells the change log. */
export async function moveEvent(
  context: TransactionContext,
  event: StoredEvent,
  { status, ...columns }: { readonly status: EventStatus } & Partial<Pick<StoredEvent, "liveSince" | "endedAt" | "publishedSlide">>,
): Promise<void> {
  const at = context.clock.now();
  await updateEventRow(context.transaction, event.id, { ...columns, status, statusChangedAt: at, updatedAt: at });
  await logEventChanges(context, "STATUS_CHANGED", [{ id: event.id, before: event, after: { ...event, ...columns, status } }]);
}

export function sessionIdsOf({ languages }: StoredEvent): readonly string[] {
  return languages.map(({ sessionId }) => sessionId);
}
