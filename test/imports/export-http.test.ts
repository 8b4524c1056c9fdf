import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { exportSessionsCsv } from "../../src/imports/export-sessions-csv.ts";
import { importSessionsCsv } from "../../src/imports/import-sessions-csv.ts";
import { writeCsv } from "../../src/imports/csv.write.ts";
import { insertTemplate } from "../support/context.ts";
import { startTestServer, type TestCaller, type TestServer } from "../support/server.ts";
import { HTTP } from "./facts.ts";

const ROWS = 1_203;
let server: TestServer;
let caller: TestCaller;
let ids: readonly string[] = [];
/** Statements that read a page of an export. */
let pageCount = 0;

beforeAll(async () => {
  server = await startTestServer({
    allowedNetworks: [],
    allowedOrigins: ["https://console.example"],
    onStatement: (statement) => (pageCount += statement.includes("left join playbacks p on p.session_id") ? 1 : 0),
  });
  caller = await server.otherOrganization();
  await insertTemplate(caller.context, "One");
  const imported = await importSessionsCsv(caller.context, { csv: fileOf(ROWS), dryRun: false });
  if (!imported.imported) throw new Error(JSON.stringify(imported.errors.slice(0, 3)));
  ids = imported.sessions.map(({ id }) => id ?? "");
});
afterAll(() => server.stop());

function fileOf(count: number): string {
  const rows = Array.from({ length: count }, (_, index) => ({
    ...HTTP,
    name: `Channel ${index}`,
    description: index === 7 ? "=1+1" : `Row ${index % 3}`,
  }));
  return writeCsv(
    [...Object.keys(HTTP), "description"],
    rows.map((row) => Object.values(row)),
  );
}

let key: string | null = null;
beforeEach(() => {
  key = caller.key;
});
const get = (query = "", init: RequestInit = {}) =>
  fetch(`${server.url}/exports/sessions.csv${query}`, {
    ...init,
    headers: { ...(key !== null && { authorization: `Bearer ${key}` }), ...init.headers },
  });
const rowsOf = async (query: string) => (await (await get(query)).text()).trimEnd().split("\r\n").length - 2;

