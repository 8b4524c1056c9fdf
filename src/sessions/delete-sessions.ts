import { assertPermission } from "../access/actor.ts";
import type { Context, TransactionContext } from "../access/context.ts";
import { endAlertsOfDeleted } from "../alerts/end-alerts.ts";
import { removeProcessesOfSessions } from "../processes/remove-stray-processes.ts";
import { runBulk, type BulkVerb, type SessionBulkAnswer, type SessionBulkInput } from "./bulk.ts";
import { deleteSessionRows } from "./session-image.store.ts";
import { logSessionChanges } from "./session.changes.ts";
import { Verb } from "./session.rules.ts";
import type { LockedSession } from "./session.store.ts";
import { decideDelete } from "./session.transitions.ts";

const DELETE: BulkVerb = {
  name: "delete sessions",
  verb: Verb.DELETE,
  decide: async () => decideDelete,
  apply: removeSessions,
};

/** Removes locked sessions that nothing runs on, and tells the change log. */
export async function removeSessions(context: TransactionContext, removed: readonly LockedSession[]): Promise<void> {
  const ids = removed.map(({ id }) => id);
  await endAlertsOfDeleted(context, removed);
  await removeProcessesOfSessions(context, ids);
  await deleteSessionRows(context.transaction, ids);
  await logSessionChanges(
    context,
    "DELETED",
    removed.map(({ id, state }) => ({ id, before: state, after: null })),
  );
}

/** Deletes stopped and failed sessions with all that belongs to them; what runs is left alone and told. */
export async function deleteSessions(context: Context, input: SessionBulkInput): Promise<SessionBulkAnswer> {
  assertPermission(context.actor, "delete sessions");
  return runBulk(context, DELETE, input);
}
