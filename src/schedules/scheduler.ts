import { actorWithoutCall } from "../access/actor.ts";
import type { CallContext, Context, TransactionContext } from "../access/context.ts";
import { recordAudit } from "../access/record-audit.ts";
import type { Transaction } from "../database/database.ts";
import { findFault } from "../database/sql-state.ts";
import { startLoop } from "../shared/loop.ts";
import { Refusal, UserErrorCode, type UserError } from "../shared/user-error.ts";
import { performAction } from "./perform-action.ts";
import { isTooLate, LATENESS_LIMIT_MINUTES } from "./scheduled-action.rules.ts";
import { deleteEndedActions, endActions, findNextDue, lockDueAction, type ScheduledActionRow } from "./scheduled-action.store.ts";

export type SchedulerContext = Omit<Context, keyof CallContext>;

const LOOK_MILLISECONDS = 1_000;
const SWEEP_MILLISECONDS = 600_000;
/** For how long is told what became of an action. */
const RETENTION_DAYS = 90;

/**
 * Does what was asked for at a time, once it is due. Any number of processes may do so: an action's row is locked while its verb works,
 * in the one transaction that also says what became of it, so that an action is done once, and one whose process dies is done by another.
 * Gives the function that ends it.
 */
export function startScheduler(base: SchedulerContext): () => Promise<void> {
  let sweptAt = -Infinity;
  const loop = startLoop({
    everyMilliseconds: LOOK_MILLISECONDS,
    pauseMilliseconds: LOOK_MILLISECONDS,
    async work() {
      await runDueActions(base);
      if (performance.now() - sweptAt < SWEEP_MILLISECONDS) return;
      await sweepActions(base);
      sweptAt = performance.now();
    },
    onError: (error, failures) => {
      if (failures === 1) base.log.warn({ err: error }, "scheduled actions wait for the database");
    },
  });
  return () => loop.close();
}

/** Forgets what ended long ago. */
export async function sweepActions({ database, clock }: SchedulerContext): Promise<void> {
  await deleteEndedActions(database.executor, new Date(clock.now().getTime() - RETENTION_DAYS * 86_400_000));
}

/** Runs everything that is due, one after the other. Asks first without a transaction: nearly always nothing is. */
export async function runDueActions(base: SchedulerContext): Promise<void> {
  const next = await findNextDue(base.database.executor);
  if (next === null || next > base.clock.now()) return;
  while (await runNext(base));
}

/** False when nothing is due. */
async function runNext(base: SchedulerContext): Promise<boolean> {
  return base.database
    .transaction("run scheduled action", async (transaction) => {
      const action = await lockDueAction(transaction, base.clock.now());
      if (!action) return false;
      const context: TransactionContext = { ...base, ...callOf(action), transaction };
      const { status, errors } = isTooLate(action.runAt, base.clock.now()) ? TOO_LATE : await attempt(context, action);
      await endActions(transaction, [action.id], { status, errors, at: base.clock.now() });
      // What was done stands in the audit by its own verb.
      if (status === "FAILED") {
        const objectIds = [action.id, ...(action.eventId === null ? [] : [action.eventId])];
        await recordAudit(context, { verb: action.verb, objectIds, outcome: "FAILED" });
      }
      return true;
    })
    .then((hasRun) => {
      if (hasRun) base.bell.ring();
      return hasRun;
    });
}

interface Ending {
  readonly status: "DONE" | "FAILED";
  readonly errors: readonly UserError[];
}

const TOO_LATE: Ending = {
  status: "FAILED",
  errors: [
    {
      code: UserErrorCode.INVALID_STATE,
      message: `No gateway ran at its time or within ${LATENESS_LIMIT_MINUTES} minutes after it; nothing was done.`,
      path: [],
    },
  ],
};

const BROKEN: Ending = {
  status: "FAILED",
  errors: [{ code: UserErrorCode.INVALID_STATE, message: "It failed for a reason of ours; nothing was done.", path: [] }],
};

/** Within the transaction: what a verb that fails has done by then is taken back. Where the database is away, all of it is tried again. */
async function attempt(context: TransactionContext, action: ScheduledActionRow): Promise<Ending> {
  try {
    const errors = await context.transaction.transaction((transaction) =>
      performAction({ ...context, transaction: transaction as Transaction }, action),
    );
    return { status: "DONE", errors };
  } catch (error) {
    if (error instanceof Refusal) return { status: "FAILED", errors: error.errors };
    if (findFault(error)) throw error;
    context.log.error({ err: error, scheduledActionId: action.id }, "a scheduled action failed");
    return BROKEN;
  }
}

/** In the name of whoever asked for it, with the level of then. */
function callOf({ id, organizationId, accessLevel, createdBy }: ScheduledActionRow): CallContext {
  return { actor: actorWithoutCall({ organizationId, accessLevel, name: createdBy }), ipAddress: null, requestId: id };
}
