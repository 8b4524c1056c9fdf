import { assertMayRead } from "../access/actor.ts";
import { newestSource, type ItemSource } from "../changes/item-source.ts";
import type { RequestContext } from "../graphql/request.ts";
import { monitorKey } from "./event-feeds.ts";
import type { EventMonitor } from "./event-monitor.rules.ts";

/** How an event does: at once and then every second. Lossy: one who reads slowly gets the newest. Over once there is no such event. */
export function followEventMonitor(context: RequestContext, eventId: string): ItemSource<EventMonitor> {
  assertMayRead(context.actor, "read");
  let newest: EventMonitor | null = null;
  let isOver = false;
  let leave = (): void => undefined;
  const { source, wake } = newestSource<EventMonitor>({
    hasNews: () => newest !== null,
    next() {
      const monitor = newest;
      newest = null;
      return monitor;
    },
    close() {
      isOver = true;
      leave();
    },
  });
  leave = context.feeds.monitor.follow(monitorKey(context.actor.organizationId, eventId), null, ({ monitor }) => {
    newest = monitor;
    if (monitor === null) source.close();
    else wake();
  });
  // What was read for another subscriber is told at once.
  if (isOver) leave();
  return source;
}
