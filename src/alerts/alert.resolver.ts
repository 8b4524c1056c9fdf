import { Arg, Args, ArgsType, Ctx, Field, FieldResolver, ID, Int, Query, Resolver, Root } from "type-graphql";
import { assertMayRead } from "../access/actor.ts";
import { assetLoader } from "../assets/asset.loaders.ts";
import { AssetType } from "../assets/asset.type.ts";
import { PAGE_ARGUMENT_DESCRIPTIONS, toConnection, type Connection } from "../graphql/connection.ts";
import { Input } from "../graphql/input.ts";
import { pageKey } from "../graphql/page-loader.ts";
import { VerbMutation, type PayloadOf } from "../graphql/payload.ts";
import type { RequestContext } from "../graphql/request.ts";
import { PlaybackType } from "../playbacks/playback.type.ts";
import { processLoader } from "../processes/process.loaders.ts";
import { ProcessType } from "../processes/process.type.ts";
import type { SessionFilter } from "../sessions/session.filter.ts";
import { SessionFilterType } from "../sessions/session.input-type.ts";
import { playbackLoader, sessionLoader } from "../sessions/session.loaders.ts";
import type { SessionRow } from "../sessions/session.store.ts";
import { SessionType } from "../sessions/session.type.ts";
import { required } from "../shared/assert.ts";
import { isIdentifier } from "../shared/identifier.ts";
import { acknowledgeAlerts } from "./acknowledge-alerts.ts";
import { NEWEST_FIRST, parseAlertPage, parseAlertPaging } from "./alert-page.ts";
import { AcknowledgeAlertsInputType, ClearAlertsInputType } from "./alert.input-type.ts";
import { acknowledgeAlertsInput, clearAlertsInput, type AcknowledgeAlerts, type ClearAlerts } from "./alert.input.ts";
import { alertCountLoader, alertLoader, alertsOfSessionLoader, countKey, topAlertLoader, variantOf } from "./alert.loaders.ts";
import { countAlerts, pageAlerts, type AlertRow } from "./alert.reads.ts";
import { ALERT_FACTS, AlertCode, AlertSeverity } from "./alert.rules.ts";
import { AlertConnection, AlertsPayload, AlertType, NO_ALERTS } from "./alert.type.ts";
import { clearAlerts } from "./clear-alerts.ts";

const OPEN = "True: those that are open; false: those that have ended; null: all.";

@ArgsType()
class AlertsArguments {
  @Field(() => Int, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.first })
  first?: number | null;

  @Field(() => String, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.after })
  after?: string | null;

  @Field(() => Boolean, { nullable: true, description: OPEN })
  open?: boolean | null;

  @Field(() => AlertSeverity, { nullable: true, description: "Those of this severity; null: of both." })
  severity?: AlertSeverity | null;

  @Field(() => [AlertCode], { nullable: true, description: "Those of one of these codes; null: of any." })
  code?: readonly AlertCode[] | null;

  @Field(() => SessionFilterType, {
    nullable: true,
    description: "Those of the sessions that the filter means, as they are now; null: of all, deleted ones among them.",
  })
  sessions?: SessionFilter | null;

  @Field(() => ID, { nullable: true, description: "Those about this event; null: about anything." })
  eventId?: string | null;
}

@Resolver(() => AlertType)
export class AlertResolver {
  @Query(() => AlertConnection, { description: "A page of alerts, the newest first." })
  async alerts(@Args(() => AlertsArguments) given: AlertsArguments, @Ctx() context: RequestContext): Promise<Connection<AlertRow>> {
    assertMayRead(context.actor, "read");
    const { executor } = context.database;
    const { query, page } = parseAlertPage(given, context.actor.organizationId);
    return toConnection({
      page: await pageAlerts(executor, query, page),
      order: NEWEST_FIRST,
      position: ({ id }) => ({ key: id, id }),
      present: (row) => row,
      totalCount: () => countAlerts(executor, query),
    });
  }

