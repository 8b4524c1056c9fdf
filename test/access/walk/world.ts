import { sql } from "drizzle-orm";
import { randomBytes } from "node:crypto";
import type { EventStatus } from "../../../src/events/event.rules.ts";
import type { QuestionStatus } from "../../../src/messages/message.rules.ts";
import { IDENTIFIER_KINDS, newIdentifier, randomToken, type IdentifierKind } from "../../../src/shared/identifier.ts";
import { pngOf } from "../../images/pictures.ts";
import { createGraphqlClient, type GraphqlClient, type Loose } from "../../support/clients.ts";
import type { TestCaller, TestServer } from "../../support/server.ts";

/** What an id names: a kind of ours, or one that is announced in the schema and not there yet. */
export type Kind = IdentifierKind | "event";

const LADDER = [
  {
    name: "high",
    videoCodec: "H264",
    width: 640,
    height: 360,
    videoBitrateKbps: 800,
    frameRate: 25,
    audioCodec: "AAC",
    audioBitrateKbps: 96,
  },
  { name: "source", isPassthrough: true },
];

/** A file that a presentation can be made of. */
export const SLIDE = new Blob([pngOf(64, 64)]);

/** An organization with objects of every kind; whatever a person could name there carries its mark. */
export class World {
  readonly server: TestServer;
  readonly caller: TestCaller;
  /** Stands in every name, description, label, URL and secret. */
  readonly mark: string;
  /** Of every event that asks for one. */
  readonly #accessCode: string;
  #count = 0;

  constructor(server: TestServer, caller: TestCaller, mark: string) {
    this.server = server;
    this.caller = caller;
    this.mark = mark;
    this.#accessCode = `${mark}-code`;
  }

  name(what: string): string {
    this.#count += 1;
    return `${this.mark} ${what} ${this.#count} ${randomBytes(4).toString("hex")}`;
  }

  /** A new object of a kind, made as callers make it where they can. */
  async fresh(kind: Kind): Promise<string> {
    const make = this.#makers[kind];
    if (make) return make();
    if (!(IDENTIFIER_KINDS as readonly string[]).includes(kind)) return unknownId(kind);
    throw new Error(`Say in ${import.meta.url} how an object of the kind ${kind} is made`);
  }

  /** The id of an object that was there and is no more. */
  async deleted(kind: Kind): Promise<string> {
    // One's own organization is needed.
    const id = kind === "organization" ? (await this.server.otherOrganization()).organizationId : await this.fresh(kind);
    if (!(IDENTIFIER_KINDS as readonly string[]).includes(kind)) return id;
    const remove = this.#removers[kind];
    if (!remove) throw new Error(`Say in ${import.meta.url} how an object of the kind ${kind} is deleted`);
    await remove(id);
    return id;
  }

