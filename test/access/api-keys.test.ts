import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isApiKey } from "../../src/access/api-key.rules.ts";
import { openFrontDoor, type Ask, type FrontDoor } from "../support/front-door.ts";

const CREATE = `mutation ($input: CreateApiKeyInput!) {
  createApiKey(input: $input) { key apiKey { id name accessLevel prefix expiresAt lastUsedAt } userErrors { code path } } }`;
const REVOKE = `mutation ($input: RevokeApiKeysInput!) { revokeApiKeys(input: $input) { deletedIds userErrors { code path } } }`;
const LIST = `query ($first: Int, $after: String) {
  apiKeys(first: $first, after: $after) { nodes { id name prefix } pageInfo { hasNextPage endCursor } totalCount } }`;
const CALLER = `{ caller { organization { id name packages } accessLevel actor canIntrospect } }`;

interface Created {
  readonly createApiKey: { readonly key: string; readonly apiKey: { readonly id: string }; readonly userErrors: readonly unknown[] };
}
interface Listed {
  readonly apiKeys: {
    readonly nodes: readonly { readonly id: string; readonly name: string }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
    readonly totalCount: number;
  };
}

let door: FrontDoor;
beforeAll(async () => {
  door = await openFrontDoor();
});
afterAll(() => door.close());

async function make(ask: Ask, name: string, accessLevel = "VIEWER"): Promise<{ readonly id: string; readonly key: string }> {
  const { data } = await ask<Created>(CREATE, { input: { name, accessLevel } });
  return { id: data.createApiKey.apiKey.id, key: data.createApiKey.key };
}

async function list(ask: Ask): Promise<Listed["apiKeys"]> {
  return (await ask<Listed>(LIST, {})).data.apiKeys;
}

describe("the caller", () => {
  it("learns who it is", async () => {
    const { id, as } = await door.organization();
    const answer = await (await as("OPERATOR"))(CALLER);
    expect(answer.data).toMatchObject({
      caller: {
        organization: { id, packages: ["LIVE_PROCESSING", "EVENTS"] },
        accessLevel: "OPERATOR",
        actor: "key:OPERATOR",
        canIntrospect: true,
      },
    });
  });

  it("sees its own organization as a node, and no other", async () => {
    const [own, other] = [await door.organization(), await door.organization()];
    const read = `query ($ids: [ID!]!) { nodes(ids: $ids) { id } }`;
    expect((await own.ask(read, { ids: [own.id, other.id] })).data).toEqual({ nodes: [{ id: own.id }, null] });
  });
});

