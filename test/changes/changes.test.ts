import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { appendChanges } from "../../src/changes/append-changes.ts";
import { CHANGE_KIND_NAMES } from "../../src/changes/change.rules.ts";
import { isUntold, readExtent } from "../../src/changes/change.store.ts";
import { currentCursor, cursorOf, resumeAfter } from "../../src/changes/cursor.ts";
import { encodeCursor, oldestUnseen, positionAt, snapshotBefore, type Position } from "../../src/changes/position.ts";
import { readChanges } from "../../src/changes/read-changes.ts";
import { readUntold } from "../../src/changes/read-untold.ts";
import { openDatabase } from "../../src/database/client.ts";
import type { Database } from "../../src/database/database.ts";
import { systemClock } from "../../src/shared/clock.ts";
import {
  ChangeCursorDocument,
  ChangesDocument,
  CreateSessionDocument,
  DeleteSessionsDocument,
  SessionChangesDocument,
  StartSessionsDocument,
  UpdateSessionDocument,
} from "../generated/documents.ts";
import { waitUntil } from "../encoder/world.ts";
import { insertTemplate } from "../support/context.ts";
import { startTestServer, type TestCaller, type TestServer } from "../support/server.ts";
import { change, countUp, createThings, deleteThing, outlasts, pauseUpTo, silentLog, sweepEverything } from "./support.ts";

let server: TestServer;
let writers: Database;
/** A client of which every statement is counted. */
let counted: Database;
let statementCount = 0;

beforeAll(async () => {
  server = await startTestServer();
  writers = openDatabase({ address: server.address, log: silentLog, maxConnections: 20 });
  counted = openDatabase({ address: server.address, log: silentLog, onStatement: () => (statementCount += 1) });
  await createThings(server.database);
});
afterAll(async () => {
  await Promise.all([writers.close(), counted.close()]);
  await server.stop();
});

const SOURCE = { type: "SRT_PULL", urlA: "srt://127.0.0.1:9000" } as const;

async function createSession(caller: TestCaller, name: string): Promise<string> {
  const { createSession: payload } = await caller.graphql(CreateSessionDocument, { input: { name, source: SOURCE, playbacks: [] } });
  expect(payload.userErrors).toEqual([]);
  return payload.session!.id;
}

/** Asks on until there is no more, `first` at a time. */
async function poll(caller: TestCaller, after: string | null, first = 100) {
  const nodes = [];
  for (let cursor = after; ;) {
    const { changes } = await caller.graphql(ChangesDocument, { first, after: cursor });
    nodes.push(...changes.nodes);
    cursor = changes.pageInfo.endCursor!;
    if (!changes.pageInfo.hasNextPage) return { nodes, cursor };
  }
}

