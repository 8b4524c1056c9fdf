import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LiveProduct } from "../commands/live-product.ts";
import { keepPushing, push } from "../commands/push-sender.ts";
import { makeCaptionedFilm, readSrt, wordsOf } from "../support/captions.ts";
import { readFrameCodes } from "../support/frame-codes.ts";
import { eventually } from "../support/media.ts";
import { untilEvent } from "./until-event.ts";

/** Both ways to push a language, its keys and its captions, from the first signal to the subtitles, with nothing in place of anything. */
const SHOW_MILLISECONDS = 120_000;
const STEP_MILLISECONDS = 45_000;
const FRAMES_PER_SECOND = 25;
const CAPTIONS = Array.from({ length: 60 }, (_, number) => ({ text: wordsOf(number), shownAt: 3 * number + 3, erasedAt: 3 * number + 5 }));

let product: LiveProduct;
let directory: string;
let film: readonly string[];
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "headend-captions-"));
  const path = join(directory, "film.ts");
  makeCaptionedFilm(path, { seconds: 185, captions: CAPTIONS });
  film = ["-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-i", path, "-c", "copy"];
  product = await LiveProduct.start();
});

afterAll(async () => {
  await Promise.all(closers.map((close) => close()));
  await product.close();
  rmSync(directory, { recursive: true, force: true });
});

interface Signal {
  readonly state: string;
  readonly endpoints: readonly {
    readonly protocol: string;
    readonly serverUrl: string;
    readonly streamKey: { readonly id: string };
    readonly srtPassphrase: { readonly id: string } | null;
  }[];
}

interface EventView {
  readonly status: string;
  readonly languages: readonly {
    readonly code: string;
    readonly activeIngest: string | null;
    readonly primary: Signal;
    readonly backup: Signal;
  }[];
}

const VIEW = `query ($id: ID!) { event(id: $id) { status languages { code activeIngest primary { ...S } backup { ...S } } } }
  fragment S on Ingest { state endpoints { protocol serverUrl streamKey { id } srtPassphrase { id } } }`;

const until = (id: string, what: string, isSo: (event: EventView) => boolean): Promise<EventView> =>
  untilEvent({ client: product.client, query: VIEW, id, milliseconds: STEP_MILLISECONDS }, what, isSo);

async function act(field: string, input: object, type = `${field[0]?.toUpperCase()}${field.slice(1)}Input`): Promise<string> {
  const { answer } = await product.client.graphql<{
    answer: { readonly event: { readonly id: string } | null; readonly userErrors: readonly object[] };
  }>(`mutation ($input: ${type}!) { answer: ${field}(input: $input) { event { id } userErrors { code message path } } }`, { input });
  expect(answer.userErrors).toEqual([]);
  return answer.event?.id ?? "";
}

/** Where a sender pushes to, as it is shown, with the keys that are given out. */
async function addressOf({ endpoints }: Signal, protocol: "RTMP" | "SRT"): Promise<string> {
  const { serverUrl, streamKey, srtPassphrase } = endpoints.find((endpoint) => endpoint.protocol === protocol)!;
  const key = await product.reveal(streamKey.id);
  return protocol === "SRT" ? `${serverUrl}?streamid=${key}&passphrase=${await product.reveal(srtPassphrase!.id)}` : `${serverUrl}/${key}`;
}

async function keepSending(address: string, source?: readonly string[]): Promise<{ readonly stop: () => Promise<void> }> {
  const sender = keepPushing(address, source);
  closers.push(() => sender.stop());
  return sender;
}

interface Recording {
  readonly url: string;
  readonly captionsUrl: string | null;
}

