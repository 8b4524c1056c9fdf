import { assertPermission } from "../access/actor.ts";
import type { Context, TransactionContext } from "../access/context.ts";
import { newIdentifier } from "../shared/identifier.ts";
import { runBulk, type BulkVerb, type SessionBulkAnswer, type SessionBulkInput } from "./bulk.ts";
import { findStartBlockers } from "./find-start-blockers.ts";
import { logSessionChanges } from "./session.changes.ts";
import { Verb } from "./session.rules.ts";
import { markRestarting, queueRestarts, type LockedSession } from "./session.store.ts";
import { decideRestart } from "./session.transitions.ts";

export interface RestartSessionsInput extends SessionBulkInput {
  /** At most so many at a time; null: all at once. */
  readonly maxConcurrent?: number | null | undefined;
}

/** Starts running sessions anew, all at once or rolling, so many at a time. */
export async function restartSessions(context: Context, input: RestartSessionsInput): Promise<SessionBulkAnswer> {
  assertPermission(context.actor, "restart sessions");
  const maxConcurrent = input.maxConcurrent ?? null;
  const verb: BulkVerb = {
    name: "restart sessions",
    verb: Verb.RESTART,
    async decide(transactionContext, sessions) {
      const blockers = await findStartBlockers(transactionContext, sessions);
      return (session) => {
        const decision = decideRestart(session);
        return decision.outcome === "ACCEPTED" ? (blockers.get(session.id) ?? decision) : decision;
      };
    },
    apply: (transactionContext, accepted) =>
      maxConcurrent === null ? restartNow(transactionContext, accepted) : restartRolling(transactionContext, accepted, maxConcurrent),
  };
  return runBulk(context, verb, input);
}

async function restartNow(context: TransactionContext, accepted: readonly LockedSession[]): Promise<void> {
  await markRestarting(
    context.transaction,
    accepted.map((session) => session.id),
    restartCommand(context),
  );
  await logSessionChanges(
    context,
    "STATUS_CHANGED",
    accepted.map(({ id, state }) => ({ id, before: state, after: { ...state, status: "STOPPING", hasPendingChanges: false } })),
  );
}

async function restartRolling(context: TransactionContext, accepted: readonly LockedSession[], maxConcurrent: number): Promise<void> {
  await queueRestarts(context.transaction, {
    batchId: newIdentifier("restart"),
    ids: accepted.map((session) => session.id),
    maxConcurrent,
    command: restartCommand(context),
  });
}

function restartCommand(context: TransactionContext) {
  return { verb: Verb.RESTART, actor: context.actor.name, at: context.clock.now() };
}
