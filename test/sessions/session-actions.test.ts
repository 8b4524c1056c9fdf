import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inTransaction } from "../../src/access/context.ts";
import { SessionStatus } from "../../src/sessions/session.rules.ts";
import { createWorld, type World } from "../encoder/world.ts";
import type { Loose } from "../support/clients.ts";
import { startTestServer, type TestCaller, type TestServer } from "../support/server.ts";

let server: TestServer;
let world: World;
let ids: readonly string[];

const SOURCE = {
  type: "MULTICAST_PULL",
  urlA: "udp://239.1.0.134:5000",
  urlB: "udp://239.1.0.135:5000",
  failover: { recoveryIntervalSeconds: -1, errorThresholdPercent: null },
  customStreamKey: null,
  srtEncryptionEnabled: false,
  srtPassphrase: null,
  hlsScte35PassthroughEnabled: false,
} as const;

/** Sessions in every status that there can be, with and without what verbs look at, and an encoder that cannot run all of them. */
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server.database, server.organizationId);
  const statuses = Object.values(SessionStatus);
  const plain = await world.createSessions(statuses.length * 2);
  const failing = await world.createSessions(statuses.length * 2, { source: SOURCE });
  const cards = await world.createSessions(3, { source: { ...SOURCE, type: "CAPTURE_CARD", urlA: null, urlB: null, failover: null } });
  const empty = await world.createSessions(statuses.length, { playbacks: [] });
  const elsewhere = await world.createSessions(2, { region: "mars" });
  ids = [...plain, ...failing, ...cards, ...empty, ...elsewhere];
  await inTransaction(world.context, "set statuses", async ({ transaction }) => {
    for (const [index, id] of ids.entries()) {
      const status = statuses[index % statuses.length];
      const isWanted = Math.floor(index / 6) % 2 === 0 ? "RUNNING" : "STOPPED";
      await transaction.execute(sql`
        update sessions set status = ${status}, desired_status = ${isWanted}, active_path = ${index % 5 < 2 ? "B" : "A"},
          path_command_to = ${index % 3 === 0 ? "B" : null}, is_slate_wanted = ${index % 4 < 2}, is_slate_showing = ${index % 3 < 2}
        where id = ${id}`);
      if (index % 3 === 0) {
        await transaction.execute(sql`
          update playbacks set started_renditions = '[{"id": "r", "name": "s", "isPassthrough": true}]' where session_id = ${id}`);
      }
    }
  });
  for (const [index, id] of ids.entries()) {
    if (index % 4 === 0) await raiseAlert(id, index % 8 === 0 ? "WARNING" : "ERROR");
  }
  // A template that was edited so that its URLs fit no more, and one with a passthrough.
  const [misfit = ""] = await world.createSessions(1);
  await server.database.executor.execute(sql`update playbacks set urls = '{srt://a.example:1}' where session_id = ${misfit}`);
  // Of two sessions with one stream key one is started.
  const key = { ...SOURCE, type: "RTMP_PUSH", urlA: null, urlB: null, failover: null, customStreamKey: "one-key-for-all" } as const;
  const pushed = await world.createSessions(2, { source: key });
  await server.database.executor.execute(sql`update sessions set status = 'RUNNING', desired_status = 'RUNNING' where id = ${pushed[0]}`);
  ids = [...ids, misfit, ...pushed];
  await world.startAgent({ capacity: 0, capabilities: { supportedInputs: ["SRT_PULL", "MULTICAST_PULL", "RTMP_PUSH"], supportedOutputs: ["HTTP"], supportedVideoCodecs: ["H264"], supportedAudioCodecs: ["AAC"], missing: [] } }); // prettier-ignore
});
afterAll(async () => {
  await world.close();
  await server.stop();
});

async function raiseAlert(id: string, severity: string): Promise<void> {
  await server.database.executor.execute(sql`
    insert into alerts (id, organization_id, session_id, subject_id, code, severity, message, count, first_seen_at, last_seen_at)
    values (${`alert_${id.slice(-26)}`}, ${server.organizationId}, ${id}, ${id}, 'INPUT_LOST', ${severity}, 'Gone.', 1, now(), now())`);
  await server.database.executor.execute(sql`update sessions set open_alert_count = 1 where id = ${id}`);
}

const NAMES = ["start", "stop", "restart", "delete", "switchInput", "edit", "clearAlerts", "showSlate", "hideSlate", "configureProcesses"];
const ACTIONS = `id actions { id ${NAMES.map((name) => `${name} { allowed blockers { code message path } }`).join(" ")} }`;

async function readActions(caller: TestCaller): Promise<ReadonlyMap<string, Loose>> {
  const { sessions } = await caller.graphql(
    `query ($ids: [ID!]) { sessions(first: 100, filter: { ids: $ids }) { nodes { ${ACTIONS} } } }`,
    { ids },
  );
  return new Map(((sessions as Loose)["nodes"] as Loose[]).map(({ id, actions }) => [id as string, actions as Loose]));
}

const BULK_VERBS = [
  ["start", "startSessions"],
  ["stop", "stopSessions"],
  ["restart", "restartSessions"],
  ["delete", "deleteSessions"],
  ["clearAlerts", "clearSessionAlerts"],
  ["showSlate", "showSlates"],
  ["hideSlate", "hideSlates"],
] as const;

