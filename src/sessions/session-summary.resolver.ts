import { Arg, Resolver, Root, Subscription, type SubscribeResolverData } from "type-graphql";
import type { RequestContext } from "../graphql/request.ts";
import { followSummary } from "./session-summary.ts";
import { SessionFilterType } from "./session.input-type.ts";
import { parseSessionFilter } from "./session.input.ts";
import type { SessionSummary } from "./session.reads.ts";
import { SessionSummaryType } from "./session.type.ts";

/** Runs once, at the top of the subscription. */
function subscribe({
  args,
  context,
}: SubscribeResolverData<unknown, Record<string, unknown>, RequestContext>): AsyncIterable<SessionSummary> {
  return followSummary(context, parseSessionFilter(args["filter"]));
}

@Resolver()
export class SessionSummaryResolver {
  @Subscription(() => SessionSummaryType, {
    subscribe,
    name: "sessionSummary",
    description: "Counters for the top of a wall: first as they are, then whenever they differ, at most once a second.",
  })
  followSessionSummary(
    @Root() summary: SessionSummary,
    @Arg("filter", () => SessionFilterType, { nullable: true, description: "Which sessions are counted; null: all." }) _filter: unknown,
  ): SessionSummary {
    return summary;
  }
}
