import type { GraphQLResolveInfo } from "graphql";
import { Arg, Resolver, Root, Subscription, type SubscribeResolverData } from "type-graphql";
import { AfterArgument, HeartbeatArgument, parseFollowing, SnapshotArgument } from "../graphql/follow-arguments.ts";
import { isSelected } from "../graphql/selection.ts";
import type { RequestContext } from "../graphql/request.ts";
import { SessionChangeType } from "./session-change.type.ts";
import { sessionChanges } from "./session-changes.ts";
import { SessionFilterType } from "./session.input-type.ts";
import { parseSessionFilter } from "./session.input.ts";

/** Runs once, at the top of the subscription: type-graphql would check the arguments of its method anew for every item. */
async function subscribe({
  args,
  context,
  info,
}: SubscribeResolverData<unknown, Record<string, unknown>, RequestContext>): Promise<AsyncIterable<SessionChangeType>> {
  const following = parseFollowing(args);
  return sessionChanges(context, {
    filter: parseSessionFilter(args["filter"]),
    following,
    withSessions: isSelected(info as GraphQLResolveInfo, "session"),
  });
}

@Resolver()
export class SessionChangeResolver {
  @Subscription(() => SessionChangeType, {
    subscribe,
    description:
      "Changes of sessions, in commit order for each of them. With `after`: everything since that cursor, then live. With `snapshot`: first one item for every matching session, ended by SNAPSHOT_END, then live, with nothing lost or doubled in between. With both: resumes, and sends a snapshot only when the cursor is too old.",
  })
  sessionChanges(
    @Root() change: SessionChangeType,
    @Arg("filter", () => SessionFilterType, {
      nullable: true,
      description: "Which sessions; null: all. Decided by the state before and after each change, so that leaving the filter is told too.",
    })
    _filter: unknown,
    @SnapshotArgument("Whether to begin with every matching session as it is.") _snapshot: unknown,
    @AfterArgument() _after: unknown,
    @HeartbeatArgument() _heartbeatSeconds: unknown,
  ): SessionChangeType {
    return change;
  }
}
