import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sweepStoredAssets } from "../../src/assets/sweep-assets.ts";
import type { AssetReport } from "../../src/encoder/asset-teller.ts";
import type { LiveShow, StartRunner } from "../../src/encoder/runner.ts";
import { keepEvents, keepOverEvents } from "../../src/events/event-keeper.ts";
import { checkOnDemand, decideOnDemand, recordedRendition, shownRecordings } from "../../src/events/recording.rules.ts";
import type { RenditionSettings } from "../../src/templates/template.rules.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { newIdentifier } from "../../src/shared/identifier.ts";
import { FINISHED_RECORDING, openAssetWorld, type AssetWorld, type TellingAgent } from "../assets/asset-world.ts";
import { silentLog, waitUntil } from "../encoder/world.ts";
import { SAMPLE, createScriptedRunner } from "../sessions/scripted-runner.ts";
import { createGraphqlClient, type GraphqlClient } from "../support/clients.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
let assets: AssetWorld;
let agent: TellingAgent;
let templateId: string;
const clients: GraphqlClient[] = [];
/** What encoders were last told that sessions are live as, by session. */
const shows = new Map<string, LiveShow | null>();

const runner = createScriptedRunner();
runner.tells = { ...SAMPLE, pathB: SAMPLE.pathA };
const start: StartRunner = (launch, observe) => {
  const running = runner.start(launch, observe);
  shows.set(launch.sessionId, launch.controls.event?.show ?? null);
  return {
    ...running,
    control(controls) {
      shows.set(launch.sessionId, controls.event?.show ?? null);
      running.control(controls);
    },
  };
};

const small = {
  videoCodec: "H264",
  width: 320,
  height: 180,
  videoBitrateKbps: 300,
  frameRate: 25,
  audioCodec: "AAC",
  audioBitrateKbps: 64,
};

beforeAll(async () => {
  server = await startTestServer();
  assets = await openAssetWorld(server);
  agent = await assets.startAgent({ runner: start });
  const { createTemplate } = await server.graphql(
    `mutation ($input: CreateTemplateInput!) { createTemplate(input: $input) { template { id } } }`,
    {
      input: {
        name: "Ladder of events",
        renditions: [
          { name: "180p", ...small },
          { name: "360p", ...small, width: 640, height: 360 },
        ],
      },
    },
  );
  templateId = createTemplate.template.id;
});

afterAll(async () => {
  for (const client of clients) await client.close();
  await assets.close();
  await server.stop();
});

interface EventView {
  readonly id: string;
  readonly status: string;
  readonly recordingEnabled: boolean;
  readonly goLiveCheck: { readonly allowed: boolean; readonly confirmationRequired: boolean };
  readonly onDemand: { readonly available: boolean; readonly blockers: readonly { readonly code: string }[] };
  readonly assets: { readonly totalCount: number; readonly nodes: readonly { readonly id: string; readonly kind: string }[] };
  readonly languages: readonly { readonly session: { readonly id: string } }[];
}

const VIEW = `query ($id: ID!) { event(id: $id) { id status recordingEnabled goLiveCheck { allowed confirmationRequired }
  onDemand { available blockers { code } } assets { totalCount nodes { id kind } } languages { session { id } } } }`;
const view = async (id: string) => (await server.graphql<{ event: EventView }>(VIEW, { id })).event;

interface Answer {
  readonly event: { readonly id: string; readonly status: string } | null;
  readonly userErrors: readonly { readonly code: string; readonly path: readonly string[] }[];
}

async function mutate(field: string, input: object, caller: GraphqlClient = server): Promise<Answer> {
  const type = `${field[0]?.toUpperCase()}${field.slice(1)}Input`;
  const { answer } = await caller.graphql<{ answer: Answer }>(
    `mutation ($input: ${type}!) { answer: ${field}(input: $input) { event { id status } userErrors { code path } } }`,
    { input },
  );
  return answer;
}

const german = () => ({ code: "de", label: "Deutsch", templateId, backupEnabled: true });
const english = () => ({ code: "en", label: "English", templateId });

