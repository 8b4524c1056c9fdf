import { createClient } from "graphql-sse";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createApiKey } from "../../src/access/create-api-key.ts";
import type { PersistedManifest } from "../../src/graphql/persisted-operations.rules.ts";
import type { CallLimitSettings } from "../../src/limits/call-limits.ts";
import { CreateSessionDocument, UpdateSessionDocument } from "../generated/documents.ts";
import type { Loose } from "../support/clients.ts";
import { openEventStream, type EventStream, type StreamRequest } from "../support/event-stream.ts";
import { scrape } from "../support/prometheus.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { startNode } from "../support/tied.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ allowedOrigins: ["https://app.example"] });
});
afterAll(() => server.stop());

async function createSession(name: string): Promise<string> {
  const source = { type: "SRT_PULL", urlA: "srt://127.0.0.1:9000" } as const;
  const { createSession: payload } = await server.graphql(CreateSessionDocument, { input: { name, source, playbacks: [] } });
  expect(payload.userErrors).toEqual([]);
  return payload.session!.id;
}

async function describeSession(id: string, description: string): Promise<void> {
  const { updateSession } = await server.graphql(UpdateSessionDocument, { input: { id, description } });
  expect(updateSession.userErrors).toEqual([]);
}

/** Another gateway of the same installation, until the end of the test. */
async function startGateway(limits: Partial<CallLimitSettings> = {}): Promise<TestServer> {
  const gateway = await startTestServer({ share: server, limits });
  onTestFinished(() => gateway.stop());
  return gateway;
}

const PATIENCE = { timeout: 10_000, interval: 20 };
const WATCH = `subscription ($names: [String!], $snapshot: Boolean, $after: Cursor) {
  sessionChanges(filter: { names: $names }, snapshot: $snapshot, after: $after) { cursor kind at session { name description } }
}`;

interface Opening extends Omit<StreamRequest, "body"> {
  readonly url?: string;
  readonly key?: string | null;
}

const open = (body: unknown, { url = server.url, key = server.key, ...rest }: Opening = {}) => openEventStream(url, key, { body, ...rest });
const watch = (names: readonly string[], rest: object = {}, at?: Opening) =>
  open({ query: WATCH, variables: { names, snapshot: true, ...rest } }, at);
const itemsOf = (stream: EventStream): readonly Loose[] => stream.answers().map((answer) => answer["data"].sessionChanges as Loose);
const kindsOf = (stream: EventStream) => itemsOf(stream).map(({ kind }) => kind as unknown);

/** A stream that has told what there was, and now tells what happens. */
async function openLive(names: readonly string[], at?: Opening): Promise<EventStream> {
  const stream = await watch(names, {}, at);
  await expect.poll(() => kindsOf(stream), PATIENCE).toContain("SNAPSHOT_END");
  return stream;
}

describe("the stock client", () => {
  it("is told what there is, then every change, and goes on at another gateway where it was", async () => {
    const [first, second] = [await startTestServer({ share: server }), await startGateway()];
    const id = await createSession("Stock");
    let isMoved = false;
    const client = createClient({
      url: () => `${(isMoved ? second : first).url}/graphql/stream`,
      headers: { authorization: `Bearer ${server.key}` },
      retry: () => new Promise((resolve) => setTimeout(resolve, 100)),
    });
    onTestFinished(() => client.dispose());
    const variables = { names: ["Stock"], snapshot: true, after: null as string | null };
    const told: Loose[] = [];
    let end: unknown = null;
    const stop = client.subscribe<Loose>(
      { query: WATCH, variables },
      {
        next({ data, errors }) {
          expect(errors).toBeUndefined();
          const item = data!["sessionChanges"] as Loose;
          Object.assign(variables, { after: item["cursor"] as string, snapshot: false });
          told.push(item);
        },
        error: (error) => (end = error),
        complete: () => (end = "complete"),
      },
    );
    await expect.poll(() => told.map(({ kind }) => kind as unknown), PATIENCE).toEqual(["SNAPSHOT", "SNAPSHOT_END"]);
    await describeSession(id, "1");
    await expect.poll(() => told.length, PATIENCE).toBe(3);
    // A gateway that ends waits for no stream, and tells nobody that its subscription is over.
    isMoved = true;
    await describeSession(id, "2");
    await first.stop();
    await describeSession(id, "3");
    await expect.poll(() => told.filter(({ kind }) => kind === "UPDATED").length, PATIENCE).toBe(3);
    await describeSession(id, "4");
    await expect.poll(() => told.at(-1)?.["session"].description, PATIENCE).toBe("4");
    expect(told.filter(({ kind }) => kind === "UPDATED")).toHaveLength(4);
    expect(new Set(told.map(({ cursor }) => cursor as string)).size).toBe(told.length);
    expect(end).toBeNull();
    stop();
    await expect.poll(() => end, PATIENCE).toBe("complete");
    await expect.poll(async () => (await scrape(second.url)).value("headend_event_streams"), PATIENCE).toBe(0);
    expect((await scrape(second.url)).value("headend_subscriptions", { operation: "sessionChanges" })).toBe(0);
  });
});

