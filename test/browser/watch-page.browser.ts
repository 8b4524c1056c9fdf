import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Frame, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { LiveProduct } from "../commands/live-product.ts";
import { keepPushing } from "../commands/push-sender.ts";
import { eventually } from "../support/media.ts";
import { openBrowser, type OpenBrowser } from "./open-browser.ts";

let product: LiveProduct;
let browser: OpenBrowser;
let page: Page;
let complaints: string[];
let embeddingSite: string;
let otherSite: string;
let frame = "";
const sites: Server[] = [];
const senders: { readonly stop: () => Promise<void> }[] = [];

/** A page of an origin of its own that shows the frame. */
async function openSite(): Promise<string> {
  const site = createServer((_request, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8").end(`<!doctype html><title>A site</title>${frame}`);
  });
  await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  sites.push(site);
  return `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  [embeddingSite, otherSite] = [await openSite(), await openSite()];
  product = await LiveProduct.start({ HEADEND_EMBED_ORIGINS: embeddingSite });
  browser = await openBrowser();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await Promise.all(senders.map((sender) => sender.stop()));
  await product?.close();
  for (const site of sites) site.close();
});

beforeEach(async () => {
  complaints = [];
  page = await browser.context.newPage();
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  return () => page.close();
});

interface Shared {
  readonly id: string;
  readonly sharing: { readonly url: string; readonly embedHtml: string };
  readonly languages: readonly {
    readonly primary: { readonly state: string; readonly endpoints: readonly { readonly protocol: string; readonly serverUrl: string; readonly streamKey: { readonly id: string } }[] };
  }[];
}

const SHARED = `id sharing { url embedHtml } languages { primary { state endpoints { protocol serverUrl streamKey { id } } } }`;

async function createEvent(input: object = {}): Promise<Shared> {
  const templateId = await product.createTemplate(`Small ${Date.now()}`, [
    { name: "180p", videoCodec: "H264", width: 320, height: 180, videoBitrateKbps: 300, frameRate: 25, audioCodec: "AAC", audioBitrateKbps: 96 },
  ]);
  const { createEvent: made } = await product.client.graphql(
    `mutation ($input: CreateEventInput!) { createEvent(input: $input) { event { ${SHARED} } userErrors { message } } }`,
    { input: { title: "Town hall", languages: [{ code: "de", label: "Deutsch", templateId }], ...input } },
  );
  expect(made.userErrors).toEqual([]);
  return made.event;
}

async function act(field: string, type: string, input: object): Promise<void> {
  const answer = await product.client.graphql(`mutation ($input: ${type}!) { ${field}(input: $input) { userErrors { code message } } }`, { input });
  expect(answer[field].userErrors).toEqual([]);
}

/** With a sender that goes on until the end. */
async function takeLive({ id, languages }: Shared): Promise<void> {
  const endpoint = languages[0]!.primary.endpoints.find(({ protocol }) => protocol === "RTMP")!;
  const address = `${endpoint.serverUrl}/${await product.reveal(endpoint.streamKey.id)}`;
  senders.push(keepPushing(address));
  await eventually(
    "the signal arrives",
    async () => {
      const { event } = await product.client.graphql<{ event: Shared }>(`query ($id: ID!) { event(id: $id) { ${SHARED} } }`, { id });
      expect(event.languages[0]!.primary.state).toBe("CONNECTED");
    },
    60_000,
  );
  await act("goLive", "GoLiveInput", { id });
}

const notice = (where: Page | Frame = page) => where.locator("#notice");
const questions = () => page.locator("#entries li");

/** How far the picture is, by the clock of the stream and by what the decoder made. */
const picture = async (where: Page | Frame): Promise<{ readonly time: number; readonly frames: number }> =>
  where.evaluate(`(() => { const video = document.querySelector("video"); return { time: video.currentTime, frames: video.getVideoPlaybackQuality().totalVideoFrames }; })()`);

async function untilItPlays(where: Page | Frame = page): Promise<void> {
  const first = await picture(where);
  await eventually(
    "the picture moves on",
    async () => {
      const { time, frames } = await picture(where);
      expect([time > first.time + 1, frames > first.frames]).toEqual([true, true]);
    },
    90_000,
  );
}

const SLIDE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAABAAAAAJCAIAAAC0SDtlAAAAFklEQVR4nGP4z8BAEmIY1TCqYfhqAACoiP8B2XVtOAAAAABJRU5ErkJggg==",
  "base64",
);

async function uploadSlide(eventId: string): Promise<void> {
  const form = new FormData();
  const query = `mutation ($eventId: ID!, $files: [Upload!]!) { uploadPresentation(input: { eventId: $eventId, files: $files }) { userErrors { message } } }`;
  form.append("operations", JSON.stringify({ query, variables: { eventId, files: [null] } }));
  form.append("map", JSON.stringify({ 0: ["variables.files.0"] }));
  form.append("0", new Blob([SLIDE], { type: "image/png" }), "slide.png");
  const response = await fetch(product.url("/graphql"), { method: "POST", headers: { ...product.authorization, "apollo-require-preflight": "1" }, body: form });
  expect(await response.json()).toEqual({ data: { uploadPresentation: { userErrors: [] } } });
}

describe("the page of an event", () => {
  it("plays it from its beginning to its end, with slides and questions", { timeout: 300_000 }, async () => {
    const event = await createEvent({ messagingMode: "MODERATED_QA", details: "All of us, once a year." });
    await page.goto(event.sharing.url);
    await expect.poll(() => notice().innerText(), { timeout: 15_000 }).toContain("has not begun yet");
    expect(await page.title()).toBe("Town hall");
    await takeLive(event);
    await untilItPlays();
    await expect.poll(() => notice().isVisible()).toBe(false);

    await uploadSlide(event.id);
    await act("publishSlide", "PublishSlideInput", { eventId: event.id, number: 1 });
    await expect.poll(() => page.locator("#slide-picture").evaluate("(picture) => picture.complete && picture.naturalWidth"), { timeout: 15_000 }).toBe(16);

    await page.fill("#name", "Ada");
    await page.press("#name", "Enter");
    await page.fill("#text", "<b>How long</b> is it?");
    await page.press("#text", "Enter");
    await expect.poll(() => questions().allInnerTexts(), { timeout: 15_000 }).toEqual([expect.stringContaining("<b>How long</b> is it?")]);
    expect(await questions().first().innerText()).toContain("moderators");
    const { event: moderated } = await product.client.graphql(`query ($id: ID!) { event(id: $id) { questions { nodes { id text authorName status } } } }`, { id: event.id });
    expect(moderated.questions.nodes).toMatchObject([{ text: "<b>How long</b> is it?", authorName: "Ada", status: "NEW" }]);

    const other = await browser.context.newPage();
    await other.goto(event.sharing.url);
    await other.locator("#no-entries").waitFor();
    expect(await other.locator("#entries li").count()).toBe(0);
    await act("moderateQuestions", "ModerateQuestionsInput", { ids: [moderated.questions.nodes[0].id], action: "APPROVE" });
    await other.locator("#entries li").waitFor();
    expect(await other.locator("button.votes").isDisabled()).toBe(true);
    await other.fill("#name", "Bob");
    await other.press("#name", "Enter");
    await other.locator("button.votes:not([disabled])").press("Enter");
    await expect.poll(() => page.locator("button.votes").innerText(), { timeout: 15_000 }).toContain("1");
    await other.close();

    await act("publishSlide", "PublishSlideInput", { eventId: event.id, number: null });
    await expect.poll(() => page.locator("#slide").isVisible(), { timeout: 15_000 }).toBe(false);
    await untilItPlays();
    await act("stopEvent", "StopEventInput", { id: event.id, confirm: true });
    await expect.poll(() => notice().innerText(), { timeout: 60_000 }).toContain("has ended");
    expect(await page.locator("#video").isVisible()).toBe(false);
    expect(complaints.filter((text) => !/404/.test(text))).toEqual([]);
  });
});
