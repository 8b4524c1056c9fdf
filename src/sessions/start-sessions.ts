import { assertPermission } from "../access/actor.ts";
import type { Context } from "../access/context.ts";
import { runBulk, type BulkVerb, type SessionBulkAnswer, type SessionBulkInput } from "./bulk.ts";
import { findStartBlockers } from "./find-start-blockers.ts";
import { openStreamKeys } from "./open-stream-keys.ts";
import { logSessionChanges } from "./session.changes.ts";
import { Verb } from "./session.rules.ts";
import { markStarting } from "./session.store.ts";
import { decideStart } from "./session.transitions.ts";

const START: BulkVerb = {
  name: "start sessions",
  verb: Verb.START,
  async decide(context, sessions) {
    const blockers = await findStartBlockers(context, sessions);
    const takeStreamKey = await openStreamKeys(context, sessions);
    return (session) => {
      const decision = decideStart(session);
      return decision.outcome === "ACCEPTED" ? (blockers.get(session.id) ?? takeStreamKey(session) ?? decision) : decision;
    };
  },
  async apply(context, accepted) {
    const command = { verb: Verb.START, actor: context.actor.name, at: context.clock.now() };
    await markStarting(
      context.transaction,
      accepted.map((session) => session.id),
      command,
    );
    await logSessionChanges(
      context,
      "STATUS_CHANGED",
      accepted.map(({ id, state }) => ({ id, before: state, after: { ...state, status: "STARTING", health: "OK" } })),
    );
  },
};

/** Asks for sessions to run. One that no online encoder of its region can run is refused before anything is spawned. */
export async function startSessions(context: Context, input: SessionBulkInput): Promise<SessionBulkAnswer> {
  assertPermission(context.actor, "start sessions");
  return runBulk(context, START, input);
}