async function create(input: object = {}): Promise<EventView> {
  const { event, userErrors } = await mutate("createEvent", {
    title: "Town hall",
    languages: [german(), english()],
    recordingEnabled: true,
    ...input,
  });
  expect(userErrors).toEqual([]);
  return waitUntil(
    () => view(event!.id),
    ({ goLiveCheck }) => goLiveCheck.allowed,
  );
}

async function takeLive(input: object = {}): Promise<EventView> {
  const event = await create(input);
  expect(await mutate("goLive", { id: event.id })).toMatchObject({ userErrors: [], event: { status: "LIVE" } });
  return view(event.id);
}

/** What the encoder of a language was told by its heartbeats. */
async function showOf({ languages }: EventView, place: number): Promise<LiveShow> {
  const { id } = languages[place]!.session;
  return (await waitUntil(
    () => shows.get(id) ?? null,
    (show) => show !== null,
  ))!;
}

/** A recording of a language, as its encoder tells of it. */
async function tell(event: EventView, place: number, rest: Partial<AssetReport> = {}): Promise<string> {
  const { runId, processes } = await showOf(event, place);
  const id = newIdentifier("asset");
  await agent.tell({
    ...{ id, organizationId: server.organizationId, sessionId: event.languages[place]!.session.id, runId },
    ...{ processId: processes[0]!.processId, playbackName: "Event", renditionName: "360p" },
    ...{ ...FINISHED_RECORDING, createdAt: new Date().toISOString() },
    ...rest,
  });
  return id;
}

/** As if nothing were to be kept. */
const sweep = () =>
  sweepStoredAssets({
    ...{ database: server.database, bell: server.context.bell, clock: systemClock, log: silentLog },
    ...{ retention: { days: 1, bytes: 1 }, objectStore: null },
  });
const look = () => keepOverEvents(server.context, { endedWithinSeconds: null });
const stop = async ({ id }: EventView) => expect((await mutate("stopEvent", { id, confirm: true })).userErrors).toEqual([]);

async function join(eventId: string, accessCode?: string): Promise<GraphqlClient> {
  const { joinEvent } = await createGraphqlClient(server.url, null).graphql(
    `mutation ($input: JoinEventInput!) { joinEvent(input: $input) { token } }`,
    { input: { eventId, accessCode } },
  );
  const client = createGraphqlClient(server.url, joinEvent.token);
  clients.push(client);
  return client;
}

const PUBLIC = `query ($id: ID!) { publicEvent(id: $id) { status onDemand { available blockers { code } }
  languages { code hlsUrl recordings { id url captionsUrl contentType durationSeconds } } } }`;

