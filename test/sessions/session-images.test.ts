import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { makePicture, pngOf } from "../images/pictures.ts";
import { startTestServer, type TestCaller, type TestServer } from "../support/server.ts";

const statements: string[] = [];
let server: TestServer;
let caller: TestCaller;
const png = makePicture("png", "320x180");
const webp = makePicture("libwebp", "64x64");

beforeAll(async () => {
  server = await startTestServer({ onStatement: (statement) => statements.push(statement) });
});
afterAll(() => server.stop());
beforeEach(async () => {
  caller = await server.otherOrganization();
});

const SESSION = "{ id version status coverImageUrl slateImageUrl }";
const CREATE = `mutation ($input: CreateSessionInput!) { payload: createSession(input: $input) { session ${SESSION} userErrors { code path message } } }`;
const UPDATE = `mutation ($input: UpdateSessionInput!) { payload: updateSession(input: $input) { session ${SESSION} userErrors { code path message } } }`;

interface Shown {
  readonly id: string;
  readonly version: number;
  readonly coverImageUrl: string | null;
  readonly slateImageUrl: string | null;
}
interface Payload {
  readonly session: Shown | null;
  readonly userErrors: readonly { readonly code: string; readonly path: readonly string[]; readonly message: string }[];
}

/** Sends an operation whose files stand at these places below `variables.input`; one that stands at several is sent once. */
async function send(query: string, input: object, files: readonly (readonly [places: readonly string[], bytes: Buffer<ArrayBuffer>])[]) {
  const given = structuredClone(input) as Record<string, unknown>;
  for (const [places] of files) for (const place of places) given[place] = null;
  const form = new FormData();
  form.append("operations", JSON.stringify({ query, variables: { input: given } }));
  form.append(
    "map",
    JSON.stringify(Object.fromEntries(files.map(([places], index) => [index, places.map((place) => `variables.input.${place}`)]))),
  );
  for (const [index, [, bytes]] of files.entries()) form.append(String(index), new Blob([bytes]), "evil.html");
  const headers = { authorization: `Bearer ${caller.key}`, "apollo-require-preflight": "1" };
  const answer = await fetch(`${server.url}/graphql`, { method: "POST", headers, body: form });
  const { data, errors } = (await answer.json()) as { data: { payload: Payload }; errors?: unknown };
  expect(errors).toBeUndefined();
  return data.payload;
}

const session = (name: string) => ({ name, source: { type: "RTMP_PUSH" }, playbacks: [] });
const create = async (name: string, cover?: Buffer<ArrayBuffer>, rest: object = {}) =>
  send(CREATE, { ...session(name), ...rest }, cover ? [[["coverImage"], cover]] : [[["coverImage"], png]]);
/** The address as this gateway has it: the one of the answer is the public one. */
const at = (url: string | null) => url!.replace("http://127.0.0.1:4000", server.url);
const countImages = async () => {
  const [row] = await server.database.executor.execute<{ count: number }>(
    sql`select count(*)::integer as count from images where organization_id = ${caller.organizationId}`,
  );
  return row?.count;
};