  @VerbMutation(() => AlertsPayload, {
    empty: NO_ALERTS,
    description:
      "Clear alerts by their ids, warnings and errors alike. Where the cause still holds, a new alert is raised at once. Needs OPERATOR.",
  })
  async clearAlerts(
    @Input(() => ClearAlertsInputType, clearAlertsInput) input: ClearAlerts,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<AlertsPayload>> {
    return present(context, await clearAlerts(context, input));
  }

  @VerbMutation(() => AlertsPayload, {
    empty: NO_ALERTS,
    description: "Note that somebody looks after open alerts, and snooze them. They stay open. Needs OPERATOR.",
  })
  async acknowledgeAlerts(
    @Input(() => AcknowledgeAlertsInputType, acknowledgeAlertsInput) input: AcknowledgeAlerts,
    @Ctx() context: RequestContext,
  ): Promise<PayloadOf<AlertsPayload>> {
    return present(context, await acknowledgeAlerts(context, input));
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: "What to do about it, in one sentence; null where nothing general can be said.",
  })
  recommendedAction(@Root() alert: AlertRow): string | null {
    return ALERT_FACTS[alert.code].recommendedAction;
  }

  @FieldResolver(() => SessionType, {
    nullable: true,
    description: "The session that it is about; null once that is deleted, when sessionName still tells its name.",
  })
  async session(@Root() { sessionId }: AlertRow, @Ctx() { loaders }: RequestContext): Promise<object | null> {
    return sessionId === null ? null : loaders.of(sessionLoader).load(sessionId);
  }

  @FieldResolver(() => PlaybackType, {
    nullable: true,
    description: "The output that it is about; null for one about the session as a whole, and once the output is removed.",
  })
  async playback(@Root() { subjectId }: AlertRow, @Ctx() { loaders }: RequestContext): Promise<object | null> {
    return isIdentifier("playback", subjectId) ? loaders.of(playbackLoader).load(subjectId) : null;
  }

  @FieldResolver(() => ProcessType, {
    nullable: true,
    description: "The live process that it is about; null for one about anything else, and once the process is removed.",
  })
  async process(@Root() { subjectId }: AlertRow, @Ctx() { loaders }: RequestContext): Promise<object | null> {
    return isIdentifier("process", subjectId) ? loaders.of(processLoader).load(subjectId) : null;
  }

  @FieldResolver(() => AssetType, {
    nullable: true,
    description:
      "The recording that it is about, such as one that waits for room; null for one about anything else, and once that is deleted.",
  })
  async asset(@Root() { subjectId }: AlertRow, @Ctx() { loaders }: RequestContext): Promise<object | null> {
    return isIdentifier("asset", subjectId) ? loaders.of(assetLoader).load(subjectId) : null;
  }
}

@Resolver(() => SessionType)
export class SessionAlertsResolver {
  @FieldResolver(() => AlertType, {
    nullable: true,
    description: "Its most severe open alert, of several the newest: what a list shows as its message. Null when none is open.",
  })
  async topAlert(@Root() session: SessionRow, @Ctx() { loaders }: RequestContext): Promise<object | null> {
    return session.openAlertCount === 0 ? null : loaders.of(topAlertLoader).load(session.id);
  }

  @FieldResolver(() => Int, { description: "How many alerts of it and its outputs are open." })
  openAlertCount(@Root() session: SessionRow): number {
    return session.openAlertCount;
  }

  @FieldResolver(() => AlertConnection, { description: "Its alerts and those of its outputs, the newest first." })
  async alerts(
    @Root() session: SessionRow,
    @Arg("first", () => Int, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.first }) first: number | null,
    @Arg("after", () => String, { nullable: true, description: PAGE_ARGUMENT_DESCRIPTIONS.after }) after: string | null,
    @Arg("open", () => Boolean, { nullable: true, description: OPEN }) open: boolean | null,
    @Ctx() { loaders }: RequestContext,
  ): Promise<Connection<AlertRow>> {
    const variant = variantOf(open ?? null);
    const key = pageKey(session.id, parseAlertPaging({ first, after }), variant);
    return toConnection({
      page: required(await loaders.of(alertsOfSessionLoader).load(key), "alerts of a session"),
      order: NEWEST_FIRST,
      position: ({ id }) => ({ key: id, id }),
      present: (row) => row,
      totalCount: async () => (await loaders.of(alertCountLoader).load(countKey(session.id, variant))) ?? 0,
    });
  }
}

/** Read anew: what was read before is as it was before the verb. */
async function present({ loaders }: RequestContext, ids: readonly string[]): Promise<PayloadOf<AlertsPayload>> {
  const loader = loaders.of(alertLoader);
  const alerts = await Promise.all(ids.map((id) => loader.clear(id).load(id)));
  return { alerts: alerts.filter((alert) => alert !== null) };
}
