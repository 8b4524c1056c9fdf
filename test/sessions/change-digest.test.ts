import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { appendChanges, type NewChange } from "../../src/changes/append-changes.ts";
import { encodeCursor, positionAt, snapshotBefore } from "../../src/changes/position.ts";
import type { SessionStatus } from "../../src/sessions/session.rules.ts";
import type { SessionState } from "../../src/sessions/session.state.ts";
import { selectSessionStates } from "../../src/sessions/session.store.ts";
import { newIdentifier } from "../../src/shared/identifier.ts";
import {
  ChangeCursorDocument,
  ChangeDigestDocument,
  CreateSessionDocument,
  DeleteSessionsDocument,
  SessionChangesDocument,
  StartSessionsDocument,
  StopSessionsDocument,
  UpdateSessionDocument,
  type SessionFilter,
} from "../generated/documents.ts";
import { insertTemplate } from "../support/context.ts";
import { startTestServer, type TestCaller, type TestServer } from "../support/server.ts";

let server: TestServer;
let now = Date.parse("2030-01-01T00:00:00.000Z");
beforeAll(async () => {
  server = await startTestServer({ clock: { now: () => new Date(now) } });
});
afterAll(() => server.stop());

const pass = (seconds: number) => void (now += seconds * 1_000);
const cursorNow = async (caller: TestCaller) => (await caller.graphql(ChangeCursorDocument)).changeCursor;
const digest = async (caller: TestCaller, after: string, filter: SessionFilter = {}) =>
  (await caller.graphql(ChangeDigestDocument, { after, filter })).changeDigest;

async function createSession(caller: TestCaller, name: string, templateId: string | null = null): Promise<string> {
  const playbacks = templateId === null ? [] : [{ name: "Web", type: "HTTP" as const, templateId, hlsEnabled: true }];
  const source = { type: "SRT_PULL", urlA: "srt://127.0.0.1:9000" } as const;
  const { createSession: payload } = await caller.graphql(CreateSessionDocument, { input: { name, source, playbacks } });
  expect(payload.userErrors).toEqual([]);
  return payload.session!.id;
}

const selection = (...ids: string[]) => ({ input: { selection: { ids } } });

