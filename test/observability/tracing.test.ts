import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGraphqlClient, type GraphqlClient } from "../support/clients.ts";
import { createTestDatabase } from "../support/database.ts";
import { makeTestDirectory } from "../support/own-postgres.ts";
import { startHeadend, type HeadendProcess } from "../support/process.ts";

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly Attribute[];
  readonly status: { readonly code?: number; readonly message?: string };
}

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly ReceivedSpan[] }[];
  }[];
}

const STREAM_KEY = "canary-stream-key-1";
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";

/** A receiver of OTLP over HTTP, with all that was sent to it. */
const bodies: string[] = [];
let receiver: Server;
let headend: HeadendProcess;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let client: GraphqlClient;
let directory: ReturnType<typeof makeTestDirectory>;
let url = "";
let key = "";

async function start(environment: Readonly<Record<string, string>>): Promise<void> {
  headend = startHeadend(["gateway"], {
    environment: { PORT: "0", DATABASE_URL: database.url, HEADEND_DATA_DIR: directory.path, HEADEND_LOG_LEVEL: "debug", ...environment },
  });
  [, url = ""] = await headend.wrote(/The API is at (\S+)\/graphql/);
  key = readFileSync(join(directory.path, "admin-key"), "utf8").trim();
  client = createGraphqlClient(url, key);
}

beforeAll(async () => {
  receiver = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      if (request.url === "/v1/traces" && request.headers["content-type"] === "application/json") bodies.push(body);
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  directory = makeTestDirectory();
  database = await createTestDatabase();
  await start({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint(), OTEL_SERVICE_NAME: "headend-of-the-test" });
});
afterAll(async () => {
  await client.close();
  await headend.stop();
  receiver.close();
  await database.drop();
  directory.remove();
});

const endpoint = () => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
const exports = () => bodies.map((body) => JSON.parse(body) as Export);
const spans = () =>
  exports().flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
const ofTrace = (traceId: string) => spans().filter((span) => span.traceId === traceId);
const attribute = (span: ReceivedSpan | undefined, name: string) =>
  Object.values(span?.attributes.find((each) => each.key === name)?.value ?? {})[0];

async function ask(query: string, headers: Readonly<Record<string, string>>, variables = {}): Promise<Response> {
  return await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
    body: JSON.stringify({ query, variables }),
  });
}

describe("with a receiver", () => {
  it("a request, its operation, its transaction and its statements are spans below the caller's", async () => {
    const response = await ask(
      `mutation MakeOne($key: String!) {
        createSession(input: { name: "Traced", source: { type: RTMP_PUSH, customStreamKey: $key }, playbacks: [] }) { session { id } userErrors { message } } }`,
      { traceparent: `00-${TRACE}-${PARENT}-01`, "x-request-id": "traced-1" },
      { key: STREAM_KEY },
    );
    expect(await response.json()).toMatchObject({ data: { createSession: { userErrors: [] } } });
    const find = (name: string | RegExp) =>
      ofTrace(TRACE).find((span) => (typeof name === "string" ? span.name === name : name.test(span.name)));
    await expect.poll(() => find("POST graphql"), { timeout: 20_000 }).toBeDefined();
    const request = find("POST graphql");
    expect(request?.parentSpanId).toBe(PARENT);
    expect(attribute(request, "http.response.status_code")).toBe(200);
    expect(attribute(request, "headend.request_id")).toBe("traced-1");
    const operation = find("mutation MakeOne");
    expect(operation?.parentSpanId).toBe(request?.spanId);
    const transaction = find("transaction create session");
    expect(transaction?.parentSpanId).toBe(operation?.spanId);
    const insert = find("insert sessions");
    expect(insert?.parentSpanId).toBe(transaction?.spanId);
    expect(attribute(insert, "db.query.summary")).toBe("insert sessions");
    expect(find(/api_keys/)?.parentSpanId).toBe(request?.spanId);
    const names = exports()[0]?.resourceSpans[0]?.resource.attributes.map(({ key: name, value }) => [name, Object.values(value)[0]]);
    expect(names).toEqual(expect.arrayContaining([["service.name", "headend-of-the-test"]]));
  });

  it("what failed says its code, and a caller that does not trace is not traced", async () => {
    const failed = TRACE.replace("0af7", "1111");
    const untraced = TRACE.replace("0af7", "2222");
    await ask("{ nothing }", { traceparent: `00-${failed}-${PARENT}-01` });
    await ask("{ caller { accessLevel } }", { traceparent: `00-${untraced}-${PARENT}-00` });
    await ask("{ caller { accessLevel } }", { authorization: "Bearer hek_wrong", traceparent: `00-${failed}-${PARENT}-01` });
    await expect.poll(() => ofTrace(failed).filter(({ name }) => name === "POST graphql").length, { timeout: 20_000 }).toBe(2);
    expect(ofTrace(failed).map((span) => attribute(span, "error.type"))).toEqual(
      expect.arrayContaining(["GRAPHQL_VALIDATION_FAILED", "UNAUTHENTICATED"]),
    );
    expect(ofTrace(untraced)).toEqual([]);
  });

  it("the beginning of a subscription is traced, and what nobody asked for is not", async () => {
    const changes = client.subscribe("subscription Watch { sessionChanges(snapshot: true) { kind } }");
    await changes.next();
    const untraced = TRACE.replace("0af7", "3333");
    const silently = { traceparent: `00-${untraced}-${PARENT}-00` };
    await ask(
      `mutation { createSession(input: { name: "Later", source: { type: RTMP_PUSH }, playbacks: [] }) { userErrors { code } } }`,
      silently,
    );
    await changes.next();
    await expect.poll(() => spans().some(({ name }) => name === "subscription Watch"), { timeout: 20_000 }).toBe(true);
    changes.end();
    const roots = spans().filter((span) => span.parentSpanId === undefined);
    expect(roots.filter(({ name }) => !/^(POST graphql|subscription Watch)$/.test(name)).map(({ name }) => name)).toEqual([]);
  });

  it("what is left is sent at the end, the end comes in time, and nothing secret was sent", async () => {
    const last = TRACE.replace("0af7", "4444");
    await ask("query Last { caller { accessLevel } }", { traceparent: `00-${last}-${PARENT}-01` });
    await client.close();
    expect(await headend.stop()).toMatchObject({ code: 0, errors: "" });
    const watch = spans().find(({ name }) => name === "subscription Watch");
    const beginning = ofTrace(watch?.traceId ?? "");
    expect(beginning.length).toBeGreaterThan(1);
    expect(beginning.filter(({ startTimeUnixNano }) => BigInt(startTimeUnixNano) > BigInt(watch?.endTimeUnixNano ?? 0))).toEqual([]);
    expect(ofTrace(last).map(({ name }) => name)).toContain("query Last");
    for (const secret of [STREAM_KEY, key, "Traced"]) expect(bodies.join("\n")).not.toContain(secret);
  });
});

it("without one that answers, everything works, and the end comes all the same", async () => {
  const silent = createServer(() => undefined).listen(0, "127.0.0.1");
  await once(silent, "listening");
  await start({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(silent.address() as AddressInfo).port}` });
  expect(await client.graphql("{ caller { accessLevel } }")).toEqual({ caller: { accessLevel: "ADMIN" } });
  await client.close();
  const startedAt = performance.now();
  expect(await headend.stop()).toMatchObject({ code: 0 });
  expect(performance.now() - startedAt).toBeLessThan(8_000);
  silent.closeAllConnections();
  silent.close();
});
