import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  AcknowledgeAlertsDocument,
  AlertChangesDocument,
  AlertsDocument,
  ClearAlertsDocument,
  ClearSessionAlertsDocument,
  DeleteSessionsDocument,
  SessionAlertsDocument,
  type AlertRowFragment,
} from "../generated/documents.ts";
import { createWorld, waitUntil, type World } from "../encoder/world.ts";
import { startTestServer, type TestCaller, type TestServer } from "../support/server.ts";
import { cause, createMovableClock, createScriptedRunner } from "./scripted-runner.ts";

const clock = createMovableClock();
const runner = createScriptedRunner();
let server: TestServer;
let world: World;

beforeAll(async () => {
  server = await startTestServer({ clock });
  world = await createWorld(server.database, server.organizationId);
  await world.startReaper({ clock });
  await world.startAgent({ runner: runner.start, clock });
});
afterAll(async () => {
  await world.close();
  await server.stop();
});

async function startSession(draft: Parameters<World["createSessions"]>[1] = {}): Promise<string> {
  const [id = ""] = await world.createSessions(1, draft);
  await world.start([id]);
  await waitUntil(
    () => world.view([id]),
    ([view]) => view?.status === "RUNNING",
  );
  return id;
}

const alertsOf = async (id: string, variables: { open?: boolean } = {}, caller: TestCaller = server): Promise<AlertRowFragment[]> =>
  (await caller.graphql(AlertsDocument, { sessions: { ids: [id] }, ...variables })).alerts.nodes;

/** Asks until the open alerts of a session are these, as `CODE count`. */
const untilOpen = (id: string, ...expected: readonly string[]): Promise<AlertRowFragment[]> =>
  waitUntil(
    () => alertsOf(id, { open: true }),
    (alerts) => JSON.stringify(alerts.map(({ code, count }) => `${code} ${count}`).toSorted()) === JSON.stringify(expected.toSorted()),
  );

/** What the store alone knows: whether the cause of each open alert holds. */
const isActive = async (id: string): Promise<readonly boolean[]> =>
  (
    await server.database.executor.execute<{ is_active: boolean }>(
      sql`select is_active from alerts where session_id = ${id} and ended_at is null order by id`,
    )
  ).map((row) => row.is_active);

const wallRow = async (id: string) => {
  const { sessions, sessionSummary } = await server.graphql(SessionAlertsDocument, { filter: { ids: [id] } });
  return { ...sessions.nodes[0]!, summary: sessionSummary };
};

function follow(caller: TestCaller, variables: { sessions?: object; severity?: "ERROR" | "WARNING"; snapshot?: boolean; after?: string }) {
  const subscription = caller.subscribe(AlertChangesDocument, variables);
  const next = async () => (await subscription.next()).alertChanges;
  return {
    next,
    until: async (...expected: readonly string[]) => {
      const told: string[] = [];
      while (told.length < expected.length) {
        const { kind, alert } = await next();
        told.push(alert ? `${kind} ${alert.code}` : kind);
      }
      expect(told).toEqual(expected);
    },
    waiting: subscription.waiting,
  };
}