describe("an event that is recorded", () => {
  it("has each language recorded once, of the best rendition, from going live on and not in a test", async () => {
    const event = await create();
    const processesOf = async (place: number) =>
      (
        await server.graphql(
          `query ($id: ID!) { processes(sessionId: $id) { nodes { id kind isEnabled pending { isEnabled } rendition { name } } } }`,
          { id: event.languages[place]!.session.id },
        )
      ).processes.nodes;
    const { answer } = await server.graphql<{ answer: Answer }>(
      `mutation ($id: ID!) { answer: startEventTest(input: { id: $id }) { userErrors { code path } event { id status } } }`,
      { id: event.id },
    );
    expect(answer.event?.status).toBe("TESTING");
    expect(await processesOf(0)).toEqual([]);
    expect(shows.get(event.languages[0]!.session.id)).toBeNull();
    expect((await mutate("goLive", { id: event.id })).userErrors).toEqual([]);
    for (const place of [0, 1]) {
      const { processes, runId } = await showOf(event, place);
      const listed = await processesOf(place);
      expect(listed).toMatchObject([{ kind: "RECORDING", isEnabled: true, pending: null, rendition: { name: "360p" } }]);
      expect(processes).toMatchObject([{ processId: listed[0].id, kind: "RECORDING", durationSeconds: null }]);
      const { session } = await server.graphql(`query ($id: ID!) { session(id: $id) { runs { nodes { id } } } }`, {
        id: event.languages[place]!.session.id,
      });
      expect(session.runs.nodes).toEqual([{ id: runId }]);
    }
  });

  it("makes what was configured of its sessions as well, and nothing unasked", async () => {
    const event = await create({ recordingEnabled: false });
    const [{ session }] = event.languages as [EventView["languages"][number]];
    await assets.configure(session.id, [{ kind: "REPLAY", isEnabled: true, sync: true }]);
    expect((await mutate("goLive", { id: event.id })).userErrors).toEqual([]);
    expect((await showOf(event, 0)).processes.map(({ kind }) => kind)).toEqual(["REPLAY", "REPLAY"]);
    expect((await showOf(event, 1)).processes).toEqual([]);
  });

  it("records nothing of a language without its primary", async () => {
    runner.tells = { ...SAMPLE, pathA: SAMPLE.pathB!, pathB: SAMPLE.pathA };
    try {
      const { event } = await mutate("createEvent", { title: "On the backup", languages: [german()], recordingEnabled: true });
      await waitUntil(
        () => view(event!.id),
        ({ goLiveCheck }) => goLiveCheck.confirmationRequired,
      );
      expect((await mutate("goLive", { id: event!.id, confirmBackupOnly: true })).userErrors).toEqual([]);
      expect((await showOf(await view(event!.id), 0)).processes).toEqual([]);
    } finally {
      runner.tells = { ...SAMPLE, pathB: SAMPLE.pathA };
    }
  });

  it("is watched on demand once it is over and its recording whole, in their order, by who was let in", async () => {
    const event = await takeLive({ access: "ACCESS_CODE", accessCode: "Sesame42" });
    const attendee = await join(event.id, "Sesame42");
    const shown = async () => (await attendee.graphql(PUBLIC, { id: event.id })).publicEvent;
    const at = (second: number) => new Date(Date.UTC(2026, 0, 31, 12, 0, second)).toISOString();
    const unfinished = await tell(event, 0, { status: "IN_PROGRESS", bytes: null, durationSeconds: null, createdAt: at(20) });
    const first = await tell(event, 0, { createdAt: at(10), captionsFileName: "captions.srt" });
    await tell(event, 0, { renditionName: "180p", bytes: 999, createdAt: at(10) });
    expect(await shown()).toMatchObject({
      status: "LIVE",
      onDemand: { blockers: [{ code: "INVALID_STATE" }] },
      languages: [{ recordings: [] }, {}],
    });
    await look();
    expect((await view(event.id)).status).toBe("LIVE");
    await stop(event);
    expect(await shown()).toMatchObject({ status: "ENDED", languages: [{ hlsUrl: null, recordings: [] }, {}] });

    await look();
    const url = expect.stringMatching(new RegExp(`/assets/${first}/[\\w-]+/recording\\.mp4$`));
    const captionsUrl = expect.stringMatching(new RegExp(`/assets/${first}/[\\w-]+/captions\\.srt$`));
    expect(await shown()).toEqual({
      status: "ON_DEMAND",
      onDemand: { available: true, blockers: [] },
      languages: [
        { code: "de", hlsUrl: null, recordings: [{ id: first, url, captionsUrl, contentType: "video/mp4", durationSeconds: 12.5 }] },
        { code: "en", hlsUrl: null, recordings: [] },
      ],
    });
    const { processId } = (await showOf(event, 0)).processes[0]!;
    await tell(event, 0, { id: unfinished, processId, createdAt: at(20) });
    expect((await shown()).languages[0].recordings.map(({ id }: { id: string }) => id)).toEqual([first, unfinished]);
    expect((await view(event.id)).assets).toMatchObject({ totalCount: 3 });

    const { errors } = await createGraphqlClient(server.url, null).ask(PUBLIC, { id: event.id });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(["UNAUTHENTICATED"]);
    const [{ url: signed }] = (await shown()).languages[0].recordings as [{ url: string }];
    const [, , asset, signature = ""] = new URL(signed).pathname.split("/");
    const forged = signature.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    expect((await fetch(`${server.url}/assets/${asset}/${forged}/recording.mp4`)).status).toBe(404);
  });

  it("says why it cannot be watched: not over, being finished, never recorded, deleted", async () => {
    const event = await takeLive();
    const blockersOf = async ({ id }: EventView) => (await view(id)).onDemand.blockers.map(({ code }) => code);
    expect(await blockersOf(event)).toEqual(["INVALID_STATE"]);
    const id = await tell(event, 1, { status: "IN_PROGRESS" });
    await stop(event);
    await look();
    expect([(await view(event.id)).status, await blockersOf(event)]).toEqual(["ENDED", ["INVALID_STATE"]]);
    await tell(event, 1, { id });
    await look();
    expect([(await view(event.id)).status, await blockersOf(event)]).toEqual(["ON_DEMAND", []]);
    const { deleteAssets } = await server.graphql(
      `mutation ($ids: [ID!]!) { deleteAssets(input: { ids: $ids }) { userErrors { code } } }`,
      {
        ids: [id],
      },
    );
    expect(deleteAssets.userErrors).toEqual([]);
    expect(await blockersOf(event)).toEqual(["NO_RECORDING"]);
    await look();
    expect((await view(event.id)).status).toBe("ENDED");
    expect((await mutate("goLive", { id: event.id })).userErrors.map(({ code }) => code)).toEqual(["EVENT_ENDED"]);

    const unrecorded = await takeLive({ recordingEnabled: false });
    await stop(unrecorded);
    await look();
    expect([(await view(unrecorded.id)).status, await blockersOf(unrecorded)]).toEqual(["ENDED", ["NO_RECORDING"]]);
  });

  it("keeps its recordings whatever their age and size, until it or they are deleted, and nothing else of it", async () => {
    const event = await takeLive();
    const old = { createdAt: "2020-01-31T12:00:00Z" };
    const recording = await tell(event, 0, old);
    await tell(event, 0, { ...old, kind: "REPLAY", fileName: "index.m3u8" });
    await stop(event);
    await waitUntil(
      async () => {
        const [row] = await server.database.executor.execute<{ open: number }>(sql`
          select count(*)::integer as open from runs where ended_at is null and id in (select run_id from assets where id = ${recording})`);
        return row?.open;
      },
      (open) => open === 0,
    );
    const kept = async () => (await view(event.id)).assets.nodes.map(({ id }) => id);
    await sweep();
    expect([await kept(), (await view(event.id)).status]).toEqual([[recording], "ENDED"]);
    await look();
    await sweep();
    expect([await kept(), (await view(event.id)).status]).toEqual([[recording], "ON_DEMAND"]);
    const { deleteEvents } = await server.graphql(
      `mutation ($ids: [ID!]!) { deleteEvents(input: { ids: $ids }) { userErrors { code } } }`,
      { ids: [event.id] },
    );
    expect(deleteEvents.userErrors).toEqual([]);
    const isThere = async () => (await server.graphql(`query ($id: ID!) { node(id: $id) { id } }`, { id: recording })).node !== null;
    expect(await isThere()).toBe(true);
    await sweep();
    expect(await isThere()).toBe(false);
  });

  it("tells the log of its way to on demand, once", async () => {
    const event = await takeLive();
    await tell(event, 0);
    await stop(event);
    await Promise.all([look(), look(), look()]);
    await look();
    const rows = await server.database.executor.execute<{ status: string }>(
      sql`select after ->> 'status' as status from changes where object_id = ${event.id} and kind = 'STATUS_CHANGED' order by id`,
    );
    expect(rows.map(({ status }) => status)).toEqual(["LIVE", "ENDED", "ON_DEMAND"]);
  });

  it("leaves its recordings when it is deleted", async () => {
    const event = await takeLive();
    const id = await tell(event, 0);
    await stop(event);
    await look();
    const { deleteEvents } = await server.graphql(`mutation ($ids: [ID!]!) { deleteEvents(input: { ids: $ids }) { deletedIds } }`, {
      ids: [event.id],
    });
    expect(deleteEvents.deletedIds).toEqual([event.id]);
    await waitUntil(
      async () => {
        await keepEvents(server.context);
        return (await server.graphql(`query ($id: ID!) { session(id: $id) { id } }`, { id: event.languages[0]!.session.id })).session;
      },
      (session) => session === null,
    );
    const { node } = await server.graphql(`query ($id: ID!) { node(id: $id) { ... on Asset { status url session { id } run { id } } } }`, {
      id,
    });
    expect(node).toMatchObject({ status: "READY", url: expect.any(String), session: null, run: { id: expect.any(String) } });
  });

  it("is decided upon until it goes live, by who has the package", async () => {
    const event = await create({ recordingEnabled: false });
    const { id } = event;
    const set = async (recordingEnabled: boolean) => (await mutate("updateEvent", { id, recordingEnabled })).userErrors;
    expect(await set(true)).toEqual([]);
    expect((await view(id)).recordingEnabled).toBe(true);
    const path = ["input", "recordingEnabled"];
    await server.database.executor.execute(sql`update organizations set packages = '{EVENTS}' where id = ${server.organizationId}`);
    try {
      expect(await set(false)).toEqual([]);
      expect(await set(true)).toEqual([{ code: "PACKAGE_REQUIRED", path }]);
      const { userErrors } = await mutate("createEvent", { title: "Recorded", languages: [english()], recordingEnabled: true });
      expect(userErrors).toEqual([{ code: "PACKAGE_REQUIRED", path }]);
    } finally {
      await server.database.executor.execute(
        sql`update organizations set packages = '{EVENTS,LIVE_PROCESSING}' where id = ${server.organizationId}`,
      );
    }
    expect((await mutate("goLive", { id })).userErrors).toEqual([]);
    expect(await set(false)).toEqual([]);
    expect(await set(true)).toEqual([{ code: "INVALID_STATE", path }]);
    await stop(event);
    expect(await set(true)).toEqual([{ code: "EVENT_ENDED", path }]);
  });
});