it(
  "takes a language by RTMP or by SRT with keys that can be replaced, and saves the captions of both as subtitles",
  async () => {
    const templateId = await product.createTemplate("Small", [
      {
        ...{ name: "180p", videoCodec: "H264", width: 320, height: 180, videoBitrateKbps: 400 },
        ...{ frameRate: FRAMES_PER_SECOND, audioCodec: "AAC", audioBitrateKbps: 64 },
      },
    ]);
    const languages = [
      { code: "de", label: "Deutsch", templateId },
      { code: "en", label: "English", templateId, backupEnabled: true },
    ];
    const id = await act("createEvent", { title: "Town hall", recordingEnabled: true, languages });
    const { languages: made } = await until(id, "its ingests are known", (event) =>
      event.languages.every(({ primary, backup }) => primary.endpoints.length > 0 && backup.endpoints.length > 0),
    );
    const [german, english] = made;

    const stateOf = (event: EventView, code: string) => event.languages.find((language) => language.code === code)!.primary.state;
    const oldAddress = await addressOf(english!.primary, "SRT");
    const old = await keepSending(oldAddress, film);
    await until(id, "the first keys let its sender in", (event) => stateOf(event, "en") === "CONNECTED");
    await act("rotateIngestKeys", { id, languageCode: "en" });
    await until(id, "its sender was cut off", (event) => stateOf(event, "en") !== "CONNECTED");
    await old.stop();
    const primary = await keepSending(await addressOf(english!.primary, "SRT"), film);
    await keepSending(await addressOf(english!.backup, "SRT"));
    await keepSending(await addressOf(german!.primary, "RTMP"), film);
    await until(id, "all signals arrive", (event) =>
      event.languages.every(
        (language) => language.primary.state === "CONNECTED" && (language.code === "de" || language.backup.state === "CONNECTED"),
      ),
    );
    // What had been given out opens nothing any more.
    expect(await push(oldAddress, film).ended).not.toBe(0);

    await act("goLive", { id });
    const query = `query ($id: ID!) { publicEvent(id: $id) { languages { code hlsUrl recordings { url captionsUrl } } } }`;
    const seen = async () =>
      (
        await product.client.graphql<{ publicEvent: { languages: readonly { hlsUrl: string; recordings: readonly Recording[] }[] } }>(
          query,
          { id },
        )
      ).publicEvent.languages;
    const segmentsOf = async (master: string): Promise<number> => {
      const answer = await fetch(new URL("v0.m3u8", master));
      if (!answer.ok) throw new Error(`${answer.status} for the playlist`);
      const text = await answer.text();
      const [, first = "0"] = /#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(text) ?? [];
      return Number(first) + (text.match(/#EXTINF/g)?.length ?? 0);
    };
    const masters = (await seen()).map(({ hlsUrl }) => hlsUrl);
    const untilMore = async (count: number) => {
      const from = await eventually("it is seen", async () => Promise.all(masters.map(segmentsOf)), STEP_MILLISECONDS);
      await eventually(
        "more is seen",
        async () => (await Promise.all(masters.map(segmentsOf))).every((now, at) => now >= from[at]! + count),
        STEP_MILLISECONDS,
      );
    };
    await untilMore(7);
    await primary.stop();
    await until(id, "the backup took over", (event) => event.languages.find(({ code }) => code === "en")!.activeIngest === "BACKUP");
    await untilMore(2);
    await act("stopEvent", { id, confirm: true });
    await until(id, "it can be watched on demand", ({ status }) => status === "ON_DEMAND");

    const recordings = await eventually("both recordings are whole", async () => {
      const each = (await seen()).map((language) => language.recordings);
      return each.every(({ length }) => length === 1) && each.flat();
    });
    for (const [place, { captionsUrl }] of recordings.entries()) {
      const answer = await fetch(captionsUrl!);
      expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/x-subrip"]);
      const subtitles = readSrt(await answer.text());
      expect(subtitles.length).toBeGreaterThanOrEqual(3);
      const numbers = subtitles.map(({ text }) => CAPTIONS.findIndex((caption) => caption.text === text));
      expect(numbers).toEqual(numbers.map((_, index) => numbers[0]! + index));
      if (place === 1) continue;
      const path = join(directory, "recording.mp4");
      writeFileSync(path, Buffer.from(await (await fetch(recordings[place]!.url)).arrayBuffer()));
      const codes = await readFrameCodes(path);
      for (const [index, { from }] of subtitles.entries()) {
        const sentAt = (codes[Math.round(from * FRAMES_PER_SECOND)] ?? -1) / FRAMES_PER_SECOND;
        expect(Math.abs(sentAt - CAPTIONS[numbers[index]!]!.shownAt), `caption ${numbers[index]}`).toBeLessThan(0.5);
      }
    }
  },
  SHOW_MILLISECONDS,
);
