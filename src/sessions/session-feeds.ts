import type { ChangeLog } from "../changes/change-log.ts";
import type { Database } from "../database/database.ts";
import { listTelemetry, type FollowedTelemetry } from "../encoder/telemetry.reads.ts";
import { createFeed, type Feed } from "../shared/feed.ts";
import type { Logger } from "../shared/log.ts";
import type { SessionFilter } from "./session.filter.ts";
import { summarizeSessions, type SessionSummary } from "./session.reads.ts";

/** What a gateway reads once a second for all of its subscribers together. */
export interface SessionFeeds {
  /** By the organization's id; who filters wishes for the sessions' states. */
  readonly telemetry: Feed<{ readonly withStates: boolean }, readonly FollowedTelemetry[]>;
  /** By `summaryKey`. */
  readonly summary: Feed<null, SessionSummary>;
}

const EVERY_MILLISECONDS = 1_000;

export interface SessionFeedsOptions {
  readonly database: Pick<Database, "executor">;
  readonly changeLog: Pick<ChangeLog, "onceRowsFor">;
  readonly log: Logger;
}

export function createSessionFeeds({ database: { executor }, changeLog, log }: SessionFeedsOptions): SessionFeeds {
  const onError = (error: unknown): void => log.debug({ err: error }, "what is shown live cannot be read; trying again");
  const news = createNews(changeLog);
  return {
    telemetry: createFeed({
      everyMilliseconds: EVERY_MILLISECONDS,
      onError,
      read: (organizationId, wishes) => listTelemetry(executor, organizationId, { withStates: wishes.some((wish) => wish.withStates) }),
    }),
    summary: createFeed({
      everyMilliseconds: EVERY_MILLISECONDS,
      onError,
      async read(key) {
        const [organizationId, filter] = JSON.parse(key) as SummaryKey;
        if (!news.take(key, organizationId)) return null;
        try {
          return await summarizeSessions(executor, organizationId, filter);
        } catch (error) {
          news.giveBack(key);
          throw error;
        }
      },
    }),
  };
}

type SummaryKey = readonly [organizationId: string, filter: SessionFilter];

export function summaryKey(organizationId: string, filter: SessionFilter): string {
  return JSON.stringify([organizationId, filter] satisfies SummaryKey);
}

/** Whether anything happened in an organization since a key was last read: what stands still is counted once. */
function createNews(changeLog: SessionFeedsOptions["changeLog"]) {
  const quiet = new Set<string>();
  return {
    take(key: string, organizationId: string): boolean {
      if (quiet.has(key)) return false;
      quiet.add(key);
      changeLog.onceRowsFor(organizationId, () => quiet.delete(key));
      return true;
    },
    giveBack: (key: string): void => void quiet.delete(key),
  };
}
