import type { Clock } from "../shared/clock.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import type { TokenBuckets } from "./token-buckets.ts";

/** What a caller may still spend. */
export interface RateLimitState {
  /** Points of a full bucket. */
  readonly limit: number;
  /** Within how long an empty bucket fills up, in whole seconds. */
  readonly windowSeconds: number;
  readonly remaining: number;
  /** When all points will be there again if none is spent. */
  readonly resetAt: Date;
  /** What this call has cost so far. */
  readonly cost: number;
}

/** Counts what one call of a caller costs, against what the caller may spend. */
export interface CallBudget {
  /** A new call begins: it costs `CALL_POINTS`, or is refused with RATE_LIMITED. */
  readonly begin: () => void;
  /** Spends more points on the call, or throws RATE_LIMITED and spends none. */
  readonly charge: (points: number) => void;
  /** Null when callers are not limited. */
  readonly state: () => RateLimitState | null;
}

/** Points that every call costs, whatever it asks for: what is refused was read as well. */
const CALL_POINTS = 1;

const UNLIMITED: CallBudget = { begin: () => undefined, charge: () => undefined, state: () => null };

export function createCallBudget(given: TokenBuckets | null, callerId: string, clock: Clock): CallBudget {
  if (!given) return UNLIMITED;
  const buckets = given;
  let cost = 0;

  function charge(points: number): void {
    // Who comes back pays again for what this call has cost up to here.
    if (buckets.take(callerId, points) > 0) throw refuse(cost + points, buckets.wait(callerId, cost + points));
    cost += points;
  }

  return {
    charge,
    begin() {
      cost = 0;
      charge(CALL_POINTS);
    },
    state() {
      const { burst, pointsPerMinute } = buckets.policy;
      const { remaining, fullAfterMilliseconds } = buckets.level(callerId);
      const resetAt = new Date(clock.now().getTime() + fullAfterMilliseconds);
      return { limit: burst, windowSeconds: Math.ceil((60 * burst) / pointsPerMinute), remaining, resetAt, cost };
    },
  };
}

function refuse(points: number, waitMilliseconds: number): Fault {
  const retryAfterSeconds = Math.ceil(waitMilliseconds / 1_000);
  const [cost, seconds] = [points, retryAfterSeconds].map((count) => count.toLocaleString("en"));
  return new Fault(
    FaultCode.RATE_LIMITED,
    `This costs ${cost} points, and this credential has spent too many. Try again in ${seconds} s, ask for less, or ask less often; the field rateLimit tells what is left.`,
    { retryAfterSeconds },
  );
}
