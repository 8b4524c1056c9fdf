import { readFileSync } from "node:fs";
import fc from "fast-check";
import {
  getNamedType,
  getNullableType,
  isEnumType,
  isLeafType,
  isListType,
  isObjectType,
  Kind,
  parse,
  print,
  type DefinitionNode,
  type OperationDefinitionNode,
} from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PersistedManifest } from "../../../src/graphql/persisted-operations.rules.ts";
import { openConnections } from "../../../src/database/connection.ts";
import { headendSchema } from "../../../src/graphql/schema.ts";
import { SQL_TYPES } from "../../../src/graphql/sql-path/types.ts";
import { required } from "../../../src/shared/assert.ts";
import type { Loose } from "../../support/clients.ts";
import { scrape } from "../../support/prometheus.ts";
import { startTestServer, type TestCaller, type TestServer } from "../../support/server.ts";
import { randomDocument } from "./documents.ts";
import { insertVariedData, type VariedData } from "./varied-data.ts";

const schema = headendSchema();
const statements: string[] = [];
let server: TestServer;
let other: TestCaller;
let data: VariedData;
let otherData: VariedData;

beforeAll(async () => {
  server = await startTestServer({
    onStatement: (text) => void statements.push(text),
    allowedNetworks: ["127.0.0.0/8"],
    limits: { points: null },
  });
  other = await server.otherOrganization();
  data = await insertVariedData(server);
  otherData = await insertVariedData({ context: other.context, database: server.database });
});
afterAll(() => server.stop());

type Answer = Awaited<ReturnType<TestCaller["ask"]>>;

/** What a caller sees, in the order in which it stands there; the id of the request is another one each time. */
function shown({ status, data: found, errors }: Answer): string {
  return JSON.stringify({ status, data: found, errors: errors.map((error) => ({ ...error, extensions: error.extensions.code })) });
}

/** The same query with a field at its end that no statement answers, without an alias: admission counts those. */
function withUnmapped(document: string): string {
  const definitions = parse(document).definitions.map((definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION) return definition;
    const [field] = (parse("{ rateLimit { cost } }").definitions[0] as OperationDefinitionNode).selectionSet.selections;
    return {
      ...definition,
      selectionSet: { ...definition.selectionSet, selections: [...definition.selectionSet.selections, required(field, "field")] },
    };
  });
  return print({ kind: Kind.DOCUMENT, definitions });
}

async function paths(): Promise<{ readonly statement: number; readonly resolvers: number }> {
  const figures = await scrape(server.url);
  const of = (path: string) => figures.value("headend_query_paths_total", { path }) ?? 0;
  return { statement: of("statement"), resolvers: of("resolvers") };
}