describe("an alert", () => {
  it("is raised, counted when it comes back within 10 s, and ends 10 s after its cause", async () => {
    const id = await startSession();
    const changes = follow(server, { sessions: { ids: [id] }, snapshot: true });
    expect((await changes.next()).kind).toBe("SNAPSHOT_END");
    runner.tell(id, [{ code: "INPUT_LOST", severity: "ERROR", message: "The input is lost.\u0000" }]);
    const [alert] = await untilOpen(id, "INPUT_LOST 1");
    expect(alert).toMatchObject({
      severity: "ERROR",
      message: "The input is lost. ",
      recommendedAction: expect.stringContaining("source") as string,
      firstSeenAt: clock.now().toISOString(),
      endedAt: null,
      session: { id },
      playback: null,
    });
    expect(await wallRow(id)).toMatchObject({ openAlertCount: 1, topAlert: { id: alert!.id }, summary: { openAlerts: 1 } });

    runner.tell(id, []);
    await waitUntil(
      () => isActive(id),
      ([active]) => active === false,
    );
    clock.move(9);
    runner.tell(id, [{ code: "INPUT_LOST", severity: "ERROR", message: "The input is lost.", occurrences: 2 }]);
    expect((await untilOpen(id, "INPUT_LOST 2"))[0]?.id).toBe(alert!.id);
    runner.tell(id, []);
    await waitUntil(
      () => isActive(id),
      ([active]) => active === false,
    );
    clock.move(10);
    await untilOpen(id);
    expect(await alertsOf(id, { open: false })).toMatchObject([{ id: alert!.id, count: 2, endReason: "RESOLVED", clearedBy: null }]);
    expect(await wallRow(id)).toMatchObject({ openAlertCount: 0, topAlert: null, alerts: { totalCount: 1 } });
    await changes.until("RAISED INPUT_LOST", "REPEATED INPUT_LOST", "ENDED INPUT_LOST");
  });

  it("about an output names it, and several stand side by side with the worst on top", async () => {
    const id = await startSession();
    const { playbackId } = runner.launchOf(id).outputs[0]!;
    runner.tell(id, [cause("OUTPUT_FAILED", { playbackId, severity: "ERROR" }), cause("OUTPUT_FAILED"), cause("SLOW_ENCODING")]);
    const alerts = await untilOpen(id, "OUTPUT_FAILED 1", "OUTPUT_FAILED 1", "SLOW_ENCODING 1");
    expect(alerts.map(({ playback }) => playback?.id ?? null)).toContain(playbackId);
    expect(await wallRow(id)).toMatchObject({ openAlertCount: 3, topAlert: { code: "OUTPUT_FAILED", severity: "ERROR" } });
    runner.tell(id, [cause("OUTPUT_FAILED", { playbackId: "playback_of_another" }), cause("SLOW_ENCODING", { severity: "ERROR" })]);
    await waitUntil(
      () => wallRow(id),
      ({ topAlert }) => topAlert?.code === "SLOW_ENCODING",
    );
    await untilOpen(id, "OUTPUT_FAILED 1", "OUTPUT_FAILED 1", "SLOW_ENCODING 1");
  });

  it("ends with its session when that stops, stays when that fails, and outlives its deletion", async () => {
    const id = await startSession();
    runner.tell(id, [cause("INPUT_LOST", { severity: "ERROR" }), cause("ENCODER_RESTARTED", { occurrences: 3 })]);
    await untilOpen(id, "INPUT_LOST 1", "ENCODER_RESTARTED 3");
    await world.stop([id]);
    await untilOpen(id);
    expect((await alertsOf(id)).map(({ endReason }) => endReason)).toEqual(["SUBJECT_STOPPED", "SUBJECT_STOPPED"]);

    await world.start([id]);
    await waitUntil(
      () => world.view([id]),
      ([view]) => view?.status === "RUNNING",
    );
    runner.tell(id, [cause("ENCODER_RESTARTED", { occurrences: 5 })]);
    await untilOpen(id, "ENCODER_RESTARTED 5");
    const changes = follow(server, { sessions: { ids: [id] }, snapshot: true });
    await changes.until("SNAPSHOT ENCODER_RESTARTED", "SNAPSHOT_END");
    runner.tell(id, [], { status: "FAILED", health: "ERROR", reason: "It crashed 5 times." });
    await waitUntil(
      () => world.view([id]),
      ([view]) => view?.status === "FAILED" && view.encoder_id === null,
    );
    const [alert] = await untilOpen(id, "ENCODER_RESTARTED 5");
    await server.graphql(DeleteSessionsDocument, { input: { selection: { ids: [id] } } });
    await changes.until("ENDED ENCODER_RESTARTED");
    const { node } = await server.graphql(
      "query ($id: ID!) { node(id: $id) { id ... on Alert { endReason sessionName session { id } } } }",
      { id: alert!.id },
    );
    expect(node).toEqual({ id: alert!.id, endReason: "SUBJECT_DELETED", sessionName: alert!.session!.name, session: null });
  });

  it("of missing capacity is raised by the reaper, and ends once an encoder takes the session", async () => {
    const [id = ""] = await world.createSessions(1, { region: "elsewhere" });
    await world.start([id]);
    const [alert] = await untilOpen(id, "NO_CAPACITY 1");
    expect(alert).toMatchObject({ severity: "WARNING", message: expect.stringContaining("none is online") as string });
    const agent = await world.startAgent({ runner: runner.start, clock, region: "elsewhere", name: "far away" });
    await waitUntil(
      () => world.view([id]),
      ([view]) => view?.status === "RUNNING",
    );
    clock.move(10);
    await untilOpen(id);
    expect(await alertsOf(id)).toMatchObject([{ endReason: "RESOLVED", count: 1 }]);

    // As the reaper sees an encoder that fell silent; its agent would renew itself.
    await server.database.executor.execute(sql`update encoders set status = 'LOST', started_at = now() where id = ${agent.encoderId()}`);
    const [lost] = await waitUntil(
      () => alertsOf(id, { open: true }),
      (alerts) => alerts.some(({ code }) => code === "ENCODER_LOST"),
    );
    expect(lost?.severity).toBe("WARNING");
    await agent.close();
  });
});

