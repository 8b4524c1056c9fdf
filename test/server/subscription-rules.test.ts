import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApiKey } from "../../src/access/create-api-key.ts";
import { CreateSessionDocument, RevokeApiKeysDocument, SessionChangesDocument, UpdateSessionDocument } from "../generated/documents.ts";
import type { SessionFilter } from "../generated/documents.ts";
import { outlasts, sweepEverything } from "../changes/support.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { openStreamSocket } from "../support/stream-socket.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

async function createSession(name: string): Promise<string> {
  const { createSession: payload } = await server.graphql(CreateSessionDocument, {
    input: { name, source: { type: "RTMP_PUSH" }, playbacks: [] },
  });
  expect(payload.userErrors).toEqual([]);
  return payload.session!.id;
}

let changes = 0;

async function change(id: string): Promise<void> {
  changes += 1;
  const { updateSession: payload } = await server.graphql(UpdateSessionDocument, { input: { id, description: `Number ${changes}` } });
  expect(payload.userErrors).toEqual([]);
}

const cursorNow = async () => (await server.graphql("{ changeCursor }"))["changeCursor"] as string;

function follow(variables: { filter?: SessionFilter; snapshot?: boolean; after?: string; heartbeatSeconds?: number }) {
  const subscription = server.subscribe(SessionChangesDocument, variables);
  return { end: subscription.end, next: async () => (await subscription.next()).sessionChanges };
}

describe("a cursor that is older than what is kept", () => {
  it("is answered LAGGED first, then the oldest that is kept; with a snapshot wanted, that instead", async () => {
    const old = await cursorNow();
    const id = await createSession("Old");
    await sweepEverything(server.database);
    await change(id);
    await change(id);

    const lagging = follow({ after: old });
    const lagged = await lagging.next();
    expect(lagged).toMatchObject({ kind: "LAGGED", sessionId: null, status: null, session: null });
    expect(await lagging.next()).toMatchObject({ kind: "UPDATED", sessionId: id });
    expect(await lagging.next()).toMatchObject({ kind: "UPDATED", sessionId: id });
    await change(id);
    expect(await lagging.next()).toMatchObject({ kind: "UPDATED", sessionId: id });
    lagging.end();

    // The gap was told: who comes back behind that is not told of it again.
    const resumed = follow({ after: lagged.cursor });
    for (let told = 0; told < 3; told += 1) expect(await resumed.next()).toMatchObject({ kind: "UPDATED", sessionId: id });
    resumed.end();

    const again = follow({ after: old, snapshot: true });
    expect(await again.next()).toMatchObject({ kind: "SNAPSHOT", sessionId: id });
    expect(await again.next()).toMatchObject({ kind: "SNAPSHOT_END" });
    await change(id);
    expect(await again.next()).toMatchObject({ kind: "UPDATED", sessionId: id });
    again.end();
  });
});

describe("a heartbeat", () => {
  it("keeps the cursor of a filter that nothing passes young enough to resume from", async () => {
    const id = await createSession("Busy");
    const before = await cursorNow();
    const quiet = follow({ after: before, filter: { names: ["Nobody"] }, heartbeatSeconds: 1 });
    expect(await quiet.next()).toMatchObject({ kind: "HEARTBEAT", sessionId: null, matches: true });
    const told = follow({ after: before });
    await change(id);
    const { cursor: changed } = await told.next();
    told.end();
    // Those that came meanwhile may be of before the change, or of a moment at which an older transaction was open.
    let cursor: string;
    do {
      const heartbeat = await quiet.next();
      expect(heartbeat.kind).toBe("HEARTBEAT");
      ({ cursor } = heartbeat);
    } while (!outlasts(cursor, changed));
    quiet.end();
    await sweepEverything(server.database);

    const lagging = follow({ after: before });
    expect((await lagging.next()).kind).toBe("LAGGED");
    lagging.end();
    const resumed = follow({ after: cursor });
    const other = await createSession("After the heartbeat");
    expect(await resumed.next()).toMatchObject({ kind: "CREATED", sessionId: other });
    resumed.end();
  });
});

describe("a key that is revoked", () => {
  it("is told of nothing that happens a second later or more, however much does", async () => {
    const id = await createSession("Told until the end");
    const { id: keyId, key } = await createApiKey(server.context, { name: "Revoked soon", accessLevel: "VIEWER" });
    const socket = await openStreamSocket(server.url, key);
    socket.subscribe({ query: "subscription { sessionChanges(snapshot: true) { kind at } }" });
    await expect.poll(() => socket.answers().at(-1)?.["data"].sessionChanges.kind as unknown).toBe("SNAPSHOT_END");
    await change(id);
    await expect.poll(() => socket.answers().at(-1)?.["data"].sessionChanges.kind as unknown).toBe("UPDATED");
    const { revokeApiKeys } = await server.graphql(RevokeApiKeysDocument, { input: { ids: [keyId] } });
    const revokedAt = Date.now();
    expect(revokeApiKeys.userErrors).toEqual([]);
    while (!socket.isClosed()) await change(id);
    expect((await socket.closed).code).toBe(4403);
    const last = socket.answers().at(-1)!["data"].sessionChanges.at as string;
    expect(new Date(last).getTime() - revokedAt).toBeLessThan(1_000);
  });
});
