import { getIntrospectionQuery, getOperationAST, parse } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApiKey } from "../../src/access/create-api-key.ts";
import { shapeOf } from "../../src/graphql/document-shape.ts";
import { createGraphqlClient, type GraphqlAnswer, type GraphqlClient, type Loose } from "../support/clients.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

let server: TestServer;
/** A caller whose credential does not include reading the schema. */
let shipped: GraphqlClient & { readonly key: string };
beforeAll(async () => {
  server = await startTestServer();
  const { key } = await createApiKey(server.context, { name: "Shipped", accessLevel: "ADMIN", canIntrospect: false });
  shipped = { ...createGraphqlClient(server.url, key), key };
});
afterAll(async () => {
  await shipped.close();
  await server.stop();
});

const list = (count: number, item: (index: number) => string) => Array.from({ length: count }, (_, index) => item(index)).join(" ");
const codeOf = ({ errors }: GraphqlAnswer<unknown>) => errors[0]?.extensions.code;

/** What a subscription is refused with; undefined when it begins. */
async function overSocket(query: string, variables?: Loose, client: GraphqlClient = server): Promise<Loose | undefined> {
  const subscription = client.subscribe(query, variables);
  try {
    await subscription.next();
    subscription.end();
    return undefined;
  } catch (error) {
    const { message, cause } = error as Error;
    return Array.isArray(cause) ? (cause[0] as Loose) : { message };
  }
}

interface Limit {
  readonly name: string;
  readonly refused: string;
  /** A document with so many of what is limited. */
  readonly http: (count: number) => string;
  readonly socket: (count: number) => string;
  readonly limit: number;
}

/** So many levels from a session down, one object at a time. */
const belowSession = (depth: number): string =>
  depth === 1 ? "id" : `topAlert { ${depth === 2 ? "id" : `session { ${belowSession(depth - 2)} }`} }`;
const snapshot = 'sessionChanges(snapshot: true, filter: { names: ["nobody"] })';
const words = (count: number) => list(count, () => '"a"');

const LIMITS: readonly Limit[] = [
  {
    name: "tokens",
    refused: "Send a document of at most 2,000 tokens.",
    limit: 2_000,
    http: (count) => `{ sessions(filter: { ids: [${words(count - 16)}] }) { totalCount } }`,
    socket: (count) => `subscription { sessionChanges(snapshot: true, filter: { ids: [${words(count - 20)}] }) { kind } }`,
  },
  {
    name: "levels",
    refused: "Send a document at most 12 levels deep.",
    limit: 12,
    http: (count) => `{ session(id: "none") { ${belowSession(count - 1)} } }`,
    socket: (count) => `subscription { ${snapshot} { session { ${belowSession(count - 2)} } } }`,
  },
  {
    name: "aliases",
    refused: "Send a document with at most 30 aliases.",
    limit: 30,
    http: (count) => `{ ${list(count, (index) => `a${index}: changeCursor`)} }`,
    socket: (count) => `subscription { ${snapshot} { ${list(count, (index) => `a${index}: kind`)} } }`,
  },
  {
    name: "aliases in fragments that are spread again and again",
    refused: "Send a document with at most 30 aliases.",
    limit: 30,
    http: (count) => `{ ...F ${list(count - 1, () => "... { ...F }")} } fragment F on Query { a: changeCursor }`,
    socket: (count) =>
      `subscription { ${snapshot} { ...F ${list(count - 1, () => "... { ...F }")} } } fragment F on SessionChange { a: kind }`,
  },
  {
    name: "directives",
    refused: "Send a document with at most 5 directives.",
    limit: 5,
    http: (count) => `{ ${list(count, (index) => `a${index}: changeCursor @include(if: true)`)} }`,
    socket: (count) => `subscription { ${snapshot} { ${list(count, (index) => `a${index}: kind @skip(if: false)`)} } }`,
  },
  {
    name: "directives in fragments, on fragments and on what spreads them",
    refused: "Send a document with at most 5 directives.",
    limit: 5,
    http: (count) =>
      `{ ${list(count - 1, () => "...F @include(if: true)")} ... @include(if: true) { changeCursor } } fragment F on Query { changeCursor }`,
    socket: (count) =>
      `subscription { ${snapshot} { ${list(count - 2, () => "... { ...F }")} ...G } } fragment F on SessionChange { kind @skip(if: false) } fragment G on SessionChange { at @skip(if: false) cursor @skip(if: false) }`,
  },
];

