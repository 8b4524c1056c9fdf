import { actorWithoutCall } from "../access/actor.ts";
import type { CallContext, Context, TransactionContext } from "../access/context.ts";
import { removeSessions } from "../sessions/delete-sessions.ts";
import { lockSessions } from "../sessions/session.store.ts";
import { groupBy } from "../shared/group-by.ts";
import { startLoop } from "../shared/loop.ts";
import { lockTemplateFacts } from "../templates/template.facts.ts";
import { lockFailedSessions, lockLeftSessions, lockOverEvents, type KeptSession, type OverEvent } from "./event-keeper.store.ts";
import { startListening } from "./event-session.ts";
import { openLiveRuns } from "./event-session.store.ts";
import { lockEvents } from "./event.store.ts";
import { moveEvent } from "./move-event.ts";
import { decideOnDemand } from "./recording.rules.ts";

export type EventKeeperContext = Omit<Context, keyof CallContext>;

const LOOK_MILLISECONDS = 2_000;
/** Between the end of an encoder that gave up and its next beginning. */
const FAILED_SECONDS = 10;
/** How commands and changes name what nobody asked for. */
const ACTOR_NAME = "headend";

/** A recording is there soon after the end; what comes or goes later is found by a look at all events that are over. */
const LATEST_SECONDS = 3_600;
const ALL_EVERY_LOOKS = 15;

/**
 * Does what nobody asks for by hand: removes the sessions of events and languages that were deleted, once nothing runs on them, begins
 * anew what an encoder gave up of an event that is not over, and opens one that is over for being watched on demand. Any number of
 * processes may have one. Gives the function that ends it.
 */
export function startEventKeeper(base: EventKeeperContext): () => Promise<void> {
  let looks = 0;
  const loop = startLoop({
    everyMilliseconds: LOOK_MILLISECONDS,
    pauseMilliseconds: LOOK_MILLISECONDS,
    async work() {
      await keepEvents(base);
      await keepOverEvents(base, { endedWithinSeconds: looks % ALL_EVERY_LOOKS === 0 ? null : LATEST_SECONDS });
      looks += 1;
    },
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

/** One pass over events that are over, in a transaction of its own: events are locked before sessions, everywhere. */
export async function keepOverEvents(base: EventKeeperContext, which: { readonly endedWithinSeconds: number | null }): Promise<void> {
  const hasWritten = await base.database.transaction("keep events that are over", async (transaction) => {
    const over = await lockOverEvents(transaction, which);
    await forEachOrganization({ ...base, transaction }, over, follow);
    return over.length > 0;
  });
  if (hasWritten) base.bell.ring();
}

async function forEachOrganization<Kept extends { readonly organizationId: string }>(
  base: Omit<TransactionContext, keyof CallContext>,
  kept: readonly Kept[],
  work: (context: TransactionContext, own: readonly Kept[]) => Promise<void>,
): Promise<void> {
  for (const [organizationId, own] of groupBy(kept, (each) => each.organizationId)) {
    const actor = actorWithoutCall({ organizationId, accessLevel: "ADMIN", name: ACTOR_NAME });
    await work({ ...base, actor, ipAddress: null, requestId: ACTOR_NAME }, own);
  }
}

async function remove(context: TransactionContext, sessions: readonly KeptSession[]): Promise<void> {
  const ids = sessions.map(({ id }) => id);
  await removeSessions(context, [...(await lockSessions(context.transaction, context.actor.organizationId, ids)).values()]);
}

async function beginAnew(context: TransactionContext, sessions: readonly KeptSession[]): Promise<void> {
  // Who edits a template meanwhile does not hold them: they would begin with what it was, and nobody would know.
  await lockTemplateFacts(context.transaction, context.actor.organizationId);
  await startListening(
    context,
    sessions.map(({ id }) => id),
  );
  const live = sessions.filter(({ isLive }) => isLive).map(({ id }) => id);
  if (live.length > 0) await openLiveRuns(context.transaction, live, { at: context.clock.now(), actor: ACTOR_NAME });
}

async function follow(context: TransactionContext, over: readonly OverEvent[]): Promise<void> {
  const ready = new Map(over.map((event) => [event.id, event.ready]));
  for (const event of await lockEvents(context.transaction, context.actor.organizationId, [...ready.keys()])) {
    const status = decideOnDemand(event.status, ready.get(event.id) ?? 0);
    if (status !== null) await moveEvent(context, event, { status });
  }
}
