import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WhoAmIDocument } from "../generated/documents.ts";
import type { Loose } from "../support/clients.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({
    allowedOrigins: ["https://app.example"],
    originHandler: (_request, response) => void response.end("media"),
  });
});
afterAll(() => server.stop());

interface Sent {
  readonly query?: string;
  readonly body?: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function send({ query, body, method = "POST", path = "/graphql", headers = {} }: Sent) {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${server.key}`, ...(method === "POST" && { "content-type": "application/json" }), ...headers },
    ...(method === "POST" && { body: body ?? JSON.stringify({ query }) }),
  });
  const text = await response.text();
  const json = response.headers.get("content-type")?.includes("json") ? (JSON.parse(text) as { data?: unknown; errors?: Loose[] }) : null;
  return {
    status: response.status,
    headers: response.headers,
    text,
    json,
    code: json?.errors?.[0]?.["extensions"].code as string | undefined,
  };
}

const RESPONSE_JSON = { accept: "application/graphql-response+json" };
const PLAIN_JSON = { accept: "application/json" };

describe("statuses and media types", () => {
  it.each([
    ["a good request", "{ caller { accessLevel } }", 200, 200, undefined],
    ["a document that cannot be parsed", "{ caller {", 400, 200, "GRAPHQL_PARSE_FAILED"],
    ["a field that does not exist", "{ nothing }", 400, 200, "GRAPHQL_VALIDATION_FAILED"],
    ["a missing variable", "query Q($id: ID!) { node(id: $id) { id } }", 400, 200, "BAD_USER_INPUT"],
    ["several operations and none named", "query A { changeCursor } query B { changeCursor }", 400, 200, "OPERATION_RESOLUTION_FAILURE"],
    ["a subscription", "subscription { sessionChanges { cursor } }", 400, 200, "OPERATION_NOT_ALLOWED"],
  ])("%s", async (_, query, forResponseJson, forPlainJson, code) => {
    const [graphql, plain] = await Promise.all([send({ query, headers: RESPONSE_JSON }), send({ query, headers: PLAIN_JSON })]);
    expect([graphql.status, graphql.code, graphql.headers.get("content-type")]).toEqual([
      forResponseJson,
      code,
      expect.stringContaining("application/graphql-response+json"),
    ]);
    expect([plain.status, plain.code, plain.headers.get("content-type")]).toEqual([
      forPlainJson,
      code,
      expect.stringContaining("application/json"),
    ]);
  });

  it.each([
    ["JSON that is none", { body: "{" }, 400, "BAD_REQUEST"],
    ["no query", { body: "{}" }, 400, "BAD_REQUEST"],
    ["a query that is no text", { body: '{"query":7}' }, 400, "BAD_REQUEST"],
    ["a batch", { body: '[{"query":"{ changeCursor }"}]' }, 400, "BAD_REQUEST"],
    ["another media type", { query: "{ changeCursor }", headers: { "content-type": "text/plain" } }, 415, "BAD_REQUEST"],
    ["another charset", { query: "{ changeCursor }", headers: { "content-type": "application/json; charset=latin1" } }, 415, "BAD_REQUEST"],
    ["a persisted query", { body: '{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"a"}}}' }, 400, "BAD_REQUEST"],
    ["more than 1 MB", { body: JSON.stringify({ query: `{ changeCursor } #${"x".repeat(1_000_000)}` }) }, 413, "PAYLOAD_TOO_LARGE"],
    ["a GET that a foreign page could send", { method: "GET", path: "/graphql?query={changeCursor}" }, 400, "BAD_REQUEST"],
    [
      "a mutation by GET",
      {
        method: "GET",
        path: `/graphql?query=${encodeURIComponent("mutation{deleteTemplates(input:{ids:[]}){deletedIds}}")}`,
        headers: { "apollo-require-preflight": "1" },
      },
      405,
      "BAD_REQUEST",
    ],
    ["another method", { method: "PUT", headers: { "content-type": "application/json" } }, 405, "BAD_REQUEST"],
  ])("refuses %s", async (_, sent: Sent, status, code) => {
    const answer = await send(sent);
    expect([answer.status, answer.code]).toEqual([status, code]);
  });

  it("answers a query by GET to who can send a header", async () => {
    const answer = await send({ method: "GET", path: "/graphql?query={changeCursor}", headers: { "apollo-require-preflight": "1" } });
    expect([answer.status, answer.json?.errors]).toEqual([200, undefined]);
  });
});

