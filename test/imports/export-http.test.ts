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

beforeAll(async () => {
  server = await startTestServer({ allowedNetworks: [], allowedOrigins: ["https://console.example"] });
  caller = await server.otherOrganization();
  await insertTemplate(caller.context, "One");
  const row = (index: number) =>
    Object.values({
      ...HTTP,
      name: `Channel ${index}`,
      description: index === 7 ? "=1+1" : `Row ${index % 3}`,
      "input_urls-a": "udp://239.1.0.1:5000",
    });
  const csv = writeCsv(
    [...Object.keys(HTTP).filter((name) => name !== "description"), "description"],
    Array.from({ length: ROWS }, (_, index) => row(index)),
  );
  const imported = await importSessionsCsv(caller.context, { csv, dryRun: false });
  if (!imported.imported) throw new Error(JSON.stringify(imported.errors.slice(0, 3)));
  ids = imported.sessions.map(({ id }) => id ?? "");
});
afterAll(() => server.stop());

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
    expect(await rowsOf("")).toBe(ROWS);
  });

  it.each([
    ["an unknown parameter", "?nmae=x"],
    ["an unknown status", "?status=ASLEEP"],
    ["includeSecrets that is neither", "?includeSecrets=yes"],
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
});