  readonly #makers: Partial<Record<Kind, () => Promise<string>>> = {
    organization: async () => this.caller.organizationId,
    template: async () => (await this.template()).id as string,
    rendition: async () => (await this.template()).renditions[0].id as string,
    session: async () => (await this.session()).id as string,
    playback: async () => (await this.session()).playbacks[0].id as string,
    secret: async () => (await this.session()).source.streamKey.id as string,
    process: async () => (await this.session()).processes[0].id as string,
    alert: async () => this.alert((await this.session()).id as string),
    run: async () => this.run((await this.session()).id as string),
    inputswitch: async () => this.inputSwitch((await this.session()).id as string),
    apikey: async () => (await this.apiKey()).id as string,
    asset: async () => this.asset(await this.session()),
    auditentry: async () => {
      await this.template();
      return (await this.caller.graphql("{ auditEntries(first: 1) { nodes { id } } }"))["auditEntries"].nodes[0].id as string;
    },
    event: async () => this.event(),
    eventlanguage: async () => this.#child("event_languages", "event_id", await this.event()),
    scheduledaction: async () => this.scheduledAction(await this.event()),
    question: async () => this.message("question"),
    chatmessage: async () => this.message("chatmessage"),
    webhook: async () => this.webhook(),
    webhookdelivery: async () => this.delivery(await this.webhook()),
    // Encoders belong to the installation and are seen by everybody.
    encoder: async () => this.encoder(),
  };

  readonly #removers: Partial<Record<Kind, (id: string) => Promise<void>>> = {
    organization: (id: string) => this.#forget("organizations", id),
    template: (id: string) => this.#mutate("deleteTemplates", "DeleteTemplatesInput", { ids: [id] }),
    rendition: async (id: string) =>
      this.#mutate("deleteTemplates", "DeleteTemplatesInput", { ids: [await this.#parent("renditions", "template_id", id)] }),
    session: (id: string) => this.#deleteSession(id),
    playback: async (id: string) =>
      this.#mutate("removePlaybacks", "RemovePlaybacksInput", { sessionId: await this.#parent("playbacks", "session_id", id), ids: [id] }),
    secret: async (id: string) => this.#deleteSession(await this.#parent("secrets", "session_id", id)),
    process: (id: string) => this.#mutate("removeProcesses", "RemoveProcessesInput", { ids: [id] }),
    // Alerts, runs and entries of the audit end with what is kept: nobody deletes them.
    alert: (id: string) => this.#forget("alerts", id),
    run: (id: string) => this.#forget("runs", id),
    inputswitch: async (id: string) => this.#deleteSession(await this.#parent("input_switches", "session_id", id)),
    apikey: (id: string) => this.#mutate("revokeApiKeys", "RevokeApiKeysInput", { ids: [id] }),
    asset: (id: string) => this.#mutate("deleteAssets", "DeleteAssetsInput", { ids: [id] }),
    auditentry: (id: string) => this.#forget("audit_entries", id),
    encoder: (id: string) => this.#forget("encoders", id),
    event: (id: string) => this.#mutate("deleteEvents", "DeleteEventsInput", { ids: [id] }),
    eventlanguage: (id: string) => this.#forget("event_languages", id),
    scheduledaction: (id: string) => this.#forget("scheduled_actions", id),
    question: (id: string) => this.#forget("questions", id),
    chatmessage: (id: string) => this.#forget("chat_messages", id),
    webhook: (id: string) => this.#mutate("deleteWebhooks", "DeleteWebhooksInput", { ids: [id] }),
    webhookdelivery: (id: string) => this.#forget("webhook_deliveries", id),
  };

  /** Before its test, with two languages, each in want of a signal. */
  async event(input: object = {}): Promise<string> {
    const { id: templateId } = await this.template();
    const languages = ["de", "en"].map((code) => ({ code, label: this.name("language"), templateId }));
    const { event } = await this.#ask(
      "mutation ($input: CreateEventInput!) { createEvent(input: $input) { event { id } userErrors { message } } }",
      { title: this.name("event"), details: this.name("about"), languages, ...input },
    );
    return (event as Loose)["id"] as string;
  }

  /** One in which attendees ask and chat, with a slide before them and something to be done at a time. */
  async fullEvent(): Promise<string> {
    const eventId = await this.event({ access: "ACCESS_CODE", accessCode: this.#accessCode });
    await this.slide(eventId);
    await this.setEventStatus(eventId, "LIVE");
    await this.scheduledAction(eventId);
    const questionId = await this.message("question", { eventId, status: "APPROVED" });
    await this.#execute(sql`
      insert into question_replies (id, question_id, text, author_name, at)
      values (${newIdentifier("reply")}, ${questionId}, ${this.name("reply")}, ${this.name("author")}, now())`);
    await this.message("chatmessage", { eventId });
    return eventId;
  }

  /** Makes an event look as if a verb had brought it there, so that the verbs on such ones have something to do. */
  async setEventStatus(eventId: string, status: EventStatus): Promise<void> {
    const slide = sql`case when ${status}::text = 'LIVE' then (select min(number) from slides where event_id = ${eventId}) end`;
    await this.#execute(sql`update events set status = ${status}, published_slide = ${slide} where id = ${eventId}`);
  }

  /** Has encoders see the primary signal of every language of an event, for an hour to come. */
  async connectIngests(eventId: string): Promise<void> {
    const encoderId = await this.encoder();
    await this.#execute(sql`update sessions set encoder_id = ${encoderId} where event_id = ${eventId}`);
    await this.#execute(sql`
      insert into session_telemetry (session_id, encoder_id, at, path_a, generation)
      select id, ${encoderId}, now() + interval '1 hour', jsonb_build_object('isConnected', true, 'lastSeenAt', now()), generation from sessions where event_id = ${eventId}`);
  }

  /** The one slide of a presentation. */
  async slide(eventId: string): Promise<void> {
    const document =
      "mutation ($input: UploadPresentationInput!) { uploadPresentation(input: $input) { event { id } userErrors { message } } }";
    await this.#ask(document, { eventId, files: [SLIDE] });
  }

  /** Somebody who joined an event. */
  async attendee(eventId: string): Promise<GraphqlClient> {
    return createGraphqlClient(this.server.url, await this.attendeeToken(eventId));
  }

  /** The same as what they show. */
  async attendeeToken(eventId: string): Promise<string> {
    const { token } = await this.#ask("mutation ($input: JoinEventInput!) { joinEvent(input: $input) { token userErrors { message } } }", {
      eventId,
      accessCode: this.#accessCode,
      displayName: this.name("attendee"),
    });
    return token as unknown as string;
  }

  async scheduledAction(eventId: string): Promise<string> {
    const { scheduledActions } = await this.#ask(
      "mutation ($input: ScheduleActionInput!) { scheduleAction(input: $input) { scheduledActions { id } userErrors { message } } }",
      { verb: "START_TEST", eventId, runAt: new Date(Date.now() + 3_600_000).toISOString() },
    );
    return (scheduledActions as Loose[])[0]!["id"] as string;
  }

  /** Somebody who joined the event of a question. */
  async attendeeOfQuestion(questionId: string): Promise<GraphqlClient> {
    return this.attendee(await this.#parent("questions", "event_id", questionId));
  }

  /** What an attendee wrote, written into the table. */
  async message(
    kind: "question" | "chatmessage",
    given: { readonly eventId?: string; readonly status?: QuestionStatus } = {},
  ): Promise<string> {
    const [id, eventId] = [newIdentifier(kind), given.eventId ?? (await this.event())];
    const common = [id, this.caller.organizationId, eventId, "guest", this.name("author"), this.name("text")];
    const values = sql.join(
      common.map((value) => sql`${value}`),
      sql`, `,
    );
    await this.#execute(
      kind === "question"
        ? sql`insert into questions (id, organization_id, event_id, author_id, author_name, text, status, asked_at)
            values (${values}, ${given.status ?? "NEW"}, now())`
        : sql`insert into chat_messages (id, organization_id, event_id, author_id, author_name, text, at) values (${values}, now())`,
    );
    return id;
  }

  async template(renditions: readonly object[] = LADDER): Promise<Loose> {
    const input = { name: this.name("template"), description: this.name("about"), renditions };
    const answer = await this.#ask(
      "mutation ($input: CreateTemplateInput!) { createTemplate(input: $input) { template { id renditions { id } } userErrors { message } } }",
      input,
    );
    return answer["template"] as Loose;
  }

  /** A stopped session with two playbacks, a stream key and a process. */
  async session(): Promise<Loose> {
    const { id: templateId, renditions } = await this.template();
    const playbackName = this.name("playback");
    const source = { type: "SRT_PUSH", srtEncryptionEnabled: true, srtPassphrase: `${this.mark}-passphrase` };
    const playbacks = [
      { name: playbackName, type: "HTTP", hlsEnabled: true, dashEnabled: true, templateId },
      {
        name: this.name("push"),
        type: "SRT_PUSH",
        templateId,
        urls: [0, 1].map((port) => `srt://127.0.0.1:900${port}?passphrase=${this.mark}-of-output`),
      },
    ];
    const processes = [
      { kind: "THUMBNAIL", isEnabled: true, intervalSeconds: 10, targets: [{ playbackName, renditionId: renditions[0].id }] },
    ];
    const input = {
      ...{ name: this.name("session"), description: this.name("about"), externalId: this.name("external"), labels: [this.name("label")] },
      ...{ source, playbacks, processes },
    };
    const answer = await this.#ask(
      `mutation ($input: CreateSessionInput!) { createSession(input: $input) { userErrors { message path } session {
        id streamId source { streamKey { id } } playbacks { id template { id renditions { id } } } processes { id playback { id } rendition { id } } } } }`,
      input,
    );
    return answer["session"] as Loose;
  }

  /** A stopped session that has two paths. */
  async sessionWithFailover(): Promise<Loose> {
    const source = {
      type: "MULTICAST_PULL",
      urlA: "udp://239.255.0.1:5000",
      urlB: "udp://239.255.0.2:5000",
      failover: { recoveryIntervalSeconds: 120 },
    };
    const { id: templateId } = await this.template();
    const playbacks = [{ name: this.name("playback"), type: "HTTP", hlsEnabled: true, templateId }];
    const answer = await this.#ask(
      "mutation ($input: CreateSessionInput!) { createSession(input: $input) { userErrors { message } session { id } } }",
      { name: this.name("failover"), source, playbacks },
    );
    return answer["session"] as Loose;
  }

  /** A stopped session that can show a slate: nothing of it passes through. */
  async plainSession(): Promise<string> {
    const { id: templateId } = await this.template(LADDER.slice(0, 1));
    const playbacks = [{ name: this.name("playback"), type: "HTTP", hlsEnabled: true, templateId }];
    const answer = await this.#ask(
      "mutation ($input: CreateSessionInput!) { createSession(input: $input) { userErrors { message } session { id } } }",
      { name: this.name("plain"), source: { type: "RTMP_PUSH" }, slatesEnabled: true, playbacks },
    );
    return answer["session"].id as string;
  }

  async apiKey(): Promise<Loose> {
    const answer = await this.#ask(
      "mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { key apiKey { id } userErrors { message } } }",
      { name: this.name("key"), accessLevel: "VIEWER" },
    );
    return { key: answer["key"], ...answer["apiKey"] } as Loose;
  }

  async webhook(): Promise<string> {
    const { webhook } = await this.#ask(
      "mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { webhook { id } userErrors { message } } }",
      { url: `https://${this.mark}.example.org/hooks`, kinds: ["session.created"] },
    );
    return (webhook as Loose)["id"] as string;
  }

  /** As the dispatcher would make it of a change. */
  async delivery(webhookId: string): Promise<string> {
    const id = newIdentifier("webhookdelivery");
    const objectId = unknownId("session");
    const data = { objectId, name: this.name("of"), actor: this.name("by"), sequence: 1, cursor: "" };
    const body = JSON.stringify({ type: "session.created", timestamp: new Date().toISOString(), data });
    await this.#execute(sql`
      insert into webhook_deliveries (id, webhook_id, organization_id, object_id, body, next_attempt_at, created_at)
      values (${id}, ${webhookId}, ${this.caller.organizationId}, ${objectId}, ${body}, now(), now())`);
    return id;
  }

  /** As an encoder would raise it. */
  async alert(sessionId: string): Promise<string> {
    const id = newIdentifier("alert");
    await this.#execute(sql`
      insert into alerts (id, organization_id, session_id, session_name, subject_id, code, severity, message, note, first_seen_at, last_seen_at)
      values (${id}, ${this.caller.organizationId}, ${sessionId}, ${this.name("of")}, ${sessionId}, 'FAILED_OVER', 'WARNING', ${this.name("alert")}, ${this.name("note")}, now(), now())`);
    await this.#execute(sql`update sessions set open_alert_count = open_alert_count + 1 where id = ${sessionId}`);
    return id;
  }

  async run(sessionId: string): Promise<string> {
    const id = newIdentifier("run");
    await this.#execute(sql`
      insert into runs (id, organization_id, session_id, session_name, generation, started_at, started_by, ended_at, stopped_by, end_reason)
      values (${id}, ${this.caller.organizationId}, ${sessionId}, ${this.name("of")}, 1, now(), ${this.name("by")}, now(), ${this.name("by")}, ${this.name("end")})`);
    return id;
  }

  /** As an encoder would tell of it. */
  async asset(session: Loose): Promise<string> {
    const id = newIdentifier("asset");
    const [encoderId, runId] = [await this.encoder(), await this.run(session["id"] as string)];
    await this.#execute(sql`
      insert into assets (id, organization_id, kind, status, session_id, process_id, run_id, playback_name, rendition_name, encoder_id, file_name,
        content_type, bytes, duration_seconds, created_at)
      values (${id}, ${this.caller.organizationId}, 'RECORDING', 'READY', ${session["id"]}, ${session["processes"][0].id}, ${runId}, ${this.name("of")},
        ${this.name("of")}, ${encoderId}, ${`${this.mark}.mp4`}, 'video/mp4', 1, 1, now())`);
    return id;
  }

  /** Of a minute, whose encoder is there. */
  async replay(): Promise<string> {
    const id = await this.fresh("asset");
    await this.#execute(sql`update assets set kind = 'REPLAY', file_name = 'index.m3u8', duration_seconds = 60 where id = ${id}`);
    await this.#execute(sql`
      update encoders set status = 'ONLINE', media_address = 'http://127.0.0.1:9' where id = (select encoder_id from assets where id = ${id})`);
    return id;
  }

  async inputSwitch(sessionId: string): Promise<string> {
    const id = newIdentifier("inputswitch");
    await this.#execute(sql`
      insert into input_switches (id, session_id, at, from_path, to_path, reason, actor)
      values (${id}, ${sessionId}, now(), 'A', 'B', 'MANUAL', ${this.name("by")})`);
    return id;
  }

  /** What an encoder told of a running session a moment ago. */
  async telemetry(sessionId: string): Promise<void> {
    const encoderId = await this.encoder();
    await this.#execute(sql`
      insert into session_telemetry (session_id, encoder_id, at, frame_rate, bitrate_kbps) values (${sessionId}, ${encoderId}, now(), 25, 1000)`);
  }

  /** A picture that is shown at an address that nobody can guess. */
  async cover(sessionId: string): Promise<void> {
    const id = newIdentifier("image");
    await this.#execute(sql`
      insert into images (id, organization_id, kind, path_token, content_type, width, height, bytes)
      values (${id}, ${this.caller.organizationId}, 'COVER', ${randomToken(26)}, 'image/png', 16, 16, ${Buffer.from("png")})`);
    await this.#execute(sql`update sessions set cover_image_id = ${id} where id = ${sessionId}`);
  }

  async encoder(): Promise<string> {
    const id = newIdentifier("encoder");
    await this.#execute(sql`
      insert into encoders (id, name, region, status, capacity, supported_inputs, supported_outputs, supported_video_codecs, supported_audio_codecs,
        missing, version)
      values (${id}, 'Encoder', 'elsewhere', 'LOST', 1, '{}', '{}', '{}', '{}', '{}', '1')`);
    return id;
  }

  /** Makes a session look as if it ran, so that the verbs on running ones have something to do. */
  async setRunning(sessionId: string): Promise<void> {
    await this.#execute(
      sql`update sessions set status = 'RUNNING', desired_status = 'RUNNING', running_since = now() where id = ${sessionId}`,
    );
  }

  async #deleteSession(id: string): Promise<void> {
    await this.#mutate("deleteSessions", "SessionBulkInput", { selection: { ids: [id] } });
  }

  async #mutate(name: string, inputType: string, input: object): Promise<void> {
    await this.#ask(`mutation ($input: ${inputType}!) { ${name}(input: $input) { userErrors { message } } }`, input);
  }

  async #ask(document: string, input: object): Promise<Loose> {
    const data = await this.caller.graphql<Loose, object>(document, { input });
    const [answer] = Object.values(data) as Loose[];
    if (answer!["userErrors"].length > 0) throw new Error(`${document} was refused: ${JSON.stringify(answer)}`);
    return answer!;
  }

  async #parent(table: string, column: string, id: string): Promise<string> {
    const rows = await this.#execute(sql`select ${sql.identifier(column)} as parent from ${sql.identifier(table)} where id = ${id}`);
    return (rows as unknown as readonly { readonly parent: string }[])[0]!.parent;
  }

  async #child(table: string, column: string, id: string): Promise<string> {
    const rows = await this.#execute(sql`select id from ${sql.identifier(table)} where ${sql.identifier(column)} = ${id}`);
    return (rows as unknown as readonly { readonly id: string }[])[0]!.id;
  }

  async #forget(table: string, id: string): Promise<void> {
    await this.#execute(sql`delete from ${sql.identifier(table)} where id = ${id}`);
  }

  #execute(statement: ReturnType<typeof sql>) {
    return this.server.database.executor.execute(statement);
  }
}

/** An id that never was. */
export function unknownId(kind: Kind): string {
  return `${kind}_${newIdentifier("session").slice("session_".length)}`;
}