describe("changeDigest", () => {
  it("has one row for each session that changed, with its status then and now, and the time that it was down", async () => {
    const caller = await server.otherOrganization();
    const templateId = await insertTemplate(caller.context, "Ladder");
    const [started, restarted, waiting, edited] = [
      await createSession(caller, "Started", templateId),
      await createSession(caller, "Restarted", templateId),
      await createSession(caller, "Waiting", templateId),
      await createSession(caller, "Edited"),
    ];
    await createSession(caller, "Quiet");
    await caller.graphql(StartSessionsDocument, selection(restarted, waiting));
    pass(100);
    const after = await cursorNow(caller);
    pass(10);
    await caller.graphql(StopSessionsDocument, selection(restarted));
    await caller.graphql(UpdateSessionDocument, { input: { id: edited, name: "Renamed" } });
    await caller.graphql(UpdateSessionDocument, { input: { id: waiting, name: "Still waiting" } });
    pass(5);
    await caller.graphql(StartSessionsDocument, selection(started));
    pass(20);
    const told = await digest(caller, after);
    const rows = told.sessions.map(({ session, isNew, statusBefore, status, downSeconds }) => [
      session.name,
      isNew,
      statusBefore,
      status,
      downSeconds,
    ]);
    expect(rows).toEqual([
      // From the cursor on, and not from before it.
      ["Still waiting", false, "STARTING", "STARTING", 35],
      ["Started", false, "STOPPED", "STARTING", 20],
      ["Restarted", false, "STARTING", expect.stringMatching(/^STOP/), 10],
      ["Renamed", false, "STOPPED", "STOPPED", 0],
    ]);
    expect(told).toMatchObject({ isLagged: false, alertsRaised: 0, sessionCount: 4, deletedSessions: [] });
    // The next one begins where this one ended.
    pass(7);
    expect((await digest(caller, told.cursor)).sessions).toEqual([]);
    await caller.graphql(UpdateSessionDocument, { input: { id: waiting, name: "Waiting" } });
    expect((await digest(caller, told.cursor)).sessions).toMatchObject([{ session: { id: waiting }, downSeconds: 7 }]);
  });

  it("tells sessions that were created or deleted meanwhile, and neither of those that were both", async () => {
    const caller = await server.otherOrganization();
    const gone = await createSession(caller, "Gone");
    const after = await cursorNow(caller);
    const made = await createSession(caller, "Made");
    const brief = await createSession(caller, "Brief");
    await caller.graphql(UpdateSessionDocument, { input: { id: gone, name: "Going" } });
    await caller.graphql(DeleteSessionsDocument, selection(gone, brief));
    expect(await digest(caller, after)).toMatchObject({
      sessionCount: 1,
      sessions: [{ session: { id: made }, isNew: true, statusBefore: "STOPPED", status: "STOPPED" }],
      deletedSessions: [{ id: gone, name: "Gone" }],
    });
    const other = await server.otherOrganization();
    expect(await digest(other, after)).toMatchObject({ sessions: [], deletedSessions: [] });
  });

  it("decides its filter by the session as it was and as it is", async () => {
    const caller = await server.otherOrganization();
    const [leaves, enters, stays] = [
      await createSession(caller, "red one"),
      await createSession(caller, "blue one"),
      await createSession(caller, "green one"),
    ];
    const after = await cursorNow(caller);
    await caller.graphql(UpdateSessionDocument, { input: { id: leaves, name: "yellow one" } });
    await caller.graphql(UpdateSessionDocument, { input: { id: enters, name: "red two" } });
    await caller.graphql(UpdateSessionDocument, { input: { id: stays, description: "changed" } });
    const { sessions } = await digest(caller, after, { search: "red" });
    expect(sessions.map(({ session }) => session.id).toSorted()).toEqual([leaves, enters].toSorted());
    expect((await digest(caller, after, { search: "green" })).sessions).toHaveLength(1);
  });

  it("tells of a cursor that is too old, and digests what is kept", async () => {
    const caller = await server.otherOrganization();
    const id = await createSession(caller, "Kept");
    const after = encodeCursor({ log: "another one", position: positionAt(snapshotBefore(5n)), at: new Date(0) });
    expect(await digest(caller, after)).toMatchObject({ isLagged: true, sessions: [{ session: { id }, isNew: true, downSeconds: 0 }] });
    expect((await caller.ask(ChangeDigestDocument, { after: "AAAA" })).errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
  });

  it("goes on behind the cursor of a subscription's item", async () => {
    const caller = await server.otherOrganization();
    const id = await createSession(caller, "One");
    const subscription = caller.subscribe(SessionChangesDocument, { snapshot: true });
    const [, end] = await subscription.until(({ sessionChanges }) => sessionChanges.kind === "SNAPSHOT_END");
    await caller.graphql(UpdateSessionDocument, { input: { id, name: "Two" } });
    const updated = (await subscription.next()).sessionChanges;
    await caller.graphql(UpdateSessionDocument, { input: { id, name: "Three" } });
    for (const after of [end!.sessionChanges.cursor, updated.cursor]) expect((await digest(caller, after)).sessions).toHaveLength(1);
    await subscription.next();
    expect((await digest(caller, (await digest(caller, updated.cursor)).cursor)).sessions).toEqual([]);
  });
});

describe("the arithmetic of a digest", () => {
  const STATUSES: readonly SessionStatus[] = ["STOPPED", "STARTING", "WAITING", "RUNNING", "STOPPING", "FAILED"];
  const isDown = (status: SessionStatus) => ["STARTING", "WAITING", "FAILED"].includes(status);
  const step = fc.record({
    session: fc.nat(2),
    seconds: fc.integer({ min: 0, max: 60 }),
    what: fc.oneof(fc.constantFrom(...STATUSES), fc.constant("ALERT" as const), fc.constant("EDIT" as const)),
  });

  it("is that of a history, wherever in it the cursor stands", async () => {
    const caller = await server.otherOrganization();
    const ids = [await createSession(caller, "A"), await createSession(caller, "B"), await createSession(caller, "C")];
    const states = new Map<string, SessionState>(await selectSessionStates(server.database.executor, ids));
    const append = (changes: readonly Omit<NewChange, "organizationId" | "at" | "actor">[]) =>
      server.database.transaction("append", (transaction) =>
        appendChanges(
          transaction,
          changes.map((change) => ({ ...change, organizationId: caller.organizationId, at: new Date(now), actor: null })),
        ),
      );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), fc.nat(), async (steps, place) => {
        const cut = place % steps.length;
        let after = "";
        const down = new Map<string, number>();
        const alerts = new Map<string, number>();
        const before = new Map<string, SessionStatus>();
        const changed = new Set<string>();
        const wait = (seconds: number) => {
          pass(seconds);
          for (const id of ids) if (after !== "" && isDown(states.get(id)!.status)) down.set(id, (down.get(id) ?? 0) + seconds);
        };
        for (const [index, { session, seconds, what }] of steps.entries()) {
          wait(seconds);
          if (index === cut) {
            after = await cursorNow(caller);
            for (const id of ids) before.set(id, states.get(id)!.status);
            wait(seconds);
          }
          const objectId = ids[session]!;
          const state = states.get(objectId)!;
          const next = what === "ALERT" || what === "EDIT" ? state : { ...state, status: what };
          states.set(objectId, next);
          const told = { objectId, object: "SESSION", before: state, after: next } as const;
          if (what === "ALERT") {
            const raised = { object: "ALERT", objectId: newIdentifier("alert"), kind: "RAISED", before: null } as const;
            await append([
              { ...raised, after: { sessionId: objectId } },
              { ...told, kind: "ALERTS_CHANGED" },
            ]);
          } else await append([{ ...told, kind: what === "EDIT" ? "UPDATED" : "STATUS_CHANGED" }]);
          if (after === "") continue;
          changed.add(objectId);
          if (what === "ALERT") alerts.set(objectId, (alerts.get(objectId) ?? 0) + 1);
        }
        wait(3);
        const { sessions, alertsRaised } = await digest(caller, after);
        const expected = [...changed].map((id) => ({
          id,
          statusBefore: before.get(id),
          status: states.get(id)!.status,
          downSeconds: down.get(id) ?? 0,
          alertsRaised: alerts.get(id) ?? 0,
        }));
        const found = sessions.map(({ session, statusBefore, status, downSeconds, ...rest }) => ({
          id: session.id,
          statusBefore,
          status,
          downSeconds,
          alertsRaised: rest.alertsRaised,
        }));
        const byId = (one: { id: string }, other: { id: string }) => (one.id < other.id ? -1 : 1);
        expect(found.toSorted(byId)).toEqual(expected.toSorted(byId));
        expect(alertsRaised).toBe([...alerts.values()].reduce((sum, count) => sum + count, 0));
      }),
      { numRuns: 25 },
    );
  });
});
