import type { Permission } from "../../../src/access/level.rules.ts";
import type { Verb } from "../../../src/sessions/session.rules.ts";
import type { GraphqlClient } from "../../support/clients.ts";
import type { Arguments } from "./schema-walk.ts";
import { SLIDE, type Kind, type World } from "./world.ts";

/** What is known of an operation beside the schema. */
export interface OperationFacts {
  /** What it wants, of the list of level.rules.ts; null for what no level may: attendees alone do. */
  readonly permission: Permission | null;
  /** What the audit calls it; null for what leaves no entry, with the reason. */
  readonly audit: Verb | null;
  /**
   * Arguments that it takes as they are, in as many variants as it takes for an id to stand at each place where one can. Every id names
   * an object of the organization; what is written to is made anew.
   */
  readonly variants: (world: World) => Promise<readonly Arguments[]>;
  /** For what is open to attendees: one of the event that the arguments name. */
  readonly attendee?: (world: World, given: Arguments) => Promise<GraphqlClient>;
}

/** What the id at each place names; `any`: whatever has an id. */
export const ID_KINDS: Readonly<Record<string, Kind | "any">> = {
  "AcknowledgeAlertsInput.ids": "alert",
  "AddEventLanguageInput.id": "event",
  "AddPlaybackInput.sessionId": "session",
  "AskQuestionInput.eventId": "event",
  "CancelScheduledActionsInput.ids": "scheduledaction",
  "ClearAlertsInput.ids": "alert",
  "ConfigureBackupIngestInput.id": "event",
  "RotateIngestKeysInput.id": "event",
  "ConfigureProcessesInput.sessionId": "session",
  "CreateClipInput.assetId": "asset",
  "DeleteAssetsInput.ids": "asset",
  "DeleteChatMessagesInput.ids": "chatmessage",
  "DeleteEventsInput.ids": "event",
  "DeleteTemplatesInput.ids": "template",
  "DeleteWebhooksInput.ids": "webhook",
  "EventActionInput.id": "event",
  "EventLanguageInput.templateId": "template",
  "GoLiveInput.id": "event",
  "JoinEventInput.eventId": "event",
  "ModerateQuestionsInput.ids": "question",
  "PlaybackInput.templateId": "template",
  "PlaybackPatch.templateId": "template",
  "ProcessTargetInput.playbackId": "playback",
  "ProcessTargetInput.renditionId": "rendition",
  "PublishSlideInput.eventId": "event",
  "Query.alerts.eventId": "event",
  "Query.assets.sessionId": "session",
  "Query.auditEntries.objectId": "any",
  "Query.event.id": "event",
  "Query.node.id": "any",
  "Query.nodes.ids": "any",
  "Query.processes.sessionId": "session",
  "Query.publicEvent.id": "event",
  "Query.session.id": "session",
  "Query.template.id": "template",
  "RemoveEventLanguagesInput.id": "event",
  "RemovePlaybacksInput.ids": "playback",
  "RemovePlaybacksInput.sessionId": "session",
  "RemoveProcessesInput.ids": "process",
  "RenditionInput.id": "rendition",
  "ReplyToQuestionInput.id": "question",
  "ResendWebhookInput.deliveryIds": "webhookdelivery",
  "ResendWebhookInput.id": "webhook",
  "RevealSecretInput.id": "secret",
  "RevokeApiKeysInput.ids": "apikey",
  "RotateSecretInput.id": "secret",
  "ScheduleActionInput.eventId": "event",
  "SendChatMessageInput.eventId": "event",
  "SessionFilter.excludeIds": "session",
  "SessionFilter.ids": "session",
  "SessionFilter.templateId": "template",
  "SessionSelection.ids": "session",
  "ShareAssetInput.id": "asset",
  "StopEventInput.id": "event",
  "Subscription.alertChanges.eventId": "event",
  "Subscription.chatMessageChanges.eventId": "event",
  "Subscription.eventChanges.ids": "event",
  "Subscription.eventMonitor.id": "event",
  "Subscription.processChanges.sessionId": "session",
  "Subscription.publishedSlide.eventId": "event",
  "Subscription.questionChanges.eventId": "event",
  "UpdateEventInput.id": "event",
  "UpdatePlaybackInput.id": "playback",
  "UpdateSessionInput.id": "session",
  "UpdateTemplateInput.id": "template",
  "UpdateWebhookInput.id": "webhook",
  "UploadPresentationInput.eventId": "event",
  "UpvoteQuestionInput.id": "question",
};

