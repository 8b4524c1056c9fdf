import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually, probe } from "../support/media.ts";
import { LiveProduct } from "./live-product.ts";
import { keepPushing } from "./push-sender.ts";

let product: LiveProduct;
const senders: { readonly stop: () => Promise<void> }[] = [];

beforeAll(async () => {
  product = await LiveProduct.start();
});

afterAll(async () => {
  await Promise.all(senders.map((sender) => sender.stop()));
  await product.close();
});

interface Signal {
  readonly state: string;
  readonly previewUrl: string | null;
  readonly endpoints: readonly { readonly protocol: string; readonly serverUrl: string; readonly streamKey: { readonly id: string } }[];
}

interface EventView {
  readonly status: string;
  readonly limitations: readonly string[];
  readonly goLiveCheck: { readonly allowed: boolean; readonly confirmationRequired: boolean };
  readonly languages: readonly {
    readonly activeIngest: string | null;
    readonly hlsUrl: string;
    readonly session: {
      readonly id: string;
      readonly status: string;
      readonly health: string;
      readonly runs: { readonly totalCount: number };
    };
    readonly primary: Signal;
    readonly backup: Signal;
  }[];
}

const VIEW = `query ($id: ID!) { event(id: $id) { status limitations goLiveCheck { allowed confirmationRequired }
  languages { activeIngest hlsUrl session { id status health runs { totalCount } } primary { ...S } backup { ...S } } } }
  fragment S on Ingest { state previewUrl endpoints { protocol serverUrl streamKey { id } } }`;

const view = async (id: string) => (await product.client.graphql<{ event: EventView }>(VIEW, { id })).event;

async function until(id: string, what: string, isSo: (event: EventView) => boolean): Promise<EventView> {
  return eventually(
    what,
    async () => {
      const event = await view(id);
      if (!isSo(event)) throw new Error(`not yet ${what}: ${JSON.stringify(event)}`);
      return event;
    },
    60_000,
  );
}

async function act(field: string, type: string, input: object): Promise<readonly string[]> {
  const answer = await product.client.graphql(
    `mutation ($input: ${type}!) { ${field}(input: $input) { event { id } userErrors { code } } }`,
    { input },
  );
  return answer[field].userErrors.map(({ code }: { code: string }) => code);
}

async function create(): Promise<string> {
  const { createTemplate } = await product.client.graphql(
    `mutation { createTemplate(input: { name: "Small ${Date.now()}", renditions: [{ name: "180p", videoCodec: H264, width: 320, height: 180, videoBitrateKbps: 300, frameRate: 25, audioCodec: AAC, audioBitrateKbps: 96 }] }) { template { id } } }`,
  );
  const { createEvent } = await product.client.graphql(
    `mutation ($templateId: ID!) { createEvent(input: { title: "Town hall", languages: [{ code: "de", label: "Deutsch", templateId: $templateId, backupEnabled: true }] }) { event { id } } }`,
    { templateId: createTemplate.template.id },
  );
  return createEvent.event.id as string;
}

async function pushTo({ endpoints }: Signal) {
  const endpoint = endpoints.find(({ protocol }) => protocol === "RTMP")!;
  const { revealSecret } = await product.client.graphql(`mutation ($id: ID!) { revealSecret(input: { id: $id }) { value } }`, {
    id: endpoint.streamKey.id,
  });
  const sender = keepPushing(`${endpoint.serverUrl}/${revealSecret.value}`);
  senders.push(sender);
  return sender;
}

const statusOf = async (url: string, player = "one") => (await fetch(url, { headers: { "user-agent": player } })).status;

const PLAYERS = Array.from({ length: 50 }, (_, number) => `player ${number}`);

/** Everybody asks for the playlist once. */
const watch = async (url: string) => new Set(await Promise.all(PLAYERS.map((player) => statusOf(url, player))));

