import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readImageHeader } from "../../src/images/image.rules.ts";
import { pageScale } from "../../src/slides/presentation.rules.ts";
import { renderPdf } from "../../src/slides/render-pdf.ts";
import { makePicture } from "../images/pictures.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { sendFiles } from "../support/upload.ts";

let server: TestServer;
let templateId: string;
let eventId: string;

beforeAll(async () => {
  server = await startTestServer();
  const { createTemplate } = await server.graphql(
    `mutation { createTemplate(input: { name: "Source", renditions: [{ name: "Source", isPassthrough: true }] }) { template { id } } }`,
  );
  templateId = createTemplate.template.id;
});

afterAll(() => server.stop());

beforeEach(async () => {
  const { createEvent } = await server.graphql(
    `mutation ($templateId: ID!) { createEvent(input: { title: "Show", languages: [{ code: "de", label: "Deutsch", templateId: $templateId }] }) { event { id } } }`,
    { templateId },
  );
  eventId = createEvent.event.id;
});

/** A document of pages of this size in points, each with its number on it. */
function pdf(pages: number, [width, height]: readonly [number, number] = [720, 405]): Buffer {
  const kids = Array.from({ length: pages }, (_, index) => `${4 + 2 * index} 0 R`).join(" ");
  const objects = [
    `1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj`,
    `2 0 obj<</Type/Pages/Kids[${kids}]/Count ${pages}>>endobj`,
    `3 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj`,
    ...Array.from({ length: pages }, (_, index) => {
      const text = `1 0 0 rg BT /F1 48 Tf 20 20 Td (Slide ${index + 1}) Tj ET`;
      return `${4 + 2 * index} 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 ${width} ${height}]/Contents ${5 + 2 * index} 0 R/Resources<</Font<</F1 3 0 R>>>>>>endobj
${5 + 2 * index} 0 obj<</Length ${text.length}>>stream\n${text}\nendstream endobj`;
    }),
  ];
  return Buffer.from(`%PDF-1.4\n${objects.join("\n")}\ntrailer<</Root 1 0 R>>`);
}

const UPLOAD = `mutation ($input: UploadPresentationInput!) { uploadPresentation(input: $input) {
  event { presentation { id publishedSlide { number } slides { id number imageUrl } } } userErrors { code path message } } }`;

interface Uploaded {
  readonly event: { readonly presentation: { readonly slides: readonly { readonly number: number; readonly imageUrl: string }[] } } | null;
  readonly userErrors: readonly { readonly code: string; readonly path: readonly string[] }[];
}

async function upload(files: readonly Buffer[]): Promise<Uploaded> {
  return (await sendFiles<{ uploadPresentation: Uploaded }>(server, { query: UPLOAD, input: { eventId }, files })).uploadPresentation;
}

const publish = async (number: number | null) =>
  (
    await server.graphql(
      `mutation ($eventId: ID!, $number: Int) { publishSlide(input: { eventId: $eventId, number: $number }) { event { presentation { publishedSlide { number } } } userErrors { code path } } }`,
      { eventId, number },
    )
  ).publishSlide;

const setStatus = (status: string) => server.database.executor.execute(sql`update events set status = ${status} where id = ${eventId}`);

