import { isDeepStrictEqual } from "node:util";
import { assertMayRead } from "../access/actor.ts";
import { iterateBatches } from "../changes/batch-iterator.ts";
import type { RequestContext } from "../graphql/request.ts";
import { summaryKey } from "./session-feeds.ts";
import type { SessionFilter } from "./session.filter.ts";
import type { SessionSummary } from "./session.reads.ts";

/** The counters of the caller's sessions: as they are, and then whenever they differ, at most once a second. */
export function followSummary(context: RequestContext, filter: SessionFilter): AsyncGenerator<SessionSummary, void> {
  assertMayRead(context.actor, "read");
  let told: SessionSummary | null = null;
  let newest: SessionSummary | null = null;
  let isClosed = false;
  let wake: () => void = () => undefined;
  const leave = context.feeds.summary.follow(summaryKey(context.actor.organizationId, filter), null, (summary) => {
    newest = summary;
    wake();
  });
  return iterateBatches({
    async nextBatch() {
      while (!isClosed) {
        if (newest !== null && !isDeepStrictEqual(newest, told)) {
          told = newest;
          return [newest];
        }
        await new Promise<void>((resolve) => (wake = resolve));
      }
      return null;
    },
    close() {
      isClosed = true;
      leave();
      wake();
    },
  });
}