describe("API keys", () => {
  it("may be without the right to read the schema", async () => {
    const { ask } = await door.organization();
    const input = { name: "Shipped with a player", accessLevel: "VIEWER", canIntrospect: false };
    const { data } = await ask<Created>(CREATE, { input });
    const shipped = door.askWith(data.createApiKey.key);
    expect((await shipped(CALLER)).data).toMatchObject({ caller: { canIntrospect: false } });
    expect((await shipped("{ __schema { queryType { name } } }")).errors?.[0]?.extensions.code).toBe("OPERATION_NOT_ALLOWED");
    const listed = await ask<{ apiKeys: { nodes: unknown[] } }>("{ apiKeys { nodes { name canIntrospect } } }");
    expect(listed.data.apiKeys.nodes).toEqual([
      { name: "Shipped with a player", canIntrospect: false },
      { name: "First admin key", canIntrospect: true },
    ]);
  });

  it("are shown once, open the door, and close it when they are revoked", async () => {
    const { ask } = await door.organization();
    const { id, key } = await make(ask, "Playout", "EDITOR");
    expect(isApiKey(key)).toBe(true);
    expect((await door.askWith(key)(CALLER)).data).toMatchObject({ caller: { accessLevel: "EDITOR", actor: "key:Playout" } });
    const listed = await list(ask);
    expect(listed.nodes[0]).toEqual({ id, name: "Playout", prefix: key.slice(0, 10) });
    expect(JSON.stringify(listed)).not.toContain(key.slice(10));
    expect((await ask(REVOKE, { input: { ids: [id] } })).data).toEqual({ revokeApiKeys: { deletedIds: [id], userErrors: [] } });
    expect((await door.askWith(key)(CALLER)).errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
    expect((await list(ask)).totalCount).toBe(1);
    expect((await ask(`query ($id: ID!) { node(id: $id) { id } }`, { id })).data).toEqual({ node: null });
  });

  it("are ADMIN's business alone", async () => {
    const { as } = await door.organization();
    for (const level of ["VIEWER", "OPERATOR", "EDITOR"] as const) {
      const ask = await as(level);
      expect((await ask(LIST, {})).errors?.[0]?.extensions.code).toBe("FORBIDDEN");
      expect((await ask(CREATE, { input: { name: "x", accessLevel: "ADMIN" } })).data).toMatchObject({
        createApiKey: { key: null, apiKey: null, userErrors: [{ code: "ACCESS_LEVEL_REQUIRED" }] },
      });
      expect((await ask(REVOKE, { input: { ids: ["x"] } })).data).toMatchObject({
        revokeApiKeys: { deletedIds: [], userErrors: [{ code: "ACCESS_LEVEL_REQUIRED" }] },
      });
    }
  });

  it("are not found from another organization, and all or nothing", async () => {
    const [own, other] = [await door.organization(), await door.organization()];
    const foreign = await make(other.ask, "Foreign");
    const mine = await make(own.ask, "Mine");
    const answer = await own.ask(REVOKE, { input: { ids: [mine.id, foreign.id, "nonsense", mine.id, "apikey_\u{1f600}"] } });
    expect(answer.data).toEqual({
      revokeApiKeys: {
        deletedIds: [],
        userErrors: [
          { code: "NOT_FOUND", path: ["input", "ids", "1"] },
          { code: "NOT_FOUND", path: ["input", "ids", "2"] },
          { code: "DUPLICATE_ID", path: ["input", "ids", "3"] },
          { code: "NOT_FOUND", path: ["input", "ids", "4"] },
        ],
      },
    });
    expect((await door.askWith(mine.key)(CALLER)).errors).toBeUndefined();
    expect((await own.ask(`query ($id: ID!) { node(id: $id) { id } }`, { id: foreign.id })).data).toEqual({ node: null });
  });

  it("never lose the last ADMIN, by one call or by two at once", async () => {
    const { ask } = await door.organization();
    const first = (await list(ask)).nodes[0]?.id ?? "";
    expect((await ask(REVOKE, { input: { ids: [first] } })).data).toMatchObject({
      revokeApiKeys: { deletedIds: [], userErrors: [{ code: "INVALID_STATE" }] },
    });
    const second = await make(ask, "Second", "ADMIN");
    const both = await Promise.all([
      ask<{ readonly revokeApiKeys: { readonly deletedIds: readonly string[] } }>(REVOKE, { input: { ids: [second.id] } }),
      door.askWith(second.key)<{ readonly revokeApiKeys: { readonly deletedIds: readonly string[] } }>(REVOKE, { input: { ids: [first] } }),
    ]);
    expect(both.flatMap(({ data }) => data?.revokeApiKeys.deletedIds ?? [])).toHaveLength(1);
  });

  it("are paged, the newest first", async () => {
    const { ask } = await door.organization();
    for (const name of ["a", "b", "c"]) await make(ask, name);
    const page = (await ask<Listed>(LIST, { first: 2 })).data.apiKeys;
    expect(page).toMatchObject({ nodes: [{ name: "c" }, { name: "b" }], pageInfo: { hasNextPage: true }, totalCount: 4 });
    const rest = (await ask<Listed>(LIST, { first: 2, after: page.pageInfo.endCursor })).data.apiKeys;
    expect(rest).toMatchObject({ nodes: [{ name: "a" }, { name: "First admin key" }], pageInfo: { hasNextPage: false } });
  });

  it.each([
    [{ name: "", accessLevel: "VIEWER" }, "name"],
    [{ name: "x".repeat(201), accessLevel: "VIEWER" }, "name"],
    [{ name: "a\u0000b", accessLevel: "VIEWER" }, "name"],
    [{ name: "a\nb", accessLevel: "VIEWER" }, "name"],
    [{ name: "x", accessLevel: "VIEWER", expiresAt: "2020-01-01T00:00:00Z" }, "expiresAt"],
  ])("refuse %j", async (input, field) => {
    const { ask } = await door.organization();
    expect((await ask(CREATE, { input })).data).toMatchObject({
      createApiKey: { key: null, userErrors: [{ code: "INVALID_VALUE", path: ["input", field] }] },
    });
  });
});