describe("clearing", () => {
  it("of sessions takes the warnings, leaves the errors, and what still holds comes back at once", async () => {
    const [id, other] = [await startSession(), await startSession()];
    runner.tell(id, [
      cause("SLOW_ENCODING"),
      cause("ENCODER_RESTARTED", { occurrences: 2 }),
      cause("INPUT_LOST", { severity: "ERROR" }),
      cause("FAILED_OVER"),
    ]);
    await untilOpen(id, "SLOW_ENCODING 1", "ENCODER_RESTARTED 2", "INPUT_LOST 1", "FAILED_OVER 1");
    runner.tell(id, [cause("SLOW_ENCODING"), cause("ENCODER_RESTARTED", { occurrences: 2 }), cause("INPUT_LOST", { severity: "ERROR" })]);
    await waitUntil(
      () => isActive(id),
      (active) => active.filter((each) => !each).length === 1,
    );
    const before = await alertsOf(id, { open: true });
    const changes = follow(server, { sessions: { ids: [id] }, snapshot: true });
    await changes.until(
      "SNAPSHOT SLOW_ENCODING",
      "SNAPSHOT ENCODER_RESTARTED",
      "SNAPSHOT INPUT_LOST",
      "SNAPSHOT FAILED_OVER",
      "SNAPSHOT_END",
    );
    const sessionChanges = server.subscribe(
      "subscription ($filter: SessionFilter) { sessionChanges(filter: $filter) { kind matches actor sessionId } }",
      { filter: { ids: [id], hasOpenAlert: true } },
    );

    const dry = await server.graphql(ClearSessionAlertsDocument, { input: { selection: { ids: [id, other] }, dryRun: true } });
    expect(dry.clearSessionAlerts.acceptedCount).toBe(1);
    const { clearSessionAlerts: answer } = await server.graphql(ClearSessionAlertsDocument, { input: { selection: { ids: [id, other] } } });
    expect(answer.results).toMatchObject([
      { id, outcome: "ACCEPTED", error: null },
      { id: other, outcome: "SKIPPED", error: { code: "ALREADY_IN_STATE" } },
    ]);
    expect((await alertsOf(id, { open: true })).map(({ code }) => code).toSorted()).toEqual(["INPUT_LOST", "SLOW_ENCODING"]);
    const cleared = await alertsOf(id, { open: false });
    expect(cleared).toHaveLength(3);
    expect(cleared.every(({ clearedBy, endReason }) => clearedBy === "key:First admin key" && endReason === "CLEARED")).toBe(true);
    await changes.until("ENDED SLOW_ENCODING", "RAISED SLOW_ENCODING", "ENDED ENCODER_RESTARTED", "ENDED FAILED_OVER");
    expect((await sessionChanges.next())["sessionChanges"]).toEqual({
      kind: "ALERTS_CHANGED",
      matches: true,
      actor: "key:First admin key",
      sessionId: id,
    });
    expect(before.map((alert) => alert.id)).not.toContain((await wallRow(id)).alerts.nodes[0]!.id);

    // Its encoder goes on to tell of the restarts that were cleared, and of one more.
    runner.tell(id, [cause("ENCODER_RESTARTED", { occurrences: 2 }), cause("INPUT_LOST", { severity: "ERROR" })]);
    await waitUntil(
      () => isActive(id),
      (active) => active.includes(false),
    );
    await untilOpen(id, "SLOW_ENCODING 1", "INPUT_LOST 1");
    runner.tell(id, [cause("ENCODER_RESTARTED", { occurrences: 3 }), cause("INPUT_LOST", { severity: "ERROR" })]);
    await untilOpen(id, "SLOW_ENCODING 1", "INPUT_LOST 1", "ENCODER_RESTARTED 1");
    const { session } = await server.graphql("query ($id: ID!) { session(id: $id) { lastCommand { verb actor } } }", { id });
    expect(session.lastCommand).toEqual({ verb: "CLEAR_ALERTS", actor: "key:First admin key" });
  });

  it("by name takes errors too, all or none", async () => {
    const id = await startSession();
    runner.tell(id, [cause("OUTPUT_FAILED", { severity: "ERROR" }), cause("ERROR_THRESHOLD")]);
    const [first, second] = await untilOpen(id, "OUTPUT_FAILED 1", "ERROR_THRESHOLD 1");
    const clear = async (...ids: string[]) => (await server.graphql(ClearAlertsDocument, { input: { ids } })).clearAlerts;
    const refused = await clear(first!.id, first!.id, "alert_00000000000000000000000000", "nonsense");
    expect(refused.alerts).toEqual([]);
    expect(refused.userErrors.map(({ code, path }) => [code, path[2]])).toEqual([
      ["DUPLICATE_ID", "1"],
      ["NOT_FOUND", "2"],
      ["NOT_FOUND", "3"],
    ]);
    await untilOpen(id, "OUTPUT_FAILED 1", "ERROR_THRESHOLD 1");
    const done = await clear(second!.id, first!.id);
    expect(done.userErrors).toEqual([]);
    expect(done.alerts).toMatchObject([
      { id: second!.id, endReason: "CLEARED" },
      { id: first!.id, endReason: "CLEARED" },
    ]);
    const [again] = await untilOpen(id, "OUTPUT_FAILED 1", "ERROR_THRESHOLD 1");
    expect([first!.id, second!.id]).not.toContain(again!.id);
    expect((await clear(first!.id)).alerts).toMatchObject([{ id: first!.id, endReason: "CLEARED" }]);
  });

  it("wants OPERATOR", async () => {
    const viewer = await server.callerOfLevel("VIEWER");
    const { clearSessionAlerts } = await viewer.graphql(ClearSessionAlertsDocument, { input: { selection: { filter: {} } } });
    const { acknowledgeAlerts } = await viewer.graphql(AcknowledgeAlertsDocument, { input: { ids: ["alert_1"] } });
    const { clearAlerts } = await viewer.graphql(ClearAlertsDocument, { input: { ids: ["alert_1"] } });
    for (const { userErrors } of [clearSessionAlerts, acknowledgeAlerts, clearAlerts])
      expect(userErrors).toMatchObject([{ code: "ACCESS_LEVEL_REQUIRED" }]);
  });
});

