import { LEASE_MILLISECONDS } from "./lease.rules.ts";

/** An encoder's last sign of life, as the database has it. */
export interface SignOfLife {
  readonly encoderId: string;
  /** Any text that is another one after each heartbeat. */
  readonly lastSeenAt: string;
}

export interface SilenceRecord {
  /**
   * Notes what the database just answered and gives the encoders that have been silent for a full lease time.
   * `now` is monotonic, in milliseconds; `askedAt` is when the question was sent.
   */
  readonly note: (signs: readonly SignOfLife[], time: { readonly askedAt: number; readonly now: number }) => readonly SignOfLife[];
}

/**
 * Longest time from one answer of the database to the next within which it counts as having been available all the while.
 * An agent whose heartbeats are held up as long as this still comes well within its lease.
 */
export const AVAILABILITY_GAP_MILLISECONDS = 2000;

/**
 * Tells who has been silent for a full lease time during which the database was available. It compares no clocks of two machines: it counts by our
 * own how long the same sign of life stood, and counts anew after every gap in which the database, or this process, stood still.
 */
export function createSilenceRecord(leaseMilliseconds: number = LEASE_MILLISECONDS): SilenceRecord {
  let lastAnswerAt = -Infinity;
  let standing = new Map<string, { readonly lastSeenAt: string; readonly since: number }>();

  return {
    note(signs, { askedAt, now }) {
      if (now - lastAnswerAt > AVAILABILITY_GAP_MILLISECONDS) standing = new Map();
      lastAnswerAt = now;
      const next = new Map<string, { readonly lastSeenAt: string; readonly since: number }>();
      const silent = signs.filter((sign) => {
        const before = standing.get(sign.encoderId);
        const since = before?.lastSeenAt === sign.lastSeenAt ? before.since : now;
        next.set(sign.encoderId, { lastSeenAt: sign.lastSeenAt, since });
        return askedAt - since >= leaseMilliseconds;
      });
      standing = next;
      return silent;
    },
  };
}