describe("credentials", () => {
  it.each([
    ["none", ""],
    ["another scheme", "Basic YTpi"],
    ["a key that never was", `Bearer hek_${"a".repeat(40)}`],
    ["text", "Bearer nothing"],
  ])("%s: 401", async (_, authorization) => {
    const answer = await send({ query: "{ changeCursor }", headers: { authorization } });
    expect([answer.status, answer.code, answer.headers.get("www-authenticate")]).toEqual([401, "UNAUTHENTICATED", "Bearer"]);
  });
});

describe("admission", () => {
  const nested = (depth: number) => `{ sessions { nodes { ${"playbacks { session { ".repeat(depth)} id ${"} }".repeat(depth)} } } }`;

  it.each([
    ["a document too deep", nested(6)],
    ["a document that multiplies", nested(2)],
  ])("refuses %s", async (_, query) => {
    const started = Date.now();
    const answer = await send({ query, headers: RESPONSE_JSON });
    expect([answer.status, answer.code]).toEqual([400, "QUERY_TOO_COMPLEX"]);
    expect(Date.now() - started).toBeLessThan(1_000);
  });

  it("counts with the variables of each request, for documents seen before as well", async () => {
    const query = "query Q($first: Int) { templates(first: $first) { nodes { sessions(first: $first) { nodes { id } } } } }";
    const codes: (string | undefined)[] = [];
    for (const first of [10, 100, 10, 100]) codes.push((await send({ body: JSON.stringify({ query, variables: { first } }) })).code);
    expect(codes).toEqual([undefined, "QUERY_TOO_COMPLEX", undefined, "QUERY_TOO_COMPLEX"]);
  });

  it.each([401, 1_900, 4_000])("refuses a document of %s open brackets before it is parsed, sent either way", async (depth) => {
    const query = `{session(id:${"[".repeat(depth)}${"]".repeat(depth)}){id}}`;
    expect((await send({ query })).code).toBe("QUERY_TOO_COMPLEX");
    const path = `/graphql?query=${encodeURIComponent(query).replaceAll("%5B", "[").replaceAll("%5D", "]")}`;
    expect((await send({ method: "GET", path, headers: { "apollo-require-preflight": "true" } })).code).toBe("QUERY_TOO_COMPLEX");
  });

  it.each(["[", '{"a":'])("refuses variables nested too deeply: %s", async (opening) => {
    for (const query of ["query Q($filter: SessionFilter) { sessions(filter: $filter) { totalCount } }", "{ changeCursor }"]) {
      const deep = `${opening.repeat(20_000)}1${(opening === "[" ? "]" : "}").repeat(20_000)}`;
      const answer = await send({
        body: `{"query":${JSON.stringify(query)},"variables":{"filter":{"search":${deep}}}}`,
        headers: RESPONSE_JSON,
      });
      expect([answer.status, answer.code]).toEqual([400, "BAD_USER_INPUT"]);
    }
  });

  it("measures fragments that spread each other twice without doubling its work", async () => {
    const fragments = Array.from({ length: 60 }, (_, index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`).join(
      " ",
    );
    const started = Date.now();
    const answer = await send({ query: `{ ...F0 } ${fragments} fragment F60 on Query { changeCursor }` });
    expect(answer.status).toBeLessThan(500);
    expect(Date.now() - started).toBeLessThan(2_000);
  });

  it.each([
    ["NUL", "\u0000"],
    ["a lone surrogate", "\ud800"],
  ])("refuses %s in the variables of a query, and in its text, as the caller's mistake", async (_, character) => {
    const document = "query Q($search: String) { sessions(filter: { search: $search }) { totalCount } }";
    const inVariables = await send({
      body: JSON.stringify({ query: document, variables: { search: `a${character}` } }),
      headers: RESPONSE_JSON,
    });
    const inText = await send({
      query: `{ sessions(filter: { search: ${JSON.stringify(`a${character}`)} }) { totalCount } }`,
      headers: RESPONSE_JSON,
    });
    expect([inVariables.status, inVariables.code]).toEqual([400, "BAD_USER_INPUT"]);
    expect(inText.status).toBe(400);
  });
});

describe("request ids", () => {
  it("stand in every answer and every error, and are the caller's own where it sends a plain one", async () => {
    const [own, odd, failed] = await Promise.all([
      send({ query: "{ changeCursor }", headers: { "x-request-id": "mine-1" } }),
      send({ query: "{ changeCursor }", headers: { "x-request-id": "a b\tc" } }),
      send({ query: "{ nothing }", headers: { "x-request-id": "mine-2" } }),
    ]);
    expect(own.headers.get("x-request-id")).toBe("mine-1");
    expect(odd.headers.get("x-request-id")).toMatch(/^[0-9a-z]{20}$/);
    expect(failed.json?.errors?.[0]!["extensions"]).toEqual({ code: "GRAPHQL_VALIDATION_FAILED", requestId: "mine-2" });
  });
});

describe("pages of other origins", () => {
  const preflight = async (origin: string) =>
    fetch(`${server.url}/graphql`, { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } });

  it("may call when they are allowed, or are our own", async () => {
    for (const origin of ["https://app.example", server.url]) {
      const answer = await preflight(origin);
      expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([204, origin]);
    }
    const answer = await send({ query: "{ changeCursor }", headers: { origin: "https://app.example" } });
    expect(answer.headers.get("access-control-allow-origin")).toBe("https://app.example");
    expect(answer.headers.get("vary")).toBe("origin, accept");
  });

  it("may not call otherwise", async () => {
    for (const origin of ["https://evil.example", "null", "https://app.example.evil.example"]) {
      expect((await preflight(origin)).headers.get("access-control-allow-origin")).toBeNull();
    }
  });
});

describe("what lies beside the API", () => {
  it("is health, the media, and nothing else", async () => {
    const get = (path: string) => send({ method: "GET", path });
    expect((await get("/livez")).status).toBe(200);
    expect((await get("/readyz")).status).toBe(200);
    expect((await get("/live/x/index.m3u8")).text).toBe("media");
    expect((await get("/")).status).toBe(404);
    expect((await get("/graphiql/../../package.json")).status).toBe(404);
    expect((await get("/graphiql/__proto__")).status).toBe(404);
  });

  it("survives addresses that are none, and upgrades to them", async () => {
    for (const line of ["GET http:// HTTP/1.1", "GET //[ HTTP/1.1", "OPTIONS * HTTP/1.1"]) {
      for (const rest of ["", "upgrade: websocket\r\nconnection: upgrade\r\n"])
        expect(await raw(`${line}\r\nhost: x\r\n${rest}\r\n`)).toMatch(/^HTTP\/1.1 4/);
    }
    expect((await server.graphql(WhoAmIDocument)).caller.accessLevel).toBe("ADMIN");
  });

  it("gives browsers a page that loads nothing from elsewhere", async () => {
    const page = await send({ method: "GET", headers: { accept: "text/html,application/xhtml+xml,*/*;q=0.8" } });
    expect(page.status).toBe(200);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(page.text).not.toMatch(/https?:\/\//);
    for (const [, path] of page.text.matchAll(/(?:src|href)="(\/[^"]+)"/g))
      expect((await send({ method: "GET", path: path! })).status).toBe(200);
  });
});

/** Sends bytes as they are, and gives what comes back. */
async function raw(text: string): Promise<string> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.once("data", (data: Buffer) => {
      resolve(data.toString());
      socket.destroy();
    });
    socket.once("error", reject);
    socket.once("close", () => reject(new Error(`The server closed without a word: ${text}`)));
  });
}
