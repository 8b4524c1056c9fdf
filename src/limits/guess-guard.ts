import ipaddr from "ipaddr.js";
import { LRUCache } from "lru-cache";
import { createHash } from "node:crypto";
import type { Clock } from "../shared/clock.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { createTokenBuckets, type BucketPolicy } from "./token-buckets.ts";

/** Keeps who guesses credentials from having each guess looked up. */
export interface GuessGuard {
  /**
   * Runs `look`, which finds a caller or throws UNAUTHENTICATED. An address that failed too often is refused with RATE_LIMITED before
   * the look, but for a credential that was good a moment ago: others behind the same address go on.
   */
  readonly guard: <T>(attempt: Attempt, look: () => Promise<T>) => Promise<T>;
}

export interface Attempt {
  readonly ipAddress: string | null;
  /** The credential as it was sent; null when none was. */
  readonly authorization: string | null;
}

/** How many good credentials are remembered; beyond them the one that was used longest ago is forgotten. */
const REMEMBERED_LIMIT = 10_000;
/** The part of an IPv6 address that one subscriber has to itself, and could spread guesses over. */
const IPV6_PREFIX_LENGTH = 64;

export function createGuessGuard(policy: BucketPolicy, clock: Clock): GuessGuard {
  const failures = createTokenBuckets(policy, clock);
  const good = new LRUCache<string, true>({ max: REMEMBERED_LIMIT });

  return {
    async guard({ ipAddress, authorization }, look) {
      // Who sent none is told so, for free: nothing was looked up.
      if (authorization === null) return look();
      const key = networkOf(ipAddress);
      const credential = createHash("sha256").update(authorization).digest("base64");
      const waitMilliseconds = good.has(credential) ? 0 : failures.wait(key, 1);
      if (waitMilliseconds > 0) throw refuse(waitMilliseconds);
      try {
        const found = await look();
        good.set(credential, true);
        return found;
      } catch (error) {
        if (error instanceof Fault && error.code === FaultCode.UNAUTHENTICATED) {
          good.delete(credential);
          // Guesses that were under way together are all paid for.
          failures.owe(key, 1);
        }
        throw error;
      }
    },
  };
}

/** All that limits count as one place: an IPv4 address, or the network of an IPv6 one. */
export function networkOf(ipAddress: string | null): string {
  if (ipAddress === null || !ipaddr.IPv6.isValid(ipAddress)) return ipAddress ?? "";
  return ipaddr.IPv6.networkAddressFromCIDR(`${ipAddress}/${IPV6_PREFIX_LENGTH}`).toString();
}

function refuse(waitMilliseconds: number): Fault {
  const retryAfterSeconds = Math.ceil(waitMilliseconds / 1_000);
  return new Fault(
    FaultCode.RATE_LIMITED,
    `Too many wrong credentials came from this address. Send a valid one in ${retryAfterSeconds} s.`,
    { retryAfterSeconds },
  );
}