/** Places at which an id of one's own is answered as any other, with the reason. */
export const NEVER_FOUND: Readonly<Record<string, string>> = {
  "Mutation.askQuestion input.eventId": "No level asks: it is refused whatever the id. Attendees are looked at by themselves.",
  "Mutation.upvoteQuestion input.id": "The same.",
  "Mutation.scheduleAction input.selection.ids": "What a selection means is looked at when the action runs, as its description says.",
  "Mutation.scheduleAction input.selection.filter.ids": "The same.",
  "Mutation.scheduleAction input.selection.filter.excludeIds": "The same.",
  "Mutation.scheduleAction input.selection.filter.templateId": "The same.",
  "Mutation.createSession input.processes.targets.playbackId": "A new session has no playbacks yet; they are named by playbackName.",
  "Mutation.createSessions input.sessions.processes.targets.playbackId": "The same.",
  "Mutation.createTemplate input.renditions.id": "A new template has no renditions yet.",
  "Query.alerts eventId": "No alert is about an event itself yet.",
};

/** Places at which an id of another organization is answered as one's own, with the reason. */
export const FOUND_BY_ANYBODY: Readonly<Record<string, string>> = {
  "Mutation.joinEvent input.eventId": "Whoever has the link of an event may come in, without belonging to anything.",
};

const PASSTHROUGH = { name: "source", isPassthrough: true };
const read = { permission: "read", audit: null } as const;

/** A filter in each way that it takes an id. */
async function filters(world: World, session?: string): Promise<readonly Arguments[]> {
  const id = session ?? (await world.fresh("session"));
  return [{ ids: [id] }, { excludeIds: [id] }, { templateId: await templateOf(world, id) }];
}

async function templateOf(world: World, sessionId: string): Promise<string> {
  const { session } = await world.caller.graphql("query ($id: ID!) { session(id: $id) { playbacks { template { id } } } }", {
    id: sessionId,
  });
  return (session.playbacks[0]?.template.id as string | undefined) ?? (await world.fresh("template"));
}

/** A bulk action that is only tried out; in each way that its selection takes an id. */
function bulk(prepare: (world: World) => Promise<string>, rest: Arguments = {}) {
  return async (world: World): Promise<readonly Arguments[]> => {
    const id = await prepare(world);
    const selections = [{ ids: [id] }, ...(await filters(world, id)).map((filter) => ({ filter }))];
    return selections.map((selection) => ({ input: { selection, dryRun: true, ...rest } }));
  };
}

const stopped = (world: World) => world.fresh("session");
async function running(world: World): Promise<string> {
  const id = await world.fresh("session");
  await world.setRunning(id);
  return id;
}
async function runningWithFailover(world: World): Promise<string> {
  const { id } = await world.sessionWithFailover();
  await world.setRunning(id as string);
  return id as string;
}
async function withAlert(world: World): Promise<string> {
  const id = await world.fresh("session");
  await world.alert(id);
  return id;
}
async function withSlates(world: World): Promise<string> {
  const id = await world.plainSession();
  await world.setRunning(id);
  return id;
}

function newSession(
  world: World,
  facts: { readonly templateId: string; readonly renditionId: string; readonly playbackId?: string },
): Arguments {
  const name = world.name("playback");
  const { templateId, renditionId, playbackId } = facts;
  const target = { renditionId, ...(playbackId === undefined ? { playbackName: name } : { playbackId }) };
  return {
    ...{ name: world.name("session"), source: { type: "RTMP_PUSH" } },
    playbacks: [{ name, type: "HTTP", hlsEnabled: true, templateId }],
    processes: [{ kind: "THUMBNAIL", isEnabled: true, intervalSeconds: 10, targets: [target] }],
  };
}