it(
  "listens from its creation, shows nothing in a test, goes live, changes over both ways, and ends for good",
  { timeout: 240_000 },
  async () => {
    const id = await create();
    const waiting = await until(id, "listening", ({ languages: [language] }) => language!.session.status === "WAITING");
    const [language] = waiting.languages;
    expect([language!.primary.state, language!.backup.state]).toEqual(["WAITING", "WAITING"]);
    expect(await act("goLive", "GoLiveInput", { id })).toEqual(["NO_INGEST"]);
    const primary = await pushTo(language!.primary);
    const backup = await pushTo(language!.backup);
    await until(id, "connected", ({ languages: [each] }) => each!.primary.state === "CONNECTED" && each!.backup.state === "CONNECTED");
    expect((await view(id)).languages[0]!.session).toMatchObject({ status: "WAITING", health: "OK", runs: { totalCount: 0 } });
    expect(await statusOf(language!.hlsUrl)).toBe(404);

    expect(await act("startEventTest", "EventActionInput", { id })).toEqual([]);
    const tested = await until(id, "tested", ({ languages: [each] }) => each!.session.status === "RUNNING");
    const preview = tested.languages[0]!.primary.previewUrl!;
    expect(tested.languages[0]!.backup.previewUrl).toBeNull();
    await eventually("there is something to preview", async () => (await statusOf(preview)) === 200, 60_000);
    expect((await probe(preview)).map(({ codec_type: kind }) => kind).sort()).toEqual(["audio", "video"]);
    expect(await watch(language!.hlsUrl)).toEqual(new Set([404]));
    const monitor = product.client.subscribe(
      "subscription ($id: ID!) { eventMonitor(id: $id) { status viewerCount streamingSeconds serverAvailable } }",
      { id },
    );
    expect((await monitor.next()).eventMonitor).toEqual({
      ...{ status: "TESTING", viewerCount: 0, streamingSeconds: 0, serverAvailable: true },
    });

    expect(await act("goLive", "GoLiveInput", { id })).toEqual([]);
    await eventually("it is public", async () => (await statusOf(language!.hlsUrl)) === 200, 60_000);
    const live = await until(id, "live", ({ languages: [each] }) => each!.session.status === "RUNNING");
    expect(live).toMatchObject({
      status: "LIVE",
      limitations: [],
      languages: [{ activeIngest: "PRIMARY", session: { runs: { totalCount: 1 } } }],
    });
    expect(await watch(language!.hlsUrl)).toEqual(new Set([200]));
    await monitor.until(({ eventMonitor }) => eventMonitor.status === "LIVE" && eventMonitor.viewerCount >= PLAYERS.length);
    expect((await probe(language!.hlsUrl)).map(({ codec_type: kind }) => kind).sort()).toEqual(["audio", "video"]);

    await primary.stop();
    await until(id, "on the backup", ({ languages: [each] }) => each!.activeIngest === "BACKUP" && each!.primary.state === "LOST");
    await pushTo(language!.primary);
    await until(id, "back", ({ languages: [each] }) => each!.primary.state === "CONNECTED");
    expect((await view(id)).languages[0]!.activeIngest).toBe("BACKUP");
    await backup.stop();
    await until(id, "on the primary", ({ languages: [each] }) => each!.activeIngest === "PRIMARY" && each!.session.status === "RUNNING");

    expect(await act("stopEvent", "StopEventInput", { id, confirm: true })).toEqual([]);
    await until(id, "ended", ({ status, languages: [each] }) => status === "ENDED" && each!.session.status === "STOPPED");
    expect(await statusOf(language!.hlsUrl)).toBe(404);
    await monitor.until(({ eventMonitor }) => eventMonitor.status === "ENDED" && eventMonitor.viewerCount === 0);
    monitor.end();
    expect(await act("goLive", "GoLiveInput", { id })).toEqual(["EVENT_ENDED"]);
  },
);

it("goes live with its backup alone once that is confirmed, and then takes no primary", { timeout: 180_000 }, async () => {
  const id = await create();
  expect(await act("updateEvent", "UpdateEventInput", { id, access: "ACCESS_CODE", accessCode: "open-sesame" })).toEqual([]);
  const [language] = (await until(id, "listening", ({ languages: [each] }) => each!.session.status === "WAITING")).languages;
  await pushTo(language!.backup);
  await until(id, "connected", ({ languages: [each] }) => each!.backup.state === "CONNECTED");
  expect(await act("goLive", "GoLiveInput", { id })).toEqual(["CONFIRMATION_REQUIRED"]);
  expect(await act("goLive", "GoLiveInput", { id, confirmBackupOnly: true })).toEqual([]);
  await until(id, "live", ({ languages: [each] }) => each!.session.status === "RUNNING" && each!.activeIngest === "BACKUP");
  await pushTo(language!.primary);
  await until(id, "connected", ({ languages: [each] }) => each!.primary.state === "CONNECTED");
  const { limitations, languages } = await view(id);
  // Who has the code has an address that opens it; without its signature it opens nothing.
  await eventually("it can be watched", async () => (await statusOf(languages[0]!.hlsUrl)) === 200, 60_000);
  expect((await probe(languages[0]!.hlsUrl)).length).toBe(2);
  expect(await statusOf(languages[0]!.hlsUrl.replace(/\/[^/]+\/index/, "/index"))).toBe(404);
  expect([limitations.length, languages[0]!.activeIngest]).toEqual([4, "BACKUP"]);
  expect(await act("configureBackupIngest", "ConfigureBackupIngestInput", { id, languageCode: "de", enabled: false })).toEqual([
    "BACKUP_LOCKED",
  ]);
  expect(await act("stopEvent", "StopEventInput", { id, confirm: true })).toEqual([]);
});
