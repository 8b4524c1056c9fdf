import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { deleteSessions } from "../../src/sessions/delete-sessions.ts";
import { createWorld, waitUntil, type World } from "../encoder/world.ts";
import type { Loose } from "../support/clients.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { createScriptedRunner, SAMPLE, type ScriptedRunner } from "./scripted-runner.ts";

let server: TestServer;
let world: World;
let runner: ScriptedRunner;

beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server.database, server.organizationId);
});
afterEach(() => world.reset());
afterAll(async () => {
  await world.close();
  await server.stop();
});

async function startEncoder(): Promise<void> {
  runner = createScriptedRunner();
  await world.startReaper();
  await world.startAgent({ runner: runner.start });
}

const MULTICAST = {
  type: "MULTICAST_PULL",
  urlA: "udp://239.1.0.134:5000",
  urlB: "udp://239.1.0.135:5000",
  failover: { recoveryIntervalSeconds: -1, errorThresholdPercent: null },
  customStreamKey: null,
  srtEncryptionEnabled: false,
  srtPassphrase: null,
  hlsScte35PassthroughEnabled: false,
} as const;

const RUNS = `query ($id: ID!, $first: Int, $after: String) { session(id: $id) {
  name runs(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor }
    nodes { id sessionName startedAt startedBy endedAt stoppedBy endReason session { id } } } } }`;

async function runsOf(id: string, variables: object = {}): Promise<Loose> {
  return ((await server.graphql(RUNS, { id, ...variables }))["session"] as Loose)["runs"] as Loose;
}

const becomes = (id: string, status: string, generation?: number) =>
  waitUntil(
    async () => (await world.view([id]))[0],
    (view) => view?.status === status && (generation === undefined || view.generation === generation),
  );

