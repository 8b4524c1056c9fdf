import type { Database } from "../database/database.ts";
import type { Clock } from "../shared/clock.ts";
import { createFeed, type Feed } from "../shared/feed.ts";
import type { Logger } from "../shared/log.ts";
import { readViewerCounts } from "../viewers/viewer-count.store.ts";
import { monitorOf, type EventMonitor } from "./event-monitor.rules.ts";
import { readPaths } from "./event-session.store.ts";
import { findEvents } from "./event.store.ts";

/** What a gateway reads of events once a second for all of its subscribers together. */
export interface EventFeeds {
  /** By `monitorKey`; of an event that is not there, or not any more, there is no monitor. */
  readonly monitor: Feed<null, { readonly monitor: EventMonitor | null }>;
}

const EVERY_MILLISECONDS = 1_000;

export interface EventFeedsOptions {
  readonly database: Pick<Database, "executor">;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createEventFeeds({ database: { executor }, clock, log }: EventFeedsOptions): EventFeeds {
  return {
    monitor: createFeed({
      everyMilliseconds: EVERY_MILLISECONDS,
      onError: (error) => log.debug({ err: error }, "an event's monitor cannot be read; trying again"),
      async read(key) {
        const [organizationId, id] = JSON.parse(key) as MonitorKey;
        const [event] = await findEvents(executor, organizationId, [id]);
        if (!event) return { monitor: null };
        const sessionIds = event.languages.map(({ sessionId }) => sessionId);
        const [paths, viewers] = await Promise.all([readPaths(executor, sessionIds), readViewerCounts(executor, sessionIds)]);
        const reading = {
          at: clock.now(),
          pathsOf: (sessionId: string) => paths.get(sessionId) ?? null,
          viewersOf: (sessionId: string) => viewers.get(sessionId) ?? 0,
        };
        return { monitor: monitorOf(event, reading) };
      },
    }),
  };
}

type MonitorKey = readonly [organizationId: string, eventId: string];

export function monitorKey(organizationId: string, eventId: string): string {
  return JSON.stringify([organizationId, eventId] satisfies MonitorKey);
}
