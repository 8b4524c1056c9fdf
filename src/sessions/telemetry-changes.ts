import { assertMayRead } from "../access/actor.ts";
import { newestSource, type ItemSource } from "../changes/item-source.ts";
import type { FollowedTelemetry } from "../encoder/telemetry.reads.ts";
import type { RequestContext } from "../graphql/request.ts";
import { compileSessionFilter, type SessionFilter } from "./session.filter.ts";

export interface TelemetryRequest {
  readonly filter: SessionFilter;
  readonly everySeconds: number;
}

/** A clock that ticks a little early must not cost a subscriber every other sample. */
const EARLY_MILLISECONDS = 250;

/**
 * What the caller's sessions do, as a stream without an end. Lossy: of each session a subscriber is owed at most one sample, the
 * newest, so that one who reads slowly gets newer ones and not later ones.
 */
export function followTelemetry(context: RequestContext, request: TelemetryRequest): ItemSource<FollowedTelemetry> {
  assertMayRead(context.actor, "read");
  const { everySeconds } = request;
  const isFiltered = Object.values(request.filter).some((value) => value !== null && value !== undefined);
  const matches = compileSessionFilter(request.filter);
  const owed = new Map<string, FollowedTelemetry>();
  let told: ReadonlyMap<string, number> = new Map();
  let takenAt = -Infinity;

  /** Takes one round of samples in place of those that nobody asked for in time. */
  function take(samples: readonly FollowedTelemetry[]): void {
    const now = performance.now();
    const isTooSoon = now - takenAt < everySeconds * 1_000 - EARLY_MILLISECONDS;
    // The round at hand when a filter comes may have been read for those who do not filter.
    if (isTooSoon || (isFiltered && samples.some(({ state }) => state === null))) return;
    takenAt = now;
    const meant = samples.filter(({ sessionId, state }) => !isFiltered || (state !== null && matches(sessionId, state)));
    const present = new Map(meant.map((sample) => [sample.sessionId, sample.at.getTime()]));
    for (const id of owed.keys()) if (!present.has(id)) owed.delete(id);
    for (const sample of meant) if (told.get(sample.sessionId) !== sample.at.getTime()) owed.set(sample.sessionId, sample);
    told = present;
    wake();
  }

  const { source, wake } = newestSource<FollowedTelemetry>({
    hasNews: () => owed.size > 0,
    next() {
      const [first] = owed;
      if (!first) return null;
      owed.delete(first[0]);
      return first[1];
    },
    close: () => leave(),
  });
  const leave = context.feeds.telemetry.follow(context.actor.organizationId, { withStates: isFiltered }, take);
  return source;
}
