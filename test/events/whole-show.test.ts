import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LiveProduct, mediaPlaylist } from "../commands/live-product.ts";
import { keepPushing } from "../commands/push-sender.ts";
import { makePicture } from "../images/pictures.ts";
import { createGraphqlClient, type GraphqlClient } from "../support/clients.ts";
import { decodeWhole, eventually, probe } from "../support/media.ts";
import { sendFiles } from "../support/upload.ts";
import { untilEvent } from "./until-event.ts";

/**
 * One show from its first signal to its recording, as its operator, its attendees and its players have it. Nothing is taken on trust of a
 * clock: each step waits for what the step before has to bring.
 */
const SHOW_MILLISECONDS = 90_000;
const STEP_MILLISECONDS = 45_000;
const CODE = "open-sesame";
const LANGUAGES = ["de", "en"] as const;

let product: LiveProduct;
let origin: string;
let directory: string;
const clients: GraphqlClient[] = [];
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "headend-show-"));
  product = await LiveProduct.start();
});

afterAll(async () => {
  await Promise.all(closers.map((close) => close()));
  await Promise.all(clients.map((client) => client.close()));
  await product.close();
  rmSync(directory, { recursive: true, force: true });
});

interface Signal {
  readonly state: string;
  readonly endpoints: readonly { readonly protocol: string; readonly serverUrl: string; readonly streamKey: { readonly id: string } }[];
}

interface LanguageView {
  readonly code: string;
  readonly activeIngest: string | null;
  readonly viewerCount: number;
  readonly session: { readonly status: string };
  readonly primary: Signal;
  readonly backup: Signal;
}

interface EventView {
  readonly status: string;
  readonly limitations: readonly string[];
  readonly onDemand: { readonly available: boolean };
  readonly sharing: { readonly url: string };
  readonly languages: readonly LanguageView[];
}

const VIEW = `query ($id: ID!) { event(id: $id) { status limitations onDemand { available } sharing { url }
  languages { code activeIngest viewerCount session { status } primary { ...S } backup { ...S } } } }
  fragment S on Ingest { state endpoints { protocol serverUrl streamKey { id } } }`;

const until = (id: string, what: string, isSo: (event: EventView) => boolean): Promise<EventView> =>
  untilEvent({ client: product.client, query: VIEW, id, milliseconds: STEP_MILLISECONDS }, what, isSo);

const all = (isSo: (language: LanguageView) => boolean) => (event: EventView) => event.languages.every(isSo);

async function act(field: string, type: string, input: object): Promise<readonly string[]> {
  const { answer } = await product.client.graphql<{ answer: { userErrors: readonly { code: string }[] } }>(
    `mutation ($input: ${type}!) { answer: ${field}(input: $input) { userErrors { code } } }`,
    { input },
  );
  return answer.userErrors.map(({ code }) => code);
}

async function create(): Promise<string> {
  const templateId = await product.createTemplate("Small", [
    {
      ...{ name: "180p", videoCodec: "H264", width: 320, height: 180, videoBitrateKbps: 300 },
      ...{ frameRate: 25, audioCodec: "AAC", audioBitrateKbps: 64 },
    },
  ]);
  const { createEvent } = await product.client.graphql(
    `mutation ($input: CreateEventInput!) { createEvent(input: $input) { event { id } userErrors { code message } } }`,
    {
      input: {
        ...{ title: "Town hall", messagingMode: "MODERATED_QA", access: "ACCESS_CODE", accessCode: CODE, recordingEnabled: true },
        languages: LANGUAGES.map((code) => ({ code, label: `Label of ${code}`, templateId, backupEnabled: true })),
      },
    },
  );
  expect(createEvent.userErrors).toEqual([]);
  return createEvent.event.id as string;
}

async function pushTo({ endpoints }: Signal): Promise<{ readonly stop: () => Promise<void> }> {
  const endpoint = endpoints.find(({ protocol }) => protocol === "RTMP")!;
  const sender = keepPushing(`${endpoint.serverUrl}/${await product.reveal(endpoint.streamKey.id)}`);
  closers.push(() => sender.stop());
  return sender;
}