describe("the limits of a document", () => {
  it.each(LIMITS)("are $limit $name, over HTTP and over WebSocket", async ({ refused, http, socket, limit }) => {
    expect((await server.ask(http(limit))).errors).toEqual([]);
    const overHttp = await server.ask(http(limit + 1));
    expect([overHttp.status, codeOf(overHttp), overHttp.errors[0]?.message]).toEqual([400, "QUERY_TOO_COMPLEX", refused]);
    expect(await overSocket(socket(limit))).toBeUndefined();
    expect(await overSocket(socket(limit + 1))).toMatchObject({ message: refused, extensions: { code: "QUERY_TOO_COMPLEX" } });
  });

  it("are of an operation: others of its document do not count", async () => {
    const query = `query A { changeCursor } query B { ${list(31, (index) => `a${index}: changeCursor`)} }`;
    const ask = (operationName: string) =>
      fetch(`${server.url}/graphql`, {
        method: "POST",
        headers: { authorization: `Bearer ${server.key}`, "content-type": "application/json", accept: "application/graphql-response+json" },
        body: JSON.stringify({ query, operationName }),
      });
    expect([(await ask("A")).status, (await ask("B")).status]).toEqual([200, 400]);
  });

  it("are 10 mutations, fragments opened", async () => {
    const nothing = "deleteTemplates(input: { ids: [] }) { deletedIds }";
    const direct = (count: number) => `mutation { ${list(count, (index) => `m${index}: ${nothing}`)} }`;
    const spread = (count: number) => `mutation { ${list(count, () => "... { ...F }")} } fragment F on Mutation { ${nothing} }`;
    for (const mutations of [direct, spread]) {
      expect((await server.ask(mutations(10))).errors).toEqual([]);
      const refused = await server.ask(mutations(11));
      expect([codeOf(refused), refused.errors[0]?.message]).toEqual(["QUERY_TOO_COMPLEX", "Send a document of at most 10 mutations."]);
    }
  });

  it("are 10,000 objects, counted with the variables", async () => {
    const query = "query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    const subscription = "subscription S($filter: SessionFilter) { sessionChanges(filter: $filter, snapshot: true) { kind } }";
    const ids = (count: number) => Array.from({ length: count }, () => "session_0");
    const dear = await server.ask(query, { ids: ids(10_001) });
    expect([codeOf(dear), dear.errors[0]?.message]).toEqual(["QUERY_TOO_COMPLEX", expect.stringContaining("10,001")]);
    // Fewer are for the field itself to refuse.
    expect(codeOf(await server.ask(query, { ids: ids(10_000) }))).toBe("BAD_USER_INPUT");
    expect(await overSocket(subscription, { filter: { names: ["nobody"] } })).toBeUndefined();
  });

  it("are those of everybody, and no document that is refused by them is looked at any further", async () => {
    const query = `{ ${list(31, (index) => `a${index}: thereIsNoSuchField`)} }`;
    expect(codeOf(await server.ask(query))).toBe("QUERY_TOO_COMPLEX");
  });
});