describe("GET /exports/sessions.csv", () => {
  it("gives the file of exportSessionsCsv, of several pages", async () => {
    const response = await get("?includeSecrets=true");
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^text\/csv; charset=utf-8/);
    expect(response.headers.get("content-disposition")).toMatch(/^attachment; filename="sessions-\d{4}-\d\d-\d\d\.csv"$/);
    const whole = await exportSessionsCsv(caller.context, { selection: null, includeSecrets: true });
    expect(whole.rowCount).toBe(ROWS);
    expect(await response.text()).toBe(whole.csv);
  });

  it("takes the selection of exportSessionsCsv", async () => {
    expect(await rowsOf(`?ids=${ids[3]}&ids=${ids[5]}`)).toBe(2);
    expect(await rowsOf("?search=row%201")).toBe(400);
    expect(await rowsOf("?names=CHANNEL%202&names=channel%204")).toBe(2);
    expect(await rowsOf("?status=RUNNING")).toBe(0);
    expect(await rowsOf("?hasOpenAlert=true")).toBe(0);
    expect(await rowsOf("?hasOpenAlert=false&hasEvent=false&hasPendingChanges=false")).toBe(ROWS);
    expect(await rowsOf("")).toBe(ROWS);
  });

  it("has a parameter for each field of SessionFilter", async () => {
    const { __type } = await server.graphql('{ __type(name: "SessionFilter") { inputFields { name } } }');
    const fields: readonly string[] = __type.inputFields.map(({ name }: { name: string }) => name);
    const { errors } = (await (await get("?unknown=x")).json()) as { errors: readonly { message: string }[] };
    const [, listed = ""] = /There are (.*)\.$/.exec(errors[0]?.message ?? "") ?? [];
    expect(listed.split(", ").toSorted()).toEqual([...fields, "includeSecrets"].toSorted());
  });

  it.each([
    ["an unknown parameter", "?nmae=x"],
    ["an unknown status", "?status=ASLEEP"],
    ["includeSecrets that is neither", "?includeSecrets=yes"],
    ["a boolean that is neither", "?hasOpenAlert=1"],
  ])("refuses %s", async (_what, query) => {
    const response = await get(query);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: "BAD_USER_INPUT" } }] });
  });

  it("wants a credential, and EDITOR for secrets", async () => {
    key = null;
    expect((await get()).status).toBe(401);
    key = (await server.callerOfLevel("OPERATOR")).key;
    expect((await get()).status).toBe(200);
    expect((await get("?includeSecrets=true")).status).toBe(403);
  });

  it("gives nothing of another organization", async () => {
    key = (await server.otherOrganization()).key;
    expect(await rowsOf("")).toBe(0);
    expect(await rowsOf(`?ids=${ids[0]}`)).toBe(0);
  });

  it("is for allowed pages alone", async () => {
    const preflight = await get("", { method: "OPTIONS", headers: { origin: "https://console.example" } });
    expect([preflight.status, preflight.headers.get("access-control-allow-origin")]).toEqual([204, "https://console.example"]);
    expect((await get("", { headers: { origin: "https://evil.example" } })).headers.get("access-control-allow-origin")).toBeNull();
    expect((await get("", { method: "POST" })).status).toBe(400);
  });

  it("survives a reader that leaves", async () => {
    const leaving = new AbortController();
    const response = await get("", { signal: leaving.signal });
    leaving.abort();
    await expect(response.text()).rejects.toThrow();
    expect(await rowsOf("")).toBe(ROWS);
  });

  it("reads no further than its reader: nothing piles up for a slow one", async () => {
    const slow = await server.otherOrganization();
    key = slow.key;
    await insertTemplate(slow.context, "One");
    await importSessionsCsv(slow.context, { csv: fileOf(4_000), dryRun: false });
    // 24 MB in all, far more than what fits into the buffers of a socket.
    await slow.context.database.executor.execute(
      sql`update sessions set description = repeat('\u65e5', 2000) where organization_id = ${slow.organizationId}`,
    );
    const pagesOf = async (work: () => Promise<unknown>) => {
      const before = pageCount;
      await work();
      return pageCount - before;
    };
    const pages = await pagesOf(() => rowsOf(""));
    expect(pages).toBe(9);

    const request = httpRequest(`${server.url}/exports/sessions.csv`, { headers: { authorization: `Bearer ${slow.key}` } }).end();
    const read = await pagesOf(async () => {
      const [response] = (await once(request, "response")) as [IncomingMessage];
      response.pause();
      // As long as it takes somebody else to read all of it.
      await rowsOf("");
    });
    expect(read - pages).toBeGreaterThan(0);
    expect(read - pages).toBeLessThan(pages);
    request.destroy();
  });
});

describe("exportSessionsCsv", () => {
  it("holds 20,000 sessions; of one more only the streamed export does, to which it points", async () => {
    const other = await server.otherOrganization();
    await insertTemplate(other.context, "One");
    const [session] = (await importSessionsCsv(other.context, { csv: fileOf(1), dryRun: false })).sessions;
    const copies = (first: number, last: number) =>
      server.database.executor.execute(sql`
        insert into sessions select copy.* from sessions s, generate_series(${first}::integer, ${last}::integer) as n,
          jsonb_populate_record(s, jsonb_build_object(
            'id', s.id || n, 'stream_id', s.stream_id || n, 'name', 'Copy ' || n, 'name_key', 'copy ' || n, 'name_order', 'copy ' || n)) as copy
        where s.id = ${session?.id ?? ""}`);
    const ask = () => other.ask<{ exportSessionsCsv: { rowCount: number } }>("{ exportSessionsCsv { rowCount } }");
    // In parts, since a statement may take so long and no longer.
    for (let first = 2; first <= 20_000; first += 5_000) await copies(first, Math.min(first + 4_999, 20_000));
    expect((await ask()).data?.exportSessionsCsv.rowCount).toBe(20_000);
    await copies(20_001, 20_001);
    expect((await ask()).errors).toMatchObject([
      { message: expect.stringMatching(/at most 20000 .*\/exports\/sessions\.csv/) as string, extensions: { code: "BAD_USER_INPUT" } },
    ]);
    key = other.key;
    expect(await rowsOf("")).toBe(20_001);
  });
});
