import { assertPermission } from "../access/actor.ts";
import type { Context } from "../access/context.ts";
import { endAlertsOfDeleted } from "../alerts/end-alerts.ts";
import { removeProcessesOfSessions } from "../processes/remove-stray-processes.ts";
import { runBulk, type BulkVerb, type SessionBulkAnswer, type SessionBulkInput } from "./bulk.ts";
import { deleteSessionRows } from "./session-image.store.ts";
import { logSessionChanges } from "./session.changes.ts";
import { Verb } from "./session.rules.ts";
import { decideDelete } from "./session.transitions.ts";

const DELETE: BulkVerb = {
  name: "delete sessions",
  verb: Verb.DELETE,
  decide: async () => decideDelete,
  async apply(context, accepted) {
    const ids = accepted.map((session) => session.id);
    await endAlertsOfDeleted(context, accepted);
    await removeProcessesOfSessions(context, ids);
    await deleteSessionRows(context.transaction, ids);
    await logSessionChanges(
      context,
      "DELETED",
      accepted.map(({ id, state }) => ({ id, before: state, after: null })),
    );
  },
};

/** Deletes stopped and failed sessions with all that belongs to them; what runs is left alone and told. */
export async function deleteSessions(context: Context, input: SessionBulkInput): Promise<SessionBulkAnswer> {
  assertPermission(context.actor, "delete sessions");
  return runBulk(context, DELETE, input);
}
