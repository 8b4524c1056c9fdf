import { sql } from "drizzle-orm";
import { getNamedType, isCompositeType, isObjectType, isRequiredArgument } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { headendSchema } from "../../src/graphql/schema.ts";
import { NODES } from "../../src/graphql/nodes.ts";
import { identifierKind } from "../../src/shared/identifier.ts";
import type { GraphqlClient, Loose, TestSubscription } from "../support/clients.ts";
import { startTestServer, type TestCaller, type TestServer } from "../support/server.ts";
import { factsOf } from "./walk/operations.ts";
import {
  documentOf,
  inEarnest,
  leavesOf,
  operationsOf,
  selectionOfLeaves,
  type Arguments,
  type Leaf,
  type Operation,
} from "./walk/schema-walk.ts";
import { World } from "./walk/world.ts";

const SCHEMA = headendSchema();
const ALL = operationsOf(SCHEMA);
const QUERIES = ALL.filter(({ kind }) => kind === "query");
const MUTATIONS = ALL.filter(({ kind }) => kind === "mutation");
const SUBSCRIPTIONS = ALL.filter(({ kind }) => kind === "subscription");

/** How deep every field is read. */
const DEPTH = 3;
/** Fields of one document: as many as its tokens allow. */
const LEAVES_OF_DOCUMENT = 150;

let server: TestServer;
let own: World;
let foreign: World;
const fullSessions = new Map<World, string>();
/** What the other organization has from the beginning. */
let tells: ReadonlySet<string>;
beforeAll(async () => {
  server = await startTestServer({ limits: { points: null } });
  own = new World(server, server, "Ownmark");
  foreign = new World(server, await server.otherOrganization(), "Canary");
  for (const world of [own, foreign]) fullSessions.set(world, await fill(world));
  ({ tells } = await holdingsOf(foreign));
});
afterAll(() => server.stop());

/** An object of every kind, with all that hangs on it. */
async function fill(world: World): Promise<string> {
  for (const { kind } of NODES) await world.fresh(kind);
  const { id } = await world.sessionWithFailover();
  await world.cover(id as string);
  await world.alert(id as string);
  await world.run(id as string);
  await world.inputSwitch(id as string);
  await world.setRunning(id as string);
  await world.telemetry(id as string);
  return id as string;
}

/** What is asked of a query: without arguments, as its owner would ask, and of the session on which everything hangs. */
async function argumentsOf(operation: Operation, world: World): Promise<readonly Arguments[]> {
  const full = operation.name === "Query.session" ? [{ id: fullSessions.get(world) }] : [];
  return [{}, ...full, ...(await factsOf(operation.name).variants(world))];
}

/** All that the database holds of an organization, row by row, and what in it can be told from anybody else's. */
async function holdingsOf({ caller, mark }: World): Promise<{ readonly rows: ReadonlySet<string>; readonly tells: ReadonlySet<string> }> {
  const { executor } = server.database;
  const tables = (await executor.execute(
    sql`select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`,
  )) as unknown as readonly { readonly name: string }[];
  const all: string[] = [];
  for (const { name } of tables) {
    const rows = await executor.execute(sql`select to_jsonb(held) - 'bytes' - 'last_used_at' as row from ${sql.identifier(name)} as held`);
    all.push(...(rows as unknown as readonly { readonly row: object }[]).map(({ row }) => `${name} ${JSON.stringify(row)}`));
  }
  const ids = new Set([caller.organizationId]);
  const rows = new Set<string>();
  for (let before = -1; before < rows.size;) {
    before = rows.size;
    for (const row of all.filter((each) => !rows.has(each) && !isOfAnother(each, caller) && idsIn(each).some((id) => ids.has(id)))) {
      rows.add(row);
      idsIn(row).forEach((id) => ids.add(id));
    }
  }
  const tokens = [...rows].flatMap((row) => row.match(/\b[0-9a-hjkmnp-tv-z]{26}\b|(?<="stream_id":")\w+/g) ?? []);
  return { rows, tells: new Set([mark, ...ids, ...tokens]) };
}

/** What another organization wrote may name whatever it likes, such as the sessions of something to be done at a time. */
function isOfAnother(row: string, { organizationId }: TestCaller): boolean {
  return row.includes('"organization_id":"') && !row.includes(`"organization_id":"${organizationId}"`);
}

/** Encoders are everybody's. */
function idsIn(text: string): readonly string[] {
  return (text.match(/\b[a-z]+_[0-9a-hjkmnp-tv-z]{26}\b/g) ?? []).filter((id) => identifierKind(id) !== "encoder");
}

/** What of an organization shows in a text. */
function shown(text: string, tells: ReadonlySet<string>): readonly string[] {
  return [...tells].filter((tell) => text.includes(tell));
}

/** Asks for every field there is, in as many documents as it takes; gives all answers as one text. */
async function readAll(client: GraphqlClient, operation: Operation, given: Arguments): Promise<string> {
  const type = getNamedType(operation.field.type);
  if (!isCompositeType(type)) return ask(client, operation, given, [[]]);
  const answers: string[] = [];
  for (const leaves of inDocuments(leavesOf(SCHEMA, type, DEPTH))) answers.push(await ask(client, operation, given, leaves));
  return answers.join("\n");
}

/** As many leaves to a document as it takes; each type of an interface has one of its own, since their fields may differ in type. */
function inDocuments(leaves: readonly Leaf[]): readonly (readonly Leaf[])[] {
  const byType = new Map<string, Leaf[]>();
  for (const leaf of leaves) {
    const fragment = leaf.find((step) => step.startsWith("... on ")) ?? "";
    byType.set(fragment, [...(byType.get(fragment) ?? []), leaf]);
  }
  return [...byType.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / LEAVES_OF_DOCUMENT) }, (_, index) =>
      group.slice(index * LEAVES_OF_DOCUMENT, (index + 1) * LEAVES_OF_DOCUMENT),
    ),
  );
}

