import type { Clock } from "../shared/clock.ts";
import { createCallBudget, type CallBudget } from "./call-budget.ts";
import { createGuessGuard, type GuessGuard } from "./guess-guard.ts";
import { createSlots, type Slots } from "./slots.ts";
import { createTokenBuckets, type BucketPolicy } from "./token-buckets.ts";

/** What one gateway lets each caller and address do; null where there is no limit. */
export interface CallLimitSettings {
  /** Cost points of a caller. */
  readonly points: BucketPolicy | null;
  /** Wrong credentials of an address. */
  readonly guesses: BucketPolicy;
  /** Connections that carry subscriptions (WebSocket, server-sent events), of a caller and of an address. */
  readonly connectionsPerCaller: number | null;
  readonly connectionsPerAddress: number | null;
  /** Subscriptions of a caller on all of its connections. */
  readonly subscriptionsPerCaller: number | null;
}

export const CALL_LIMIT_DEFAULTS: CallLimitSettings = {
  points: { pointsPerMinute: 1_000_000, burst: 1_000_000 },
  guesses: { pointsPerMinute: 60, burst: 100 },
  connectionsPerCaller: 5_000,
  connectionsPerAddress: 5_000,
  subscriptionsPerCaller: 20_000,
};

/** The limits of one gateway, counted in its memory: of several gateways each counts for itself. */
export interface CallLimits {
  /** What counts one call of this caller. */
  readonly budgetOf: (callerId: string) => CallBudget;
  readonly guesses: GuessGuard;
  /** The same of access codes of events, counted apart: an attendee who guesses locks nobody's key out. */
  readonly accessCodes: GuessGuard;
  readonly connectionsOfCaller: Slots;
  readonly connectionsOfAddress: Slots;
  readonly subscriptionsOfCaller: Slots;
}

export function createCallLimits(settings: CallLimitSettings, clock: Clock): CallLimits {
  const points = settings.points && createTokenBuckets(settings.points, clock);
  return {
    budgetOf: (callerId) => createCallBudget(points, callerId, clock),
    guesses: createGuessGuard(settings.guesses, clock),
    accessCodes: createGuessGuard(settings.guesses, clock),
    connectionsOfCaller: createSlots(settings.connectionsPerCaller),
    connectionsOfAddress: createSlots(settings.connectionsPerAddress),
    subscriptionsOfCaller: createSlots(settings.subscriptionsPerCaller),
  };
}
