import { assertPermission } from "../access/actor.ts";
import type { Context, TransactionContext } from "../access/context.ts";
import { explainUnsupported } from "../encoder/encoder.rules.ts";
import { listOnlineEncoders } from "../encoder/encoder.store.ts";
import { UserErrorCode } from "../shared/user-error.ts";
import { runBulk, type BulkVerb, type SessionBulkAnswer, type SessionBulkInput } from "./bulk.ts";
import { logSessionChanges } from "./session.changes.ts";
import { selectSessionNeeds } from "./session.needs.ts";
import { Verb } from "./session.rules.ts";
import { markStarting, type LockedSession } from "./session.store.ts";
import { decideStart, type Decision } from "./session.transitions.ts";

const START: BulkVerb = {
  name: "start sessions",
  async decide(context, sessions) {
    const unsupported = await findUnsupported(context, sessions);
    return (session) => {
      const decision = decideStart(session);
      const reason = unsupported.get(session.id);
      return decision.outcome === "ACCEPTED" && reason !== undefined ? refuseUnsupported(reason) : decision;
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

async function findUnsupported(context: TransactionContext, sessions: readonly LockedSession[]): Promise<ReadonlyMap<string, string>> {
  const encoders = await listOnlineEncoders(context.transaction);
  const needs = await selectSessionNeeds(
    context.transaction,
    sessions.map((session) => session.id),
  );
  const reasons = new Map<string, string>();
  for (const [id, need] of needs) {
    const reason = explainUnsupported(encoders, need);
    if (reason !== null) reasons.set(id, reason);
  }
  return reasons;
}

function refuseUnsupported(message: string): Decision {
  return { outcome: "FAILED", code: UserErrorCode.UNSUPPORTED_BY_ENCODER, message };
}