/** One that gives the text of a whole answer. */
function isOneStatement(text: string): boolean {
  return /^select \(+'\{"data":/.test(text);
}

/** Asks both ways and compares; gives the answer and whether one statement gave it. */
async function compare(
  document: string,
  variables: Record<string, unknown>,
  caller: TestCaller = server,
): Promise<{ readonly answer: Answer; readonly byStatement: boolean }> {
  // Printed, the operation last, so that errors name the same places.
  const isOperation = ({ kind }: DefinitionNode) => Number(kind === Kind.OPERATION_DEFINITION);
  const text = print({
    kind: Kind.DOCUMENT,
    definitions: parse(document).definitions.toSorted((one, two) => isOperation(one) - isOperation(two)),
  });
  statements.length = 0;
  const answer = await caller.ask(text, variables);
  const byStatement = statements.some(isOneStatement);
  const plain = await caller.ask<Loose>(withUnmapped(text), variables);
  const { rateLimit: _, ...rest } = plain.data ?? {};
  expect(shown(answer), `${text}\n${JSON.stringify(variables)}`).toBe(shown({ ...plain, data: plain.data ? rest : plain.data }));
  return { answer, byStatement };
}

describe("the tables of fields", () => {
  const fields = [...SQL_TYPES.values()].flatMap(({ name, fields: known }) =>
    Object.entries(known).map(([field, sql]) => ({ name, field, sql })),
  );

  it.each(fields.map((each) => [`${each.name}.${each.field}`, each] as const))("%s fits the schema", (_, { name, field, sql }) => {
    const type = schema.getType(name);
    const found = isObjectType(type) ? type.getFields()[field] : undefined;
    const named = getNamedType(required(found, "field").type);
    const isList = isListType(getNullableType(required(found, "field").type));
    const known = required(found, "field").args.map((each) => each.name);
    if (sql.kind === "value") {
      expect(isLeafType(named)).toBe(true);
      // A value of another name would have to be translated.
      if (isEnumType(named)) expect(named.getValues().filter((each) => each.value !== each.name)).toEqual([]);
      return;
    }
    expect(known).toEqual(expect.arrayContaining([...sql.args]));
    expect(named.name).toBe(sql.kind === "connection" ? `${sql.type}Connection` : sql.type);
    expect(isList).toBe(sql.kind === "list");
    expect(SQL_TYPES.has(sql.type)).toBe(true);
  });
});

describe("a query that is mapped as a whole", () => {
  const TABLE = `query Table($first: Int, $after: String, $last: Int, $before: String, $orderBy: SessionOrder) {
    sessions(first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy) {
      totalCount
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      nodes {
        id name status health openAlertCount
        source { id type urlA urlB streamKey { mask } }
        topAlert { id code severity message lastSeenAt recommendedAction }
        playbacks { id name type status hlsUrl dashUrl urls addresses { url rendition { name } } template { id name renditions { name height } } }
      }
    } }`;

  it("is one statement", async () => {
    statements.length = 0;
    await server.ask(TABLE, { first: 5 });
    // Others look up the key and read the log.
    expect(statements.filter((text) => /\b(sessions|playbacks|alerts|templates|secrets)\b/.test(text))).toHaveLength(1);
  });

  it.each(["NAME", "STATUS", "HEALTH", "CREATED_AT", "STATUS_CHANGED_AT"])(
    "is paged through by %s, in both directions",
    async (orderBy) => {
      const ids: string[] = [];
      let after: string | null = null;
      do {
        const { answer, byStatement } = await compare(TABLE, { first: 4, after, orderBy });
        expect(byStatement).toBe(true);
        const { nodes, pageInfo } = required((answer.data as Loose)["sessions"], "sessions") as {
          nodes: { id: string }[];
          pageInfo: { hasNextPage: boolean; endCursor: string };
        };
        ids.push(...nodes.map(({ id }) => id));
        after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
      } while (after !== null);
      expect(ids.toSorted()).toEqual(data.sessionIds.toSorted());
      let before: string | null = null;
      do {
        const { answer } = await compare(TABLE, { last: 5, before, orderBy });
        const { pageInfo } = required((answer.data as Loose)["sessions"], "sessions") as {
          pageInfo: { hasPreviousPage: boolean; startCursor: string };
        };
        before = pageInfo.hasPreviousPage ? pageInfo.startCursor : null;
      } while (before !== null);
    },
  );

  it("is counted apart from what resolvers answer", async () => {
    const before = await paths();
    await server.ask(TABLE, { first: 1 });
    await server.ask(TABLE, { first: 2 });
    await server.ask("{ caller { actor } }");
    const { statement, resolvers } = await paths();
    expect({ statement: statement - before.statement, resolvers: resolvers - before.resolvers }).toEqual({ statement: 2, resolvers: 1 });
  });

  it("takes all arguments of a page of alerts", async () => {
    const query = `query ($first: Int, $open: Boolean, $severity: AlertSeverity, $code: [AlertCode!], $sessions: SessionFilter, $eventId: ID) {
      alerts(first: $first, open: $open, severity: $severity, code: $code, sessions: $sessions, eventId: $eventId) {
        totalCount pageInfo { endCursor } nodes { id code severity lastSeenAt session { name alerts(first: 2, open: $open) { totalCount edges { cursor node { id } } } } playback { id name } }
      } }`;
    const counts: number[] = [];
    for (const variables of [
      {},
      { open: true, severity: "ERROR" },
      { open: false },
      { code: ["INPUT_LOST", "ENCODER_LOST"], sessions: { status: ["RUNNING", "FAILED"] } },
      { eventId: data.sessionIds[2] },
      { code: [] },
    ]) {
      const { byStatement, answer } = await compare(query, variables);
      expect(byStatement).toBe(true);
      counts.push((answer.data as Loose)["alerts"].totalCount);
    }
    expect(counts.map((count) => count > 0)).toEqual([true, true, true, true, true, false]);
  });

  it("follows references of references, each once under whatever names", async () => {
    const references = "template { name } session { name source { type } playbacks { template { name } session { id } } }";
    const aliased = Array.from(
      { length: 5 },
      (_, place) => `t${place}: template { id version } s${place}: session { name topAlert { session { id } } }`,
    );
    for (const [joined, query] of [
      // Those of each session, and those of each session of those.
      [2, `{ sessions(first: 9) { nodes { playbacks { ${references} ${aliased.join(" ")} } } } }`],
      [
        1,
        `{ alerts(first: 9) { edges { node { session { name } playback { name session { id topAlert { code } } template { name renditions { name } } } } } } }`,
      ],
    ] as const) {
      const { byStatement, answer } = await compare(query, {});
      expect(byStatement).toBe(true);
      expect(answer.errors).toEqual([]);
      const statement = required(statements.find(isOneStatement), "statement");
      expect(statement.match(/left join templates/g)).toHaveLength(joined);
    }
  });

  it("may ask for nothing but names of types, or for nothing at all", async () => {
    for (const [query, wanted] of [
      ["{ __typename sessions(first: 1) @skip(if: true) { totalCount } kind: __typename }", { __typename: "Query", kind: "Query" }],
      ["{ sessions(first: 1) @include(if: false) { totalCount } }", {}],
    ] as const) {
      const { byStatement, answer } = await compare(query, {});
      expect(byStatement).toBe(true);
      expect(answer.data).toEqual(wanted);
    }
  });

  it("shows nothing of another organization", async () => {
    const ids = otherData.sessionIds;
    const { answer, byStatement } = await compare(
      `query ($id: ID!, $template: ID!, $ids: [ID!]) { session(id: $id) { id } template(id: $template) { id } sessions(filter: { ids: $ids }) { totalCount nodes { id } } }`,
      { id: ids[0], template: otherData.templateIds[0], ids },
    );
    expect(byStatement).toBe(true);
    expect(answer.data).toEqual({ session: null, template: null, sessions: { totalCount: 0, nodes: [] } });
    // The very same document, remembered, is the other's own.
    const own = await compare(`query ($id: ID!) { session(id: $id) { id } }`, { id: ids[0] }, other);
    expect(own.answer.data).toEqual({ session: { id: ids[0] } });
    const notOwn = await compare(`query ($id: ID!) { session(id: $id) { id } }`, { id: ids[0] });
    expect(notOwn.answer.data).toEqual({ session: null });
  });

  it("says what is wrong as the resolvers do", async () => {
    for (const [args, code] of [
      ["first: 0", "BAD_USER_INPUT"],
      ["first: 1, last: 1", "BAD_USER_INPUT"],
      ['after: "nonsense"', "BAD_USER_INPUT"],
      ["first: 100, filter: { ids: [] }", undefined],
    ] as const) {
      const { answer, byStatement } = await compare(`{ sessions(${args}) { nodes { id } } }`, {});
      expect(answer.errors[0]?.extensions.code).toBe(code);
      expect(byStatement).toBe(code === undefined);
    }
  });

  it("fails as the resolvers do when the database takes too long", async () => {
    const client = openConnections(server.address, { applicationName: "lock", maxConnections: 1 });
    const id = required(data.sessionIds[0], "a session");
    try {
      const answers = await client.begin(async (transaction) => {
        await transaction`lock table sessions in access exclusive mode`;
        const queries = [
          "{ sessions { totalCount } }",
          `{ __typename own: session(id: "${id}") { id } other: session(id: "nobody") { id } }`,
        ];
        return Promise.all(queries.map((query) => compare(query, {})));
      });
      expect(answers.map(({ answer }) => answer.errors.map(({ extensions }) => extensions.code))).toEqual([
        ["TIMEOUT"],
        ["TIMEOUT", "TIMEOUT"],
      ]);
    } finally {
      await client.end();
    }
  });

  it("follows every change at once", async () => {
    const id = required(data.sessionIds[0], "a session");
    const query = `query ($id: ID!) { session(id: $id) { description version } }`;
    for (const description of ["one", "two", null, "three"]) {
      await server.graphql(`mutation ($input: UpdateSessionInput!) { updateSession(input: $input) { session { id } } }`, {
        input: { id, description },
      });
      const { answer } = await compare(query, { id });
      expect((answer.data as Loose)["session"]).toMatchObject({ description });
    }
  });
});

describe("what is not mapped", () => {
  it.each([
    ["a field", "{ sessions { nodes { id actions { start { allowed } } } } }"],
    ["a field of the root", "{ sessionSummary { total } }"],
    ["a name that PostgreSQL would cut", `{ sessions { nodes { ${"a".repeat(64)}: id ${"a".repeat(65)}: name } } }`],
    ["the schema", "{ sessions { totalCount } __schema { queryType { name } } }"],
  ])("%s goes to the resolvers", async (_, query) => {
    const { byStatement, answer } = await compare(query, {});
    expect(byStatement).toBe(false);
    expect(answer.errors).toEqual([]);
  });
});

describe("both ways are one", () => {
  const { operations } = JSON.parse(readFileSync("schema/persisted-operations.json", "utf8")) as PersistedManifest;
  // The cursor of the log is another one each time.
  const queries = operations.filter(({ type, name }) => type === "query" && !/Cursor|Change|RateLimit/.test(name));

  it.each(queries.map(({ name, body }) => [name, body]))("for the listed operation %s", async (name, body) => {
    const id = required(data.sessionIds[3], "a session");
    for (const variables of [{ id, first: 3 }, { id, first: 2, open: true, filter: { hasOpenAlert: true } }, {}]) {
      const { byStatement, answer } = await compare(body, variables);
      if (["Sessions", "Session", "Templates", "Alerts"].includes(name)) expect(byStatement).toBe(answer.errors.length === 0);
    }
  });

  it("for whatever is asked", async () => {
    const cursorOf = async (list: string) => {
      const found = await server.graphql(`{ page: ${list} { pageInfo { endCursor } } }`);
      return String(found["page"].pageInfo.endCursor);
    };
    const lists = [
      "sessions(first: 4)",
      "sessions(first: 4, direction: DESC)",
      "sessions(first: 9, orderBy: STATUS)",
      "templates(first: 1)",
      "alerts(first: 5)",
    ];
    const cursors = await Promise.all(lists.map(cursorOf));
    const given = { schema, types: SQL_TYPES, ids: data.sessionIds, templateIds: data.templateIds, cursors };
    const seen = { statement: 0, resolvers: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(fc.gen(), async (g) => {
        const { text, variables } = randomDocument(g, given);
        const { byStatement, answer } = await compare(text, variables);
        if (answer.errors.length > 0) {
          seen.refused += 1;
        } else if (byStatement) seen.statement += 1;
        else seen.resolvers += 1;
      }),
      // A machine that has much else to do gets through fewer.
      { numRuns: 60, interruptAfterTimeLimit: 25_000 },
    );
    // Of what ends without an error, resolvers answer only wrong arguments below an object that is not there, which none of them sees.
    expect(seen.resolvers).toBeLessThan(Math.max(3, seen.statement / 10));
    expect(seen.statement).toBeGreaterThan(5);
  });
});