describe("changes", () => {
  it("tell what was done to what and by whom, with the object as it is now", async () => {
    const caller = await server.otherOrganization();
    const kept = await createSession(caller, "Kept");
    const gone = await createSession(caller, "Gone");
    await caller.graphql(UpdateSessionDocument, { input: { id: kept, name: "Renamed" } });
    await caller.graphql(DeleteSessionsDocument, { input: { selection: { ids: [gone] } } });
    const template = await caller.graphql(
      `mutation { createTemplate(input: { name: "T", renditions: [{ name: "s", isPassthrough: true }] }) { template { id } } }`,
    );
    for (const first of [1, 2, 3, 100]) {
      const { nodes } = await poll(caller, null, first);
      expect(
        nodes.map(({ kind, objectId, object, actor }) => [kind, objectId, object?.id, actor]),
        `${first} at a time`,
      ).toEqual([
        ["session.created", kept, kept, expect.stringMatching(/^key:/)],
        ["session.created", gone, undefined, expect.any(String)],
        ["session.updated", kept, kept, expect.any(String)],
        ["session.deleted", gone, undefined, expect.any(String)],
        ["template.created", template["createTemplate"].template.id, template["createTemplate"].template.id, expect.any(String)],
      ]);
      for (const { kind } of nodes) expect(CHANGE_KIND_NAMES).toContain(kind);
    }
    const other = await server.otherOrganization();
    expect((await poll(other, null)).nodes).toEqual([]);
  });

  it("go on behind the cursors of subscriptions, of mutations and of changeCursor, and the other way round", async () => {
    const caller = await server.otherOrganization();
    const templateId = await insertTemplate(caller.context, "Ladder");
    const { changeCursor } = await caller.graphql(ChangeCursorDocument);
    const id = await createSession(caller, "One");
    const subscription = caller.subscribe(SessionChangesDocument, { after: changeCursor });
    const created = (await subscription.next()).sessionChanges;
    expect((await poll(caller, created.cursor)).nodes).toEqual([]);
    const polled = await poll(caller, changeCursor);
    expect(polled.nodes).toMatchObject([{ kind: "session.created", objectId: id }]);

    const { createSessions } = await caller.graphql(
      `mutation ($input: CreateSessionsInput!) { createSessions(input: $input) { cursor sessions { id } } }`,
      {
        input: {
          sessions: [{ name: "Two", source: SOURCE, playbacks: [{ name: "Web", type: "HTTP", templateId, hlsEnabled: true }] }],
        },
      },
    );
    const two = createSessions.sessions[0].id;
    await caller.graphql(StartSessionsDocument, { input: { selection: { ids: [two] } } });
    // What the mutation did is known to whoever has its answer.
    expect((await poll(caller, createSessions.cursor)).nodes).toMatchObject([{ kind: "session.status_changed", objectId: two }]);
    expect((await poll(caller, polled.nodes[0]!.cursor)).nodes).toHaveLength(2);
    const resumed = caller.subscribe(SessionChangesDocument, { after: polled.cursor });
    expect((await resumed.next()).sessionChanges).toMatchObject({ kind: "CREATED", sessionId: two });
  });

  it("of which there are none still give a cursor, which does not age while others write", async () => {
    const caller = await server.otherOrganization();
    const empty = (await caller.graphql(ChangesDocument, {})).changes;
    expect(empty).toMatchObject({ nodes: [], pageInfo: { hasNextPage: false, endCursor: expect.any(String) } });
    const stranger = await server.otherOrganization();
    await createSession(stranger, "Old");
    const { changeCursor } = await stranger.graphql(ChangeCursorDocument);
    const young = async () => (await poll(caller, empty.pageInfo.endCursor!)).cursor;
    const cursor = await waitUntil(young, (later) => outlasts(later, changeCursor));
    await sweepEverything(server.database);
    expect((await poll(caller, cursor)).nodes).toEqual([]);
    // Whoever kept the older one is told, though none of the changes that are gone was its own: nobody can know that any more.
    const { nodes } = await poll(caller, empty.pageInfo.endCursor!);
    expect(nodes).toMatchObject([{ kind: "log.lagged", objectId: caller.organizationId, object: { id: caller.organizationId } }]);
    expect((await poll(caller, nodes[0]!.cursor)).nodes).toEqual([]);
  });

  it("behind a cursor that is too old begin with log.lagged, then the oldest that are kept", async () => {
    const caller = await server.otherOrganization();
    const id = await createSession(caller, "Kept");
    const foreign = encodeCursor({ log: "another one", position: positionAt(snapshotBefore(5n)), at: null });
    for (const first of [1, 2, 100]) {
      const { nodes } = await poll(caller, foreign, first);
      expect(nodes.map(({ kind, objectId }) => [kind, objectId])).toEqual([
        ["log.lagged", caller.organizationId],
        ["session.created", id],
      ]);
      expect((await poll(caller, nodes[0]!.cursor, first)).nodes).toHaveLength(1);
    }
  });

  it("refuse pages and cursors that there are none of", async () => {
    for (const variables of [{ first: 0 }, { first: 101 }, { after: "AAAA" }]) {
      expect((await server.ask(ChangesDocument, variables)).errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
    }
  });

  it("cost the same statements at the end of a long log as at that of a short one, whoever filled it", async () => {
    const caller = await server.otherOrganization();
    const id = await createSession(caller, "Before");
    const { changeCursor } = await caller.graphql(ChangeCursorDocument);
    const stranger = await server.otherOrganization();
    for (let part = 0; part < 6; part += 1) {
      await writers.transaction("fill", (transaction) =>
        appendChanges(
          transaction,
          Array.from({ length: 10_000 }, (_, value) => change(stranger.organizationId, stranger.organizationId, value)),
        ),
      );
    }
    await caller.graphql(UpdateSessionDocument, { input: { id, name: "After" } });
    const context = { database: counted, clock: systemClock, actor: caller.context.actor };
    statementCount = 0;
    const first = await readChanges(context, { after: changeCursor, limit: 100 });
    // It looks through so much of what is others', and goes on from there.
    expect([statementCount, first.changes.length, first.hasMore]).toEqual([11, 0, true]);
    const { nodes, cursor } = await poll(caller, changeCursor);
    expect(nodes).toMatchObject([{ kind: "session.updated", objectId: id }]);
    statementCount = 0;
    expect(await readChanges(context, { after: cursor, limit: 100 })).toMatchObject({ changes: [], hasMore: false });
    expect(statementCount).toBeLessThanOrEqual(2);
    expect(await readChanges(context, { after: changeCursor, limit: 1 }).then(({ count }) => count())).toBeLessThanOrEqual(1);
  });

  it("are counted from the cursor on", async () => {
    const caller = await server.otherOrganization();
    const id = await createSession(caller, "Counted");
    const { cursor } = await poll(caller, null);
    for (const name of ["A", "B", "C"]) await caller.graphql(UpdateSessionDocument, { input: { id, name } });
    const count = `query ($after: Cursor) { changes(first: 1, after: $after) { totalCount nodes { cursor } } }`;
    const page = (await caller.graphql(count, { after: cursor }))["changes"];
    expect(page.totalCount).toBe(3);
    expect((await caller.graphql(count, { after: page.nodes[0].cursor }))["changes"].totalCount).toBe(2);
  });
});

describe("a poller beside writers", () => {
  it.each([1, 3])("misses and doubles nothing, and sees each object's changes in their order (round %i)", async (round) => {
    const { organizationId } = await server.otherOrganization();
    const { executor } = server.database;
    let isWriting = true;
    const writing = Promise.all(
      Array.from({ length: 10 }, async () => {
        for (let count = 0; count < 25; count += 1) {
          await writers.transaction("write", async (transaction) => {
            await transaction.execute(sql`select pg_current_xact_id()`);
            await pauseUpTo(4);
            const thing = { organizationId, id: `${organizationId}_${Math.floor(Math.random() * 9)}` };
            await (Math.random() < 0.1 ? deleteThing(transaction, thing) : countUp(transaction, thing));
            await pauseUpTo(4);
          });
        }
      }),
    ).finally(() => {
      isWriting = false;
    });
    const values = new Map<string, number>();
    const positions: Position[] = [];
    let after = await currentCursor(executor, systemClock);
    for (let isLast = false; !isLast;) {
      const wasWriting = isWriting;
      const extent = await readExtent(executor);
      const { position } = resumeAfter(after, extent);
      const page = await readUntold(executor, { organizationId, extent, position, limit: 1 + Math.floor(Math.random() * 5 * round) });
      for (const { change: told } of page.items) {
        const value = told!.kind === "DELETED" ? 0 : (told!.after as { value: number }).value;
        if (value > 0) expect({ id: told!.objectId, value }).toEqual({ id: told!.objectId, value: (values.get(told!.objectId) ?? 0) + 1 });
        values.set(told!.objectId, value);
      }
      positions.push(...page.items.map((item) => item.position));
      // Behind any change of the page as well as behind the page.
      after = cursorOf({ log: extent.log, position: page.position, at: null });
      isLast = !wasWriting && !page.hasMore;
    }
    await writing;
    const stored = await executor.execute<{ id: string; value: number }>(
      sql`select id, value from things where organization_id = ${organizationId}`,
    );
    expect([...values].filter(([, value]) => value > 0).toSorted()).toEqual(stored.map(({ id, value }) => [id, value]).toSorted());
    await expectSameBySet(organizationId, positions);
  });

  /** What `isUntold` selects is what a reader is told, in whatever position. */
  async function expectSameBySet(organizationId: string, positions: readonly Position[]): Promise<void> {
    const { executor } = server.database;
    const extent = await readExtent(executor);
    const sampled = positions.filter((_, index) => index % 12 === 0);
    const withViews = sampled.map((position, index): Position => ({
      ...position,
      own: index % 3 === 0 ? oldestUnseen(position.snapshot) : null,
      views: [
        { throughId: `${organizationId}_4`, snapshot: position.step?.to ?? position.snapshot },
        { throughId: null, snapshot: positions.at(-1 - index)!.snapshot },
      ],
    }));
    expect(sampled.length).toBeGreaterThan(10);
    for (const position of [...sampled, ...withViews]) {
      const { items } = await readUntold(executor, { organizationId, extent, position, limit: 1_000 });
      const rows = await executor.execute<{ id: string }>(
        sql`select id from changes c where organization_id = ${organizationId} and ${isUntold(position, extent.snapshot)} order by id`,
      );
      expect(rows.map(({ id }) => Number(id))).toEqual(items.map(({ change: told }) => told!.id).toSorted((one, other) => one - other));
    }
  }
});
