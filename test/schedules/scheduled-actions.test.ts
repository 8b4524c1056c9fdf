import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runDueActions, sweepActions } from "../../src/schedules/scheduler.ts";
import { checkActionWish, SCHEDULABLE_VERBS, type ActionWish } from "../../src/schedules/scheduled-action.rules.ts";
import { Verb } from "../../src/sessions/session.rules.ts";
import type { Loose } from "../support/clients.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

const DAY = 86_400_000;
let server: TestServer;
let eventId: string;
let sessionId: string;

beforeAll(async () => {
  server = await startTestServer();
  const { createTemplate } = await server.graphql(
    `mutation { createTemplate(input: { name: "Source", isDefault: true, renditions: [{ name: "Source", isPassthrough: true }] }) { template { id } } }`,
  );
  const templateId = createTemplate.template.id;
  const made = await server.graphql(
    `mutation ($templateId: ID!) {
      createEvent(input: { title: "Show", languages: [{ code: "de", label: "Deutsch", templateId: $templateId }] }) { event { id } }
      createSession(input: { name: "Channel", source: { type: MULTICAST_PULL, urlA: "udp://239.1.0.134:5000" }, playbacks: [{ name: "Web", type: HTTP, hlsEnabled: true }] }) { session { id } }
    }`,
    { templateId },
  );
  eventId = made.createEvent.event.id;
  sessionId = made.createSession.session.id;
});

afterAll(() => server.stop());

beforeEach(() => server.database.executor.execute(sql`delete from scheduled_actions`));

const ACTION = `scheduledActions { id verb status createdBy errors { code path } event { id } } userErrors { code path }`;

async function schedule(input: object, caller: Pick<TestServer, "graphql"> = server) {
  const { scheduleAction } = await caller.graphql(
    `mutation ($input: ScheduleActionInput!) { scheduleAction(input: $input) { ${ACTION} } }`,
    {
      input: { runAt: new Date(Date.now() + DAY).toISOString(), ...input },
    },
  );
  return scheduleAction as {
    scheduledActions: { id: string; status: string; errors: object[] }[];
    userErrors: { code: string; path: string[] }[];
  };
}

/** As many gateways as there are may look at once. */
async function runAt(milliseconds: number, gateways = 1): Promise<void> {
  const clock = { now: () => new Date(Date.now() + milliseconds) };
  await Promise.all(Array.from({ length: gateways }, () => runDueActions({ ...server.context, clock })));
}

async function statusOf(id: string): Promise<{ status: string; errors: { code: string }[] }> {
  return (await server.graphql(`query ($id: ID!) { node(id: $id) { ... on ScheduledAction { status errors { code } } } }`, { id })).node;
}