/** What the verb itself says of every session, without doing it. */
async function rehearse(
  caller: TestCaller,
  mutation: string,
  some: readonly string[],
  extra: object = {},
): Promise<ReadonlyMap<string, Loose | null>> {
  const type =
    mutation === "switchSessionInputs"
      ? "SwitchSessionInputsInput"
      : mutation === "restartSessions"
        ? "RestartSessionsInput"
        : "SessionBulkInput";
  const { answer } = await caller.graphql(
    `mutation ($input: ${type}!) { answer: ${mutation}(input: $input) { results { id error { code message } } userErrors { code message } } }`,
    { input: { selection: { ids: some }, dryRun: true, ...extra } },
  );
  const { results, userErrors } = answer as Loose;
  return new Map(
    some.map((id) => [
      id,
      (userErrors as Loose[])[0] ?? ((results as Loose[]).find((each) => each["id"] === id)?.["error"] as Loose | null),
    ]),
  );
}

describe("the actions of a session", () => {
  it.each(["VIEWER", "OPERATOR", "EDITOR"] as const)("are what the verbs would do for a caller of level %s", async (level) => {
    const caller = await server.callerOfLevel(level);
    const actions = await readActions(caller);
    expect(actions.size).toBe(ids.length);
    for (const [name, mutation] of BULK_VERBS) {
      const rehearsed = await rehearse(caller, mutation, ids);
      for (const id of ids) {
        const { allowed, blockers } = actions.get(id)![name] as Loose;
        const error = rehearsed.get(id) ?? null;
        expect({ name, id, allowed, first: blockers[0] ?? null }).toEqual({
          name,
          id,
          allowed: error === null,
          first: error && { ...error, path: [] },
        });
      }
    }
    const active = await server.database.executor.execute<{ id: string; path: string }>(
      sql`select id, active_path as path from sessions where id = any(${sql.param([...ids])}::text[])`,
    );
    for (const toPath of ["A", "B"]) {
      const some = active.filter(({ path }) => path !== toPath).map(({ id }) => id);
      const rehearsed = await rehearse(caller, "switchSessionInputs", some, { toPath });
      for (const id of some) expect(actions.get(id)!["switchInput"].allowed, id).toBe(rehearsed.get(id) === null);
    }
  });

  it("say every kind of no, and yes to each", async () => {
    const seen = new Map<string, Set<string>>(NAMES.map((name) => [name, new Set()]));
    for (const actions of (await readActions(server)).values()) {
      for (const name of NAMES) {
        const { allowed, blockers } = actions[name] as Loose;
        seen.get(name)!.add(allowed ? "yes" : blockers[0].code);
      }
    }
    const sorted = Object.fromEntries([...seen].map(([name, codes]) => [name, [...codes].sort()]));
    expect(sorted).toEqual({
      start: ["ALREADY_IN_STATE", "INVALID_STATE", "NO_PLAYBACK", "UNSUPPORTED_BY_ENCODER", "URL_COUNT", "yes"],
      stop: ["ALREADY_IN_STATE", "yes"],
      restart: expect.arrayContaining(["ALREADY_IN_STATE", "INVALID_STATE", "yes"]),
      delete: ["INVALID_STATE", "yes"],
      switchInput: ["FAILOVER_NOT_SUPPORTED", "INVALID_STATE", "yes"],
      edit: ["INVALID_STATE", "yes"],
      clearAlerts: ["ALREADY_IN_STATE", "yes"],
      showSlate: ["ALREADY_IN_STATE", "INVALID_STATE", "NOT_APPLICABLE", "yes"],
      hideSlate: ["ALREADY_IN_STATE", "INVALID_STATE", "NOT_APPLICABLE", "yes"],
      configureProcesses: ["yes"],
    });
  });

  it("name the level and the state where both are in the way", async () => {
    const viewer = await server.callerOfLevel("VIEWER");
    const busy = [...(await readActions(viewer)).values()].find((actions) => actions["edit"].blockers.length === 2);
    expect(busy!["edit"].blockers).toMatchObject([{ code: "ACCESS_LEVEL_REQUIRED" }, { code: "INVALID_STATE", path: [] }]);
    expect(busy!["configureProcesses"]).toMatchObject({ allowed: false, blockers: [{ code: "ACCESS_LEVEL_REQUIRED" }] });
  });

  it("want the package for live processing", async () => {
    const poor = await server.otherOrganization();
    await server.database.executor.execute(sql`update organizations set packages = '{}' where id = ${poor.organizationId}`);
    const CREATE = `mutation ($input: CreateSessionInput!) { createSession(input: $input) { session { ${ACTIONS} } userErrors { code } } }`;
    const { createSession } = await poor.graphql(CREATE, { input: { name: "Poor", source: { type: "RTMP_PUSH" }, playbacks: [] } });
    const { session } = createSession as Loose;
    expect(session.actions.configureProcesses).toMatchObject({ allowed: false, blockers: [{ code: "PACKAGE_REQUIRED" }] });
    expect(session.actions.id).toBe((session.id as string).replace("session_", "actions_"));
  });

  it("are read for a whole page in a fixed number of statements, none of which locks", async () => {
    const statements: string[] = [];
    const counting = await startTestServer({ share: server, onStatement: (statement) => statements.push(statement) });
    try {
      const counts: number[] = [];
      for (const first of [2, 100]) {
        statements.length = 0;
        await counting.graphql(`query ($first: Int!) { sessions(first: $first) { nodes { ${ACTIONS} } } }`, { first });
        const asked = statements.filter((statement) => !/api_keys/.test(statement));
        expect(asked.filter((statement) => /for (update|share|no key)/i.test(statement))).toEqual([]);
        counts.push(asked.length);
      }
      // Alerts and stream keys are read where there are any.
      expect(counts[1]! - counts[0]!).toBeLessThanOrEqual(3);
      expect(counts[1]).toBeLessThanOrEqual(12);
    } finally {
      await counting.stop();
    }
  });
});