describe("acknowledging", () => {
  it("keeps who and why, and a snoozed alert is pushed again only when it becomes worse", async () => {
    const id = await startSession();
    runner.tell(id, [cause("ERROR_THRESHOLD"), cause("INPUT_LOST")]);
    const alerts = await untilOpen(id, "ERROR_THRESHOLD 1", "INPUT_LOST 1");
    const ids = alerts.map((alert) => alert.id);
    const changes = follow(server, { sessions: { ids: [id] }, snapshot: true });
    await changes.until("SNAPSHOT ERROR_THRESHOLD", "SNAPSHOT INPUT_LOST", "SNAPSHOT_END");
    const acknowledge = async (input: object) =>
      (await server.graphql(AcknowledgeAlertsDocument, { input: { ids, ...input } })).acknowledgeAlerts;
    expect((await acknowledge({ snoozeUntil: clock.now().toISOString() })).userErrors).toMatchObject([
      { code: "INVALID_VALUE", path: ["input", "snoozeUntil"] },
    ]);
    const snoozeUntil = new Date(clock.now().getTime() + 60_000).toISOString();
    const answer = await acknowledge({ note: "Being repaired", snoozeUntil });
    expect(answer.alerts).toMatchObject(
      ids.map((each) => ({
        id: each,
        note: "Being repaired",
        snoozedUntil: snoozeUntil,
        acknowledgedBy: "key:First admin key",
        endedAt: null,
      })),
    );
    expect((await acknowledge({ note: null })).alerts[0]).toMatchObject({ note: null, snoozedUntil: snoozeUntil });
    await changes.until(
      "ACKNOWLEDGED ERROR_THRESHOLD",
      "ACKNOWLEDGED INPUT_LOST",
      "ACKNOWLEDGED ERROR_THRESHOLD",
      "ACKNOWLEDGED INPUT_LOST",
    );

    runner.tell(id, [cause("ERROR_THRESHOLD", { occurrences: 2 }), cause("INPUT_LOST")]);
    await untilOpen(id, "ERROR_THRESHOLD 2", "INPUT_LOST 1");
    runner.tell(id, [cause("ERROR_THRESHOLD", { occurrences: 2 }), cause("INPUT_LOST", { severity: "ERROR" })]);
    await changes.until("REPEATED INPUT_LOST");
    clock.move(61);
    runner.tell(id, [cause("ERROR_THRESHOLD", { occurrences: 3 }), cause("INPUT_LOST", { severity: "ERROR" })]);
    await changes.until("REPEATED ERROR_THRESHOLD");

    await world.stop([id]);
    await untilOpen(id);
    expect((await acknowledge({})).userErrors.map(({ code }) => code)).toEqual(["INVALID_STATE", "INVALID_STATE"]);
  });
});

