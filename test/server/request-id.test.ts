import { connect } from "node:net";
import { PassThrough } from "node:stream";
import { sql } from "drizzle-orm";
import { WebSocket } from "ws";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inTransaction } from "../../src/access/context.ts";
import { createLog } from "../../src/shared/log.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly requestId?: string;
}

const lines: Line[] = [];
const destination = new PassThrough();
destination.on("data", (chunk: Buffer) =>
  lines.push(
    ...chunk
      .toString()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Line),
  ),
);

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    log: createLog({ level: "trace", destination }),
    originHandler(_request, response) {
      if (response.req.url?.includes("broken")) throw new Error("A handler that fails");
      response.writeHead(404).end();
    },
  });
});
afterAll(() => server.stop());

const ID = /^[\w.-]{10,64}$/;

/** Speaks to the port in bytes; resolves with all that comes back until the connection ends. */
function say(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let answer = "";
    socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

function upgrade(path: string, headers: Readonly<Record<string, string>> = {}): Promise<{ readonly status: number; readonly id: unknown }> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${server.url.replace("http", "ws")}${path}`, "graphql-transport-ws", { headers });
    socket.on("error", () => undefined);
    socket.on("upgrade", (response) => {
      resolve({ status: 101, id: response.headers["x-request-id"] });
      socket.close();
    });
    socket.on("unexpected-response", (_request, response) => {
      resolve({ status: response.statusCode ?? 0, id: response.headers["x-request-id"] });
      response.resume();
      socket.close();
    });
    socket.once("close", () => reject(new Error("It was closed without an answer")));
  });
}

describe("every answer carries a request id", () => {
  it.each([
    ["/livez", 200],
    ["/readyz", 200],
    ["/metrics", 200],
    ["/nothing", 404],
    ["/live/token/index.m3u8", 404],
    ["/live/broken/index.m3u8", 500],
    ["/images/none", 404],
    ["/exports/sessions.csv", 401],
    ["/graphql?query={__typename}", 401],
    ["//", 400],
  ])("%s", async (path, status) => {
    const response = await fetch(`${server.url}${path}`);
    expect(response.status).toBe(status);
    expect(response.headers.get("x-request-id")).toMatch(ID);
    await response.arrayBuffer();
  });

  it("what is no HTTP at all", async () => {
    for (const bytes of ["nonsense\r\n\r\n", `GET / HTTP/1.1\r\nhost: x\r\nx-long: ${"x".repeat(40_000)}\r\n\r\n`]) {
      expect(await say(bytes)).toMatch(/^HTTP\/1\.1 4\d\d .*\r\nx-request-id: \w{10,64}\r\n/);
    }
  });

  it("an upgrade to WebSocket, and the refusal of one", async () => {
    expect(await upgrade("/graphql")).toEqual({ status: 101, id: expect.stringMatching(ID) as unknown });
    expect(await upgrade("/graphql", { "x-request-id": "mine-1" })).toEqual({ status: 101, id: "mine-1" });
    expect(await upgrade("/elsewhere")).toEqual({ status: 404, id: expect.stringMatching(ID) as unknown });
    expect(await upgrade("/graphql", { origin: "https://evil.example.com" })).toMatchObject({ status: 403 });
    const malformed = "GET /graphql HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-key: no\r\n\r\n";
    expect(await say(malformed)).toMatch(/^HTTP\/1\.1 400 .*\r\nx-request-id: \w{10,64}\r\n/);
  });
});

describe("errors carry the id of their answer", () => {
  it.each([
    ["{ nothing }", "GRAPHQL_VALIDATION_FAILED"],
    ["{ ", "GRAPHQL_PARSE_FAILED"],
    ["subscription { sessionChanges { cursor } }", "OPERATION_NOT_ALLOWED"],
  ])("%s", async (query, code) => {
    const answer = await server.ask(query);
    expect(answer.errors[0]?.extensions).toEqual({ code, requestId: answer.headers.get("x-request-id") });
  });

  it("before there is an operation, and with the caller's own id", async () => {
    const response = await fetch(`${server.url}/graphql`, {
      method: "POST",
      headers: { "x-request-id": "mine-2", authorization: "Bearer no" },
    });
    const body = (await response.json()) as { errors: { extensions: object }[] };
    expect(response.headers.get("x-request-id")).toBe("mine-2");
    expect(body.errors[0]?.extensions).toEqual({ code: "UNAUTHENTICATED", requestId: "mine-2" });
  });

  it("over a WebSocket that of the upgrade", async () => {
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/graphql`, "graphql-transport-ws", {
      headers: { "x-request-id": "mine-3" },
    });
    const messages: Record<string, unknown>[] = [];
    socket.on("message", (data: Buffer) => messages.push(JSON.parse(data.toString()) as Record<string, unknown>));
    await new Promise((done) => socket.once("open", done));
    socket.send(JSON.stringify({ type: "connection_init", payload: { authorization: `Bearer ${server.key}` } }));
    await expect.poll(() => messages.length).toBe(1);
    socket.send(JSON.stringify({ type: "subscribe", id: "1", payload: { query: "subscription { nothing }" } }));
    await expect.poll(() => messages.length).toBe(2);
    expect(messages[1]?.["payload"]).toMatchObject([{ extensions: { code: "GRAPHQL_VALIDATION_FAILED", requestId: "mine-3" } }]);
    socket.close();
  });
});

describe("log lines carry the id of their request", () => {
  const linesOf = (message: string) => lines.filter(({ msg }) => msg === message);

  it("of a handler that fails", async () => {
    await fetch(`${server.url}/live/broken/1`, { headers: { "x-request-id": "mine-4" } });
    await expect.poll(() => linesOf("a request failed").some(({ requestId }) => requestId === "mine-4")).toBe(true);
    expect(JSON.stringify(linesOf("a request failed"))).not.toContain("/live/broken");
  });

  it("of a transaction that is tried again", async () => {
    const { database } = server;
    await database.executor.execute(sql`create table pairs (id integer primary key)`);
    await database.executor.execute(sql`insert into pairs values (1), (2)`);
    let arrived = 0;
    const lockBoth = (requestId: string, first: number, second: number) =>
      inTransaction({ ...server.context, requestId, log: server.context.log.child({ requestId }) }, "pair", async ({ transaction }) => {
        await transaction.execute(sql`select 1 from pairs where id = ${first} for update`);
        arrived += 1;
        await expect.poll(() => arrived).toBeGreaterThanOrEqual(2);
        await transaction.execute(sql`select 1 from pairs where id = ${second} for update`);
      });
    await Promise.all([lockBoth("pair-1", 1, 2), lockBoth("pair-2", 2, 1)]);
    const retries = linesOf("a transaction is tried again after a deadlock");
    expect(retries.length).toBeGreaterThan(0);
    for (const { requestId } of retries) expect(requestId).toMatch(/^pair-[12]$/);
  });

  it("of a resolver that fails on our side", async () => {
    await server.database.executor.execute(sql`alter table api_keys rename column last_used_at to away`);
    try {
      const answer = await server.ask("{ apiKeys { nodes { id lastUsedAt } } }");
      expect(answer.errors[0]?.extensions.code).toBe("INTERNAL_SERVER_ERROR");
      const id = answer.headers.get("x-request-id");
      await expect.poll(() => lines.filter(({ level, requestId }) => level === "error" && requestId === id).length).toBe(1);
    } finally {
      await server.database.executor.execute(sql`alter table api_keys rename column away to last_used_at`);
    }
  });
});
