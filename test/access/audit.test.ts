import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { AccessLevel } from "../../src/access/level.rules.ts";
import { firstIdentifierOf, newIdentifier } from "../../src/shared/identifier.ts";
import { createGraphqlClient } from "../support/clients.ts";
import { insertTemplate } from "../support/context.ts";
import { startTestServer, type TestCaller, type TestServer } from "../support/server.ts";

const statements: string[] = [];
let server: TestServer;
let caller: TestCaller;
beforeAll(async () => {
  server = await startTestServer({ trustedProxies: ["127.0.0.0/8"], onStatement: (statement) => statements.push(statement) });
});
afterAll(() => server.stop());
beforeEach(async () => {
  caller = await server.otherOrganization();
});

interface Entry {
  readonly id: string;
  readonly at: string;
  readonly verb: string;
  readonly outcome: string;
  readonly actor: string;
  readonly objectIds: readonly string[];
  readonly requestId: string;
}
interface Page {
  readonly auditEntries: {
    readonly totalCount: number;
    readonly nodes: readonly Entry[];
    readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
  };
}
const QUERY = `query ($first: Int, $after: String, $objectId: ID, $actor: String, $from: DateTime, $to: DateTime) {
  auditEntries(first: $first, after: $after, objectId: $objectId, actor: $actor, from: $from, to: $to) {
    totalCount nodes { id at verb outcome actor objectIds requestId } pageInfo { endCursor hasNextPage } } }`;
const read = async (variables: object = {}) => (await caller.graphql<Page, object>(QUERY, variables)).auditEntries;

async function create(count: number): Promise<readonly string[]> {
  const templateId = await insertTemplate(caller.context, "One");
  const sessions = Array.from({ length: count }, (_, index) => ({
    name: `Channel ${index}`,
    source: { type: "RTMP_PUSH" },
    playbacks: [{ name: "web", type: "HTTP", hlsEnabled: true, templateId }],
  }));
  const { createSessions } = await caller.graphql(
    "mutation ($input: CreateSessionsInput!) { createSessions(input: $input) { sessions { id } userErrors { message } } }",
    { input: { sessions } },
  );
  return (createSessions.sessions as readonly { readonly id: string }[]).map(({ id }) => id);
}

async function bulk(verb: string, ids: readonly string[], rest: object = {}): Promise<void> {
  await caller.graphql(`mutation ($input: SessionBulkInput!) { ${verb}(input: $input) { acceptedCount userErrors { message } } }`, {
    input: { selection: { ids }, ...rest },
  });
}

