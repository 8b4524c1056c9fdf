import type { Clock } from "../shared/clock.ts";

/** How fast a bucket fills, and how much it holds. */
export interface BucketPolicy {
  readonly pointsPerMinute: number;
  /** Points of a full bucket: as many can be spent at once. */
  readonly burst: number;
}

/** What is in a bucket. */
export interface BucketLevel {
  /** Whole points that are left; less than 0 when some are owed. */
  readonly remaining: number;
  /** Milliseconds until it is full again; 0 when it is. */
  readonly fullAfterMilliseconds: number;
}

/** Buckets of points, one for each key, each full at first. */
export interface TokenBuckets {
  readonly policy: BucketPolicy;
  /** Milliseconds until so many points are there; 0 when they are. */
  readonly wait: (key: string, points: number) => number;
  /** Takes the points when they are there, else none; gives what `wait` does. */
  readonly take: (key: string, points: number) => number;
  /** Takes the points even where there are not as many: what is owed, at most a full bucket, is filled up first. */
  readonly owe: (key: string, points: number) => void;
  readonly level: (key: string) => BucketLevel;
  /** How many buckets are kept: full ones are not. */
  readonly size: () => number;
}

interface Bucket {
  /** Shares of points: whole numbers, with which no moment is lost to rounding. */
  shares: number;
  /** When `shares` was right. */
  at: number;
}

/** Shares of a point: in a millisecond as many come back as points do in a minute. */
const SHARES = 60_000;
/** Fewer are not worth a look for those that have filled up. */
const SWEPT_SIZE = 1_000;

/** Points that are more than a full bucket holds are never there: they cost a full one. */
export function createTokenBuckets(policy: BucketPolicy, clock: Clock): TokenBuckets {
  const { burst, pointsPerMinute } = policy;
  const full = burst * SHARES;
  const buckets = new Map<string, Bucket>();
  let sweepAt = SWEPT_SIZE;

  function sharesIn(bucket: Bucket | undefined, now: number): number {
    // A clock that was set back must not empty a bucket.
    return bucket ? Math.min(full, bucket.shares + Math.max(0, now - bucket.at) * pointsPerMinute) : full;
  }

  function sharesOf(key: string): number {
    return sharesIn(buckets.get(key), clock.now().getTime());
  }

  /** Who called once and never again would else be kept for ever. */
  function sweep(now: number): void {
    if (buckets.size < sweepAt) return;
    for (const [key, bucket] of buckets) if (sharesIn(bucket, now) >= full) buckets.delete(key);
    sweepAt = Math.max(SWEPT_SIZE, buckets.size * 2);
  }

  function wait(key: string, points: number): number {
    return Math.max(0, Math.ceil((Math.min(points, burst) * SHARES - sharesOf(key)) / pointsPerMinute));
  }

  function put(key: string, shares: number): void {
    const now = clock.now().getTime();
    sweep(now);
    buckets.set(key, { shares, at: now });
  }

  return {
    policy,
    wait,
    take(key, points) {
      const waitMilliseconds = wait(key, points);
      if (waitMilliseconds === 0) put(key, Math.max(0, sharesOf(key) - points * SHARES));
      return waitMilliseconds;
    },
    owe(key, points) {
      put(key, Math.max(-full, sharesOf(key) - points * SHARES));
    },
    level(key) {
      const there = sharesOf(key);
      return { remaining: Math.floor(there / SHARES), fullAfterMilliseconds: Math.ceil((full - there) / pointsPerMinute) };
    },
    size: () => buckets.size,
  };
}
