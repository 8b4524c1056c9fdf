import { afterAll, beforeAll, expect, it } from "vitest";
import { AccessLevel, PERMISSIONS } from "../../src/access/level.rules.ts";
import { headendSchema } from "../../src/graphql/schema.ts";
import { identifierKind } from "../../src/shared/identifier.ts";
import type { GraphqlClient, Loose } from "../support/clients.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { factsOf, OPERATIONS } from "./walk/operations.ts";
import { documentOf, inEarnest, operationsOf, selectionOf, type Arguments, type Operation } from "./walk/schema-walk.ts";
import { World } from "./walk/world.ts";

const SCHEMA = headendSchema();
const MUTATIONS = operationsOf(SCHEMA).filter(({ kind }) => kind === "mutation");

let server: TestServer;
let world: World;
beforeAll(async () => {
  server = await startTestServer({ limits: { points: null } });
  world = new World(server, server, "Audited");
});
afterAll(() => server.stop());

interface Entry {
  readonly at: string;
  readonly actor: string;
  readonly ipAddress: string;
  readonly verb: string;
  readonly outcome: string;
  readonly objectIds: readonly string[];
  readonly requestId: string;
}

async function entries(filter: Arguments = {}): Promise<readonly Entry[]> {
  const { auditEntries } = await server.graphql(
    "query ($objectId: ID, $actor: String) { auditEntries(first: 20, objectId: $objectId, actor: $actor) { nodes { at actor ipAddress verb outcome objectIds requestId } } }",
    filter,
  );
  return auditEntries.nodes as readonly Entry[];
}

/** Does a mutation, and gives its payload and the id of its request. */
async function perform(
  client: GraphqlClient,
  operation: Operation,
  given: Arguments,
): Promise<{ readonly payload: Loose; readonly requestId: string | null }> {
  const { data, errors, headers } = await client.ask<Loose, Arguments>(
    documentOf(operation, given, selectionOf(SCHEMA, operation.field.type, 1)),
    given,
  );
  expect(errors).toEqual([]);
  return { payload: data![operation.field.name] as Loose, requestId: headers.get("x-request-id") };
}

it.each(MUTATIONS)("$name leaves an entry that says who did what, when, from where and to what", async (operation) => {
  const { audit, permission, variants, attendee } = factsOf(operation.name);
  const [given = {}] = await variants(world);
  const began = Date.now();
  const client = permission === null && attendee ? await attendee(world, given) : server;
  const { payload, requestId } = await perform(client, operation, inEarnest(given));
  expect(payload["userErrors"]).toEqual([]);
  const left = (await entries()).filter((entry) => entry.requestId === requestId);
  if (audit === null) {
    expect(left).toEqual([]);
    return;
  }
  expect(left).toEqual([
    {
      ...{ actor: "key:First admin key", ipAddress: "127.0.0.1", verb: audit, outcome: "ACCEPTED", requestId },
      ...{ at: expect.any(String) as unknown, objectIds: expect.any(Array) as unknown },
    },
  ]);
  const [entry] = left;
  expect(Math.abs(Date.parse(entry!.at) - began)).toBeLessThan(30_000);
  expect(entry!.objectIds.length).toBeGreaterThan(0);
  expect(entry!.objectIds.filter((id) => identifierKind(id) === null)).toEqual([]);
  // It is found again by what it was done to.
  expect((await entries({ objectId: entry!.objectIds[0] })).map((each) => each.requestId)).toContain(requestId);
});

it.each(MUTATIONS.filter(({ name }) => PERMISSIONS[OPERATIONS[name]?.permission ?? "read"] !== "VIEWER"))(
  "$name leaves an entry when the level does not include it",
  async (operation) => {
    const { audit, variants } = factsOf(operation.name);
    const [given = {}] = await variants(world);
    const viewer = await server.callerOfLevel(AccessLevel.VIEWER);
    const { caller } = await viewer.graphql("{ caller { actor } }");
    const { payload, requestId } = await perform(viewer, operation, given);
    expect(payload["userErrors"]).toMatchObject([{ code: "ACCESS_LEVEL_REQUIRED" }]);
    expect(await entries({ actor: caller.actor as string })).toMatchObject([
      { verb: audit, outcome: "FAILED", ipAddress: "127.0.0.1", requestId },
    ]);
  },
);
