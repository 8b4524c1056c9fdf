import { FADING_MILLISECONDS } from "../alerts/alert.rules.ts";
import { BELL_CHANNEL, type Bell } from "../changes/bell.ts";
import type { Database, Transaction } from "../database/database.ts";
import type { Clock } from "../shared/clock.ts";
import type { Logger } from "../shared/log.ts";
import { startLoop } from "../shared/loop.ts";
import {
  decideLost,
  decideNothing,
  decideTurn,
  decideUnheldStop,
  decideWaiting,
  type SessionControl,
  type SessionOutcome,
} from "./lease.rules.ts";
import { readControls } from "./lease.store.ts";
import {
  electReaper,
  endTurns,
  lockFadedAlerts,
  lockLostSessions,
  lockNextTurns,
  lockUnheldStops,
  lockWaitingSessions,
  markEncodersLost,
  startTurns,
  survey,
} from "./reaper.store.ts";
import { createSilenceRecord, type SignOfLife } from "./silence.ts";
import { sweepOldRows } from "./sweep.store.ts";
import { writeOutcomes } from "./write-outcomes.ts";

export interface ReaperOptions {
  readonly database: Database;
  readonly bell: Bell;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Reaper {
  readonly close: () => Promise<void>;
}

const REAPER_INTERVAL_MILLISECONDS = 500;
const REAPER_PAUSE_MILLISECONDS = 100;
/** A session that starts is told this early that nobody has room for it. */
const WAITING_MILLISECONDS = 1500;
/** And this late that somebody has, who does not come to it: a busy machine is no missing capacity. */
const CLAIM_MILLISECONDS = 15_000;
const WAITING_LIMITS = { waitingMilliseconds: WAITING_MILLISECONDS, claimMilliseconds: CLAIM_MILLISECONDS };
/** Reasons of waiting sessions are looked at less often: there may be thousands, and a region fills or empties slowly. */
const WAITING_INTERVAL_MILLISECONDS = 1500;
const SWEEP_INTERVAL_MILLISECONDS = 600_000;

/**
 * Writes what nobody else can write any more: what a lost lease means, the end of a stop that no agent has to carry out, why a session
 * waits, whose turn it is in a rolling restart, and the end of alerts whose cause is gone. Every gateway and agent has one. All of them
 * watch; for each pass one is elected, by a lock that ends with its transaction, so that no pool, crash or restart of PostgreSQL can
 * leave it behind.
 */
export async function startReaper({ database, bell, clock, log }: ReaperOptions): Promise<Reaper> {
  const record = createSilenceRecord();
  const isWaitingDue = every(WAITING_INTERVAL_MILLISECONDS);
  const isSweepDue = every(SWEEP_INTERVAL_MILLISECONDS);
  let hasMoreToSweep = false;

  async function pass(): Promise<void> {
    const askedAt = performance.now();
    const { signs, hasWork } = await survey(database.executor, { waitingMilliseconds: WAITING_MILLISECONDS, fadedAt: fadedAt(clock) });
    const silent = record.note(signs, { askedAt, now: performance.now() });
    if (hasWork || silent.length > 0) {
      const done = await database.transaction("reap", (transaction) =>
        reap(transaction, { silent, clock, looksAtWaiting: isWaitingDue() }),
      );
      if (done.lost.length > 0) log.warn({ encoders: done.lost }, "encoders were lost; their sessions go to others");
      if (done.hasWritten) bell.ring();
    }
    if (hasMoreToSweep || isSweepDue()) hasMoreToSweep = await sweepOldRows(database.executor, clock.now());
  }

  const loop = startLoop({
    everyMilliseconds: REAPER_INTERVAL_MILLISECONDS,
    pauseMilliseconds: REAPER_PAUSE_MILLISECONDS,
    work: pass,
    onError(error, failures) {
      if (failures === 1) log.warn({ err: error }, "the reaper cannot reach the database; nothing is taken over meanwhile");
    },
  });
  const endListening = await database.listen(BELL_CHANNEL, { onNotification: loop.wake, onListening: loop.wake });
  return {
    async close() {
      await Promise.all([endListening(), loop.close()]);
    },
  };
}

interface Pass {
  readonly silent: readonly SignOfLife[];
  readonly clock: Clock;
  readonly looksAtWaiting: boolean;
}

/** One pass, in a fixed number of statements. */
async function reap(
  transaction: Transaction,
  { silent, clock, looksAtWaiting }: Pass,
): Promise<{ readonly lost: readonly string[]; readonly hasWritten: boolean }> {
  if (!(await electReaper(transaction))) return { lost: [], hasWritten: false };
  const lost = await markEncodersLost(transaction, silent);
  const decisions = new Map<string, (session: SessionControl) => SessionOutcome | null>();
  const decide = (ids: readonly string[], decision: (session: SessionControl) => SessionOutcome | null): void => {
    for (const id of ids) if (!decisions.has(id)) decisions.set(id, decision);
  };
  decide(await lockLostSessions(transaction), decideLost);
  decide(await lockUnheldStops(transaction), decideUnheldStop);
  await endTurns(transaction);
  decide(await lockNextTurns(transaction), decideTurn);
  const waiting = looksAtWaiting ? await lockWaitingSessions(transaction, WAITING_LIMITS) : [];
  for (const region of waiting) decide([region.id], (session) => decideWaiting(session, region));
  decide(await lockFadedAlerts(transaction, fadedAt(clock)), decideNothing);

  const sessions = await readControls(transaction, [...decisions.keys()]);
  const at = clock.now();
  const decided = sessions.flatMap((session) => {
    const outcome = decisions.get(session.id)?.(session);
    return outcome ? [{ session, outcome, at }] : [];
  });
  const hasWritten = await writeOutcomes(transaction, decided);
  await startTurns(
    transaction,
    decided.filter(({ outcome }) => outcome.isRestarted).map(({ session }) => session.id),
    at,
  );
  return { lost, hasWritten };
}

/** Alerts whose cause is gone since then have faded. */
function fadedAt(clock: Clock): Date {
  return new Date(clock.now().getTime() - FADING_MILLISECONDS);
}

/** Gives a question that is answered with yes at most once in this time. */
function every(milliseconds: number): () => boolean {
  let lastAt = -Infinity;
  return () => {
    if (performance.now() - lastAt < milliseconds) return false;
    lastAt = performance.now();
    return true;
  };
}