describe("the rules of recordings", () => {
  const rendition = (id: string, height: number, videoBitrateKbps: number): RenditionSettings => ({
    ...{ id, name: id, isPassthrough: false, videoCodec: "H264", width: height * 2, height, videoBitrateKbps },
    ...{ frameRate: 25, audioCodec: "AAC", audioBitrateKbps: 64 },
  });
  const source: RenditionSettings = { id: "source", name: "source", isPassthrough: true };

  it("record the largest picture, of two of a size the one of more bits, and the source where there is nothing else", () => {
    const best = (...renditions: readonly RenditionSettings[]) => recordedRendition(renditions)?.id ?? null;
    expect(best(rendition("small", 180, 9_000), source, rendition("large", 360, 300))).toBe("large");
    expect(best(rendition("poor", 360, 300), rendition("rich", 360, 800))).toBe("rich");
    expect(best(source)).toBe("source");
    expect(best()).toBeNull();
  });

  it("show what is whole of the one rendition of which there is most", () => {
    const recording = (renditionName: string, bytes: number | null, second: number, status: "READY" | "IN_PROGRESS" = "READY") => ({
      ...{ playbackName: "Event", renditionName, bytes, status, createdAt: new Date(second * 1_000) },
    });
    const shown = (...recordings: readonly ReturnType<typeof recording>[]) =>
      shownRecordings(recordings).map(({ renditionName, createdAt }) => `${renditionName} ${createdAt.getTime() / 1_000}`);
    expect(shown(recording("360p", 500, 9), recording("180p", 600, 1), recording("360p", 400, 2))).toEqual(["360p 2", "360p 9"]);
    expect(shown(recording("360p", 9_000, 1, "IN_PROGRESS"), recording("180p", 10, 2))).toEqual(["180p 2"]);
    expect(shown()).toEqual([]);
  });

  it.each(["SCHEDULED", "TESTING", "LIVE", "ENDED", "ON_DEMAND"] as const)("move an event that is %s only once it is over", (status) => {
    const isOver = status === "ENDED" || status === "ON_DEMAND";
    expect(decideOnDemand(status, 1)).toBe(status === "ENDED" ? "ON_DEMAND" : null);
    expect(decideOnDemand(status, 0)).toBe(status === "ON_DEMAND" ? "ENDED" : null);
    expect(checkOnDemand({ status, recordingEnabled: true }, { ready: 1, unfinished: 1 }).available).toBe(isOver);
    const codes = checkOnDemand({ status, recordingEnabled: false }, { ready: 0, unfinished: 0 }).blockers.map(({ code }) => code);
    expect(codes).toEqual([isOver ? "NO_RECORDING" : "INVALID_STATE"]);
  });
});
