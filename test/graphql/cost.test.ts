import { readFileSync } from "node:fs";
import { getIntrospectionQuery, Kind, parse, validate, type OperationDefinitionNode } from "graphql";
import { describe, expect, it } from "vitest";
import { COST_LIMIT, costOf } from "../../src/graphql/cost.ts";
import type { PersistedManifest } from "../../src/graphql/persisted-operations.rules.ts";
import { headendSchema } from "../../src/graphql/schema.ts";
import { askedDocuments, PAGES } from "../support/pages.ts";

const schema = headendSchema();

function costs(text: string, variables?: Record<string, unknown>): number[] {
  const document = parse(text);
  expect(validate(schema, document)).toEqual([]);
  return document.definitions
    .filter((definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION)
    .map((operation) => costOf({ schema, document, operation, variables }));
}

const cost = (text: string, variables?: Record<string, unknown>): number => costs(text, variables)[0]!;
const ids = (count: number) => Array.from({ length: count }, (_, index) => `session_${index}`);
const START = "mutation S($input: SessionBulkInput!) { startSessions(input: $input)";

describe("the cost of an operation", () => {
  it.each([
    ["a page of the default size", "{ sessions { nodes { id } totalCount pageInfo { endCursor } } }", 50],
    ["a page from the end", "{ sessions(last: 7) { edges { node { id } } } }", 7],
    ["nothing but values", "{ changeCursor __typename }", 0],
    ["pages within pages", "{ templates(first: 10) { nodes { sessions(first: 10) { nodes { id } } } } }", 110],
    ["sizes out of range, which the list refuses", "{ sessions(first: 1000000000) { nodes { id } } }", 100],
    ["and no less than one", "{ sessions(first: -100) { nodes { id } } }", 1],
    ["objects by their ids", '{ nodes(ids: ["a", "b", "c"]) { id ... on Session { source { id } } } }', 6],
    [
      "a fragment as often as it is spread",
      '{ a: session(id: "a") { ...F } b: session(id: "b") { ...F } } fragment F on Session { source { id } }',
      4,
    ],
    ["introspection", getIntrospectionQuery(), 0],
    ["introspection beside data", "{ caller { actor } __schema { types { fields { type { name } } } } }", 1],
  ])("counts %s", (_, query, expected) => {
    expect(cost(query)).toBe(expected);
  });

  it("follows the variables and their defaults", () => {
    const query = "query Q($first: Int = 20) { sessions(first: $first) { nodes { id } } }";
    expect([undefined, {}, { first: 3 }, { first: 100 }, { first: null }].map((variables) => cost(query, variables))).toEqual([
      20, 20, 3, 100, 50,
    ]);
    expect(cost("query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }", { ids: ids(30) })).toBe(30);
  });

  it("counts what a bulk call answers once by its ids", () => {
    const results = "{ results { id outcome error { code } session { id name status } } userErrors { code } }";
    expect(cost(`${START} ${results} }`, { input: { selection: { ids: ids(10_000) } } })).toBe(10_000);
    expect(cost(`${START} ${results} }`, { input: { selection: { filter: {} }, expectedCount: 40 } })).toBe(40);
    expect(cost(`${START} { acceptedCount } }`, { input: { selection: { ids: ids(10_000) } } })).toBe(0);
    const withPlaybacks = `${START} { results { session { playbacks { id } } } } }`;
    expect(cost(withPlaybacks, { input: { selection: { ids: ids(10_000) } } })).toBeGreaterThan(COST_LIMIT);
    expect(cost(withPlaybacks, { input: { selection: { filter: {} } } })).toBeLessThanOrEqual(COST_LIMIT);
    const credit = `mutation { a: startSessions(input: { selection: { filter: {} }, expectedCount: -9000000 }) { results { id } } }`;
    expect(cost(credit)).toBe(0);
  });

  it("counts the processes that a call sets by their targets, or by what every rendition may come to", () => {
    const query =
      "mutation C($input: ConfigureProcessesInput!) { configureProcesses(input: $input) { processes { id rendition { id } } } }";
    const settings = [
      { kind: "RECORDING", targets: [{}, {}, {}] },
      { kind: "REPLAY", sync: true },
    ];
    expect(cost(query, { input: { settings } })).toBe(2 * (3 + 20));
  });

  const circle = (first: number, turns: number, query = `sessions(first: ${first}) { nodes {`, end = "} }") =>
    `{ ${query} ${"playbacks { session { ".repeat(turns)} id ${"} }".repeat(turns)} ${end} }`;

  it.each([
    ["a circle from every session", circle(50, 2)],
    ["a circle from one session", circle(1, 4, 'session(id: "a") {', "}")],
    ["a circle from a page of one", circle(1, 4)],
    ["a circle through processes", '{ session(id: "a") { processes { session { processes { session { processes { id } } } } } } }'],
    ["a circle through templates", `{ sessions { nodes { playbacks { template { sessions { nodes { id } } } } } } }`],
    ["pages within pages", "{ templates(first: 100) { nodes { sessions(first: 100) { nodes { id } } } } }"],
    [
      "a circle in a subscription",
      `subscription { sessionChanges { session { playbacks { session { playbacks { session { id } } } } } } }`,
    ],
  ])("is too much for %s", (_, query) => {
    expect(cost(query)).toBeGreaterThan(COST_LIMIT);
  });

  it("is found without doubling the work at every fragment", () => {
    const fragments = Array.from({ length: 60 }, (_, index) => `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`);
    const started = Date.now();
    expect(cost(`{ ...F0 } ${fragments.join(" ")} fragment F60 on Query { caller { actor } }`)).toBe(2 ** 60);
    expect(Date.now() - started).toBeLessThan(1_000);
  });
});

describe("what people ask for", () => {
  const { operations: listed } = JSON.parse(readFileSync("schema/persisted-operations.json", "utf8")) as PersistedManifest;
  const operations = listed.map(({ body }) => body);
  const inPages = PAGES.flatMap(askedDocuments);
  const playback = "id status hlsUrl addresses { url rendition { name } } template { id name renditions { id name height } }";

  it.each([
    ...operations,
    ...inPages,
    `query Wall { sessions(first: 100) { totalCount nodes { id name status source { type urlA } playbacks { template { renditions { name } } } } } }`,
    `query Everything { sessions(first: 100) { nodes { id source { streamKey { mask } srtPassphrase { mask } failover { recoveryIntervalSeconds } }
      lastCommand { verb actor at } streamRemap { type } playbacks { ${playback} } } } }`,
    `query Details { session(id: "a") { id playbacks { ${playback} session { id name } } } sessionSummary { byStatus { count } byHealth { count } } }`,
    `query Libraries { templates(first: 100) { nodes { id renditions { id } sessions(first: 20) { totalCount nodes { id name } } } }
      encoders { id } regions { name } apiKeys(first: 100) { nodes { id } } caller { organization { id } } }`,
    `subscription Watch { sessionChanges(snapshot: true) { session { id source { urlA streamKey { mask } } playbacks { ${playback} } } } }`,
  ])("fits %s", (text) => {
    const found = costs(text, { first: 100, input: { selection: { ids: ids(10_000) } } });
    expect(found.filter((each) => each > COST_LIMIT)).toEqual([]);
  });

  it("is looked for where it stands", () => {
    expect([operations.length, inPages.length].every((count) => count > 2)).toBe(true);
  });
});