describe("a presentation", () => {
  it("is made of pictures and of the pages of documents, in their order", async () => {
    const { event, userErrors } = await upload([makePicture("png", "640x360"), pdf(3)]);
    expect(userErrors).toEqual([]);
    const { slides } = event!.presentation;
    expect(slides.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
    const pictures = await Promise.all(
      slides.map(async ({ imageUrl }) => {
        const response = await fetch(imageUrl.replace("http://127.0.0.1:4000", server.url));
        expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
        return readImageHeader(Buffer.from(await response.arrayBuffer()));
      }),
    );
    expect(pictures).toEqual([
      { contentType: "image/png", width: 640, height: 360 },
      ...Array.from({ length: 3 }, () => ({ contentType: "image/png", width: 1600, height: 900 })),
    ]);
  });

  it("takes the place of the one before, whose pictures go", async () => {
    const [before] = (await upload([makePicture("png", "64x64")])).event!.presentation.slides;
    await upload([makePicture("png", "32x32")]);
    expect((await fetch(before!.imageUrl.replace("http://127.0.0.1:4000", server.url))).status).toBe(404);
    await server.graphql(`mutation ($ids: [ID!]!) { deleteEvents(input: { ids: $ids }) { deletedIds } }`, { ids: [eventId] });
    const [left] = await server.database.executor.execute<{ count: number }>(
      sql`select count(*)::integer as count from images where kind = 'SLIDE'`,
    );
    const [kept] = await server.database.executor.execute<{ count: number }>(sql`select count(*)::integer as count from slides`);
    expect(left!.count).toBe(kept!.count);
  });

  it.each<[string, () => Buffer, string]>([
    ["text", () => Buffer.from("<html><script>alert(1)</script>"), "INVALID_VALUE"],
    ["a broken document", () => Buffer.from("%PDF-1.7\nnothing of the kind"), "INVALID_VALUE"],
    ["a document of too many pages", () => pdf(201), "TOO_MANY_ITEMS"],
    ["a page that is a line", () => pdf(1, [100_000, 10]), "INVALID_VALUE"],
    ["too many bytes", () => Buffer.concat([pdf(1), Buffer.alloc(20 * 1024 * 1024)]), "FILE_TOO_LARGE"],
  ])("of %s is refused, and changes nothing", async (_what, file, code) => {
    await upload([makePicture("png", "64x64")]);
    const { event, userErrors } = await upload([makePicture("png", "32x32"), file()]);
    expect([event, userErrors.map((error) => [error.code, error.path])]).toEqual([null, [[code, ["input", "files", "1"]]]]);
    const { event: now } = await server.graphql(`query ($id: ID!) { event(id: $id) { presentation { slides { number } } } }`, {
      id: eventId,
    });
    expect(now.presentation.slides).toHaveLength(1);
  });

  it("is not looked into for an event that takes none", async () => {
    const broken = Buffer.from("%PDF-1.7\nnothing of the kind");
    const refusalOf = async (by: { readonly url: string; readonly key: string } = server, id = eventId) =>
      (
        await sendFiles<{ uploadPresentation: Uploaded }>(by, { query: UPLOAD, input: { eventId: id }, files: [broken] })
      ).uploadPresentation.userErrors.map(({ code, path }) => [code, path.join(".")]);
    expect(await refusalOf()).toEqual([["INVALID_VALUE", "input.files.0"]]);
    expect(await refusalOf(server, `${eventId.slice(0, -3)}zzz`)).toEqual([["NOT_FOUND", "input.eventId"]]);
    expect(await refusalOf(server, "Show")).toEqual([["NOT_FOUND", "input.eventId"]]);
    expect(await refusalOf({ url: server.url, key: (await server.otherOrganization()).key })).toEqual([["NOT_FOUND", "input.eventId"]]);
    await setStatus("ENDED");
    expect(await refusalOf()).toEqual([["EVENT_ENDED", "input.eventId"]]);
  });

  it("is shown slide by slide while the event is live, and pushed", async () => {
    await upload([pdf(2)]);
    expect((await publish(1)).userErrors).toEqual([{ code: "NOT_LIVE", path: ["input", "eventId"] }]);
    await setStatus("LIVE");
    const slides = server.subscribe(`subscription ($eventId: ID!) { publishedSlide(eventId: $eventId) { number } }`, { eventId });
    expect(await slides.next()).toEqual({ publishedSlide: null });
    expect((await publish(2)).event.presentation.publishedSlide).toEqual({ number: 2 });
    expect(await slides.next()).toEqual({ publishedSlide: { number: 2 } });
    expect((await publish(3)).userErrors).toEqual([{ code: "NOT_FOUND", path: ["input", "number"] }]);
    expect((await publish(null)).event.presentation.publishedSlide).toBeNull();
    expect(await slides.next()).toEqual({ publishedSlide: null });
    await publish(1);
    expect(await slides.next()).toEqual({ publishedSlide: { number: 1 } });
    await server.graphql(`mutation ($id: ID!) { stopEvent(input: { id: $id, confirm: true }) { userErrors { code } } }`, { id: eventId });
    expect(await slides.next()).toEqual({ publishedSlide: null });
  });
});

describe("the pages of a document", () => {
  it.each<[number, number, number | null]>([
    [720, 405, 1600 / 720],
    [405, 720, 1600 / 720],
    [0, 100, null],
    [100_000, 10, null],
    [10, 10, 160],
  ])("of %d by %d points are scaled by %s", (width, height, expected) => {
    expect(pageScale({ width, height })).toBe(expected);
  });

  it("have their colours: red is red", async () => {
    const rendered = await renderPdf(pdf(1), 10);
    if ("problem" in rendered) throw new Error(rendered.problem);
    const { decode } = await import("fast-png");
    const { data } = decode(rendered.pages[0]!.png);
    const seen = new Set<string>();
    for (let offset = 0; offset < data.length; offset += 4) {
      const [red = 0, green = 0, blue = 0] = data.subarray(offset, offset + 3);
      if (green < 20 && (red > 200 || blue > 200)) seen.add(red > blue ? "red" : "blue");
    }
    expect([...seen]).toEqual(["red"]);
  });
});
