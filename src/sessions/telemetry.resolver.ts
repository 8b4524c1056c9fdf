import { Arg, Ctx, FieldResolver, Int, Resolver, Root, Subscription, type SubscribeResolverData } from "type-graphql";
import { z } from "zod";
import type { FollowedTelemetry, FreshTelemetry } from "../encoder/telemetry.reads.ts";
import type { RequestContext } from "../graphql/request.ts";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { SessionFilterType } from "./session.input-type.ts";
import { parseSessionFilter } from "./session.input.ts";
import type { SessionRow } from "./session.store.ts";
import { SessionType } from "./session.type.ts";
import { followTelemetry } from "./telemetry-changes.ts";
import { telemetryLoader } from "./telemetry.loaders.ts";
import { SessionTelemetryType, TelemetryType } from "./telemetry.type.ts";

const EVERY_SECONDS = { least: 1, most: 60 } as const;
const everySecondsSchema = z.int().min(EVERY_SECONDS.least).max(EVERY_SECONDS.most).nullish();

/** Runs once, at the top of the subscription: type-graphql would check the arguments of its method anew for every item. */
function subscribe({
  args,
  context,
}: SubscribeResolverData<unknown, Record<string, unknown>, RequestContext>): AsyncIterable<FollowedTelemetry> {
  const everySeconds = everySecondsSchema.safeParse(args["everySeconds"]);
  if (!everySeconds.success) {
    throw new Fault(FaultCode.BAD_USER_INPUT, `everySeconds is ${EVERY_SECONDS.least} to ${EVERY_SECONDS.most}.`);
  }
  return followTelemetry(context, { filter: parseSessionFilter(args["filter"]), everySeconds: everySeconds.data ?? 1 });
}

function present(sample: FreshTelemetry): TelemetryType {
  const { sessionId, at, frameRate, speed, bitrateKbps, droppedFrames, encoder } = sample;
  return { id: sessionId.replace(/^session_/, "telemetry_"), at, frameRate, speed, bitrateKbps, droppedFrames, encoder };
}

@Resolver(() => SessionType)
export class TelemetryResolver {
  @FieldResolver(() => TelemetryType, {
    nullable: true,
    description: "What it does now, as its encoder tells; null while it does not run, or nothing was heard for 5 seconds.",
  })
  async telemetry(@Root() session: SessionRow, @Ctx() { loaders }: RequestContext): Promise<TelemetryType | null> {
    const sample = await loaders.of(telemetryLoader).load(session.id);
    return sample && present(sample);
  }

  @Subscription(() => SessionTelemetryType, {
    subscribe,
    description:
      "What running sessions do, one item for each session and interval. Lossy by design: the newest wins, and one who reads slowly misses some. Not kept, so that nothing can be resumed.",
  })
  sessionTelemetry(
    @Root() sample: FollowedTelemetry,
    @Arg("filter", () => SessionFilterType, { nullable: true, description: "Which sessions, as they are at each moment; null: all." })
    _filter: unknown,
    @Arg("everySeconds", () => Int, {
      nullable: true,
      defaultValue: 1,
      description: "At most one item for each session in so many seconds, 1 to 60.",
    })
    _everySeconds: unknown,
  ): SessionTelemetryType {
    return { sessionId: sample.sessionId, telemetry: present(sample) };
  }
}
