import { Arg, ID, Resolver, Root, Subscription, type SubscribeResolverData } from "type-graphql";
import { z } from "zod";
import { AfterArgument, HeartbeatArgument, parseFollowing, SnapshotArgument } from "../graphql/follow-arguments.ts";
import type { RequestContext } from "../graphql/request.ts";
import { ProcessChangeType } from "./process-change.type.ts";
import { processChanges } from "./process-changes.ts";

const filterSchema = z.object({ sessionId: z.string().nullish() });

/** Runs once, at the top of the subscription: type-graphql would check the arguments of its method anew for every item. */
async function subscribe({
  args,
  context,
}: SubscribeResolverData<unknown, Record<string, unknown>, RequestContext>): Promise<AsyncIterable<ProcessChangeType>> {
  const { sessionId } = filterSchema.parse(args);
  return processChanges(context, { sessionId: sessionId ?? null, following: parseFollowing(args) });
}

@Resolver()
export class ProcessChangeResolver {
  @Subscription(() => ProcessChangeType, {
    subscribe,
    description:
      "What becomes of processes and of their assets, in commit order for each of them. With `after`: everything since that cursor, then live. With `snapshot`: first one item for every process, ended by SNAPSHOT_END, then live, with nothing lost or doubled in between. With both: resumes, and sends a snapshot only when the cursor is too old.",
  })
  processChanges(
    @Root() change: ProcessChangeType,
    @Arg("sessionId", () => ID, { nullable: true, description: "Processes and assets of this session; null: of all." })
    _sessionId: unknown,
    @SnapshotArgument("Whether to begin with every matching process, as it is.") _snapshot: unknown,
    @AfterArgument() _after: unknown,
    @HeartbeatArgument() _heartbeatSeconds: unknown,
  ): ProcessChangeType {
    return change;
  }
}
