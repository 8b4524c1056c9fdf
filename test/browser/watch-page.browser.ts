import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { encode } from "fast-png";
import type { Frame, Page, Request } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { LiveProduct } from "../commands/live-product.ts";
import { keepPushing } from "../commands/push-sender.ts";
import { makeCaptionedFilm, readSrt, wordsOf } from "../support/captions.ts";
import { eventually } from "../support/media.ts";
import { sendFiles } from "../support/upload.ts";
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
  await product?.close();
  for (const site of sites) site.close();
});

beforeEach(async () => {
  complaints = [];
  page = await browser.context.newPage();
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  return async () => {
    await page.close();
    await stopPushing();
  };
});

interface Shared {
  readonly id: string;
  readonly sharing: { readonly url: string; readonly embedHtml: string };
}

interface LanguageView {
  readonly session: { readonly status: string };
  readonly primary: {
    readonly state: string;
    readonly endpoints: readonly { readonly protocol: string; readonly serverUrl: string; readonly streamKey: { readonly id: string } }[];
  };
}

const LANGUAGE = `query ($id: ID!) { event(id: $id) { languages { session { status }
  primary { state endpoints { protocol serverUrl streamKey { id } } } } } }`;

async function createEvent(input: object = {}, codes: readonly string[] = ["de"]): Promise<Shared> {
  const templateId = await product.createTemplate(`Small ${Date.now()}`, [
    {
      name: "180p",
      videoCodec: "H264",
      width: 320,
      height: 180,
      videoBitrateKbps: 300,
      frameRate: 25,
      audioCodec: "AAC",
      audioBitrateKbps: 96,
    },
  ]);
  const { createEvent: made } = await product.client.graphql(
    `mutation ($input: CreateEventInput!) { createEvent(input: $input) { event { id sharing { url embedHtml } } userErrors { message } } }`,
    { input: { title: "Town hall", languages: codes.map((code) => ({ code, label: `Label of ${code}`, templateId })), ...input } },
  );
  expect(made.userErrors).toEqual([]);
  return made.event;
}

async function act(field: string, type: string, input: object): Promise<void> {
  const answer = await product.client.graphql(`mutation ($input: ${type}!) { ${field}(input: $input) { userErrors { code message } } }`, {
    input,
  });
  expect(answer[field].userErrors).toEqual([]);
}

/** The languages once all of them are so. */
async function until(id: string, what: string, isSo: (language: LanguageView) => boolean): Promise<readonly LanguageView[]> {
  return eventually(
    what,
    async () => {
      const { event } = await product.client.graphql<{ event: { languages: readonly LanguageView[] } }>(LANGUAGE, { id });
      if (!event.languages.every(isSo)) throw new Error(JSON.stringify(event.languages));
      return event.languages;
    },
    90_000,
  );
}

async function takeLive(event: Shared, sources: readonly (readonly string[] | undefined)[] = []): Promise<void> {
  await until(event.id, "listening", ({ session }) => session.status === "WAITING");
  await pushTo(event, sources);
  await until(event.id, "connected", (language) => language.primary.state === "CONNECTED");
  await act("goLive", "GoLiveInput", { id: event.id });
}

/** A sender for each language, of a source of its own where one is named, which goes on until it is stopped. */
async function pushTo({ id }: Shared, sources: readonly (readonly string[] | undefined)[] = []): Promise<void> {
  const languages = await until(id, "with an address", (language) => language.primary.endpoints.length > 0);
  for (const [place, { primary }] of languages.entries()) {
    const endpoint = primary.endpoints.find(({ protocol }) => protocol === "RTMP")!;
    senders.push(keepPushing(`${endpoint.serverUrl}/${await product.reveal(endpoint.streamKey.id)}`, sources[place]));
  }
}

async function stopPushing(): Promise<void> {
  await Promise.all(senders.splice(0).map((sender) => sender.stop()));
}

const notice = (where: Page | Frame = page) => where.locator("#notice");
const isMedia = (url: string) => /^\/live\/.+\.(ts|m4s)$/.test(new URL(url).pathname);
const questions = () => page.locator("#entries li");

interface Picture {
  /** How far the stream is played, in seconds. */
  readonly time: number;
  /** What the decoder made of it. */
  readonly frames: number;
}

const PICTURE = `(() => {
  const video = document.querySelector("video");
  const { currentTime: time, paused, muted, readyState, buffered } = video;
  const end = buffered.length === 0 ? null : buffered.end(buffered.length - 1);
  return { time, frames: video.getVideoPlaybackQuality().totalVideoFrames, paused, muted, readyState, end, notice: document.getElementById("notice").textContent };
})()`;