describe("an action at a time", () => {
  it("waits for it, and is then done once by the verb's own rules", async () => {
    const { scheduledActions } = await schedule({ verb: "START_TEST", eventId });
    expect(scheduledActions).toMatchObject([{ status: "SCHEDULED", event: { id: eventId } }]);
    const { id } = scheduledActions[0]!;
    await runAt(DAY - 60_000);
    expect(await statusOf(id)).toEqual({ status: "SCHEDULED", errors: [] });
    await runAt(DAY + 1_000, 4);
    expect(await statusOf(id)).toEqual({ status: "DONE", errors: [] });
    const { event, auditEntries } = await server.graphql(
      `query ($id: ID!) { event(id: $id) { status scheduledActions { nodes { id status } } } auditEntries(objectId: $id) { nodes { verb actor } } }`,
      { id: eventId },
    );
    expect(event).toEqual({ status: "TESTING", scheduledActions: { nodes: [{ id, status: "DONE" }] } });
    expect(auditEntries.nodes.filter(({ verb }: { verb: string }) => verb === "START_TEST")).toHaveLength(1);
    await server.graphql(`mutation ($id: ID!) { stopEventTest(input: { id: $id }) { userErrors { code } } }`, { id: eventId });
  });

  it("is told of for 90 days after it has ended, and for as long as it has not", async () => {
    const [done, waiting] = [await schedule({ verb: "START_TEST", eventId }), await schedule({ verb: "STOP_TEST", eventId })];
    const ids = [done, waiting].map(({ scheduledActions }) => scheduledActions[0]!.id);
    await server.database.executor.execute(sql`update scheduled_actions set status = 'DONE', ended_at = now() where id = ${ids[0]}`);
    const leftAfter = async (days: number) => {
      await sweepActions({ ...server.context, clock: { now: () => new Date(Date.now() + days * DAY) } });
      return (await server.database.executor.execute<{ id: string }>(sql`select id from scheduled_actions order by id`)).map(
        ({ id }) => id,
      );
    };
    expect(await leftAfter(89)).toEqual(ids.toSorted());
    expect(await leftAfter(91)).toEqual([ids[1]]);
  });

  it("is refused at its time, and that is told and audited", async () => {
    const { scheduledActions } = await schedule({ verb: "GO_LIVE", eventId, confirmBackupOnly: true });
    const { id } = scheduledActions[0]!;
    await runAt(DAY + 1_000);
    expect(await statusOf(id)).toEqual({ status: "FAILED", errors: [{ code: "NO_INGEST" }] });
    const { auditEntries } = await server.graphql(`query ($id: ID!) { auditEntries(objectId: $id) { nodes { verb outcome } } }`, { id });
    expect(auditEntries.nodes).toContainEqual({ verb: "GO_LIVE", outcome: "FAILED" });
  });

  it("is not done when nobody was there for too long", async () => {
    const { scheduledActions } = await schedule({ verb: "START", selection: { ids: [sessionId] } });
    await runAt(DAY + 16 * 60_000);
    expect(await statusOf(scheduledActions[0]!.id)).toEqual({ status: "FAILED", errors: [{ code: "INVALID_STATE" }] });
  });

  it("acts on sessions, and tells of each that was skipped", async () => {
    const start = await schedule({ verb: "START", selection: { filter: { names: ["Channel"] } } });
    const again = await schedule({ verb: "START", selection: { ids: [sessionId] }, runAt: new Date(Date.now() + DAY + 500).toISOString() });
    await runAt(DAY + 2_000);
    expect(await statusOf(start.scheduledActions[0]!.id)).toEqual({ status: "DONE", errors: [] });
    expect(await statusOf(again.scheduledActions[0]!.id)).toEqual({ status: "DONE", errors: [{ code: "ALREADY_IN_STATE" }] });
  });

  it("is taken back, all or none, and then never done", async () => {
    const [one, other] = [await schedule({ verb: "START_TEST", eventId }), await schedule({ verb: "STOP_TEST", eventId })];
    const ids = [one, other].map(({ scheduledActions }) => scheduledActions[0]!.id);
    const cancel = (wanted: readonly string[]) =>
      server.graphql(`mutation ($ids: [ID!]!) { cancelScheduledActions(input: { ids: $ids }) { ${ACTION} } }`, { ids: wanted });
    const refused = await cancel([ids[0]!, "scheduledaction_00000000000000000000000000"]);
    expect(refused.cancelScheduledActions.userErrors).toEqual([{ code: "NOT_FOUND", path: ["input", "ids", "1"] }]);
    expect((await cancel(ids)).cancelScheduledActions.scheduledActions.map(({ status }: { status: string }) => status)).toEqual([
      "CANCELLED",
      "CANCELLED",
    ]);
    await runAt(DAY + 1_000);
    expect(await statusOf(ids[0]!)).toEqual({ status: "CANCELLED", errors: [] });
    expect((await cancel([ids[0]!])).cancelScheduledActions.userErrors[0].code).toBe("ALREADY_IN_STATE");
  });

  it("wants the level that its verb wants, and an event of one's own", async () => {
    const viewer = await server.callerOfLevel("VIEWER");
    expect((await schedule({ verb: "GO_LIVE", eventId }, viewer)).userErrors.map(({ code }) => code)).toEqual(["ACCESS_LEVEL_REQUIRED"]);
    const refusals = await viewer.graphql(
      `mutation ($at: DateTime!) {
        cancel: cancelScheduledActions(input: { ids: ["scheduledaction_00000000000000000000000000"] }) { userErrors { message } }
        test: scheduleAction(input: { verb: START_TEST, runAt: $at }) { userErrors { message } }
        unknown: scheduleAction(input: { verb: DELETE, runAt: $at }) { userErrors { message } }
      }`,
      { at: new Date(Date.now() + 3_600_000).toISOString() },
    );
    expect(Object.values<Loose>(refusals).map(({ userErrors }) => userErrors[0].message.split(",")[0])).toEqual([
      "To cancel scheduled actions",
      "To test events",
      "To schedule actions",
    ]);
    const stranger = await server.otherOrganization();
    expect((await schedule({ verb: "GO_LIVE", eventId }, stranger)).userErrors).toEqual([
      { code: "NOT_FOUND", path: ["input", "eventId"] },
    ]);
  });
});

describe("what can be asked for", () => {
  const now = new Date("2026-11-28T12:00:00Z");
  const wish = (rest: Partial<ActionWish>): ActionWish => ({
    verb: Verb.GO_LIVE,
    runAt: new Date("2026-11-29T12:00:00Z"),
    hasEvent: true,
    hasSelection: false,
    hasToPath: false,
    confirmsBackupOnly: false,
    ...rest,
  });
  const cases: readonly [string, Partial<ActionWish>, readonly string[]][] = [
    ["going live", {}, []],
    ["going live with a confirmation", { confirmsBackupOnly: true }, []],
    ["a verb that cannot be", { verb: Verb.DELETE }, ["NOT_APPLICABLE verb"]],
    ["the past", { runAt: now }, ["INVALID_VALUE runAt"]],
    ["the far future", { runAt: new Date("2028-11-29T12:00:00Z") }, ["INVALID_VALUE runAt"]],
    ["going live without an event", { hasEvent: false }, ["REQUIRED eventId"]],
    ["going live with sessions", { hasSelection: true }, ["NOT_APPLICABLE selection"]],
    ["starting an event", { verb: Verb.START }, ["NOT_APPLICABLE eventId", "REQUIRED selection"]],
    ["switching to nowhere", { verb: Verb.SWITCH_INPUT, hasEvent: false, hasSelection: true }, ["REQUIRED toPath"]],
    ["switching", { verb: Verb.SWITCH_INPUT, hasEvent: false, hasSelection: true, hasToPath: true }, []],
    ["a path for what goes nowhere", { hasToPath: true }, ["NOT_APPLICABLE toPath"]],
    ["a confirmation of something else", { verb: Verb.STOP_EVENT, confirmsBackupOnly: true }, ["NOT_APPLICABLE confirmBackupOnly"]],
  ];

  it.each(cases)("%s", (_name, rest, expected) => {
    expect(checkActionWish(wish(rest), now).map(({ code, path }) => `${code} ${path[1]}`)).toEqual(expected);
  });

  it("each verb that can be scheduled is one that is performed", () => {
    expect(Object.keys(SCHEDULABLE_VERBS).sort()).toEqual(
      ["GO_LIVE", "RESTART", "START", "START_TEST", "STOP", "STOP_EVENT", "STOP_TEST", "SWITCH_INPUT"].sort(),
    );
  });
});
