import { Arg, ID, Resolver, Root, Subscription, type SubscribeResolverData } from "type-graphql";
import { z } from "zod";
import { AfterArgument, parseFollowing, SnapshotArgument } from "../graphql/follow-arguments.ts";
import type { RequestContext } from "../graphql/request.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { EventChangeType } from "./event-change.type.ts";
import { eventChanges } from "./event-changes.ts";

/** Events of one subscription. */
const IDS_LIMIT = 1_000;
const idsSchema = z.array(z.string()).max(IDS_LIMIT).nullish();

/** Runs once, at the top of the subscription: type-graphql would check the arguments of its method anew for every item. */
async function subscribe({
  args,
  context,
}: SubscribeResolverData<unknown, Record<string, unknown>, RequestContext>): Promise<AsyncIterable<EventChangeType>> {
  const ids = idsSchema.safeParse(args["ids"]);
  if (!ids.success) throw new Fault(FaultCode.BAD_USER_INPUT, `\`ids\` takes at most ${IDS_LIMIT} ids.`);
  return eventChanges(context, { ids: ids.data ?? null, following: parseFollowing(args) });
}

@Resolver()
export class EventChangeResolver {
  @Subscription(() => EventChangeType, {
    subscribe,
    description:
      "Changes of events, in commit order for each of them. With `after`: everything since that cursor, then live. With `snapshot`: first one item for every event, ended by SNAPSHOT_END, then live.",
  })
  eventChanges(
    @Root() change: EventChangeType,
    @Arg("ids", () => [ID], { nullable: true, description: "Which events, at most 1,000; null: all." }) _ids: unknown,
    @SnapshotArgument("Whether to begin with every event that is meant, as it is.") _snapshot: unknown,
    @AfterArgument() _after: unknown,
  ): EventChangeType {
    return change;
  }
}