async function untilItPlays(where: Page | Frame = page): Promise<void> {
  let before = await where.evaluate<Picture>(PICTURE);
  await eventually(
    "the picture moves on",
    async () => {
      const now = await where.evaluate<Picture>(PICTURE);
      // A picture that is begun anew has a clock and a decoder of its own.
      if (now.time < before.time) before = now;
      if (now.time > before.time + 1 && now.frames > before.frames) return true;
      throw new Error(JSON.stringify({ before, now }));
    },
    90_000,
  );
}

const CAPTIONS = Array.from({ length: 32 }, (_, number) => ({ text: wordsOf(number), shownAt: 3 * number + 2, erasedAt: 3 * number + 4 }));

/** A red picture. */
const SLIDE = Buffer.from(
  encode({
    width: 320,
    height: 180,
    channels: 3,
    depth: 8,
    data: new Uint8Array(320 * 180 * 3).map((_, index) => (index % 3 === 0 ? 200 : 40)),
  }),
);

async function uploadSlide({ id: eventId, sharing }: Shared): Promise<void> {
  const { uploadPresentation } = await sendFiles<{ uploadPresentation: { userErrors: readonly object[] } }>(
    { url: new URL(sharing.url).origin, key: readFileSync(join(product.directory, "admin-key"), "utf8").trim() },
    {
      query: `mutation ($input: UploadPresentationInput!) { uploadPresentation(input: $input) { userErrors { message } } }`,
      input: { eventId },
      files: [SLIDE],
    },
  );
  expect(uploadPresentation.userErrors).toEqual([]);
}