describe("a body", () => {
  const bodyOf = (bytes: number) => {
    const [before, after] = ['{"query":"{ changeCursor }","variables":{"a":"', '"}}'];
    return `${before}${"x".repeat(bytes - before.length - after.length)}${after}`;
  };
  const send = (body: string, isStreamed: boolean) =>
    fetch(`${server.url}/graphql`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.key}`, "content-type": "application/json" },
      body: isStreamed ? new Blob([body]).stream() : body,
      ...(isStreamed && { duplex: "half" }),
    });

  it.each([false, true])("has at most 1,000,000 bytes, whether or not it says how many (streamed: %s)", async (isStreamed) => {
    expect((await send(bodyOf(1_000_000), isStreamed)).status).toBe(200);
    const response = await send(bodyOf(1_000_001), isStreamed);
    const { errors } = (await response.json()) as { errors: Loose[] };
    expect([response.status, errors[0]!["extensions"].code]).toEqual([413, "PAYLOAD_TOO_LARGE"]);
    expect(errors[0]!["message"]).toContain("Send a larger file as an upload");
  });
});

describe("what a foreign page could send by itself", () => {
  const query =
    'mutation { createTemplate(input: { name: "Forged", renditions: [{ name: "source", isPassthrough: true }] }) { template { id } } }';
  const multipart = () => {
    const form = new FormData();
    form.append("operations", JSON.stringify({ query }));
    form.append("map", "{}");
    form.append("0", new Blob(["x"]));
    return form;
  };

  it.each([
    ["plain text", { body: JSON.stringify({ query }), headers: { "content-type": "text/plain" } }],
    ["a form", { body: new URLSearchParams({ query }), headers: {} }],
    ["a form with a file", { body: multipart(), headers: {} }],
    ["no content type", { body: new Blob([JSON.stringify({ query })]), headers: {} }],
    ["a content type that is none", { body: JSON.stringify({ query }), headers: { "content-type": "application" } }],
    ["JSON beside plain text", { body: JSON.stringify({ query }), headers: { "content-type": "text/plain; application/json" } }],
  ])("is refused: %s", async (_, { body, headers }) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: "POST",
      headers: { authorization: `Bearer ${server.key}`, ...headers },
      body,
    });
    const { errors } = (await response.json()) as { errors: Loose[] };
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.status).toBeLessThan(500);
    expect(errors[0]!["extensions"]).toEqual({ code: "BAD_REQUEST", requestId: expect.any(String) });
    expect(await server.graphql('{ templates(search: "Forged") { totalCount } }')).toEqual({ templates: { totalCount: 0 } });
  });
});

describe("reading the schema", () => {
  it.each([
    ["the schema", "{ __schema { queryType { name } } }"],
    ["a type", '{ __type(name: "Session") { name } }'],
    ["the schema beside data", "{ changeCursor s: __schema { queryType { name } } }"],
    ["the schema in a fragment", "{ ...F } fragment F on Query { ... { __schema { queryType { name } } } }"],
    ["the standard query", getIntrospectionQuery()],
  ])("is a right of a credential: %s", async (_, query) => {
    expect(codeOf(await shipped.ask(query))).toBe("OPERATION_NOT_ALLOWED");
    expect((await server.ask(query)).errors).toEqual([]);
  });

  it("is something else than to ask what an object is", async () => {
    expect((await shipped.graphql("{ __typename caller { __typename } }"))["caller"]).toEqual({ __typename: "Caller" });
  });

  it("by the standard query is as deep as it is, and no more than twice as much", async () => {
    const standard = parse(getIntrospectionQuery());
    expect(shapeOf(standard, getOperationAST(standard)!).depth).toBeGreaterThan(12);
    const types =
      "types { fields { name args { name type { name } } type { name ofType { name } } } inputFields { name } enumValues { name } }";
    const many = (count: number) => `{ __schema { ${list(count, (index) => `a${index}: ${types}`)} } }`;
    expect((await server.ask(many(2))).errors).toEqual([]);
    const refused = await server.ask(many(30));
    expect([codeOf(refused), refused.errors[0]?.message]).toEqual([
      "QUERY_TOO_COMPLEX",
      expect.stringContaining("standard introspection query"),
    ]);
    const beside = `{ __schema { types { fields { type { ofType { ofType { ofType { ofType { ofType { ofType { ofType { ofType { name } } } } } } } } } } } } changeCursor }`;
    expect(codeOf(await server.ask(beside))).toBe("QUERY_TOO_COMPLEX");
  });
});

describe("names that are near to a wrong one", () => {
  const SLIPS: readonly (readonly [string, string, Loose | undefined])[] = [
    ["a field", "{ sesions { totalCount } }", undefined],
    ["an argument", "{ sessions(frist: 1) { totalCount } }", undefined],
    ["a type", "query Q($filter: SesionFilter) { sessions { totalCount } }", undefined],
    ["a type of a fragment", '{ node(id: "x") { ... on Sesion { id } } }', undefined],
    ["a field of some of the types", '{ node(id: "x") { streamId } }', undefined],
    ["a value of an enum", "{ sessions(filter: { status: [RUNING] }) { totalCount } }", undefined],
    ["a value of an enum, as text", '{ sessions(filter: { status: ["RUNNING"] }) { totalCount } }', undefined],
    ["a field of an input", "{ sessions(filter: { serch: 1 }) { totalCount } }", undefined],
    ["a field without its fields", "{ caller }", undefined],
    [
      "a value of an enum in a variable",
      "query Q($status: [SessionStatus!]) { sessions(filter: { status: $status }) { totalCount } }",
      { status: ["RUNING"] },
    ],
    [
      "a field of an input in a variable",
      "query Q($filter: SessionFilter) { sessions(filter: $filter) { totalCount } }",
      { filter: { serch: 1 } },
    ],
  ];

  it.each(SLIPS)("are told to who may read the schema, and to nobody else: %s", async (_, query, variables: Loose = {}) => {
    const [told, hidden] = [await server.ask(query, variables), await shipped.ask(query, variables)];
    expect(codeOf(told)).toMatch(/^(GRAPHQL_VALIDATION_FAILED|BAD_USER_INPUT)$/);
    expect([codeOf(hidden), hidden.errors.length]).toEqual([codeOf(told), told.errors.length]);
    expect(told.errors[0]?.message).toMatch(/Did you mean/);
    expect(JSON.stringify(hidden.errors)).not.toMatch(/Did you mean|sessions"|RUNNING"|search/);
  });

  it("are told nobody else over WebSocket either", async () => {
    const slips: readonly (readonly [string, Loose?])[] = [
      ["subscription { sesionChanges { kind } }"],
      ["subscription { sessionChanges { knd } }"],
      ["subscription S($filter: SessionFilter) { sessionChanges(filter: $filter) { kind } }", { filter: { serch: "x" } }],
      ["subscription S($filter: SessionFilter) { sessionChanges(filter: $filter) { kind } }", { filter: { status: ["RUNING"] } }],
    ];
    for (const [query, variables] of slips) {
      expect(JSON.stringify(await overSocket(query, variables))).toContain("Did you mean");
      const hidden = JSON.stringify(await overSocket(query, variables, shipped));
      expect(hidden).not.toMatch(/Did you mean|sessionChanges\\"|kind\\"|RUNNING|search/);
    }
  });
});

describe("the errors of an answer", () => {
  it.each([
    ["a document", `{ ${list(50, (index) => `wrong${index}`)} }`, undefined],
    ["variables", "query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }", { ids: Array.from({ length: 50 }, () => ({})) }],
    [
      "variables that are missing",
      `query Q(${list(50, (index) => `$v${index}: ID!`)}) { nodes(ids: [${list(50, (index) => `$v${index}`)}]) { id } }`,
      {},
    ],
  ])("are at most 5: of %s", async (_, query, variables) => {
    const { status, errors } = await server.ask(query, variables);
    expect([status, errors.length]).toEqual([400, 5]);
  });

  it("repeat no name at any length", async () => {
    for (const query of [`{ ${"a".repeat(500_000)} }`, `query ${"a".repeat(500_000)} { changeCursor nothing } query B { changeCursor }`]) {
      const { errors } = await server.ask(query);
      for (const { message } of errors) expect(message.length).toBeLessThan(1_100);
    }
  });
});