describe("the example", () => {
  it("prints what there is and what happens", async () => {
    const id = await createSession("Example");
    const child = startNode(["examples/subscribe-sse.mjs", server.url, server.key]);
    onTestFinished(() => void child.kill());
    let printed = "";
    child.stdout.on("data", (piece: Buffer) => (printed += piece.toString()));
    await expect.poll(() => printed, PATIENCE).toContain('"kind":"SNAPSHOT_END"');
    expect(printed).toContain('"session":{"name":"Example","statusReason":null}');
    await describeSession(id, "printed");
    await expect.poll(() => printed, PATIENCE).toMatch(/"kind":"UPDATED".*"name":"Example"/);
  });
});

describe("a stream", () => {
  it("is one that nothing on the way keeps, changes or gathers, and says that it is alive", async () => {
    await createSession("Alive");
    const stream = await openLive(["Alive"]);
    expect([stream.status, stream.headers["content-type"]]).toEqual([200, "text/event-stream; charset=utf-8"]);
    expect(stream.headers).toMatchObject({ "cache-control": "no-store, no-transform", "x-accel-buffering": "no" });
    expect(stream.headers["content-encoding"]).toBeUndefined();
    expect(stream.headers).toMatchObject({ "x-request-id": expect.any(String), ratelimit: expect.any(String) });
    expect(stream.text()).toMatch(/^:\n\nevent: next\ndata: \{"data":\{"sessionChanges":\{"cursor":"/);
    expect(stream.comments()).toBe(1);
    await expect.poll(() => stream.comments(), { timeout: 30_000, interval: 100 }).toBeGreaterThan(1);
    expect(itemsOf(stream)).toHaveLength(2);
  });

  it("is made once for all who ask the same, those at a socket among them", async () => {
    const id = await createSession("Same");
    let reads = 0;
    const onStatement = (text: string) => void (/ from "?sessions"?/i.test(text) && (reads += 1));
    const gateway = await startTestServer({ share: server, onStatement });
    onTestFinished(() => gateway.stop());
    const socket = gateway.subscribe<Loose>(WATCH, { names: ["Same"], snapshot: true });
    await socket.until(({ sessionChanges }) => sessionChanges.kind === "SNAPSHOT_END");
    const streams: EventStream[] = [];
    for (let count = 0; count < 3; count += 1) streams.push(await openLive(["Same"], { url: gateway.url }));
    const toldAll = async (count: number) => {
      const told = await socket.next();
      for (const stream of streams) await expect.poll(() => stream.answers().length, PATIENCE).toBe(count);
      return told;
    };
    // From a first change on all stand at the same place.
    await describeSession(id, "first");
    await toldAll(3);
    reads = 0;
    await describeSession(id, "one for all: \u{1f4fa} and \u2028");
    const told = await toldAll(4);
    expect(told["sessionChanges"].session.description).toBe("one for all: \u{1f4fa} and \u2028");
    expect(streams.map((stream) => stream.answers().at(-1))).toEqual(streams.map(() => ({ data: told })));
    expect(reads).toBe(1);
  });

  it("can be asked for by the hash of a listed operation, and by that alone where nothing else runs", async () => {
    const strict = await startTestServer({ share: server, persistedOperations: "only" });
    onTestFinished(() => strict.stop());
    const refused = await watch([], {}, { url: strict.url });
    await refused.ended;
    expect(refused.status).toBe(400);
    expect(JSON.parse(refused.text())).toMatchObject({ errors: [{ extensions: { code: "OPERATION_NOT_ALLOWED" } }] });
    const { operations } = JSON.parse(readFileSync("schema/persisted-operations.json", "utf8")) as PersistedManifest;
    const { id: hash } = operations.find(({ name }) => name === "SessionChanges")!;
    const listed = await open({ documentId: `sha256:${hash}`, variables: { snapshot: true } }, { url: strict.url });
    await expect.poll(() => listed.answers().at(-1), PATIENCE).toMatchObject({ data: { sessionChanges: { kind: "SNAPSHOT_END" } } });
  });

  it("can be read by pages of allowed origins alone", async () => {
    for (const [origin, allowed] of [
      ["https://app.example", "https://app.example"],
      ["https://evil.example", undefined],
    ] as const) {
      const preflight = await fetch(`${server.url}/graphql/stream`, {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization, content-type" },
      });
      expect([preflight.status, preflight.headers.get("access-control-allow-origin") ?? undefined]).toEqual([204, allowed]);
      const stream = await watch([], {}, { headers: { origin } });
      expect([stream.status, stream.headers["access-control-allow-origin"]]).toEqual([200, allowed]);
    }
  });
});

describe("what is refused", () => {
  const deep = `subscription { sessionChanges { session ${"{ playbacks { session ".repeat(8)} { id } ${"} }".repeat(8)} } }`;
  const aliases = `subscription { sessionChanges { ${Array.from({ length: 31 }, (_, index) => `a${index}: cursor`).join(" ")} } }`;
  const wide = `subscription { sessionChanges { session ${"{ playbacks { session ".repeat(4)} { id } ${"} }".repeat(4)} } }`;
  const json = { query: "subscription { sessionChanges { cursor } }" };
  type Case = readonly [name: string, body: unknown, status: number, code: string, rest?: Opening];

  const CASES: readonly Case[] = [
    ["a document that cannot be read", { query: "subscription {" }, 400, "GRAPHQL_PARSE_FAILED"],
    ["none", {}, 400, "GRAPHQL_PARSE_FAILED"],
    ["one that the schema does not have", { query: "subscription { nothing }" }, 400, "GRAPHQL_VALIDATION_FAILED"],
    ["a query", { query: "{ caller { actor } }" }, 400, "OPERATION_NOT_ALLOWED"],
    ["a mutation", { query: "mutation { createSession }" }, 400, "OPERATION_NOT_ALLOWED"],
    ["an operation that is not there", { ...json, operationName: "Other" }, 400, "OPERATION_RESOLUTION_FAILURE"],
    ["what is too deep", { query: deep }, 400, "QUERY_TOO_COMPLEX"],
    ["too many aliases", { query: aliases }, 400, "QUERY_TOO_COMPLEX"],
    ["too many tokens", { query: `subscription { sessionChanges { ${"cursor ".repeat(2_000)} } }` }, 400, "QUERY_TOO_COMPLEX"],
    ["what can come to too many objects", { query: wide }, 400, "QUERY_TOO_COMPLEX"],
    ["variables of the wrong type", { query: WATCH, variables: { snapshot: "yes" } }, 400, "BAD_USER_INPUT"],
    ["a cursor that is none", { query: WATCH, variables: { after: "AAAA" } }, 400, "BAD_USER_INPUT"],
    ["variables that are no object", { ...json, variables: "{}" }, 400, "BAD_REQUEST"],
    ["a hash that is not listed", { extensions: { persistedQuery: { version: 1, sha256Hash: "0".repeat(64) } } }, 400, "BAD_REQUEST"],
    ["a batch", [json], 400, "BAD_REQUEST"],
    ["what is no JSON", "{", 400, "BAD_REQUEST"],
    ["more than a request has", `"${"x".repeat(1_000_001)}"`, 413, "PAYLOAD_TOO_LARGE"],
    [
      "a form, which any page may send",
      "query=subscription",
      415,
      "BAD_REQUEST",
      { headers: { "content-type": "application/x-www-form-urlencoded" } },
    ],
    ["plain text, which any page may send", json, 415, "BAD_REQUEST", { headers: { "content-type": "text/plain" } }],
    ["who reads no streams", json, 406, "BAD_REQUEST", { headers: { accept: "application/json" } }],
    ["GET", undefined, 405, "BAD_REQUEST", { method: "GET" }],
    ["who shows no credential", json, 401, "UNAUTHENTICATED", { key: null }],
    ["who shows a wrong one", json, 401, "UNAUTHENTICATED", { key: `hek_${"b".repeat(40)}` }],
  ];
  it.each(CASES.map(([name, ...given]) => ({ name, given })))("is $name", async ({ given: [body, status, code, rest] }) => {
    const stream = await open(body, rest);
    await stream.ended;
    expect([stream.status, stream.headers["content-type"]]).toEqual([status, "application/json; charset=utf-8"]);
    const { errors } = JSON.parse(stream.text()) as Loose;
    expect(errors[0]).toMatchObject({ message: expect.any(String), extensions: { code, requestId: stream.headers["x-request-id"] } });
  });

  it("is reading the schema with a key that may not", async () => {
    const { key } = await createApiKey(server.context, { name: "Blind", accessLevel: "ADMIN", canIntrospect: false });
    const stream = await open({ query: "subscription { sessionChanges { kin } }" }, { key });
    await stream.ended;
    expect([stream.status, stream.text().includes("Did you mean")]).toEqual([400, false]);
  });

  it("is more than a caller may spend, and more connections than it may hold", async () => {
    const poor = await startGateway({ points: { pointsPerMinute: 1, burst: 3 } });
    const refused = await watch([], {}, { url: poor.url });
    await refused.ended;
    expect(refused.status).toBe(429);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    expect(JSON.parse(refused.text())).toMatchObject({ errors: [{ extensions: { code: "RATE_LIMITED" } }] });
    for (const limits of [{ connectionsPerCaller: 1 }, { connectionsPerAddress: 1 }, { subscriptionsPerCaller: 1 }]) {
      const gateway = await startGateway(limits);
      const held = await watch([], {}, { url: gateway.url });
      expect(held.status).toBe(200);
      expect((await watch([], {}, { url: gateway.url })).status).toBe(429);
      held.close();
      await expect.poll(async () => (await watch([], {}, { url: gateway.url })).status, PATIENCE).toBe(200);
    }
  });

  it("is one behind another on the same connection", async () => {
    const body = JSON.stringify(json);
    const request = `POST /graphql/stream HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${server.key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const gateway = await startGateway({ connectionsPerAddress: 2 });
    const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.write(request.repeat(3));
    const [piece] = (await once(socket, "data")) as [Buffer];
    expect(piece.toString()).toMatch(/^HTTP\/1\.1 200 /);
    socket.destroy();
    const count = async () => (await scrape(gateway.url)).value("headend_event_streams");
    await expect.poll(count, PATIENCE).toBe(0);
    // Nothing of the connection is held by anybody.
    for (const _ of [1, 2]) expect((await watch([], {}, { url: gateway.url })).status).toBe(200);
  });

  it("is to an attendee of an event what is not open to attendees", async () => {
    const { createTemplate } = await server.graphql(
      `mutation { createTemplate(input: { name: "Source", renditions: [{ name: "Source", isPassthrough: true }] }) { template { id } } }`,
    );
    const languages = [{ code: "de", label: "Deutsch", templateId: createTemplate.template.id }];
    const { createEvent } = await server.graphql(`mutation ($input: CreateEventInput!) { createEvent(input: $input) { event { id } } }`, {
      input: { title: "Town hall", messagingMode: "MODERATED_QA", languages },
    });
    const eventId = createEvent.event.id as string;
    const { joinEvent } = await server.graphql(`mutation ($input: JoinEventInput!) { joinEvent(input: $input) { token } }`, {
      input: { eventId, displayName: "Ann" },
    });
    const key = joinEvent.token as string;
    expect((await watch([], {}, { key })).status).toBe(403);
    const stream = await open(
      {
        query: `subscription ($id: ID!) { questionChanges(eventId: $id, snapshot: true) { kind question { text isMine } } }`,
        variables: { id: eventId },
      },
      { key },
    );
    await expect.poll(() => stream.answers(), PATIENCE).toHaveLength(1);
    const asked = await fetch(`${server.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify({ query: `mutation { askQuestion(input: { eventId: "${eventId}", text: "Why?" }) { userErrors { code } } }` }),
    });
    expect(await asked.json()).toMatchObject({ data: { askQuestion: { userErrors: [] } } });
    await expect
      .poll(() => stream.answers().at(-1), PATIENCE)
      .toEqual({ data: { questionChanges: { kind: "CREATED", question: { text: "Why?", isMine: true } } } });
  });
});

describe("a credential that ends", () => {
  it("ends its streams within a second or two, and no others", async () => {
    const id = await createSession("Ending");
    const [revoked, kept] = await Promise.all(
      ["Revoked", "Kept"].map((name) => createApiKey(server.context, { name: `${name} ${Math.random()}`, accessLevel: "VIEWER" })),
    );
    const [stream, other] = [await openLive(["Ending"], { key: revoked!.key }), await openLive(["Ending"], { key: kept!.key })];
    const since = performance.now();
    await server.graphql(`mutation { revokeApiKeys(input: { ids: ["${revoked!.id}"] }) { deletedIds } }`);
    expect(await stream.ended).toEqual({ isWhole: true });
    expect(performance.now() - since).toBeLessThan(2_000);
    await describeSession(id, "after");
    await expect.poll(() => kindsOf(other), PATIENCE).toEqual(["SNAPSHOT", "SNAPSHOT_END", "UPDATED"]);
    expect(kindsOf(stream)).toEqual(["SNAPSHOT", "SNAPSHOT_END"]);
    // Clients come back, and are told why.
    expect(stream.hasComplete()).toBe(false);
    expect((await watch(["Ending"], {}, { key: revoked!.key })).status).toBe(401);
  });

  it("by its time ends them too", async () => {
    const expiresAt = new Date(Date.now() + 1_500);
    const { key } = await createApiKey(server.context, { name: "Short-lived", accessLevel: "VIEWER", expiresAt });
    const stream = await watch([], {}, { key });
    expect(stream.status).toBe(200);
    await stream.ended;
    expect(Date.now()).toBeGreaterThanOrEqual(expiresAt.getTime());
    expect(Date.now() - expiresAt.getTime()).toBeLessThan(2_000);
  });
});

describe("a reader that does not read", () => {
  /** 60 KB of answer for one change, so that few fill every buffer on the way. */
  const FILLER = "x".repeat(1_900);
  const WIDE = Array.from({ length: 30 }, (_, index) => `d${index}: description`).join(" ");
  const query = `subscription ($after: Cursor, $snapshot: Boolean) {
    sessionChanges(filter: { names: ["Slow"] }, after: $after, snapshot: $snapshot) { cursor kind at session { description ${WIDE} } }
  }`;
  const changesOf = (stream: EventStream) =>
    itemsOf(stream)
      .filter(({ kind }) => kind === "UPDATED")
      .map(({ at }) => at as string);

  it("is given up, with no effect on others, and goes on behind what it got", async () => {
    const gateway = await startGateway();
    const id = await createSession("Slow");
    const [other, slow] = [
      await openLive(["Slow"], { url: gateway.url }),
      await open({ query, variables: { snapshot: true } }, { url: gateway.url }),
    ];
    await expect.poll(() => kindsOf(slow), PATIENCE).toContain("SNAPSHOT_END");
    slow.pause();
    const count = async () => (await scrape(gateway.url)).value("headend_event_streams");
    let made = 0;
    // What the network itself holds is not known: at some point it is full.
    while ((await count()) === 2) {
      made += 1;
      expect(made).toBeLessThan(2_000);
      await describeSession(id, `${made} ${FILLER}`);
      await expect.poll(() => changesOf(other), PATIENCE).toHaveLength(made);
    }
    slow.resume();
    expect(await slow.ended).toEqual({ isWhole: false });
    const got = changesOf(slow);
    expect(got).toEqual(changesOf(other).slice(0, got.length));
    expect(got.length).toBeLessThan(made);
    const back = await open({ query, variables: { after: itemsOf(slow).at(-1)!["cursor"] } }, { url: gateway.url });
    await expect.poll(() => [...got, ...changesOf(back)], PATIENCE).toEqual(changesOf(other));
    expect([other.isEnded(), back.isEnded()]).toEqual([false, false]);
  });

  it("is gone with its credential, whatever it has not taken", async () => {
    const { id, key } = await createApiKey(server.context, { name: "Deaf", accessLevel: "VIEWER" });
    const gateway = await startGateway();
    const sessionId = await createSession("Deaf");
    const after = (await server.graphql("{ changeCursor }"))["changeCursor"] as string;
    // 15 MB: more than the network holds.
    for (let number = 0; number < 250; number += 1) await describeSession(sessionId, `${number} ${FILLER}`);
    const stream = await open({ query: query.replace("Slow", "Deaf"), variables: { after } }, { key, url: gateway.url });
    stream.pause();
    let taken = 0;
    const hasGrown = () => taken < (taken = stream.bytesRead());
    await expect.poll(hasGrown, { interval: 250, timeout: 10_000 }).toBe(false);
    const since = performance.now();
    await server.graphql(`mutation { revokeApiKeys(input: { ids: ["${id}"] }) { deletedIds } }`);
    await expect.poll(async () => (await scrape(gateway.url)).value("headend_event_streams"), PATIENCE).toBe(0);
    expect(performance.now() - since).toBeLessThan(3_500);
    stream.resume();
    expect(await stream.ended).toEqual({ isWhole: false });
  });
});
