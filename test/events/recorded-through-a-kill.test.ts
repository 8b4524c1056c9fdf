import { afterAll, beforeAll, expect, it } from "vitest";
import { LiveProduct, segmentsOf } from "../commands/live-product.ts";
import { keepPushing } from "../commands/push-sender.ts";
import { eventually, probe } from "../support/media.ts";
import { untilEvent } from "./until-event.ts";

let product: LiveProduct;
let sender: { readonly stop: () => Promise<void> } | null = null;

beforeAll(async () => {
  product = await LiveProduct.start();
});
afterAll(async () => {
  await sender?.stop();
  await product.close();
});

interface EventView {
  readonly status: string;
  readonly assets: {
    readonly nodes: readonly {
      readonly id: string;
      readonly status: string;
      readonly url: string | null;
      readonly durationSeconds: number | null;
    }[];
  };
  readonly languages: readonly {
    readonly hlsUrl: string;
    readonly session: { readonly status: string; readonly runs: { readonly nodes: readonly { readonly endedAt: string | null }[] } };
    readonly primary: {
      readonly state: string;
      readonly endpoints: readonly { readonly protocol: string; readonly serverUrl: string; readonly streamKey: { readonly id: string } }[];
    };
  }[];
}

const VIEW = `query ($id: ID!) { event(id: $id) { status assets { nodes { id status url durationSeconds } }
  languages { hlsUrl session { status runs { nodes { endedAt } } } primary { state endpoints { protocol serverUrl streamKey { id } } } } } }`;

const until = (id: string, what: string, isSo: (event: EventView) => boolean): Promise<EventView> =>
  untilEvent({ client: product.client, query: VIEW, id, milliseconds: 60_000 }, what, isSo);

async function act(field: string, type: string, input: object): Promise<void> {
  const { answer } = await product.client.graphql(
    `mutation ($input: ${type}!) { answer: ${field}(input: $input) { userErrors { code } } }`,
    {
      input,
    },
  );
  expect(answer.userErrors).toEqual([]);
}

async function create(): Promise<string> {
  const templateId = await product.createTemplate("Small", [
    {
      ...{ name: "180p", videoCodec: "H264", width: 320, height: 180, videoBitrateKbps: 300 },
      ...{ frameRate: 25, audioCodec: "AAC", audioBitrateKbps: 64 },
    },
  ]);
  const { createEvent } = await product.client.graphql(
    `mutation ($input: CreateEventInput!) { createEvent(input: $input) { event { id } userErrors { code } } }`,
    { input: { title: "Town hall", recordingEnabled: true, languages: [{ code: "de", label: "Deutsch", templateId }] } },
  );
  return createEvent.event.id as string;
}

/** Segments as they come, until there are so many that are not known yet. */
async function untilNew(url: string, known: ReadonlySet<string>, count: number): Promise<ReadonlySet<string>> {
  const seen = new Set(known);
  await eventually(
    "media comes",
    async () => {
      for (const name of await segmentsOf(url)) seen.add(name);
      return seen.size >= known.size + count;
    },
    60_000,
  );
  return seen;
}

it("goes on with its recording where the whole product was killed in the midst of it", { timeout: 150_000 }, async () => {
  const id = await create();
  const { languages } = await until(id, "its ingest listens", ({ languages: [language] }) => language!.session.status === "WAITING");
  const [{ hlsUrl, primary }] = languages as [EventView["languages"][number]];
  const endpoint = primary.endpoints.find(({ protocol }) => protocol === "RTMP")!;
  sender = keepPushing(`${endpoint.serverUrl}/${await product.reveal(endpoint.streamKey.id)}`);
  await until(id, "it is connected", ({ languages: [language] }) => language!.primary.state === "CONNECTED");
  await act("goLive", "GoLiveInput", { id });
  const before = await untilNew(hlsUrl, new Set(), 3);
  const [begun] = (await until(id, "its recording is told of", (event) => event.assets.nodes.length > 0)).assets.nodes;
  expect(begun!.status).toBe("IN_PROGRESS");

  await product.killAndStart();
  const after = await untilNew(hlsUrl, before, 3);
  const {
    status,
    languages: [language],
  } = await until(id, "it is read", () => true);
  // One show is one run, whatever its encoder went through.
  expect([status, language!.session.runs.nodes]).toEqual(["LIVE", [{ endedAt: null }]]);
  await act("stopEvent", "StopEventInput", { id, confirm: true });
  const { assets } = await until(id, "it can be watched", (event) => event.status === "ON_DEMAND");
  expect(assets.nodes).toMatchObject([{ id: begun!.id, status: "READY" }]);
  const [{ url, durationSeconds }] = assets.nodes as [EventView["assets"]["nodes"][number]];
  // Segments are a second long or more; what was under way at the kill may be lost.
  expect(durationSeconds).toBeGreaterThan(after.size - 3);
  expect((await probe(url!)).map(({ codec_type: kind }) => kind).sort()).toEqual(["audio", "video"]);
});
