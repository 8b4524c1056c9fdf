import { Arg, Ctx, FieldResolver, ID, Resolver, Root, Subscription, type SubscribeResolverData } from "type-graphql";
import type { RequestContext } from "../graphql/request.ts";
import { viewerCountLoader } from "../viewers/viewer.loader.ts";
import { monitorOf, type EventMonitor } from "./event-monitor.rules.ts";
import { EventMonitorType } from "./event-monitor.type.ts";
import { followEventMonitor } from "./event-monitoring.ts";
import { pathsLoader } from "./event.loader.ts";
import type { StoredEvent } from "./event.store.ts";
import { EventType } from "./event.type.ts";

type Data = SubscribeResolverData<unknown, Record<string, unknown>, RequestContext>;

@Resolver(() => EventType)
export class EventMonitorResolver {
  @FieldResolver(() => EventMonitorType, { description: "How it does at this moment." })
  async monitor(@Root() event: StoredEvent, @Ctx() { loaders, clock }: RequestContext): Promise<EventMonitor> {
    const sessionIds = event.languages.map(({ sessionId }) => sessionId);
    const [paths, viewers] = await Promise.all([
      Promise.all(sessionIds.map((id) => loaders.of(pathsLoader).load(id))),
      Promise.all(sessionIds.map((id) => loaders.of(viewerCountLoader).load(id))),
    ]);
    return monitorOf(event, {
      at: clock.now(),
      pathsOf: (sessionId) => paths[sessionIds.indexOf(sessionId)] ?? null,
      viewersOf: (sessionId) => viewers[sessionIds.indexOf(sessionId)] ?? 0,
    });
  }

  @Subscription(() => EventMonitorType, {
    subscribe: ({ context, args }: Data) => followEventMonitor(context, String(args["id"])),
    description:
      "How an event does: at once, and then every second. Lossy by design: one who reads slowly gets the newest. Completes at once where there is no such event, and when it is deleted.",
  })
  eventMonitor(@Root() monitor: EventMonitor, @Arg("id", () => ID, { description: "The event's id." }) _id: unknown): EventMonitor {
    return monitor;
  }
}
