/** An output that the encoder gave up on, such as on a full disk, gets another encoder after so long. */
const LEAST_MILLISECONDS = 30_000;
/** A renewal costs every viewer of the session a break: an output that stays bad must not cost them many. */
const MOST_MILLISECONDS = 600_000;
/** Once all outputs have grown without a longer break for so long, the waiting times begin anew. */
const STEADY_MILLISECONDS = 90_000;

export interface Renewal {
  /** Takes for how long not all outputs have grown; tells whether the encoder is to be renewed now, and then counts that as done. */
  readonly isDue: (stalledMilliseconds: number, now: number) => boolean;
}

/** When an encoder of which an output stands still is begun anew: after 30 s, then 1, 2, 4, 8, 10, 10 … min. */
export function createRenewal(): Renewal {
  let wait = LEAST_MILLISECONDS;
  let unsteadyAt = -Infinity;
  return {
    isDue(stalledMilliseconds, now) {
      if (stalledMilliseconds > LEAST_MILLISECONDS) unsteadyAt = now;
      else if (now - unsteadyAt > STEADY_MILLISECONDS) wait = LEAST_MILLISECONDS;
      if (stalledMilliseconds <= wait) return false;
      wait = Math.min(wait * 2, MOST_MILLISECONDS);
      return true;
    },
  };
}
