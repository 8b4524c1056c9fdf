import type { GraphQLResolveInfo } from "graphql";
import { Arg, ID, Resolver, Root, Subscription, type SubscribeResolverData } from "type-graphql";
import { z } from "zod";
import { AfterArgument, HeartbeatArgument, parseFollowing, SnapshotArgument } from "../graphql/follow-arguments.ts";
import type { RequestContext } from "../graphql/request.ts";
import { isSelected } from "../graphql/selection.ts";
import { SessionFilterType } from "../sessions/session.input-type.ts";
import { parseSessionFilter } from "../sessions/session.input.ts";
import { AlertChangeType } from "./alert-change.type.ts";
import { alertChanges } from "./alert-changes.ts";
import { AlertSeverity } from "./alert.rules.ts";

const filterSchema = z.object({ severity: z.enum(AlertSeverity).nullish(), eventId: z.string().nullish() });

/** Runs once, at the top of the subscription: type-graphql would check the arguments of its method anew for every item. */
async function subscribe({
  args,
  context,
  info,
}: SubscribeResolverData<unknown, Record<string, unknown>, RequestContext>): Promise<AsyncIterable<AlertChangeType>> {
  const following = parseFollowing(args);
  const { severity, eventId } = filterSchema.parse(args);
  return alertChanges(context, {
    filter: {
      severity: severity ?? null,
      sessions: args["sessions"] ? parseSessionFilter(args["sessions"]) : null,
      eventId: eventId ?? null,
    },
    following,
    withAlerts: isSelected(info as GraphQLResolveInfo, "alert"),
  });
}

@Resolver()
export class AlertChangeResolver {
  @Subscription(() => AlertChangeType, {
    subscribe,
    description:
      "What becomes of alerts, in commit order for each of them. With `after`: everything since that cursor, then live. With `snapshot`: first one item for every matching alert that is open, ended by SNAPSHOT_END, then live, with nothing lost or doubled in between. With both: resumes, and sends a snapshot only when the cursor is too old.",
  })
  alertChanges(
    @Root() change: AlertChangeType,
    @Arg("severity", () => AlertSeverity, { nullable: true, description: "Alerts that are or were of this severity; null: of both." })
    _severity: unknown,
    @Arg("sessions", () => SessionFilterType, {
      nullable: true,
      description: "Alerts of these sessions; null: all. Decided by the session as it was just before and after the alert changed.",
    })
    _sessions: unknown,
    @Arg("eventId", () => ID, { nullable: true, description: "Alerts about this event; null: about anything." })
    _eventId: unknown,
    @SnapshotArgument("Whether to begin with every matching alert that is open, as it is.") _snapshot: unknown,
    @AfterArgument() _after: unknown,
    @HeartbeatArgument() _heartbeatSeconds: unknown,
  ): AlertChangeType {
    return change;
  }
}
