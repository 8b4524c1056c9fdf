import "reflect-metadata";
import { GraphQLInputObjectType, lexicographicSortSchema, printSchema, type GraphQLSchema } from "graphql";
import { buildSchemaSync } from "type-graphql";
import { ApiKeyResolver } from "../access/api-key.resolver.ts";
import { AlertChangeResolver } from "../alerts/alert-change.resolver.ts";
import "../alerts/alert.enums.ts";
import { AlertResolver, SessionAlertsResolver } from "../alerts/alert.resolver.ts";
import { AudienceResolver, PublicLanguageResolver } from "../audience/audience.resolver.ts";
import { AssetResolver, ProcessAssetsResolver, RunAssetsResolver } from "../assets/asset.resolver.ts";
import { ProcessChangeResolver } from "../assets/process-change.resolver.ts";
import { AuditResolver } from "../audit/audit.resolver.ts";
import { EncoderResolver } from "../encoder/encoder.resolver.ts";
import { ChangeResolver, createChangeObjectResolver } from "../changes/change.resolver.ts";
import { CsvImportedSessionResolver, ImportResolver, SessionCsvCommentResolver } from "../imports/import.resolver.ts";
import { CallerResolver } from "../organizations/caller.resolver.ts";
import { OrganizationResolver } from "../organizations/organization.resolver.ts";
import { ProcessResolver, SessionProcessesResolver } from "../processes/process.resolver.ts";
import { MessageChangeResolver } from "../messages/message-change.resolver.ts";
import { EventMessagesResolver, QuestionResolver } from "../messages/message.resolver.ts";
import { SlideChangeResolver } from "../slides/slide-change.resolver.ts";
import { PresentationResolver, PublicSlideResolver, SlideResolver } from "../slides/slide.resolver.ts";
import { RateLimitResolver } from "../limits/rate-limit.resolver.ts";
import { PlaybackResolver } from "../playbacks/playback.resolver.ts";
import { ChangeDigestResolver } from "../sessions/change-digest.resolver.ts";
import "../sessions/session.enums.ts";
import { InputTypeInfoResolver } from "../sessions/input-type-info.resolver.ts";
import { InputPathResolver, SessionSlateResolver } from "../sessions/input-path.resolver.ts";
import { PendingChangesResolver } from "../sessions/pending-changes.resolver.ts";
import { EventActionResolver } from "../events/event-action.resolver.ts";
import { EventChangeResolver } from "../events/event-change.resolver.ts";
import { EventLanguageResolver, IngestResolver } from "../events/event-language.resolver.ts";
import { EventMonitorResolver } from "../events/event-monitor.resolver.ts";
import { EventRecordingResolver } from "../events/event-recording.resolver.ts";
import { EventFieldResolver, SessionEventResolver } from "../events/event.field.resolver.ts";
import { EventSharingResolver } from "../events/event-sharing.resolver.ts";
import { EventResolver } from "../events/event.resolver.ts";
import { EventScheduleResolver, ScheduledActionFieldResolver, ScheduledActionResolver } from "../schedules/scheduled-action.resolver.ts";
import { RunResolver, SessionRunsResolver } from "../sessions/run.resolver.ts";
import { IngestUrlResolver } from "../sessions/ingest-url.resolver.ts";
import { SecretResolver } from "../sessions/secret.resolver.ts";
import { SessionActionsResolver } from "../sessions/session-actions.resolver.ts";
import { SessionBulkResolver, SessionBulkResultResolver } from "../sessions/session-bulk.resolver.ts";
import { SessionChangeResolver } from "../sessions/session-change.resolver.ts";
import { SessionFieldResolver, SessionSourceFieldResolver } from "../sessions/session.field.resolver.ts";
import { SessionImageResolver } from "../sessions/session-image.resolver.ts";
import { SessionMutationResolver } from "../sessions/session.mutation.resolver.ts";
import { SessionQueryResolver, TemplateSessionsResolver } from "../sessions/session.query.resolver.ts";
import { SessionSummaryResolver } from "../sessions/session-summary.resolver.ts";
import { TelemetryResolver } from "../sessions/telemetry.resolver.ts";
import { TemplateEditResolver } from "../sessions/template-edit.resolver.ts";
import { TemplateResolver } from "../templates/template.resolver.ts";
import { WebhookDeliveriesResolver, WebhookDeliveryResolver, WebhookResolver } from "../webhooks/webhook.resolver.ts";
import { createNodeLoad, createNodeResolver } from "./node.ts";
import { NODES } from "./nodes.ts";

