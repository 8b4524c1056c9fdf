import { assertPermission } from "../access/actor.ts";
import type { Context } from "../access/context.ts";
import { runBulk, type BulkVerb, type SessionBulkAnswer, type SessionBulkInput } from "./bulk.ts";
import { logSessionChanges } from "./session.changes.ts";
import { Verb } from "./session.rules.ts";
import { markStopping } from "./session.store.ts";
import { decideStop } from "./session.transitions.ts";

const STOP: BulkVerb = {
  name: "stop sessions",
  verb: Verb.STOP,
  decide: async () => decideStop,
  async apply(context, accepted) {
    const command = { verb: Verb.STOP, actor: context.actor.name, at: context.clock.now() };
    await markStopping(
      context.transaction,
      accepted.map((session) => session.id),
      command,
    );
    await logSessionChanges(
      context,
      "STATUS_CHANGED",
      accepted.map(({ id, state }) => ({ id, before: state, after: { ...state, status: "STOPPING", hasPendingChanges: false } })),
    );
  },
};

/** Asks for sessions to stop, whatever they are doing. */
export async function stopSessions(context: Context, input: SessionBulkInput): Promise<SessionBulkAnswer> {
  assertPermission(context.actor, "stop sessions");
  return runBulk(context, STOP, input);
}
