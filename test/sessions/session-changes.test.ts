import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  CreateSessionDocument,
  DeleteSessionsDocument,
  SessionChangesDocument,
  StartSessionsDocument,
  UpdateSessionDocument,
} from "../generated/documents.ts";
import type { SessionFilter } from "../generated/documents.ts";
import { createGraphqlClient } from "../support/clients.ts";
import { startTestServer, type TestCaller, type TestServer } from "../support/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

async function createSession(
  caller: TestCaller,
  name: string,
  labels: string[] = [],
): Promise<{ readonly id: string; readonly version: number }> {
  const { createSession: payload } = await caller.graphql(CreateSessionDocument, {
    input: { name, labels, source: { type: "SRT_PULL", urlA: "srt://127.0.0.1:9000" }, playbacks: [] },
  });
  expect(payload.userErrors).toEqual([]);
  return payload.session!;
}

const label = async (caller: TestCaller, id: string, labels: string[]) => {
  const { updateSession: payload } = await caller.graphql(UpdateSessionDocument, { input: { id, labels } });
  expect(payload.userErrors).toEqual([]);
};

const follow = (
  caller: TestCaller,
  variables: { filter?: SessionFilter; snapshot?: boolean; after?: string; heartbeatSeconds?: number },
) => {
  const subscription = caller.subscribe(SessionChangesDocument, variables);
  return { ...subscription, next: async () => (await subscription.next()).sessionChanges };
};

describe("sessionChanges", () => {
  it("tells each verb with the state as of it, who did it, and the session as it is", async () => {
    const caller = await server.otherOrganization();
    const changes = follow(caller, { snapshot: true });
    expect(await changes.next()).toMatchObject({
      kind: "SNAPSHOT_END",
      matches: true,
      sessionId: null,
      status: null,
      session: null,
      actor: null,
    });
    const { id } = await createSession(caller, "One");
    expect(await changes.next()).toMatchObject({
      kind: "CREATED",
      sessionId: id,
      status: "STOPPED",
      health: "OK",
      matches: true,
      actor: "key:First admin key",
      session: { id, name: "One" },
    });
    await label(caller, id, ["news"]);
    expect(await changes.next()).toMatchObject({ kind: "UPDATED", sessionId: id });
    await caller.graphql(DeleteSessionsDocument, { input: { selection: { ids: [id] } } });
    expect(await changes.next()).toMatchObject({ kind: "DELETED", sessionId: id, matches: false, status: null, session: null });
  });

  it("decides by the state before and after, and tells who leaves the filter", async () => {
    const caller = await server.otherOrganization();
    const [inside, outside] = [await createSession(caller, "Inside", ["news"]), await createSession(caller, "Outside")];
    const changes = follow(caller, { filter: { labels: ["news"] }, snapshot: true });
    expect(await changes.next()).toMatchObject({ kind: "SNAPSHOT", sessionId: inside.id, session: { name: "Inside" } });
    expect((await changes.next()).kind).toBe("SNAPSHOT_END");
    await label(caller, outside.id, ["sport"]);
    await label(caller, outside.id, ["sport", "news"]);
    expect(await changes.next()).toMatchObject({ kind: "UPDATED", sessionId: outside.id, matches: true });
    await label(caller, inside.id, []);
    expect(await changes.next()).toMatchObject({ kind: "UPDATED", sessionId: inside.id, matches: false, session: { name: "Inside" } });
    await label(caller, inside.id, ["other"]);
    await caller.graphql(DeleteSessionsDocument, { input: { selection: { ids: [inside.id] } } });
    await caller.graphql(DeleteSessionsDocument, { input: { selection: { ids: [outside.id] } } });
    expect(await changes.next()).toMatchObject({ kind: "DELETED", sessionId: outside.id });
  });

  it("resumes behind the cursor of a bulk write on another gateway, without the write", async () => {
    const caller = await server.otherOrganization();
    const { id } = await createSession(caller, "Bulk");
    const other = await startTestServer({ share: server });
    try {
      const answer = await caller.graphql(DeleteSessionsDocument, { input: { selection: { ids: [id] } } });
      expect(answer.deleteSessions.acceptedCount).toBe(1);
      const next = await createSession(caller, "Next");
      const elsewhere = createGraphqlClient(other.url, caller.key);
      const changes = elsewhere.subscribe(SessionChangesDocument, { after: answer.deleteSessions.cursor! });
      expect((await changes.next()).sessionChanges).toMatchObject({ kind: "CREATED", sessionId: next.id });
      await elsewhere.close();
    } finally {
      await other.stop();
    }
  });

  it("tells a refused verb to nobody, and nothing to other organizations", async () => {
    const [mine, theirs] = [await server.otherOrganization(), await server.otherOrganization()];
    const changes = follow(theirs, { snapshot: true, heartbeatSeconds: 1 });
    await changes.next();
    const { id } = await createSession(mine, "Mine");
    expect((await mine.graphql(StartSessionsDocument, { input: { selection: { ids: [id] } } })).startSessions.acceptedCount).toBe(0);
    const own = await createSession(theirs, "Theirs");
    expect(await changes.next()).toMatchObject({ kind: "CREATED", sessionId: own.id });
    expect(await changes.next()).toMatchObject({ kind: "HEARTBEAT", sessionId: null });
    const resumed = follow(mine, { after: (await changes.next()).cursor, heartbeatSeconds: 1 });
    expect((await resumed.next()).kind).toBe("HEARTBEAT");
  });

  it("reads the sessions of a batch with one statement", async () => {
    const caller = await server.otherOrganization();
    const cursor = (await caller.graphql("{ changeCursor }"))["changeCursor"] as string;
    const count = 40;
    for (let index = 0; index < count; index += 1) await createSession(caller, `Session ${index}`);
    const statements: string[] = [];
    const counting = await startTestServer({ share: server, onStatement: (statement) => statements.push(statement) });
    try {
      const elsewhere = createGraphqlClient(counting.url, caller.key);
      const changes = elsewhere.subscribe(SessionChangesDocument, { after: cursor });
      for (let index = 0; index < count; index += 1) expect((await changes.next()).sessionChanges.session?.name).toBe(`Session ${index}`);
      expect(statements.filter((statement) => / from "?sessions"?/i.test(statement))).toHaveLength(1);
      await elsewhere.close();
    } finally {
      await counting.stop();
    }
  });
});

describe("verbs", () => {
  it("ring outside of their transactions, since a NOTIFY inside makes the commits of the whole cluster wait", async () => {
    const statements: string[] = [];
    const listening = await startTestServer({ share: server, onStatement: (statement) => statements.push(statement) });
    try {
      await createSession(listening, "Rings");
      expect(statements.some((statement) => /insert into changes/i.test(statement))).toBe(true);
      expect(statements.filter((statement) => /notify/i.test(statement))).toEqual([]);
    } finally {
      await listening.stop();
    }
  });
});
