import { isDeepStrictEqual } from "node:util";
import { assertMayRead } from "../access/actor.ts";
import { newestSource, type ItemSource } from "../changes/item-source.ts";
import type { RequestContext } from "../graphql/request.ts";
import { summaryKey } from "./session-feeds.ts";
import type { SessionFilter } from "./session.filter.ts";
import type { SessionSummary } from "./session.reads.ts";

/** The counters of the caller's sessions: as they are, and then whenever they differ, at most once a second. */
export function followSummary(context: RequestContext, filter: SessionFilter): ItemSource<SessionSummary> {
  assertMayRead(context.actor, "read");
  let told: SessionSummary | null = null;
  let newest: SessionSummary | null = null;
  const { source, wake } = newestSource<SessionSummary>({
    hasNews: () => newest !== null && !isDeepStrictEqual(newest, told),
    next: () => (told = newest),
    close: () => leave(),
  });
  const leave = context.feeds.summary.follow(summaryKey(context.actor.organizationId, filter), null, (summary) => {
    newest = summary;
    wake();
  });
  return source;
}