async function letIn(eventId: string, displayName: string): Promise<GraphqlClient> {
  const { joinEvent } = await createGraphqlClient(origin, null).graphql(
    `mutation ($input: JoinEventInput!) { joinEvent(input: $input) { token userErrors { code } } }`,
    { input: { eventId, accessCode: CODE, displayName } },
  );
  expect(joinEvent.userErrors).toEqual([]);
  const client = createGraphqlClient(origin, joinEvent.token);
  clients.push(client);
  return client;
}

interface Recording {
  readonly url: string;
  readonly durationSeconds: number;
}

interface Watched {
  readonly status: string;
  readonly languages: readonly { readonly code: string; readonly hlsUrl: string | null; readonly recordings: readonly Recording[] }[];
}

const watched = async (attendee: GraphqlClient, id: string) =>
  (
    await attendee.graphql<{ publicEvent: Watched }>(
      `query ($id: ID!) { publicEvent(id: $id) { status languages { code hlsUrl recordings { url durationSeconds } } } }`,
      { id },
    )
  ).publicEvent;

interface Viewer {
  /** Segments that were fetched, in their order. */
  readonly fetched: readonly string[];
  /** What went wrong, or was not as a player wants it. */
  readonly faults: readonly string[];
}

/** A player that does nothing but play: it opens one address once, and fetches what its playlist names, each segment once. */
function watchOn(master: string): Viewer {
  const [fetched, faults]: [string[], string[]] = [[], []];
  let isOn = true;
  const look = async (): Promise<void> => {
    const { url, lines } = await mediaPlaylist(master);
    const names = lines.filter((line) => /\.(ts|m4s)$/.test(line));
    if (names.length === 0) faults.push(`No playlist at ${url.pathname}`);
    const known = names.findIndex((name) => name === fetched.at(-1));
    if (fetched.length > 0 && known === -1) faults.push(`What came last is not in ${names.join()}`);
    for (const name of names.slice(known + 1)) {
      const { status } = await fetch(new URL(name, url), { headers: { "user-agent": "viewer" } });
      if (status !== 200) faults.push(`${status} for ${name}`);
      fetched.push(name);
    }
  };
  const over = (async () => {
    while (isOn) {
      await look().catch((error: unknown) => faults.push(String(error)));
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  })();
  closers.push(() => {
    isOn = false;
    return over;
  });
  return { fetched, faults };
}

async function untilMore(viewers: readonly Viewer[], count: number): Promise<void> {
  const wanted = viewers.map(({ fetched }) => fetched.length + count);
  await eventually(
    `${count} more segments`,
    () => viewers.every(({ fetched }, index) => fetched.length >= wanted[index]!),
    STEP_MILLISECONDS,
  );
}

/** Everybody asks for the playlist of a language once. */
const statusesOf = async (url: string, players: readonly string[]) =>
  new Set(await Promise.all(players.map(async (player) => (await fetch(url, { headers: { "user-agent": player } })).status)));

const ASK = `mutation ($eventId: ID!, $text: String!) { askQuestion(input: { eventId: $eventId, text: $text }) { question { id } userErrors { code } } }`;
const MODERATE = `mutation ($ids: [ID!]!, $action: ModerationAction!) { moderateQuestions(input: { ids: $ids, action: $action }) { userErrors { code } } }`;
const UPVOTE = `mutation ($id: ID!) { upvoteQuestion(input: { id: $id }) { userErrors { code } } }`;
const QUESTIONS = `query ($id: ID!) { publicEvent(id: $id) { questions(first: 50) { nodes { text status upvotes isMine } } } }`;

async function askTogether(eventId: string, attendees: readonly GraphqlClient[]): Promise<readonly string[]> {
  return Promise.all(
    attendees.map(async (attendee, number) => {
      const { askQuestion } = await attendee.graphql(ASK, { eventId, text: `Question ${number}` });
      expect(askQuestion.userErrors).toEqual([]);
      return askQuestion.question.id as string;
    }),
  );
}

/** Two moderators at once, who do not wait for each other, while attendees vote. */
async function moderate(eventId: string, attendees: readonly GraphqlClient[]): Promise<void> {
  const ids = await askTogether(eventId, attendees);
  const [approved, declined] = [ids.slice(0, 3), ids.slice(3)];
  const answers = await Promise.all([
    product.client.graphql(MODERATE, { ids: approved, action: "APPROVE" }),
    product.client.graphql(MODERATE, { ids: declined, action: "DECLINE" }),
  ]);
  expect(answers.map(({ moderateQuestions }) => moderateQuestions.userErrors)).toEqual([[], []]);
  await Promise.all(attendees.slice(1).map((attendee) => attendee.graphql(UPVOTE, { id: approved[0] })));
  const seen = await Promise.all(
    attendees.map(async (attendee) => (await attendee.graphql(QUESTIONS, { id: eventId })).publicEvent.questions.nodes),
  );
  for (const [number, nodes] of seen.entries()) {
    const expected = ["Question 0", "Question 1", "Question 2", ...(number < 3 ? [] : [`Question ${number}`])];
    expect(nodes.map(({ text }: { text: string }) => text).toSorted()).toEqual(expected);
    expect(nodes.find(({ text }: { text: string }) => text === "Question 0").upvotes).toBe(attendees.length - 1);
  }
}

async function publishSlide(eventId: string, attendees: readonly GraphqlClient[]): Promise<void> {
  const followed = attendees.map((attendee) =>
    attendee.subscribe<{ publishedSlide: { readonly number: number; readonly imageUrl: string } | null }>(
      `subscription ($id: ID!) { publishedSlide(eventId: $id) { number imageUrl } }`,
      { id: eventId },
    ),
  );
  for (const slides of followed) expect((await slides.next()).publishedSlide).toBeNull();
  const key = readFileSync(join(product.directory, "admin-key"), "utf8").trim();
  const { uploadPresentation } = await sendFiles<{ uploadPresentation: { userErrors: readonly object[] } }>(
    { url: origin, key },
    {
      query: `mutation ($input: UploadPresentationInput!) { uploadPresentation(input: $input) { userErrors { code } } }`,
      input: { eventId },
      files: [makePicture("png", "320x180")],
    },
  );
  expect(uploadPresentation.userErrors).toEqual([]);
  expect(await act("publishSlide", "PublishSlideInput", { eventId, number: 1 })).toEqual([]);
  for (const slides of followed) {
    const { publishedSlide } = (await slides.until((item) => item.publishedSlide !== null)).at(-1)!;
    expect(publishedSlide?.number).toBe(1);
    expect((await fetch(publishedSlide!.imageUrl)).status).toBe(200);
    slides.end();
  }
}

/** Downloads a recording as a browser would, and decodes all of it. */
async function playRecording({ url, durationSeconds }: Recording, atLeastSeconds: number): Promise<void> {
  expect(durationSeconds).toBeGreaterThan(atLeastSeconds);
  expect((await probe(url)).map(({ codec_type: kind }) => kind).sort()).toEqual(["audio", "video"]);
  const part = await fetch(url, { headers: { range: "bytes=0-99" } });
  expect([part.status, part.headers.get("content-type"), (await part.arrayBuffer()).byteLength]).toEqual([206, "video/mp4", 100]);
  const path = join(directory, "recording.mp4");
  writeFileSync(path, Buffer.from(await (await fetch(url)).arrayBuffer()));
  const { frames, complaints } = await decodeWhole(path);
  expect(complaints).toBe("");
  expect(Math.abs(frames / 25 - durationSeconds)).toBeLessThan(1);
  const [, , asset, signature = ""] = new URL(url).pathname.split("/");
  const forged = signature.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
  expect((await fetch(`${origin}/assets/${asset}/${forged}/recording.mp4`)).status).toBe(404);
}

it(
  "runs a whole show: two languages, a primary that is cut, questions, a slide, viewers, and its recording",
  { timeout: SHOW_MILLISECONDS },
  async () => {
    const id = await create();
    const { languages, sharing } = await until(
      id,
      "all ingests listen",
      all(({ session, primary }) => session.status === "WAITING" && primary.endpoints.length > 0),
    );
    origin = new URL(sharing.url).origin;
    const primaries = await Promise.all(languages.map(({ primary }) => pushTo(primary)));
    await Promise.all(languages.map(({ backup }) => pushTo(backup)));
    await until(
      id,
      "both signals of both languages are connected",
      all(({ primary, backup }) => primary.state === "CONNECTED" && backup.state === "CONNECTED"),
    );
    const attendees = await Promise.all(Array.from({ length: 6 }, (_, number) => letIn(id, `Attendee ${number}`)));
    const [attendee] = attendees as [GraphqlClient];

    expect(await act("startEventTest", "EventActionInput", { id })).toEqual([]);
    await until(
      id,
      "the test encodes",
      all(({ session }) => session.status === "RUNNING"),
    );
    expect(await watched(attendee, id)).toMatchObject({ status: "SCHEDULED", languages: [{ hlsUrl: null }, { hlsUrl: null }] });
    expect(await act("publishSlide", "PublishSlideInput", { eventId: id, number: 1 })).not.toEqual([]);

    expect(await act("goLive", "GoLiveInput", { id })).toEqual([]);
    const urls = (await watched(attendee, id)).languages.map(({ hlsUrl }) => hlsUrl!);
    for (const url of urls) await eventually("it is public", async () => (await fetch(url)).status === 200, STEP_MILLISECONDS);
    const viewers = urls.map(watchOn);
    await untilMore(viewers, 1);

    const players = Array.from({ length: 50 }, (_, number) => `player ${number}`);
    expect(await statusesOf(urls[0]!, players.slice(0, 30))).toEqual(new Set([200]));
    expect(await statusesOf(urls[1]!, players.slice(30))).toEqual(new Set([200]));
    // The two that play on are counted beside them.
    await until(
      id,
      "all players are counted, each where it watches",
      ({ languages: [german, english] }) => german!.viewerCount >= 31 && english!.viewerCount >= 21,
    );

    await Promise.all([moderate(id, attendees), publishSlide(id, attendees)]);

    await primaries[0]!.stop();
    await until(
      id,
      "the backup is taken",
      ({ languages: [german] }) => german!.activeIngest === "BACKUP" && german!.primary.state === "LOST",
    );
    await untilMore(viewers, 2);
    await pushTo(languages[0]!.primary);
    await until(
      id,
      "the primary is back",
      all(({ primary }) => primary.state === "CONNECTED"),
    );
    await untilMore(viewers, 1);
    expect(viewers.map(({ faults }) => faults)).toEqual([[], []]);

    expect(await act("stopEvent", "StopEventInput", { id, confirm: false })).toEqual(["CONFIRMATION_REQUIRED"]);
    expect(await act("stopEvent", "StopEventInput", { id, confirm: true })).toEqual([]);
    for (const url of urls) await eventually("it is public no more", async () => (await fetch(url)).status === 404, STEP_MILLISECONDS);
    expect(await act("goLive", "GoLiveInput", { id })).toEqual(["EVENT_ENDED"]);

    const { limitations } = await until(
      id,
      "it can be watched on demand",
      ({ status, onDemand }) => status === "ON_DEMAND" && onDemand.available,
    );
    expect(limitations).toEqual([]);
    const recorded = await eventually(
      "both languages are recorded",
      async () => {
        const { languages: found } = await watched(attendee, id);
        return found.every(({ recordings }) => recordings.length === 1) && found;
      },
      STEP_MILLISECONDS,
    );
    // What was made of the backup is in it: no segment is shorter than a second.
    for (const [place, { recordings }] of recorded.entries()) await playRecording(recordings[0]!, viewers[place]!.fetched.length - 1);
    expect(await act("goLive", "GoLiveInput", { id })).toEqual(["EVENT_ENDED"]);
  },
);