describe("a run", () => {
  it("begins with the start and ends with the stop, each by whoever asked", async () => {
    await startEncoder();
    const [id = ""] = await world.createSessions(1);
    await world.start([id]);
    const [opened] = (await runsOf(id))["nodes"] as Loose[];
    expect(opened).toMatchObject({ startedBy: "key:Test", endedAt: null, stoppedBy: null, endReason: null, session: { id } });
    await becomes(id, "RUNNING");
    await world.stop([id]);
    await becomes(id, "STOPPED");
    const runs = await runsOf(id);
    expect(runs).toMatchObject({ totalCount: 1, nodes: [{ id: opened!["id"], stoppedBy: "key:Test", endReason: "Stopped." }] });
    expect(Date.parse(runs["nodes"][0].endedAt)).toBeGreaterThanOrEqual(Date.parse(runs["nodes"][0].startedAt));
  });

  it("is one for each start and restart, newest first, page by page", async () => {
    await startEncoder();
    const [id = ""] = await world.createSessions(1);
    await world.start([id]);
    await becomes(id, "RUNNING");
    for (const generation of [2, 3]) {
      await world.restart([id], generation === 3 ? 1 : undefined);
      await becomes(id, "RUNNING", generation);
    }
    const all = await runsOf(id);
    expect(all["nodes"]).toMatchObject([
      { startedBy: "key:Test", endedAt: null },
      { endReason: "Restarted.", stoppedBy: "key:Test" },
      { endReason: "Restarted.", stoppedBy: "key:Test" },
    ]);
    const first = await runsOf(id, { first: 2 });
    expect(first["pageInfo"].hasNextPage).toBe(true);
    const rest = await runsOf(id, { first: 2, after: first["pageInfo"].endCursor });
    expect([...first["nodes"], ...rest["nodes"]]).toEqual(all["nodes"]);
    expect((await server.ask(RUNS, { id, after: "nonsense" })).errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
  });

  it("ends with the reason of a failure, and the start after it is another one", async () => {
    await startEncoder();
    const [id = ""] = await world.createSessions(1);
    await world.start([id]);
    await becomes(id, "RUNNING");
    runner.fail(id, "The encoder crashed 5 times within 60 s.");
    await becomes(id, "FAILED");
    expect((await runsOf(id))["nodes"]).toMatchObject([{ endReason: "The encoder crashed 5 times within 60 s.", stoppedBy: null }]);
    await world.start([id]);
    await becomes(id, "RUNNING", 2);
    expect((await runsOf(id))["nodes"]).toMatchObject([{ endedAt: null }, { endReason: "The encoder crashed 5 times within 60 s." }]);
  });

  it("stays the same when another encoder takes the session over", async () => {
    const first = await world.startAgent({ runner: createScriptedRunner().start });
    const [id = ""] = await world.createSessions(1);
    await world.start([id]);
    await becomes(id, "RUNNING");
    await first.close();
    await startEncoder();
    await becomes(id, "RUNNING");
    expect(await runsOf(id)).toMatchObject({ totalCount: 1, nodes: [{ endedAt: null }] });
  });

  it("outlives its session, with its name", async () => {
    await startEncoder();
    const [id = ""] = await world.createSessions(1);
    await world.start([id]);
    await becomes(id, "RUNNING");
    await world.stop([id]);
    const { name } = await becomes(id, "STOPPED").then((view) => view!);
    const [run] = (await runsOf(id))["nodes"] as Loose[];
    await deleteSessions(world.context, { selection: { ids: [id] }, dryRun: false });
    const NODE = "query ($id: ID!) { node(id: $id) { id ... on Run { sessionName endReason session { id } } } }";
    const asked = { id: run!["id"] };
    expect((await server.graphql(NODE, asked))["node"]).toMatchObject({
      ...asked,
      sessionName: name,
      endReason: "Stopped.",
      session: null,
    });
    const stranger = await server.otherOrganization();
    expect((await stranger.graphql(NODE, asked))["node"]).toBeNull();
  });
});

describe("runs", () => {
  it("are open exactly while their sessions have begun and not ended, one at most, whatever is asked for at once", async () => {
    await startEncoder();
    const ids = await world.createSessions(6);
    const verbs = {
      start: world.start,
      stop: world.stop,
      restart: world.restart,
      roll: (some: readonly string[]) => world.restart(some, 2),
    };
    const steps = fc.array(
      fc.tuple(fc.constantFrom("start", "start", "restart", "stop", "roll", "fail"), fc.subarray([...ids], { minLength: 1 })),
      { minLength: 4, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (asked) => {
        await Promise.all(
          asked.map(async ([verb, some]) => {
            if (verb === "fail") some.forEach((id) => runner.fail(id, "It failed."));
            else await verbs[verb as keyof typeof verbs](some);
            expect(await findBroken()).toEqual([]);
          }),
        );
      }),
      { numRuns: 12 },
    );
    await world.stop(ids);
    await waitUntil(
      () => world.view(ids),
      (views) => views.every(({ status }) => status === "STOPPED"),
    );
    expect(await findBroken()).toEqual([]);
    const [open] = await server.database.executor.execute<{ count: number }>(
      sql`select count(*)::integer as count from runs where ended_at is null`,
    );
    expect(open?.count).toBe(0);
  });

  /** Sessions whose runs are not as their statuses say; a stop of one that had failed has none. */
  async function findBroken(): Promise<readonly unknown[]> {
    return server.database.executor.execute(sql`
      select s.id, s.status, s.generation, r.open, r.newest from sessions s, lateral (
        select count(*) filter (where ended_at is null)::integer as open, coalesce(max(generation), 0) as newest,
          coalesce(bool_and(ended_at is not null) filter (where generation < s.generation), true) as are_older_ended
        from runs where session_id = s.id) r
      where r.newest <> s.generation or not r.are_older_ended
        or case when s.status in ('STARTING', 'WAITING', 'RUNNING') then r.open <> 1
             when s.status = 'STOPPING' then r.open > 1 else r.open <> 0 end`);
  }
});

describe("the paths of an input", () => {
  const PATHS = `query ($id: ID!) { session(id: $id) { isSlateShowing source { activePath
    pathA { isConnected lastSeenAt errorPercent bitrateKbps } pathB { isConnected lastSeenAt errorPercent bitrateKbps }
    failover { recoveryIntervalSeconds nextRecoveryAt }
    switches(first: 2) { totalCount nodes { id fromPath toPath reason actor at } pageInfo { hasNextPage } } } } }`;
  const read = async (id: string): Promise<Loose> => (await server.graphql(PATHS, { id }))["session"] as Loose;
  const UNSEEN = { isConnected: false, lastSeenAt: null, errorPercent: null, bitrateKbps: null };

  it("are as the encoder that holds the session tells, and unknown when it says nothing", async () => {
    await startEncoder();
    const [id = ""] = await world.createSessions(1, { source: MULTICAST });
    expect(await read(id)).toMatchObject({ source: { pathA: UNSEEN, pathB: UNSEEN, failover: { nextRecoveryAt: null } } });
    runner.tells = SAMPLE;
    await world.start([id]);
    const seen = await waitUntil(
      () => read(id),
      ({ source }) => source.pathA.isConnected,
    );
    expect(seen).toMatchObject({ source: { pathA: SAMPLE.pathA, pathB: SAMPLE.pathB } });
    // Told by an encoder that does not hold it any more, or too long ago.
    await server.database.executor.execute(sql`update session_telemetry set at = now() - interval '6 seconds'`);
    await server.database.executor.execute(sql`insert into session_telemetry (session_id, encoder_id, at, path_a)
      values (${id}, 'encoder_gone', now(), ${JSON.stringify(SAMPLE.pathA)}::text::jsonb)
      on conflict (session_id) do update set encoder_id = excluded.encoder_id`);
    runner.tells = null;
    await waitUntil(
      () => read(id),
      ({ source }) => !source.pathA.isConnected,
    );
    const [plain = ""] = await world.createSessions(1);
    expect(await read(plain)).toMatchObject({ source: { pathA: UNSEEN, pathB: null, failover: null } });
  });

  it("keep every switch, newest first, and slates show", async () => {
    await startEncoder();
    const [id = ""] = await world.createSessions(1, { source: MULTICAST });
    await world.start([id]);
    await becomes(id, "RUNNING");
    const SWITCH = `mutation ($id: ID!, $toPath: InputPath!) {
      switchSessionInputs(input: { selection: { ids: [$id] }, toPath: $toPath }) { acceptedCount } }`;
    for (const toPath of ["B", "A", "B"]) {
      expect(await server.graphql(SWITCH, { id, toPath })).toMatchObject({ switchSessionInputs: { acceptedCount: 1 } });
      await waitUntil(
        () => read(id),
        ({ source }) => source.activePath === toPath,
      );
    }
    const { source } = await read(id);
    expect(source.switches).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } });
    expect(source.switches.nodes).toMatchObject([
      { fromPath: "A", toPath: "B", reason: "MANUAL", actor: "key:First admin key" },
      { fromPath: "B", toPath: "A" },
    ]);
    const NODE = "query ($id: ID!) { node(id: $id) { id ... on InputSwitch { toPath } } }";
    const asked = { id: source.switches.nodes[0].id };
    expect((await server.graphql(NODE, asked))["node"]).toEqual({ ...asked, toPath: "B" });
    expect((await (await server.otherOrganization()).graphql(NODE, asked))["node"]).toBeNull();
    await server.graphql("mutation ($id: ID!) { showSlates(input: { selection: { ids: [$id] } }) { acceptedCount } }", { id });
    await waitUntil(
      () => read(id),
      ({ isSlateShowing }) => isSlateShowing,
    );
  });

  it("are read for a whole page in a fixed number of statements", async () => {
    const statements: string[] = [];
    const counting = await startTestServer({ share: server, onStatement: (statement) => statements.push(statement) });
    try {
      const PAGE = `query ($first: Int!) { sessions(first: $first) { nodes { isSlateShowing runs(first: 2) { totalCount nodes { id session { id } } }
        source { pathA { isConnected } pathB { isConnected } switches(first: 2) { totalCount nodes { id } } } } } }`;
      await world.createSessions(40, { source: MULTICAST });
      const counts: number[] = [];
      for (const first of [1, 40]) {
        statements.length = 0;
        await counting.graphql(PAGE, { first });
        counts.push(statements.filter((statement) => !/api_keys/.test(statement)).length);
      }
      expect(counts[1]).toBe(counts[0]);
      expect(counts[0]).toBeLessThanOrEqual(7);
    } finally {
      await counting.stop();
    }
  });
});
