import type { TransactionContext } from "../access/context.ts";
import { appendChanges } from "../changes/append-changes.ts";
import type { LoggedChangeKind } from "../changes/change.rules.ts";
import { eventStateOf, type StatedEvent } from "./event.state.ts";

/** One event as it was and as it is; null before its creation and after its deletion. */
export interface EventChangeEntry {
  readonly id: string;
  readonly before: StatedEvent | null;
  readonly after: StatedEvent | null;
}

/** Tells the change log what became of events; call it while their rows are locked, after all else was written. */
export async function logEventChanges(
  { transaction, actor, clock }: TransactionContext,
  kind: LoggedChangeKind,
  entries: readonly EventChangeEntry[],
): Promise<void> {
  const at = clock.now();
  await appendChanges(
    transaction,
    entries.map(({ id, before, after }) => ({
      organizationId: actor.organizationId,
      object: "EVENT",
      objectId: id,
      kind,
      at,
      actor: actor.name,
      before: before && eventStateOf(before),
      after: after && eventStateOf(after),
    })),
  );
}