describe("a picture of a session", () => {
  it("is given with the session and served to whoever knows its address", async () => {
    const { session: created } = await create("One");
    expect(created).toMatchObject({
      coverImageUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:4000\/images\/[0-9a-z]{26}$/),
      slateImageUrl: null,
    });
    const answer = await fetch(at(created!.coverImageUrl));
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "image/png",
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; sandbox",
      "cache-control": "public, max-age=31536000, immutable",
    });
    expect(Buffer.from(await answer.arrayBuffer()).equals(png)).toBe(true);
    const head = await fetch(at(created!.coverImageUrl), { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), (await head.arrayBuffer()).byteLength]).toEqual([200, String(png.length), 0]);
  });

  it("is replaced and cleared, and the one before is gone", async () => {
    const { session: created } = await create("One");
    const input = { id: created!.id, expectedVersion: 1 };
    const { session: both } = await send(UPDATE, input, [
      [["coverImage"], webp],
      [["slateImage"], png],
    ]);
    expect(both?.version).toBe(2);
    expect(await countImages()).toBe(2);
    expect((await fetch(at(created!.coverImageUrl))).status).toBe(404);
    expect((await fetch(at(both!.coverImageUrl))).headers.get("content-type")).toBe("image/webp");
    expect((await fetch(at(both!.slateImageUrl))).headers.get("content-type")).toBe("image/png");
    const { session: kept } = (await caller.graphql<{ payload: Payload }, object>(UPDATE, { input: { id: created!.id, name: "Two" } }))
      .payload;
    expect(kept).toMatchObject({ coverImageUrl: both?.coverImageUrl, slateImageUrl: both?.slateImageUrl });
    const cleared = await caller.graphql<{ payload: Payload }, object>(UPDATE, { input: { id: created!.id, coverImage: null } });
    expect(cleared.payload.session).toMatchObject({ coverImageUrl: null, slateImageUrl: both?.slateImageUrl });
    expect(await countImages()).toBe(1);
  });

  it("can stand in two places of a request", async () => {
    const { session: created } = await create("One");
    const { session: both } = await send(UPDATE, { id: created!.id }, [[["coverImage", "slateImage"], webp]]);
    expect((await fetch(at(both!.slateImageUrl))).headers.get("content-type")).toBe("image/webp");
    expect(both?.coverImageUrl).not.toBe(both?.slateImageUrl);
  });

  it.each([
    ["no picture", "INVALID_VALUE", Buffer.from("<html><script>alert(1)</script></html>")],
    ["too many pixels", "INVALID_VALUE", pngOf(30_000, 30_000)],
    ["too few pixels", "INVALID_VALUE", pngOf(8, 8)],
    ["too many bytes", "FILE_TOO_LARGE", pngOf(100, 100, 5 * 1024 * 1024)],
    ["far too many bytes", "FILE_TOO_LARGE", pngOf(100, 100, 40 * 1024 * 1024)],
  ])("is refused for %s, with the limits, and nothing is created", async (_what, code, bytes) => {
    const { session: none, userErrors } = await create("One", Buffer.from(bytes));
    expect(none).toBeNull();
    expect(userErrors).toMatchObject([{ code, path: ["input", "coverImage"], message: expect.stringContaining("PNG, JPEG or WebP") }]);
    expect(await countImages()).toBe(0);
  });

  it("changes at any time, but the slate's while nothing runs", async () => {
    const { session: created } = await create("One");
    await server.database.executor.execute(sql`update sessions set status = 'RUNNING' where id = ${created!.id}`);
    expect((await send(UPDATE, { id: created!.id }, [[["coverImage"], webp]])).userErrors).toEqual([]);
    expect((await send(UPDATE, { id: created!.id }, [[["slateImage"], webp]])).userErrors).toMatchObject([{ code: "INVALID_STATE" }]);
  });

  it("is part of what an idempotency key stands for", async () => {
    const once = await create("One", png, { idempotencyKey: "k" });
    expect(await create("One", png, { idempotencyKey: "k" })).toEqual(once);
    expect((await create("One", webp, { idempotencyKey: "k" })).userErrors).toMatchObject([{ code: "IDEMPOTENCY_KEY_REUSED" }]);
    expect(await countImages()).toBe(1);
  });

  it.each([["/images/0123456789abcdefghjkmnpqrs"], ["/images/"], ["/images/x%2f"], ["/images/ABC"]])("is not found at %s", async (path) => {
    const answer = await fetch(`${server.url}${path}`);
    expect(answer.status).toBe(404);
  });

  it("is read and nothing else", async () => {
    const { session: created } = await create("One");
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      expect((await fetch(at(created!.coverImageUrl), { method })).status).toBe(405);
    }
  });

  it("goes with its session, for many in as many statements as for one", async () => {
    const { session: first } = await create("One");
    const many = Array.from({ length: 200 }, (_, index) => session(`Many ${index}`));
    const created = await caller.graphql<{ createSessions: { sessions: readonly { id: string }[] } }, object>(
      `mutation ($input: CreateSessionsInput!) { createSessions(input: $input) { sessions { id } } }`,
      { input: { sessions: many } },
    );
    await server.database.executor.execute(sql`
      insert into images (id, organization_id, kind, path_token, content_type, width, height, bytes)
      select 'image_of_' || id, organization_id, 'COVER', id, 'image/png', 16, 16, '' from sessions
      where organization_id = ${caller.organizationId} and cover_image_id is null`);
    await server.database.executor.execute(sql`
      update sessions set cover_image_id = 'image_of_' || id where organization_id = ${caller.organizationId} and cover_image_id is null`);
    expect(await countImages()).toBe(201);
    const counts: number[] = [];
    for (const ids of [[first!.id], created.createSessions.sessions.map(({ id }) => id)]) {
      statements.length = 0;
      await caller.graphql(`mutation ($input: SessionBulkInput!) { deleteSessions(input: $input) { acceptedCount } }`, {
        input: { selection: { ids } },
      });
      // Credentials and the change log are read by the way.
      counts.push(
        statements.filter((statement) => /\b(sessions|images|changes)\b/.test(statement) && !statement.includes("snapshot")).length,
      );
    }
    expect(counts[1]).toBe(counts[0]);
    expect(await countImages()).toBe(0);
  });

  it("of many sessions is told with one statement", async () => {
    for (const name of ["One", "Two", "Three"]) await create(name);
    statements.length = 0;
    const { sessions } = await caller.graphql<{ sessions: { nodes: readonly Shown[] } }>(`{ sessions { nodes ${SESSION} } }`);
    expect(sessions.nodes.map(({ coverImageUrl }) => coverImageUrl !== null)).toEqual([true, true, true]);
    expect(statements.filter((statement) => statement.includes('"images"'))).toHaveLength(1);
  });
});
