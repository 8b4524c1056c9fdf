import type { GraphQLResolveInfo } from "graphql";
import { Arg, Int, Resolver, Root, Subscription, type SubscribeResolverData } from "type-graphql";
import { z } from "zod";
import { Cursor } from "../graphql/scalars.ts";
import { isSelected } from "../graphql/selection.ts";
import type { RequestContext } from "../graphql/request.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { SessionChangeType } from "./session-change.type.ts";
import { sessionChanges } from "./session-changes.ts";
import { SessionFilterType } from "./session.input-type.ts";
import { parseSessionFilter } from "./session.input.ts";

const HEARTBEAT_SECONDS = { least: 1, most: 3_600 } as const;

const argumentsSchema = z.object({
  snapshot: z.boolean().nullish(),
  after: z.string().nullish(),
  heartbeatSeconds: z.int().min(HEARTBEAT_SECONDS.least).max(HEARTBEAT_SECONDS.most).nullish(),
});

/** Runs once, at the top of the subscription: type-graphql would check the arguments of its method anew for every item. */
async function subscribe({
  args,
  context,
  info,
}: SubscribeResolverData<unknown, Record<string, unknown>, RequestContext>): Promise<AsyncIterable<SessionChangeType>> {
  const parsed = argumentsSchema.safeParse(args);
  if (!parsed.success) {
    throw new Fault(FaultCode.BAD_USER_INPUT, `heartbeatSeconds is ${HEARTBEAT_SECONDS.least} to ${HEARTBEAT_SECONDS.most}.`);
  }
  return sessionChanges(context, {
    filter: parseSessionFilter(args["filter"]),
    snapshot: parsed.data.snapshot ?? false,
    after: parsed.data.after ?? null,
    heartbeatSeconds: parsed.data.heartbeatSeconds ?? null,
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
    @Arg("snapshot", () => Boolean, {
      nullable: true,
      defaultValue: false,
      description: "Whether to begin with every matching session as it is.",
    })
    _snapshot: unknown,
    @Arg("after", () => Cursor, { nullable: true, description: "Resume behind this position; null: from now on." })
    _after: unknown,
    @Arg("heartbeatSeconds", () => Int, {
      nullable: true,
      description: "Send a HEARTBEAT with a fresh cursor after so many seconds without any item, 1 to 3600; null: none.",
    })
    _heartbeatSeconds: unknown,
  ): SessionChangeType {
    return change;
  }
}