/** type-graphql wants a transport for subscriptions even when each brings its own stream; this one is never used. */
const NO_TRANSPORT = {
  publish(): never {
    throw new Error("Changes go to subscribers through the change log alone.");
  },
  subscribe(): never {
    throw new Error("Subscriptions read the change log alone.");
  },
};

let built: GraphQLSchema | null = null;

/** The schema of this process, built when it is first asked for. */
export function headendSchema(): GraphQLSchema {
  return (built ??= buildSchema());
}

/** Every resolver of the gateway: the only place that imports them. */
function buildSchema(): GraphQLSchema {
  const loadNode = createNodeLoad(NODES);
  const schema = buildSchemaSync({
    resolvers: [
      AlertChangeResolver,
      AlertResolver,
      ApiKeyResolver,
      AudienceResolver,
      AssetResolver,
      AuditResolver,
      CallerResolver,
      ChangeDigestResolver,
      ChangeResolver,
      createChangeObjectResolver(loadNode),
      createNodeResolver(loadNode),
      CsvImportedSessionResolver,
      EncoderResolver,
      EventActionResolver,
      EventChangeResolver,
      EventFieldResolver,
      EventRecordingResolver,
      EventLanguageResolver,
      EventMonitorResolver,
      EventMessagesResolver,
      EventResolver,
      EventScheduleResolver,
      EventSharingResolver,
      ImportResolver,
      IngestResolver,
      IngestUrlResolver,
      InputPathResolver,
      InputTypeInfoResolver,
      MessageChangeResolver,
      OrganizationResolver,
      PendingChangesResolver,
      PlaybackResolver,
      PresentationResolver,
      ProcessAssetsResolver,
      ProcessChangeResolver,
      ProcessResolver,
      PublicLanguageResolver,
      PublicSlideResolver,
      QuestionResolver,
      RateLimitResolver,
      RunAssetsResolver,
      RunResolver,
      ScheduledActionFieldResolver,
      ScheduledActionResolver,
      SecretResolver,
      SessionAlertsResolver,
      SessionActionsResolver,
      SessionBulkResolver,
      SessionBulkResultResolver,
      SessionChangeResolver,
      SessionCsvCommentResolver,
      SessionEventResolver,
      SessionFieldResolver,
      SessionImageResolver,
      SessionMutationResolver,
      SessionProcessesResolver,
      SessionQueryResolver,
      SessionRunsResolver,
      SessionSlateResolver,
      SessionSourceFieldResolver,
      SessionSummaryResolver,
      SlideChangeResolver,
      SlideResolver,
      TelemetryResolver,
      TemplateEditResolver,
      TemplateResolver,
      TemplateSessionsResolver,
      WebhookDeliveriesResolver,
      WebhookDeliveryResolver,
      WebhookResolver,
    ],
    validate: false,
    // It would ask the schema for all of itself at every start; the executor and the check of the printed schema say what is wrong with it.
    skipCheck: true,
    pubSub: NO_TRANSPORT,
  });
  markOneOf(schema, "SessionSelection");
  return schema;
}

/** type-graphql cannot say that exactly one field of an input is given; GraphQL itself can. */
function markOneOf(schema: GraphQLSchema, name: string): void {
  const type = schema.getType(name);
  if (!(type instanceof GraphQLInputObjectType)) throw new Error(`The schema has no input ${name}`);
  type.isOneOf = true;
}

/** The schema as text, in one order whatever the order of the imports; committed as schema/schema.graphql. */
export function printHeadendSchema(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
