import { createClient } from "graphql-ws";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { createApiKey } from "../../src/access/create-api-key.ts";
import { CreateTemplateDocument, SessionChangesDocument } from "../generated/documents.ts";
import type { Loose } from "../support/clients.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ allowedOrigins: ["https://app.example"] });
});
afterAll(() => server.stop());

interface RawSocket {
  readonly send: (message: unknown) => void;
  readonly terminate: () => void;
  readonly messages: Loose[];
  /** The next message, or the close. */
  readonly next: () => Promise<Loose>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

/** A socket by the protocol's own messages. */
async function openSocket({
  origin,
  path = "/graphql",
  protocol = "graphql-transport-ws",
}: { origin?: string; path?: string; protocol?: string } = {}): Promise<RawSocket> {
  const socket = new WebSocket(`${server.url.replace("http", "ws")}${path}`, protocol, { ...(origin && { origin }) });
  onTestFinished(() => socket.terminate());
  const messages: Loose[] = [];
  let wake: () => void = () => undefined;
  socket.on("message", (data: Buffer) => {
    messages.push(JSON.parse(data.toString()) as Loose);
    wake();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  return {
    send: (message) => socket.send(typeof message === "string" ? message : JSON.stringify(message)),
    terminate: () => socket.terminate(),
    messages,
    closed,
    async next() {
      const found = messages.shift();
      if (found) return found;
      await Promise.race([
        new Promise<void>((resolve) => {
          wake = resolve;
        }),
        closed.then(({ code }) => {
          throw new Error(`closed with ${code}`);
        }),
        wait(5_000, undefined, { ref: false }).then(() => {
          throw new Error("nothing came");
        }),
      ]);
      return messages.shift()!;
    },
  };
}

async function openAcknowledged(key = server.key): Promise<RawSocket> {
  const socket = await openSocket();
  socket.send({ type: "connection_init", payload: { authorization: `Bearer ${key}` } });
  expect((await socket.next()).type).toBe("connection_ack");
  return socket;
}

async function ask(query: string, variables?: Record<string, unknown>): Promise<Loose> {
  const socket = await openAcknowledged();
  socket.send({ id: "1", type: "subscribe", payload: { query, variables } });
  return socket.next();
}

describe("who may open a socket", () => {
  it.each(["https://evil.example", "http://localhost:1", "null", "https://app.example.evil.example"])("no page of %s", async (origin) => {
    await expect(openSocket({ origin })).rejects.toThrow("403");
  });

  it("pages of allowed origins and our own, and whoever is no page", async () => {
    for (const origin of ["https://app.example", server.url]) await openSocket({ origin });
    await openSocket();
  });

  it("nobody at another address", async () => {
    await expect(openSocket({ path: "/other" })).rejects.toThrow("404");
  });
});

describe("credentials", () => {
  it.each([
    [undefined],
    [{}],
    [{ authorization: "Bearer nothing" }],
    [{ authorization: 7 }],
    [{ authorization: `Bearer hek_${"b".repeat(40)}` }],
  ])("that are not valid end the socket with 4403: %j", async (payload) => {
    const socket = await openSocket();
    socket.send({ type: "connection_init", payload });
    expect((await socket.closed).code).toBe(4403);
  });

  it("that are not given in time end the socket with 4408, which clients try again", { timeout: 10_000 }, async () => {
    const socket = await openSocket();
    expect((await socket.closed).code).toBe(4408);
  });

  it("end the socket when they end", async () => {
    const { key } = await createApiKey(server.context, {
      name: "Short-lived",
      accessLevel: "VIEWER",
      expiresAt: new Date(Date.now() + 700),
    });
    const socket = await openAcknowledged(key);
    const opened = Date.now();
    expect((await socket.closed).code).toBe(4403);
    expect(Date.now() - opened).toBeLessThan(2_000);
  });
});

describe("a key that is revoked", () => {
  const WATCH = { type: "subscribe", payload: { query: "subscription { sessionChanges(snapshot: true) { kind } }" } };

  async function openWithNewKey() {
    const { id, key } = await createApiKey(server.context, { name: `Revoked ${Math.random()}`, accessLevel: "VIEWER" });
    return { id, socket: await openAcknowledged(key) };
  }

  it("ends its sockets with 4403 within two seconds, and nothing is told later", async () => {
    const [{ id, socket }, other] = [await openWithNewKey(), await openWithNewKey()];
    for (const each of [socket, other.socket]) {
      each.send({ id: "1", ...WATCH });
      await each.next();
    }
    const revoked = Date.now();
    await server.graphql(`mutation { revokeApiKeys(input: { ids: ["${id}"] }) { deletedIds } }`);
    expect((await socket.closed).code).toBe(4403);
    expect(Date.now() - revoked).toBeLessThan(2_000);
    const told = socket.messages.length;
    await server.graphql(
      'mutation { createSession(input: { name: "After", source: { type: SRT_PULL, urlA: "srt://127.0.0.1:9000" }, playbacks: [] }) { userErrors { code } } }',
    );
    // The other key's socket, asked in the same second, goes on.
    expect((await other.socket.next())["payload"].data.sessionChanges.kind).toBe("CREATED");
    expect(socket.messages).toHaveLength(told);
  });

  it("opens no subscription", async () => {
    const { id, socket } = await openWithNewKey();
    await server.graphql(`mutation { revokeApiKeys(input: { ids: ["${id}"] }) { deletedIds } }`);
    socket.send({ id: "1", ...WATCH });
    expect((await socket.closed).code).toBe(4403);
    expect(socket.messages).toEqual([]);
  });

  it("is watched for nobody who left before the answer", async () => {
    const { key } = await createApiKey(server.context, {
      name: "Long-lived",
      accessLevel: "VIEWER",
      expiresAt: new Date(Date.now() + 3_600_000),
    });
    const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    for (let round = 0; round < 20; round += 1) {
      const socket = await openSocket();
      socket.send({ type: "connection_init", payload: { authorization: `Bearer ${key}` } });
      socket.terminate();
      await socket.closed;
    }
    // Who comes last is answered last.
    await openAcknowledged(server.key);
    expect(timers()).toBeLessThan(before + 10);
  });
});

describe("admission", () => {
  it.each([
    ["a query", "{ changeCursor }", "OPERATION_NOT_ALLOWED"],
    ["a mutation", "mutation { deleteTemplates(input: { ids: [] }) { deletedIds } }", "OPERATION_NOT_ALLOWED"],
    ["introspection in the place of a subscription", "{ __schema { queryType { name } } }", "OPERATION_NOT_ALLOWED"],
    ["what cannot be parsed", "subscription {", "GRAPHQL_PARSE_FAILED"],
    ["a field that does not exist", "subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"],
    [
      "101 aliases",
      `subscription { sessionChanges { ${Array.from({ length: 101 }, (_, index) => `a${index}: cursor`).join(" ")} } }`,
      "QUERY_TOO_COMPLEX",
    ],
    [
      "what multiplies",
      "subscription { sessionChanges { session { playbacks { session { playbacks { session { playbacks { id } } } } } } } }",
      "QUERY_TOO_COMPLEX",
    ],
    ["too many tokens", `subscription { sessionChanges { ${"cursor ".repeat(2_000)} } }`, "QUERY_TOO_COMPLEX"],
    ["a cursor that is none", 'subscription { sessionChanges(after: "x") { cursor } }', "BAD_USER_INPUT"],
    ["a heartbeat out of range", "subscription { sessionChanges(heartbeatSeconds: 0) { cursor } }", "BAD_USER_INPUT"],
    ["NUL in a filter", 'subscription { sessionChanges(filter: { search: "\\u0000" }) { cursor } }', "BAD_USER_INPUT"],
  ])("refuses %s", async (_, query, code) => {
    const answer = await ask(query);
    const [error] = answer["type"] === "error" ? answer["payload"] : answer["payload"].errors;
    expect(error.extensions).toEqual({ code, requestId: expect.any(String) });
  });

  it("refuses variables that do not fit", async () => {
    const answer = await ask("subscription S($after: Cursor) { sessionChanges(after: $after) { cursor } }", { after: 7 });
    const [error] = answer["type"] === "error" ? answer["payload"] : answer["payload"].errors;
    expect(error.extensions.code).toBe("BAD_USER_INPUT");
  });

  it("refuses variables nested too deeply", async () => {
    const socket = await openAcknowledged();
    const query = "subscription S($filter: SessionFilter) { sessionChanges(filter: $filter) { cursor } }";
    const subscribe = (depth: number) => {
      const variables = `{"filter":{"search":${"[".repeat(depth)}${"]".repeat(depth)}}}`;
      socket.send(`{"id":"1","type":"subscribe","payload":{"query":${JSON.stringify(query)},"variables":${variables}}}`);
    };
    subscribe(900);
    const answer = await socket.next();
    expect(answer["payload"][0].extensions.code).toBe("BAD_USER_INPUT");
    // What is no mistake is not even parsed.
    subscribe(20_000);
    expect((await socket.closed).code).toBe(4400);
  });

  it("takes 100 subscriptions of one socket at a time, and another one when one has ended", async () => {
    const socket = await openAcknowledged();
    const QUIET = 'subscription { sessionChanges(snapshot: true, filter: { names: ["nobody"] }) { kind } }';
    const subscribe = (id: string) => socket.send({ id, type: "subscribe", payload: { query: QUIET } });
    for (let index = 0; index < 101; index += 1) subscribe(String(index));
    const answers: Loose[] = [];
    while (answers.length < 101) answers.push(await socket.next());
    const refused = answers.filter(({ type }) => type === "error");
    expect(refused.map(({ payload }) => payload[0].extensions.code)).toEqual(["RATE_LIMITED"]);
    socket.send({ id: "0", type: "complete" });
    subscribe("again");
    expect(await socket.next()).toMatchObject({ id: "again", type: "next" });
  });

  it("takes no message over 1 MB", async () => {
    const socket = await openAcknowledged();
    socket.send("x".repeat(1_000_001));
    expect((await socket.closed).code).toBe(1009);
  });
});

describe("a subscription", () => {
  it("ends at once when its client leaves, while nothing happens", async () => {
    const before = await waiting();
    const subscription = server.subscribe(SessionChangesDocument, { snapshot: true });
    await subscription.next();
    await expect.poll(waiting).toBe(before + 1);
    subscription.end();
    await expect.poll(waiting).toBe(before);
  });

  it("ends when its socket is gone", async () => {
    const before = await waiting();
    const socket = await openAcknowledged();
    socket.send({ id: "1", type: "subscribe", payload: { query: "subscription { sessionChanges(snapshot: true) { kind } }" } });
    await socket.next();
    await expect.poll(waiting).toBe(before + 1);
    socket.send("{");
    expect((await socket.closed).code).toBe(4400);
    await expect.poll(waiting).toBe(before);
  });

  /** How many readers wait for changes: a look from inside, since what leaks is not seen from outside. */
  async function waiting(): Promise<number> {
    return server.changeLog.waitingCount();
  }
});

describe("a deploy", () => {
  it("ends sockets with 1012, and a stock client resumes on another gateway without a loss", async () => {
    const first = await startTestServer({ share: server });
    let url = first.url;
    const codes: number[] = [];
    let after: string | null = null;
    const names: string[] = [];
    const client = createClient({
      url: () => `${url.replace("http", "ws")}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${server.key}` },
      retryWait: () => wait(20),
      on: { closed: (event) => codes.push((event as { code: number }).code) },
    });
    onTestFinished(() => void client.dispose());
    const query = "subscription S($after: Cursor) { sessionChanges(after: $after) { cursor session { name } } }";
    const variables = {
      get after() {
        return after;
      },
    };
    after = (await server.graphql("{ changeCursor }"))["changeCursor"] as string;
    client.subscribe<Loose>(
      { query, variables },
      {
        next: ({ data }) => {
          after = data!["sessionChanges"].cursor;
          names.push(data!["sessionChanges"].session.name);
        },
        error: (error) => expect.fail(JSON.stringify(error)),
        complete: () => undefined,
      },
    );
    const template = await server.graphql(CreateTemplateDocument, {
      input: { name: "T", renditions: [{ name: "source", isPassthrough: true }] },
    });
    expect(template.createTemplate.userErrors).toEqual([]);
    const create = (name: string) =>
      server.graphql(
        `mutation { createSession(input: { name: "${name}", source: { type: SRT_PULL, urlA: "srt://127.0.0.1:9000" }, playbacks: [] }) { userErrors { message } } }`,
      );
    await create("one");
    await expect.poll(() => names).toEqual(["one"]);
    url = server.url;
    const stopping = first.stop();
    await create("two");
    await stopping;
    await create("three");
    await expect.poll(() => names, { timeout: 5_000 }).toEqual(["one", "two", "three"]);
    expect(codes[0]).toBe(1012);
  });
});