describe("reading", () => {
  it("filters, pages newest first, and finds sessions by their alerts", async () => {
    const [id, quiet] = [await startSession({ labels: ["noisy"] }), await startSession({ labels: ["noisy"] })];
    const codes = ["INPUT_LOST", "FAILED_OVER", "SLOW_ENCODING", "STORAGE_FULL", "URL_BLOCKED"] as const;
    for (const [index] of codes.entries()) {
      runner.tell(
        id,
        codes.slice(0, index + 1).map((code) => cause(code, { severity: index % 2 ? "ERROR" : "WARNING" })),
      );
      await waitUntil(
        () => wallRow(id),
        ({ openAlertCount }) => openAlertCount === index + 1,
      );
    }
    const ask = async (variables: object) =>
      (await server.graphql(AlertsDocument, { sessions: { labels: ["noisy"] }, ...variables })).alerts;
    const newestFirst = codes.toReversed();
    expect((await ask({})).nodes.map(({ code }) => code)).toEqual(newestFirst);
    const page = await ask({ first: 2 });
    expect([page.totalCount, page.pageInfo.hasNextPage]).toEqual([5, true]);
    expect((await ask({ first: 2, after: page.pageInfo.endCursor })).nodes.map(({ code }) => code)).toEqual(newestFirst.slice(2, 4));
    expect((await ask({ code: ["INPUT_LOST", "URL_BLOCKED"], severity: "WARNING" })).totalCount).toBe(2);
    expect((await ask({ severity: "ERROR" })).totalCount).toBe(0);
    expect((await ask({ open: false })).totalCount).toBe(0);
    expect((await ask({ eventId: "event_of_nobody" })).totalCount).toBe(0);
    const found = async (hasOpenAlert: boolean) =>
      (await server.graphql(SessionAlertsDocument, { filter: { labels: ["noisy"], hasOpenAlert }, first: 3 })).sessions.nodes;
    expect(await found(true)).toMatchObject([{ id, openAlertCount: 5, alerts: { totalCount: 5, pageInfo: { hasNextPage: true } } }]);
    expect((await found(true))[0]!.alerts.nodes.map(({ code }) => code)).toEqual(newestFirst.slice(0, 3));
    expect(await found(false)).toMatchObject([{ id: quiet, openAlertCount: 0, topAlert: null }]);
  });

  it("takes as many statements for many sessions as for one", async () => {
    const statements: string[] = [];
    const counting = await startTestServer({ share: server, clock, onStatement: (text) => statements.push(text) });
    try {
      const ask = async (ids: readonly string[]) => {
        statements.length = 0;
        const variables = { filter: { ids: [...ids] }, open: true };
        expect((await counting.graphql(SessionAlertsDocument, variables)).sessions.nodes).toHaveLength(ids.length);
        return statements.filter((text) => /alerts/.test(text)).length;
      };
      const ids = await Promise.all(Array.from({ length: 6 }, () => startSession()));
      for (const id of ids) runner.tell(id, [cause("INPUT_LOST"), cause("SLOW_ENCODING")]);
      for (const id of ids) await untilOpen(id, "INPUT_LOST 1", "SLOW_ENCODING 1");
      const few = await ask(ids.slice(0, 1));
      expect(few).toBeGreaterThan(2);
      expect(await ask(ids)).toBe(few);
    } finally {
      await counting.stop();
    }
  });

  it("shows another organization nothing, and lets it do nothing", async () => {
    const stranger = await server.otherOrganization();
    const id = await startSession();
    const strangeChanges = follow(stranger, { snapshot: true });
    expect((await strangeChanges.next()).kind).toBe("SNAPSHOT_END");
    runner.tell(id, [cause("SLOW_ENCODING")]);
    const [alert] = await untilOpen(id, "SLOW_ENCODING 1");
    const { alerts } = await stranger.graphql(AlertsDocument, {});
    expect(alerts.totalCount).toBe(0);
    expect(await alertsOf(id, {}, stranger)).toEqual([]);
    expect((await stranger.graphql("query ($id: ID!) { node(id: $id) { id } }", { id: alert!.id }))["node"]).toBeNull();
    const { clearAlerts } = await stranger.graphql(ClearAlertsDocument, { input: { ids: [alert!.id] } });
    const { acknowledgeAlerts } = await stranger.graphql(AcknowledgeAlertsDocument, { input: { ids: [alert!.id] } });
    for (const { userErrors } of [clearAlerts, acknowledgeAlerts]) expect(userErrors).toMatchObject([{ code: "NOT_FOUND" }]);
    const { clearSessionAlerts } = await stranger.graphql(ClearSessionAlertsDocument, { input: { selection: { ids: [id] } } });
    expect(clearSessionAlerts.results).toMatchObject([{ outcome: "FAILED", error: { code: "NOT_FOUND" } }]);
    await untilOpen(id, "SLOW_ENCODING 1");
    expect(strangeChanges.waiting()).toEqual([]);
  });

  it("follows one severity, resumes behind a cursor, and tells the rest to nobody", async () => {
    const id = await startSession();
    const errors = follow(server, { severity: "ERROR", sessions: { ids: [id] }, snapshot: true });
    const { cursor } = await errors.next();
    runner.tell(id, [cause("SLOW_ENCODING")]);
    await untilOpen(id, "SLOW_ENCODING 1");
    runner.tell(id, [cause("SLOW_ENCODING", { severity: "ERROR" }), cause("INPUT_LOST")]);
    await errors.until("REPEATED SLOW_ENCODING");
    runner.tell(id, [cause("SLOW_ENCODING", { severity: "ERROR", message: "Slower still." }), cause("INPUT_LOST")]);
    await waitUntil(
      () => wallRow(id),
      ({ topAlert }) => topAlert?.message === "Slower still.",
    );
    runner.tell(id, [cause("SLOW_ENCODING", { severity: "ERROR", occurrences: 2 }), cause("INPUT_LOST")]);
    await errors.until("REPEATED SLOW_ENCODING");
    const all = follow(server, { sessions: { ids: [id] }, after: cursor });
    await all.until("RAISED SLOW_ENCODING", "REPEATED SLOW_ENCODING", "RAISED INPUT_LOST", "REPEATED SLOW_ENCODING");
    expect(errors.waiting()).toEqual([]);
  });
});