describe("the audit", () => {
  it("tells what was done to what, the newest first, once for each call", async () => {
    const ids = await create(2);
    await bulk("startSessions", ids, { dryRun: true });
    await bulk("startSessions", ids, { idempotencyKey: "once" });
    await bulk("startSessions", ids, { idempotencyKey: "once" });
    await bulk("startSessions", ids);
    await bulk("stopSessions", ids.slice(1));
    const { nodes, totalCount } = await read();
    expect(nodes.map(({ verb, objectIds, outcome }) => [verb, objectIds, outcome])).toEqual([
      ["STOP", ids.slice(1), "ACCEPTED"],
      ["START", ids, "SKIPPED"],
      ["START", ids, "ACCEPTED"],
      ["CREATE", ids, "ACCEPTED"],
    ]);
    expect(totalCount).toBe(4);
    expect(new Set(nodes.map(({ requestId }) => requestId)).size).toBe(4);
    expect((await read({ objectId: ids[0] })).nodes.map(({ verb }) => verb)).toEqual(["START", "START", "CREATE"]);
  });

  it("tells of API keys and templates", async () => {
    const made = await caller.graphql(`mutation { createApiKey(input: { name: "Playout", accessLevel: VIEWER }) { apiKey { id } key } }`);
    const { id } = made.createApiKey.apiKey as { readonly id: string };
    await caller.graphql("mutation ($input: RevokeApiKeysInput!) { revokeApiKeys(input: $input) { deletedIds } }", {
      input: { ids: [id] },
    });
    const template = await caller.graphql(
      `mutation { createTemplate(input: { name: "T", renditions: [{ name: "source", isPassthrough: true }] }) { template { id } } }`,
    );
    const templateId = template.createTemplate.template.id as string;
    await caller.graphql("mutation ($input: UpdateTemplateInput!) { updateTemplate(input: $input) { userErrors { code } } }", {
      input: { id: templateId, name: "U" },
    });
    await caller.graphql("mutation ($input: DeleteTemplatesInput!) { deleteTemplates(input: $input) { userErrors { code } } }", {
      input: { ids: [templateId] },
    });
    expect((await read()).nodes.map(({ verb, objectIds }) => [verb, objectIds])).toEqual([
      ["DELETE", [templateId]],
      ["UPDATE", [templateId]],
      ["CREATE", [templateId]],
      ["DELETE", [id]],
      ["CREATE", [id]],
    ]);
    expect(JSON.stringify(await read())).not.toContain(made.createApiKey.key);
  });

  it("tells of alerts what was done to them", async () => {
    const [sessionId = ""] = await create(1);
    const alertId = newIdentifier("alert");
    await server.database.executor.execute(sql`
      insert into alerts (id, organization_id, session_id, subject_id, code, severity, message, first_seen_at, last_seen_at)
      values (${alertId}, ${caller.organizationId}, ${sessionId}, ${sessionId}, 'FAILED_OVER', 'WARNING', 'It switched.', now(), now())`);
    await server.database.executor.execute(sql`update sessions set open_alert_count = 1 where id = ${sessionId}`);
    const input = { ids: [alertId] };
    for (const verb of ["acknowledgeAlerts", "clearAlerts"]) {
      const type = `${verb[0]?.toUpperCase()}${verb.slice(1)}Input`;
      const answer = await caller.graphql(`mutation ($input: ${type}!) { ${verb}(input: $input) { userErrors { code } } }`, { input });
      expect(answer[verb]).toEqual({ userErrors: [] });
    }
    expect((await read({ objectId: alertId })).nodes.map(({ verb }) => verb)).toEqual(["CLEAR_ALERTS", "ACKNOWLEDGE_ALERTS"]);
  });

  it("tells of exports with secrets, and of none without", async () => {
    const ids = await create(2);
    await caller.graphql("{ exportSessionsCsv { rowCount } }");
    await caller.graphql("{ exportSessionsCsv(includeSecrets: true) { rowCount } }");
    const file = await fetch(`${server.url}/exports/sessions.csv?includeSecrets=true`, {
      headers: { authorization: `Bearer ${caller.key}` },
    });
    await file.text();
    const { nodes } = await read({ objectId: ids[1] });
    expect(nodes.map(({ verb }) => verb)).toEqual(["REVEAL_SECRET", "REVEAL_SECRET", "CREATE"]);
    expect(nodes.map(({ objectIds }) => objectIds.toSorted())).toEqual([ids, ids, ids]);
  });

  it("is paged, and filtered by caller and time", async () => {
    const ids = await create(1);
    const editor = await caller.graphql(`mutation { createApiKey(input: { name: "Playout", accessLevel: EDITOR }) { key } }`);
    await server.database.executor.execute(
      sql`update audit_entries set at = '2024-02-03T04:05:06Z' where organization_id = ${caller.organizationId} and verb = 'CREATE' and ${ids[0]} = any(object_ids)`,
    );
    await fetch(`${server.url}/graphql`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${editor.createApiKey.key as string}`,
        "content-type": "application/json",
        "x-forwarded-for": "203.0.113.9",
      },
      body: JSON.stringify({ query: `mutation { startSessions(input: { selection: { ids: ["${ids[0]}"] } }) { acceptedCount } }` }),
    });
    const first = await read({ first: 2 });
    expect(first.nodes.map(({ verb }) => verb)).toEqual(["START", "CREATE"]);
    expect(first).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } });
    const rest = await read({ first: 2, after: first.pageInfo.endCursor });
    expect(rest.nodes.map(({ objectIds }) => objectIds)).toEqual([ids]);
    expect((await read({ actor: "key:Playout" })).nodes.map(({ verb }) => verb)).toEqual(["START"]);
    expect((await read({ to: "2024-02-03T04:05:07Z" })).nodes.map(({ id }) => id)).toEqual(rest.nodes.map(({ id }) => id));
    expect((await read({ from: "2024-02-03T04:05:07Z" })).totalCount).toBe(2);
    const addresses = await caller.graphql("{ auditEntries(first: 2) { nodes { ipAddress } } }");
    expect(addresses.auditEntries.nodes).toEqual([{ ipAddress: "203.0.113.9" }, { ipAddress: "127.0.0.1" }]);
  });

  it("is for an ADMIN of the organization alone", async () => {
    await create(1);
    const [entry] = (await read()).nodes;
    const editor = await server.callerOfLevel(AccessLevel.EDITOR);
    expect((await editor.ask(QUERY, {})).errors).toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
    const node = `query ($id: ID!) { node(id: $id) { id ... on AuditEntry { verb } } }`;
    expect(await editor.graphql(node, { id: entry!.id })).toEqual({ node: null });
    expect(await server.graphql(node, { id: entry!.id })).toEqual({ node: null });
    expect(await caller.graphql(node, { id: entry!.id })).toEqual({ node: { id: entry!.id, verb: "CREATE" } });
    expect((await server.graphql<Page, object>(QUERY, { objectId: entry!.objectIds[0] })).auditEntries.totalCount).toBe(0);
  });

  it("tells of a bulk call what became of whom, in an entry for each outcome, and of nobody who is not there", async () => {
    const [stopped = "", running = "", incapable = ""] = await create(3);
    const foreign = newIdentifier("session");
    await server.database.executor.execute(sql`delete from playbacks where session_id = ${incapable}`);
    await bulk("startSessions", [running]);
    await bulk("startSessions", [running, stopped, incapable, stopped, foreign, "nonsense"], { dryRun: true });
    await bulk("startSessions", [running, stopped, incapable, stopped, foreign, "nonsense"]);
    const told = (await read({ first: 3 })).nodes;
    expect(new Set(told.map(({ requestId }) => requestId)).size).toBe(1);
    expect(Object.fromEntries(told.map(({ outcome, objectIds }) => [outcome, objectIds]))).toEqual({
      ACCEPTED: [stopped],
      SKIPPED: [running],
      FAILED: [incapable],
    });
    const { totalCount } = await read();
    await bulk("stopSessions", [foreign, "nonsense"]);
    expect((await read()).totalCount).toBe(totalCount);
  });

  it("keeps nothing of what was wrong in itself", async () => {
    await caller.graphql(
      `mutation { createSession(input: { name: "One", source: { type: HLS_PULL }, playbacks: [] }) { userErrors { code } } }`,
    );
    expect((await read()).totalCount).toBe(0);
  });

  it("tells of what a level does not include, at what it was tried, once a minute for each caller and verb", async () => {
    const ids = await create(2);
    const viewer = await caller.graphql(`mutation { createApiKey(input: { name: "Screen", accessLevel: VIEWER }) { key } }`);
    const client = createGraphqlClient(server.url, viewer.createApiKey.key as string);
    const input = { selection: { ids: [...ids, "nonsense", ids[0]] } };
    for (const verb of ["deleteSessions", "deleteSessions", "startSessions", "deleteSessions"]) {
      const document = `mutation ($input: SessionBulkInput!) { ${verb}(input: $input) { userErrors { code } } }`;
      expect((await client.graphql(document, { input }))[verb]).toEqual({ userErrors: [{ code: "ACCESS_LEVEL_REQUIRED" }] });
    }
    await client.ask("{ exportSessionsCsv(includeSecrets: true) { rowCount } }");
    await client.ask("{ auditEntries { totalCount } }");
    const told = (await read({ actor: "key:Screen" })).nodes.map(({ verb, outcome, objectIds }) => [verb, outcome, objectIds]);
    expect(told).toEqual([
      ["REVEAL_SECRET", "FAILED", []],
      ["START", "FAILED", ids],
      ["DELETE", "FAILED", ids],
    ]);
    // A minute later it is told again.
    await server.database.executor.execute(sql`
      update audit_entries set id = ${firstIdentifierOf("auditentry", new Date(Date.now() - 61_000))} where actor = 'key:Screen' and verb = 'DELETE'`);
    await client.graphql("mutation ($input: SessionBulkInput!) { deleteSessions(input: $input) { userErrors { code } } }", { input });
    expect((await read({ actor: "key:Screen" })).nodes.map(({ verb }) => verb)).toEqual(["DELETE", "REVEAL_SECRET", "START", "DELETE"]);
  });

  it("costs one statement, whatever the number", async () => {
    const ids = await create(200);
    for (const some of [ids.slice(0, 1), ids.slice(1)]) {
      statements.length = 0;
      await bulk("startSessions", some);
      expect(statements.filter((statement) => statement.includes("audit_entries"))).toHaveLength(1);
    }
  });
});