async function ask(client: GraphqlClient, operation: Operation, given: Arguments, leaves: readonly Leaf[]): Promise<string> {
  const selection = leaves.every((leaf) => leaf.length === 0) ? "" : selectionOfLeaves(leaves);
  const { data, errors } = await client.ask<object, Arguments>(documentOf(operation, given, selection), given);
  if (errors.some(({ extensions }) => extensions.code === "QUERY_TOO_COMPLEX") && leaves.length > 1) {
    const half = Math.ceil(leaves.length / 2);
    return [await ask(client, operation, given, leaves.slice(0, half)), await ask(client, operation, given, leaves.slice(half))].join("\n");
  }
  const malformed = errors.filter(({ extensions }) =>
    ["GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED", "QUERY_TOO_COMPLEX"].includes(extensions.code),
  );
  if (malformed.length > 0) throw new Error(`${operation.name}: ${JSON.stringify(malformed)}`);
  return JSON.stringify({ data, errors });
}

/** `node` answers an interface, of which each type is read by itself. */
const READ = QUERIES.filter(({ name }) => name !== "Query.node" && name !== "Query.nodes");

describe("what one organization has", () => {
  it("is there to be found by itself", async () => {
    let text = "";
    for (const operation of READ)
      for (const given of await argumentsOf(operation, foreign)) text += await tryAll(foreign.caller, operation, given);
    const kinds = new Set([...shown(text, tells)].map((tell) => identifierKind(tell)));
    // Encoders are everybody's.
    expect(NODES.map(({ kind }) => kind).filter((kind) => kind !== "encoder" && !kinds.has(kind))).toEqual([]);
    expect(text).toContain(foreign.mark);
  });

  it.each(READ)("shows to another one in no field of $name", async (operation) => {
    const asked = [...(await argumentsOf(operation, own)), ...(await argumentsOf(operation, foreign))];
    for (const given of asked) {
      const text = await tryAll(own.caller, operation, given);
      // What was asked with is said again, in cursors and errors.
      const known = new Set(shown(JSON.stringify(given), tells));
      expect(shown(text, tells).filter((tell) => !known.has(tell))).toEqual([]);
    }
  });

  it.each(NODES.filter(({ kind }) => kind !== "encoder"))("is no node for another one: $kind", async ({ kind }) => {
    const ids = [...tells].filter((tell) => identifierKind(tell) === kind);
    expect(ids.length).toBeGreaterThan(0);
    const read = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";
    const asked = ids.slice(0, 100);
    expect((await own.caller.graphql(read, { ids: asked }))["nodes"]).toEqual(asked.map(() => null));
    const found = (await foreign.caller.graphql(read, { ids: asked }))["nodes"] as readonly ({ readonly __typename: string } | null)[];
    const [first] = found.filter((node) => node !== null);
    // All that its type tells is read too, each field by its owner and by the other.
    const type = SCHEMA.getType(first!.__typename);
    if (!isObjectType(type)) throw new Error(`No type of ${kind}`);
    const selection = selectionOfLeaves(leavesOf(SCHEMA, type, 1));
    const document = `query ($id: ID!) { node(id: $id) { ... on ${type.name} ${selection} } }`;
    const id = asked[found.findIndex((node) => node !== null)];
    expect((await foreign.caller.graphql(document, { id }))["node"]).not.toBeNull();
    expect(await own.caller.graphql(document, { id })).toEqual({ node: null });
  });

  it("is written to by no mutation of another one", async () => {
    const asked: { readonly operation: Operation; readonly given: Arguments }[] = [];
    for (const operation of MUTATIONS) {
      for (const given of await factsOf(operation.name).variants(foreign)) asked.push({ operation, given: inOwnWords(inEarnest(given)) });
    }
    const before = await holdingsOf(foreign);
    const answers: string[] = [];
    for (const { operation, given } of asked) {
      const text = await ask(own.caller, operation, given, payloadLeaves(operation));
      const known = new Set(shown(JSON.stringify(given), before.tells));
      if (shown(text, before.tells).some((tell) => !known.has(tell))) answers.push(`${operation.name}: ${text}`);
    }
    expect(answers).toEqual([]);
    const after = await holdingsOf(foreign);
    const isOwners = (row: string) => row.includes(foreign.caller.organizationId) || !row.includes(own.caller.organizationId);
    expect([...after.rows].filter((row) => !before.rows.has(row) && isOwners(row))).toEqual([]);
    expect([...before.rows].filter((row) => !after.rows.has(row))).toEqual([]);
  });

  it("is pushed to no subscriber of another one", async () => {
    const watching: { readonly operation: Operation; readonly given: Arguments; readonly items: TestSubscription<Loose> }[] = [];
    async function watch(
      caller: TestCaller,
      given: (operation: Operation) => Promise<readonly Arguments[]>,
      isAsked: (operation: Operation) => boolean = () => true,
    ) {
      for (const operation of SUBSCRIPTIONS.filter(isAsked)) {
        for (const each of await given(operation)) {
          const document = documentOf(
            operation,
            each,
            selectionOfLeaves(leavesOf(SCHEMA, compositeOf(operation), 2).slice(0, LEAVES_OF_DOCUMENT)),
          );
          watching.push({ operation, given: each, items: caller.subscribe<Loose, Arguments>(document, each) });
        }
      }
    }
    const everything = async ({ field }: Operation) => [field.args.some(({ name }) => name === "snapshot") ? { snapshot: true } : {}];
    await watch(own.caller, everything, ({ field }) => !field.args.some(isRequiredArgument));
    await watch(own.caller, ({ name }) => factsOf(name).variants(foreign));
    const ofOwner = foreign.caller.subscribe<Loose>("subscription { sessionChanges(snapshot: true) { kind session { name } } }");
    await ofOwner.until(({ sessionChanges }) => sessionChanges.kind === "SNAPSHOT_END");
    for (const operation of MUTATIONS) {
      for (const given of await factsOf(operation.name).variants(foreign))
        await ask(foreign.caller, operation, inEarnest(given), payloadLeaves(operation));
    }
    const telling = await foreign.fresh("session");
    const marker = await own.fresh("session");
    await ofOwner.until(({ sessionChanges }) => JSON.stringify(sessionChanges).includes(foreign.mark));
    // Everything that was before it has come by now.
    const [all] = watching.filter(({ operation, given }) => operation.name === "Subscription.sessionChanges" && !("filter" in given));
    const seen = await all!.items.until((data) => JSON.stringify(data).includes(marker), 60_000);
    const { tells: later } = await holdingsOf(foreign);
    expect(later).toContain(telling);
    const texts = [JSON.stringify(seen), ...watching.map(({ items }) => JSON.stringify(items.waiting()))];
    expect(texts.flatMap((text) => shown(text, later))).toEqual([]);
    for (const { items } of watching) items.end();
  });

  it("counts in no total of another one", async () => {
    const empty = await server.otherOrganization();
    const totals: Record<string, unknown> = {};
    for (const operation of READ) {
      const text = await tryAll(empty, operation, {});
      totals[operation.field.name] = [
        ...new Set([...text.matchAll(/"(?:totalCount|total|openAlerts|rowCount|alertsRaised)":(\d+)/g)].map(([, count]) => Number(count))),
      ];
    }
    const counted = Object.entries(totals).filter(([, counts]) => (counts as readonly number[]).some((count) => count > 0));
    // An organization has its first key.
    expect(counted).toEqual([["apiKeys", [1]]]);
    expect(Object.values(totals).flat()).toContain(0);
  });
});

/** Where arguments are wanted and none are given, nothing is asked. */
async function tryAll(client: GraphqlClient, operation: Operation, given: Arguments): Promise<string> {
  const isMissing = operation.field.args.some(({ name, type }) => String(type).endsWith("!") && given[name] === undefined);
  return isMissing ? "" : readAll(client, operation, given);
}

function compositeOf({ field }: Operation) {
  const type = getNamedType(field.type);
  if (!isCompositeType(type)) throw new Error(`Say how items of ${field.name} are asked for`);
  return type;
}

function payloadLeaves(operation: Operation): readonly Leaf[] {
  return leavesOf(SCHEMA, compositeOf(operation), 2).slice(0, LEAVES_OF_DOCUMENT);
}

/** The ids are those of the other one, and names are not: an organization may call its own as it likes. */
function inOwnWords(given: Arguments): Arguments {
  return withTexts(given, (text) => text.replaceAll(foreign.mark, own.mark)) as Arguments;
}

/** Files stay as they are. */
function withTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => withTexts(item, change));
  if (typeof value !== "object" || value === null || value instanceof Blob) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withTexts(inner, change)]));
}
