import type { TransactionContext } from "../access/context.ts";
import { appendChangeRows, appendChanges } from "../changes/append-changes.ts";
import type { ChangeRows } from "../changes/change.rows.ts";
import type { LoggedChangeKind } from "../changes/change.rules.ts";
import type { SessionState } from "./session.state.ts";

export interface SessionChangeEntry {
  readonly id: string;
  readonly before: SessionState | null;
  readonly after: SessionState | null;
}

/** Tells the change log what the caller did to sessions; the last statement of a verb. */
export async function logSessionChanges(
  context: TransactionContext,
  kind: LoggedChangeKind,
  entries: readonly SessionChangeEntry[],
): Promise<void> {
  const at = context.clock.now();
  await appendChanges(
    context.transaction,
    entries.map(({ id, before, after }) => ({
      organizationId: context.actor.organizationId,
      object: "SESSION",
      objectId: id,
      kind,
      at,
      actor: context.actor.name,
      before,
      after,
    })),
  );
}

/** Tells of those sessions which have changes that wait for a restart by now, or have none any more. */
export async function logPendingChanges(
  context: TransactionContext,
  before: ReadonlyMap<string, SessionState>,
  after: ReadonlyMap<string, SessionState>,
): Promise<void> {
  const changed = [...before].flatMap(([id, was]) => {
    const is = after.get(id);
    return is && was.hasPendingChanges !== is.hasPendingChanges ? [{ id, before: was, after: is }] : [];
  });
  await logSessionChanges(context, "UPDATED", changed);
}

/** What `logSessionChanges` does, for rows that were made before. */
export async function logSessionRows(context: TransactionContext, kind: LoggedChangeKind, rows: ChangeRows): Promise<void> {
  const { organizationId, name: actor } = context.actor;
  await appendChangeRows(context.transaction, rows, { organizationId, object: "SESSION", kind, at: context.clock.now(), actor });
}