async function newSessions(world: World): Promise<readonly Arguments[]> {
  const template = await world.template();
  const facts = { templateId: template.id as string, renditionId: template.renditions[0].id as string };
  return [newSession(world, facts), newSession(world, { ...facts, playbackId: await world.fresh("playback") })];
}

const liveEvent = async (world: World, input: object = {}): Promise<string> => {
  const id = await world.event(input);
  await world.setEventStatus(id, "LIVE");
  return id;
};

/** An attendee of the event that stands in the arguments themselves, or in their input. */
async function attendeeOfEvent(world: World, { id, input }: Arguments): Promise<GraphqlClient> {
  return world.attendee((id ?? (input as Arguments)["eventId"]) as string);
}

/** Every operation there is. */
export const OPERATIONS: Readonly<Record<string, OperationFacts>> = {
  "Query.alerts": {
    ...read,
    async variants(world) {
      const id = await withAlert(world);
      const [templateId, eventId] = [await templateOf(world, id), await world.fresh("event")];
      return [{ sessions: { ids: [id] } }, { sessions: { excludeIds: [id] } }, { sessions: { templateId } }, { eventId }];
    },
  },
  "Query.apiKeys": { permission: "list api keys", audit: null, variants: async () => [{}] },
  "Query.assets": {
    ...read,
    async variants(world) {
      const session = await world.session();
      await world.asset(session);
      return [{ sessionId: session.id }];
    },
  },
  "Query.auditEntries": {
    ...{ permission: "read the audit", audit: null },
    variants: async (world) => [{ objectId: await world.fresh("template") }],
  },
  "Query.caller": { ...read, variants: async () => [{}] },
  "Query.changeCursor": { ...read, variants: async () => [{}] },
  "Query.changeDigest": {
    ...read,
    async variants(world) {
      const after = (await world.caller.graphql("{ changeCursor }"))["changeCursor"] as string;
      return (await filters(world)).map((filter) => ({ after, filter }));
    },
  },
  "Query.changes": { ...read, variants: async () => [{}] },
  "Query.csvColumns": { ...read, variants: async () => [{}] },
  "Query.encoders": { ...read, variants: async () => [{}] },
  "Query.event": { ...read, variants: async (world) => [{ id: await world.fullEvent() }] },
  "Query.events": { ...read, variants: async () => [{}] },
  "Query.exportSessionsCsv": {
    ...read,
    async variants(world) {
      const id = await world.fresh("session");
      return [{ ids: [id] }, ...(await filters(world, id)).map((filter) => ({ filter }))].map((selection) => ({ selection }));
    },
  },
  "Query.inputTypes": { ...read, variants: async () => [{}] },
  "Query.node": { ...read, variants: async (world) => [{ id: await world.fresh("session") }] },
  "Query.nodes": { ...read, variants: async (world) => [{ ids: [await world.fresh("session")] }] },
  "Query.processes": { ...read, variants: async (world) => [{ sessionId: await world.fresh("session") }] },
  "Query.publicEvent": {
    ...read,
    variants: async (world) => [{ id: await world.fullEvent() }],
    attendee: attendeeOfEvent,
  },
  "Query.rateLimit": { ...read, variants: async () => [{}] },
  "Query.regions": { ...read, variants: async () => [{}] },
  "Query.scheduledActions": { ...read, variants: async () => [{}] },
  "Query.session": { ...read, variants: async (world) => [{ id: await world.fresh("session") }] },
  "Query.sessionSummary": { ...read, variants: async (world) => (await filters(world)).map((filter) => ({ filter })) },
  "Query.sessions": { ...read, variants: async (world) => (await filters(world)).map((filter) => ({ filter })) },
  "Query.template": { ...read, variants: async (world) => [{ id: await world.fresh("template") }] },
  "Query.templates": { ...read, variants: async () => [{}] },
  "Query.webhooks": { permission: "list webhooks", audit: null, variants: async () => [{}] },

  "Mutation.acknowledgeAlerts": {
    ...{ permission: "acknowledge alerts", audit: "ACKNOWLEDGE_ALERTS" },
    variants: async (world) => [{ input: { ids: [await world.fresh("alert")], note: world.name("note") } }],
  },
  "Mutation.addEventLanguage": {
    ...{ permission: "edit events", audit: "UPDATE" },
    async variants(world) {
      const language = { code: "fr", label: world.name("language"), templateId: await world.fresh("template") };
      return [{ input: { id: await world.event(), language } }];
    },
  },
  "Mutation.addPlayback": {
    ...{ permission: "update sessions", audit: "UPDATE" },
    async variants(world) {
      const templateId = await world.fresh("template");
      const playback = { name: world.name("playback"), type: "HTTP", hlsEnabled: true, templateId };
      return [{ input: { sessionId: await world.fresh("session"), playback } }];
    },
  },
  "Mutation.askQuestion": {
    // What attendees write is kept by itself.
    ...{ permission: null, audit: null },
    variants: async (world) => [{ input: { eventId: await world.event({ messagingMode: "MODERATED_QA" }), text: world.name("question") } }],
    attendee: attendeeOfEvent,
  },
  "Mutation.cancelScheduledActions": {
    ...{ permission: "cancel scheduled actions", audit: "CANCEL" },
    variants: async (world) => [{ input: { ids: [await world.fresh("scheduledaction")] } }],
  },
  "Mutation.clearAlerts": {
    ...{ permission: "clear alerts", audit: "CLEAR_ALERTS" },
    variants: async (world) => [{ input: { ids: [await world.fresh("alert")] } }],
  },
  "Mutation.clearSessionAlerts": { permission: "clear alerts", audit: "CLEAR_ALERTS", variants: bulk(withAlert) },
  "Mutation.configureBackupIngest": {
    ...{ permission: "edit events", audit: "CONFIGURE" },
    variants: async (world) => [{ input: { id: await world.event(), languageCode: "de", enabled: true } }],
  },
  "Mutation.configureProcesses": {
    ...{ permission: "configure processes", audit: "CONFIGURE" },
    async variants(world) {
      const session = await world.session();
      const [playback] = session.playbacks as readonly {
        readonly id: string;
        readonly template: { readonly renditions: readonly { readonly id: string }[] };
      }[];
      const targets = [{ playbackId: playback?.id, renditionId: playback?.template.renditions[0]?.id }];
      return [{ input: { sessionId: session.id, settings: [{ kind: "RECORDING", isEnabled: true, targets }] } }];
    },
  },
  "Mutation.createApiKey": {
    ...{ permission: "create api keys", audit: "CREATE" },
    variants: async (world) => [{ input: { name: world.name("key"), accessLevel: "VIEWER" } }],
  },
  "Mutation.createEvent": {
    ...{ permission: "edit events", audit: "CREATE" },
    async variants(world) {
      const languages = [{ code: "de", label: world.name("language"), templateId: await world.fresh("template") }];
      return [{ input: { title: world.name("event"), languages } }];
    },
  },
  "Mutation.createSession": {
    ...{ permission: "create sessions", audit: "CREATE" },
    variants: async (world) => (await newSessions(world)).map((input) => ({ input })),
  },
  "Mutation.createSessions": {
    ...{ permission: "create sessions", audit: "CREATE" },
    variants: async (world) => (await newSessions(world)).map((session) => ({ input: { sessions: [session] } })),
  },
  "Mutation.createTemplate": {
    ...{ permission: "create templates", audit: "CREATE" },
    variants: async (world) =>
      [{}, { id: await world.fresh("rendition") }].map((id) => ({
        input: { name: world.name("template"), renditions: [{ ...PASSTHROUGH, ...id }] },
      })),
  },
  "Mutation.createWebhook": {
    ...{ permission: "create webhooks", audit: "CREATE" },
    variants: async (world) => [{ input: { url: `https://${world.mark}.example.org/hooks`, kinds: ["session.created"] } }],
  },
  "Mutation.deleteAssets": {
    ...{ permission: "delete assets", audit: "DELETE" },
    variants: async (world) => [{ input: { ids: [await world.fresh("asset")] } }],
  },
  "Mutation.deleteChatMessages": {
    ...{ permission: "moderate", audit: "MODERATE" },
    variants: async (world) => [{ input: { ids: [await world.fresh("chatmessage")] } }],
  },
  "Mutation.deleteEvents": {
    ...{ permission: "edit events", audit: "DELETE" },
    variants: async (world) => [{ input: { ids: [await world.event()] } }],
  },
  "Mutation.deleteSessions": { permission: "delete sessions", audit: "DELETE", variants: bulk(stopped) },
  "Mutation.deleteTemplates": {
    ...{ permission: "delete templates", audit: "DELETE" },
    variants: async (world) => [{ input: { ids: [await world.fresh("template")] } }],
  },
  "Mutation.deleteWebhooks": {
    ...{ permission: "delete webhooks", audit: "DELETE" },
    variants: async (world) => [{ input: { ids: [await world.fresh("webhook")] } }],
  },
  "Mutation.goLive": {
    ...{ permission: "take events live", audit: "GO_LIVE" },
    async variants(world) {
      const id = await world.event();
      await world.connectIngests(id);
      return [{ input: { id } }];
    },
  },
  "Mutation.hideSlates": { permission: "hide slates", audit: "HIDE_SLATE", variants: bulk((world) => withShownSlate(world)) },
  "Mutation.importSessionsCsv": {
    ...{ permission: "import sessions", audit: "IMPORT" },
    async variants(world) {
      const { template } = await world.caller.graphql("query ($id: ID!) { template(id: $id) { name } }", {
        id: await world.fresh("template"),
      });
      const csv = `name,input_type,output_type,output_name,template_name,output_settings-enable_hls\n${world.name("row")},rtmp_push,http,web,${template.name},TRUE\n`;
      return [{ input: { csv } }];
    },
  },
  "Mutation.joinEvent": {
    ...{ permission: "read", audit: null },
    // The audit is of those who have a level; a show has thousands that have none.
    variants: async (world) => [{ input: { eventId: await world.event(), displayName: world.name("attendee") } }],
    attendee: attendeeOfEvent,
  },
  "Mutation.moderateQuestions": {
    ...{ permission: "moderate", audit: "MODERATE" },
    variants: async (world) => [{ input: { ids: [await world.fresh("question")], action: "APPROVE" } }],
  },
  "Mutation.publishSlide": {
    ...{ permission: "publish slides", audit: "CONFIGURE" },
    async variants(world) {
      const eventId = await liveEvent(world);
      await world.slide(eventId);
      return [{ input: { eventId, number: 1 } }];
    },
  },
  "Mutation.removeEventLanguages": {
    ...{ permission: "edit events", audit: "UPDATE" },
    variants: async (world) => [{ input: { id: await world.event(), codes: ["en"] } }],
  },
  "Mutation.removePlaybacks": {
    ...{ permission: "update sessions", audit: "UPDATE" },
    async variants(world) {
      const session = await world.session();
      return [{ input: { sessionId: session.id, ids: [session.playbacks[0].id] } }];
    },
  },
  "Mutation.removeProcesses": {
    ...{ permission: "configure processes", audit: "CONFIGURE" },
    variants: async (world) => [{ input: { ids: [await world.fresh("process")] } }],
  },
  "Mutation.replyToQuestion": {
    ...{ permission: "moderate", audit: "MODERATE" },
    variants: async (world) => [{ input: { id: await world.message("question", { status: "APPROVED" }), text: world.name("reply") } }],
  },
  "Mutation.restartSessions": { permission: "restart sessions", audit: "RESTART", variants: bulk(running) },
  "Mutation.resendWebhook": {
    ...{ permission: "update webhooks", audit: "UPDATE" },
    async variants(world) {
      const [id, after] = [await world.fresh("webhook"), (await world.caller.graphql("{ changeCursor }"))["changeCursor"] as string];
      return [{ input: { id, deliveryIds: [await world.delivery(id)] } }, { input: { id, after } }];
    },
  },
  "Mutation.revealSecret": {
    ...{ permission: "reveal secrets", audit: "REVEAL_SECRET" },
    variants: async (world) => [{ input: { id: await world.fresh("secret") } }],
  },
  "Mutation.revokeApiKeys": {
    ...{ permission: "revoke api keys", audit: "DELETE" },
    variants: async (world) => [{ input: { ids: [await world.fresh("apikey")] } }],
  },
  "Mutation.rotateIngestKeys": {
    ...{ permission: "rotate ingest keys of events", audit: "ROTATE_SECRET" },
    variants: async (world) => [{ input: { id: await world.event(), languageCode: "de" } }],
  },
  "Mutation.rotateSecret": {
    ...{ permission: "rotate secrets", audit: "ROTATE_SECRET" },
    variants: async (world) => [{ input: { id: await world.fresh("secret") } }],
  },
  "Mutation.createClip": {
    ...{ permission: "create clips", audit: "CREATE" },
    variants: async (world) => [
      { input: { assetId: await world.replay(), cueInSeconds: 10, cueOutSeconds: 20, name: world.name("clip") } },
    ],
  },
  "Mutation.scheduleAction": {
    ...{ permission: "test events", audit: "SCHEDULE" },
    async variants(world) {
      const runAt = new Date(Date.now() + 3_600_000).toISOString();
      const id = await world.fresh("session");
      const selections = [{ ids: [id] }, ...(await filters(world, id)).map((filter) => ({ filter }))];
      return [{ verb: "START_TEST", eventId: await world.event() }, ...selections.map((selection) => ({ verb: "START", selection }))].map(
        (asked) => ({ input: { ...asked, runAt } }),
      );
    },
  },
  "Mutation.sendChatMessage": {
    ...{ permission: "moderate", audit: "MODERATE" },
    variants: async (world) => [{ input: { eventId: await world.event({ messagingMode: "CHAT" }), text: world.name("message") } }],
    attendee: attendeeOfEvent,
  },
  "Mutation.shareAsset": {
    ...{ permission: "share assets", audit: "UPDATE" },
    variants: async (world) => [{ input: { id: await world.fresh("asset"), isShared: true } }],
  },
  "Mutation.showSlates": { permission: "show slates", audit: "SHOW_SLATE", variants: bulk(withSlates) },
  "Mutation.startEventTest": {
    ...{ permission: "test events", audit: "START_TEST" },
    variants: async (world) => [{ input: { id: await world.event() } }],
  },
  "Mutation.startSessions": { permission: "start sessions", audit: "START", variants: bulk(stopped) },
  "Mutation.stopEvent": {
    ...{ permission: "stop events", audit: "STOP_EVENT" },
    variants: async (world) => [{ input: { id: await liveEvent(world), confirm: true } }],
  },
  "Mutation.stopEventTest": {
    ...{ permission: "test events", audit: "STOP_TEST" },
    async variants(world) {
      const id = await world.event();
      await world.setEventStatus(id, "TESTING");
      return [{ input: { id } }];
    },
  },
  "Mutation.stopSessions": { permission: "stop sessions", audit: "STOP", variants: bulk(running) },
  "Mutation.switchSessionInputs": {
    permission: "switch inputs",
    audit: "SWITCH_INPUT",
    variants: bulk(runningWithFailover, { toPath: "B" }),
  },
  "Mutation.updateEvent": {
    ...{ permission: "edit events", audit: "UPDATE" },
    variants: async (world) => [{ input: { id: await world.event(), title: world.name("event") } }],
  },
  "Mutation.updatePlayback": {
    ...{ permission: "update sessions", audit: "UPDATE" },
    async variants(world) {
      const playback = { name: world.name("playback"), templateId: await world.fresh("template") };
      return [{ input: { id: await world.fresh("playback"), playback } }];
    },
  },
  "Mutation.updateSession": {
    ...{ permission: "update sessions", audit: "UPDATE" },
    variants: async (world) => [{ input: { id: await world.fresh("session"), name: world.name("session") } }],
  },
  "Mutation.updateTemplate": {
    ...{ permission: "update templates", audit: "UPDATE" },
    async variants(world) {
      const { id, renditions } = await world.template();
      return [{ input: { id, name: world.name("template"), renditions: [{ ...PASSTHROUGH, id: renditions[1].id }] } }];
    },
  },
  "Mutation.updateWebhook": {
    ...{ permission: "update webhooks", audit: "UPDATE" },
    variants: async (world) => [{ input: { id: await world.fresh("webhook"), isEnabled: false } }],
  },
  "Mutation.uploadPresentation": {
    ...{ permission: "edit events", audit: "CONFIGURE" },
    variants: async (world) => [{ input: { eventId: await world.event(), files: [SLIDE] } }],
  },
  "Mutation.upvoteQuestion": {
    // The same of what they vote for.
    ...{ permission: null, audit: null },
    async variants(world) {
      const eventId = await world.event({ messagingMode: "MODERATED_QA" });
      return [{ input: { id: await world.message("question", { eventId, status: "APPROVED" }) } }];
    },
    attendee: (world, { input }) => world.attendeeOfQuestion((input as Arguments)["id"] as string),
  },

  "Subscription.alertChanges": {
    ...read,
    async variants(world) {
      const id = await withAlert(world);
      const ways = [
        { sessions: { ids: [id] } },
        { sessions: { excludeIds: [id] } },
        { sessions: { templateId: await templateOf(world, id) } },
      ];
      return [...ways, { eventId: await world.fresh("event") }].map((way) => ({ snapshot: true, ...way }));
    },
  },
  "Subscription.chatMessageChanges": {
    ...read,
    variants: async (world) => [{ eventId: await world.fullEvent(), snapshot: true }],
  },
  "Subscription.eventChanges": { ...read, variants: async (world) => [{ ids: [await world.fullEvent()], snapshot: true }] },
  "Subscription.eventMonitor": { ...read, variants: async (world) => [{ id: await world.fresh("event") }] },
  "Subscription.processChanges": {
    ...read,
    variants: async (world) => [{ sessionId: await world.fresh("session"), snapshot: true }],
  },
  "Subscription.publishedSlide": { ...read, variants: async (world) => [{ eventId: await world.fullEvent() }] },
  "Subscription.questionChanges": {
    ...read,
    variants: async (world) => [{ eventId: await world.fullEvent(), snapshot: true }],
  },
  "Subscription.sessionChanges": {
    ...read,
    variants: async (world) => (await filters(world)).map((filter) => ({ filter, snapshot: true })),
  },
  "Subscription.sessionSummary": { ...read, variants: async (world) => (await filters(world)).map((filter) => ({ filter })) },
  "Subscription.sessionTelemetry": { ...read, variants: async (world) => (await filters(world)).map((filter) => ({ filter })) },
};

async function withShownSlate(world: World): Promise<string> {
  const id = await withSlates(world);
  await world.caller.graphql("mutation ($input: SessionBulkInput!) { showSlates(input: $input) { acceptedCount } }", {
    input: { selection: { ids: [id] } },
  });
  return id;
}

/** What is known of an operation that attendees may ask for; fails for one that they may not. */
export function attendeeFactsOf(name: string): Required<OperationFacts> {
  const { attendee, ...facts } = factsOf(name);
  if (attendee) return { ...facts, attendee };
  throw new Error(`Say in ${import.meta.url} who of the audience asks for ${name}`);
}

/** What is known of an operation; fails for one that nothing is said of. */
export function factsOf(name: string): OperationFacts {
  const facts = OPERATIONS[name];
  if (facts) return facts;
  throw new Error(`Say in ${import.meta.url} what right ${name} wants, what the audit calls it, and how it is asked`);
}

/** What the id at a place names; fails for a place that nothing is said of. */
export function kindAt(place: string): Kind | "any" {
  const kind = ID_KINDS[place];
  if (kind) return kind;
  throw new Error(`Say in ${import.meta.url} what the id at ${place} names`);
}