describe("the page of an event", () => {
  it("plays it from its beginning to its end, with slides and questions", { timeout: 300_000 }, async () => {
    const mediaRequests: Request[] = [];
    page.on("request", (request) => isMedia(request.url()) && mediaRequests.push(request));
    const event = await createEvent({ messagingMode: "MODERATED_QA", details: "All of us, once a year." });
    await page.goto(event.sharing.url);
    await expect.poll(() => notice().innerText(), { timeout: 15_000 }).toContain("has not begun yet");
    expect(await page.title()).toBe("Town hall");
    await takeLive(event);
    await untilItPlays();
    await expect.poll(() => notice().isVisible()).toBe(false);

    await uploadSlide(event);
    await act("publishSlide", "PublishSlideInput", { eventId: event.id, number: 1 });
    await expect.poll(() => page.evaluate('document.getElementById("slide-picture").naturalWidth'), { timeout: 15_000 }).toBe(320);

    await page.fill("#name", "Ada");
    await page.press("#name", "Enter");
    await page.fill("#text", "<b>How long</b> is it?");
    await page.press("#text", "Enter");
    await expect.poll(() => questions().allInnerTexts(), { timeout: 15_000 }).toEqual([expect.stringContaining("<b>How long</b> is it?")]);
    expect(await questions().first().innerText()).toContain("moderators");
    const { event: moderated } = await product.client.graphql(
      `query ($id: ID!) { event(id: $id) { questions { nodes { id text authorName status } } } }`,
      { id: event.id },
    );
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
    // Counted as one viewer, at the address that caches know.
    expect(new Set(mediaRequests.map((request) => request.headers()["cmcd-session"]))).toEqual(
      new Set([expect.stringMatching(/^sid="[0-9a-f]{32}"$/)]),
    );
    expect(mediaRequests.filter((request) => new URL(request.url()).search !== "")).toEqual([]);
    expect(complaints.filter((text) => !/404/.test(text))).toEqual([]);
  });

  it("asks for the access code, says that one is wrong, and plays with the right one", { timeout: 200_000 }, async () => {
    const event = await createEvent({ access: "ACCESS_CODE", accessCode: "Sesame42", messagingMode: "CHAT" });
    await takeLive(event);
    await page.goto(event.sharing.url);
    await page.fill("#code", "sesame42");
    await page.press("#code", "Enter");
    await expect
      .poll(() => page.locator("#entry-error").innerText(), { timeout: 15_000 })
      .toBe("This is not the access code of the event.");
    expect(await page.locator("#video").isVisible()).toBe(false);
    await page.fill("#code", "Sesame42");
    await page.fill("#entry-name", "Ada");
    await page.click("#entry button");
    await untilItPlays();

    await page.fill("#text", "Hello");
    await page.press("#text", "Enter");
    await expect.poll(() => questions().allInnerTexts(), { timeout: 15_000 }).toEqual([expect.stringMatching(/^Ada[^]*Hello$/)]);
    await act("sendChatMessage", "SendChatMessageInput", { eventId: event.id, text: "Welcome" });
    await expect
      .poll(() => questions().allInnerTexts(), { timeout: 15_000 })
      .toEqual([expect.stringContaining("Hello"), expect.stringContaining("Welcome")]);
    const stored = await page.evaluate("JSON.stringify({ ...localStorage }) + document.cookie");
    expect(stored).toBe("{}");

    await page.reload();
    await untilItPlays();
    await expect.poll(() => questions().count(), { timeout: 15_000 }).toBe(2);
    await act("updateEvent", "UpdateEventInput", { id: event.id, accessCode: "Another1" });
    await expect.poll(() => page.locator("#entry").isVisible(), { timeout: 30_000 }).toBe(true);
    expect([await page.locator("#talk").isVisible(), await page.locator("#video").isVisible()]).toEqual([false, false]);
    await act("stopEvent", "StopEventInput", { id: event.id, confirm: true });
  });

  it("comes back by itself when the sender was away, and when the gateway was", { timeout: 300_000 }, async () => {
    const event = await createEvent({ messagingMode: "CHAT" });
    await takeLive(event);
    await page.goto(event.sharing.url);
    await untilItPlays();
    await stopPushing();
    await expect.poll(() => notice().innerText(), { timeout: 60_000 }).toContain("is interrupted");
    await pushTo(event);
    await untilItPlays();
    await product.killAndStart();
    await act("sendChatMessage", "SendChatMessageInput", { eventId: event.id, text: "While you were away" });
    // What was fetched before plays on for a while.
    await page.waitForResponse((response) => response.ok() && isMedia(response.url()), { timeout: 90_000 });
    await untilItPlays();
    await act("sendChatMessage", "SendChatMessageInput", { eventId: event.id, text: "Here we are again" });
    await expect
      .poll(() => questions().allInnerTexts(), { timeout: 45_000 })
      .toEqual([expect.stringContaining("While you were away"), expect.stringContaining("Here we are again")]);
    await act("stopEvent", "StopEventInput", { id: event.id, confirm: true });
  });

  it("is shown in frames of an origin that is configured, and plays there; in no other", { timeout: 200_000 }, async () => {
    const event = await createEvent({ messagingMode: "CHAT" });
    await takeLive(event);
    frame = event.sharing.embedHtml;
    await page.goto(embeddingSite);
    const shown = await eventually(
      "the frame is there",
      async () => page.frames().find((each) => each.url() === event.sharing.url)!,
      15_000,
    );
    await shown.locator("#video").waitFor({ timeout: 60_000 });
    await untilItPlays(shown);
    await shown.fill("#name", "Ada");
    await shown.press("#name", "Enter");
    await shown.fill("#text", "From afar");
    await shown.press("#text", "Enter");
    await expect.poll(() => shown.locator("#entries li").count(), { timeout: 15_000 }).toBe(1);

    complaints = [];
    await page.goto(otherSite);
    await expect.poll(() => complaints, { timeout: 15_000 }).toEqual([expect.stringContaining("frame-ancestors")]);
    expect(page.frames().some((each) => each.url() === event.sharing.url)).toBe(false);
    await act("stopEvent", "StopEventInput", { id: event.id, confirm: true });
  });

  it("shows the recording of the chosen language after the end, once somebody starts it", { timeout: 300_000 }, async () => {
    const film = join(product.directory, "film.ts");
    makeCaptionedFilm(film, { seconds: 100, captions: CAPTIONS });
    const captioned = ["-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-i", film, "-c", "copy"];
    const event = await createEvent({ recordingEnabled: true, access: "ACCESS_CODE", accessCode: "Sesame42" }, ["de", "en"]);
    await takeLive(event, [captioned]);
    await page.goto(event.sharing.url);
    await page.fill("#code", "Sesame42");
    await page.press("#code", "Enter");
    await page.selectOption("#language", "de");
    await untilItPlays();
    // Long enough for some captions.
    const { time: from } = await page.evaluate<Picture>(PICTURE);
    await expect.poll(async () => (await page.evaluate<Picture>(PICTURE)).time - from, { timeout: 60_000 }).toBeGreaterThan(7);
    expect(await page.locator("#subtitles").isVisible()).toBe(false);
    await act("stopEvent", "StopEventInput", { id: event.id, confirm: true });
    const source = () => page.evaluate<string>('document.querySelector("video").getAttribute("src") ?? ""');
    const isRecording = expect.stringMatching(/\/assets\/asset_\w+\/[\w-]+\/recording\.mp4$/);
    await expect.poll(source, { timeout: 90_000 }).toEqual(isRecording);
    const german = await source();
    await expect.poll(() => notice().isVisible()).toBe(false);
    expect(await page.evaluate('document.querySelector("video").paused')).toBe(true);
    await page.evaluate('document.querySelector("video").play()');
    await untilItPlays();
    const [saved] = await Promise.all([page.waitForEvent("download"), page.click("text=Subtitles (SRT)")]);
    expect(saved.suggestedFilename()).toMatch(/^Town hall.*\.srt$/);
    const subtitles = readSrt(readFileSync(await saved.path(), "utf8"));
    expect(subtitles.length).toBeGreaterThan(1);
    expect(CAPTIONS.map(({ text }) => text)).toEqual(expect.arrayContaining(subtitles.map(({ text }) => text)));
    // Until somebody turns them on the player shows none.
    expect(await page.evaluate('Array.from(document.querySelector("video").textTracks, ({ mode }) => mode)')).toEqual(["disabled"]);
    await page.evaluate('document.querySelector("video").textTracks[0].mode = "showing"');
    const cues = `Array.from(document.querySelector("video").textTracks[0].cues ?? [], ({ text, startTime, endTime }) =>
      ({ text, from: Number(startTime.toFixed(3)), to: Number(endTime.toFixed(3)) }))`;
    const rounded = subtitles.map(({ text, from: begin, to }) => ({ text, from: Number(begin.toFixed(3)), to: Number(to.toFixed(3)) }));
    await expect.poll(() => page.evaluate(cues), { timeout: 15_000 }).toEqual(rounded);

    await expect.poll(() => page.locator("#language option").count()).toBe(2);
    await page.selectOption("#language", "en");
    await expect.poll(source, { timeout: 15_000 }).not.toBe(german);
    expect(await source()).toEqual(isRecording);
    // Nothing was said in the signal of this one.
    expect(await page.locator("#subtitles").isVisible()).toBe(false);
    expect(await page.evaluate('document.querySelector("video").textTracks.length')).toBe(0);
    await page.evaluate('document.querySelector("video").play()');
    await untilItPlays();
    // At its end it stands at the beginning again, and waits.
    await page.evaluate('(() => { const video = document.querySelector("video"); video.currentTime = video.duration - 0.2; })()');
    await expect
      .poll(() => page.evaluate('(({ paused, currentTime }) => [paused, currentTime])(document.querySelector("video"))'), {
        timeout: 15_000,
      })
      .toEqual([true, 0]);
    expect(complaints.filter((text) => !/404/.test(text))).toEqual([]);
  });

  it("begins with the browser's own language, and plays the one that is chosen", { timeout: 200_000 }, async () => {
    const event = await createEvent({}, ["de", "en"]);
    await takeLive(event);
    await page.goto(event.sharing.url);
    const outputOf = (url: string) => new URL(url).pathname.split("/")[2]!;
    // What was asked for in the language before may still come.
    const fetchedOther = async (before: string): Promise<string> => {
      const fits = (url: string) => isMedia(url) && outputOf(url) !== before;
      return outputOf((await page.waitForResponse((each) => each.ok() && fits(each.url()), { timeout: 90_000 })).url());
    };
    const english = await fetchedOther("");
    await untilItPlays();
    await page.locator("#language").selectOption({ label: "Label of de" });
    const german = await fetchedOther(english);
    await untilItPlays();
    const { publicEvent } = await product.client.graphql(`query ($id: ID!) { publicEvent(id: $id) { languages { hlsUrl } } }`, {
      id: event.id,
    });
    const outputs = publicEvent.languages.map(({ hlsUrl }: { hlsUrl: string }) => outputOf(hlsUrl));
    expect([german, english]).toEqual(outputs);
    await act("stopEvent", "StopEventInput", { id: event.id, confirm: true });
  });

  it("says that there is no such event", async () => {
    await page.goto(`${(await createEvent()).sharing.url.slice(0, -3)}zzz`);
    await expect.poll(() => notice().innerText(), { timeout: 15_000 }).toBe("There is no event at this address.");
  });
});
