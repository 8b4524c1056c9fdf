import { actorWithoutCall } from "../access/actor.ts";
import type { CallContext, Context, TransactionContext } from "../access/context.ts";
import { removeSessions } from "../sessions/delete-sessions.ts";
import { lockSessions } from "../sessions/session.store.ts";
import { groupBy } from "../shared/group-by.ts";
import { startLoop } from "../shared/loop.ts";
import { lockFailedSessions, lockLeftSessions, type KeptSession } from "./event-keeper.store.ts";
import { startListening } from "./event-session.ts";
import { openLiveRuns } from "./event-session.store.ts";

export type EventKeeperContext = Omit<Context, keyof CallContext>;

const LOOK_MILLISECONDS = 2_000;
/** Between the end of an encoder that gave up and its next beginning. */
const FAILED_SECONDS = 10;
/** How commands and changes name what nobody asked for. */
const ACTOR_NAME = "headend";

/**
 * Does what nobody asks for by hand: removes the sessions of events and languages that were deleted, once nothing runs on them, and
 * begins anew what an encoder gave up of an event that is not over. Any number of processes may have one. Gives the function that ends it.
 */
export function startEventKeeper(base: EventKeeperContext): () => Promise<void> {
  const loop = startLoop({
    everyMilliseconds: LOOK_MILLISECONDS,
    pauseMilliseconds: LOOK_MILLISECONDS,
    work: () => keepEvents(base),
    onError(error, failures) {
      if (failures === 1) base.log.warn({ err: error }, "sessions of events are not looked after; trying again");
    },
  });
  return () => loop.close();
}

/** One pass. */
export async function keepEvents(base: EventKeeperContext): Promise<void> {
  const hasWritten = await base.database.transaction("keep events", async (transaction) => {
    const left = await lockLeftSessions(transaction);
    const failed = await lockFailedSessions(transaction, FAILED_SECONDS);
    const context = { ...base, transaction };
    await forEachOrganization(context, left, remove);
    await forEachOrganization(context, failed, beginAnew);
    return left.length + failed.length > 0;
  });
  if (hasWritten) base.bell.ring();
}

async function forEachOrganization(
  base: Omit<TransactionContext, keyof CallContext>,
  sessions: readonly KeptSession[],
  work: (context: TransactionContext, sessions: readonly KeptSession[]) => Promise<void>,
): Promise<void> {
  for (const [organizationId, own] of groupBy(sessions, (session) => session.organizationId)) {
    const actor = actorWithoutCall({ organizationId, accessLevel: "ADMIN", name: ACTOR_NAME });
    await work({ ...base, actor, ipAddress: null, requestId: ACTOR_NAME }, own);
  }
}

async function remove(context: TransactionContext, sessions: readonly KeptSession[]): Promise<void> {
  const ids = sessions.map(({ id }) => id);
  await removeSessions(context, [...(await lockSessions(context.transaction, context.actor.organizationId, ids)).values()]);
}

async function beginAnew(context: TransactionContext, sessions: readonly KeptSession[]): Promise<void> {
  await startListening(
    context,
    sessions.map(({ id }) => id),
  );
  const live = sessions.filter(({ isLive }) => isLive).map(({ id }) => id);
  if (live.length > 0) await openLiveRuns(context.transaction, live, { at: context.clock.now(), actor: ACTOR_NAME });
}
