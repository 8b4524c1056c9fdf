import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { NO_CONTROLS, type SessionLaunch } from "../../src/encoder/runner.ts";
import { createSimulatedRunner } from "../../src/encoder/simulator.ts";
import type { FollowedTelemetry } from "../../src/encoder/telemetry.reads.ts";
import type { RequestContext } from "../../src/graphql/request.ts";
import type { RenditionSettings } from "../../src/templates/template.rules.ts";
import { followTelemetry } from "../../src/sessions/telemetry-changes.ts";
import { createFeed } from "../../src/shared/feed.ts";
import { createWorld, waitUntil, type World } from "../encoder/world.ts";
import { createGraphqlClient, type Loose } from "../support/clients.ts";
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

/** Sessions that run and tell. */
async function runSessions(count: number, draft: object = {}): Promise<readonly string[]> {
  runner = createScriptedRunner();
  runner.tells = SAMPLE;
  await world.startAgent({ runner: runner.start, name: "Rack 7" });
  const ids = await world.createSessions(count, draft);
  await world.start(ids);
  await waitUntil(
    () => world.view(ids),
    (views) => views.every(({ status }) => status === "RUNNING"),
  );
  return ids;
}

/** Waits until the change log has been looked at so many times more, which a gateway does once a second. */
async function awaitPolls(statements: readonly string[], times: number): Promise<void> {
  const polls = () => statements.filter((statement) => /pg_current_snapshot/.test(statement)).length;
  const before = polls();
  await waitUntil(polls, (count) => count >= before + times);
}

const FOLLOW = `subscription ($filter: SessionFilter, $everySeconds: Int) {
  sessionTelemetry(filter: $filter, everySeconds: $everySeconds) {
    sessionId telemetry { id at frameRate speed bitrateKbps droppedFrames encoder } } }`;

describe("Session.telemetry", () => {
  const READ = "query ($id: ID!) { session(id: $id) { telemetry { id at frameRate speed bitrateKbps droppedFrames encoder } } }";
  const read = async (id: string) => ((await server.graphql(READ, { id }))["session"] as Loose)["telemetry"] as Loose | null;

  it("is what the encoder tells, and null once that is old or the session has stopped", async () => {
    const [id = ""] = await runSessions(1);
    const telemetry = await waitUntil(
      () => read(id),
      (told) => told !== null,
    );
    const { frameRate, speed, bitrateKbps, droppedFrames } = SAMPLE;
    expect(telemetry).toMatchObject({
      frameRate,
      speed,
      bitrateKbps,
      droppedFrames,
      encoder: "Rack 7",
      id: id.replace("session_", "telemetry_"),
    });
    expect(Date.now() - Date.parse(telemetry!["at"] as string)).toBeLessThan(5_000);
    await world.stop([id]);
    await waitUntil(
      () => read(id),
      (told) => told === null,
    );
  });
});

describe("sessionTelemetry", () => {
  it("tells each session that the filter means at most once a second, as it is by then", async () => {
    const [first = "", second = ""] = await runSessions(2);
    await server.database.executor.execute(sql`update sessions set labels = '{wall}' where id = ${first}`);
    const all = server.subscribe(FOLLOW);
    const wall = server.subscribe(FOLLOW, { filter: { labels: ["wall"] } });
    const seldom = server.subscribe(FOLLOW, { everySeconds: 3 });
    const startedAt = performance.now();
    const items = await all.until(() => performance.now() - startedAt > 2_200);
    expect(new Set(items.map(({ sessionTelemetry }) => (sessionTelemetry as Loose)["sessionId"]))).toEqual(new Set([first, second]));
    const seconds = (performance.now() - startedAt) / 1_000;
    expect(items.length).toBeLessThanOrEqual(2 * (Math.ceil(seconds) + 1));
    expect(items.length).toBeGreaterThanOrEqual(4);
    // What enters the filter is told from then on, and what leaves it no more.
    await server.database.executor.execute(sql`update sessions set labels = case when id = ${second} then '{wall}'::text[] else '{}' end`);
    const told = await wall.until(({ sessionTelemetry }) => (sessionTelemetry as Loose)["sessionId"] === second);
    expect(told.slice(0, -1).every(({ sessionTelemetry }) => (sessionTelemetry as Loose)["sessionId"] === first)).toBe(true);
    expect((await wall.next())["sessionTelemetry"]).toMatchObject({ sessionId: second });
    await seldom.until(() => performance.now() - startedAt > 3_000);
    expect(seldom.waiting().length).toBeLessThanOrEqual(2);
    for (const subscription of [all, wall, seldom]) subscription.end();
  });

  it("tells nothing of other organizations, and refuses an interval out of range", async () => {
    const [id = ""] = await runSessions(1);
    const stranger = await server.otherOrganization();
    const theirs = stranger.subscribe(FOLLOW);
    const mine = server.subscribe(FOLLOW);
    for (let round = 0; round < 2; round += 1) expect((await mine.next())["sessionTelemetry"]).toMatchObject({ sessionId: id });
    expect(theirs.waiting()).toEqual([]);
    const refused = server.subscribe(FOLLOW, { everySeconds: 61 });
    await expect(refused.next()).rejects.toThrow(/everySeconds is 1 to 60/);
    for (const subscription of [mine, theirs]) subscription.end();
  });

  it("is read once a second for all subscribers of a gateway together, and not at all without any", async () => {
    await runSessions(3);
    const statements: string[] = [];
    const counting = await startTestServer({ share: server, onStatement: (statement) => statements.push(statement) });
    const reads = () => statements.filter((statement) => /from\s+session_telemetry/.test(statement)).length;
    try {
      const clients = Array.from({ length: 4 }, () => createGraphqlClient(counting.url, server.key));
      const subscriptions = clients.flatMap((client) => [client.subscribe(FOLLOW), client.subscribe(FOLLOW, { filter: { search: "c" } })]);
      const startedAt = performance.now();
      for (let item = 0; item < 4; item += 1) await Promise.all(subscriptions.map((subscription) => subscription.next()));
      const seconds = (performance.now() - startedAt) / 1_000;
      expect(reads()).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
      for (const subscription of subscriptions) subscription.end();
      // A read may still be under way; after it there is none.
      await awaitPolls(statements, 1);
      const count = reads();
      await awaitPolls(statements, 2);
      expect(reads()).toBe(count);
      await Promise.all(clients.map((client) => client.close()));
    } finally {
      await counting.stop();
    }
  });

  it("ends with the credential that it was opened with", async () => {
    const [id = ""] = await runSessions(1);
    const caller = await server.callerOfLevel("VIEWER");
    const items = caller.subscribe(FOLLOW);
    expect((await items.next())["sessionTelemetry"]).toMatchObject({ sessionId: id });
    await server.database.executor.execute(sql`update api_keys set revoked_at = now() where name like 'Test %'`);
    await expect(items.until(() => false)).rejects.toThrow();
  });

  it("gives a slow reader newer samples, not later ones", async () => {
    let round = 0;
    const sample = (sessionId: string, at: number): FollowedTelemetry => ({
      ...SAMPLE,
      sessionId,
      at: new Date(at),
      encoder: null,
      state: null,
    });
    const sessions = ["session_a", "session_b", "session_c"];
    const feed = createFeed<{ readonly withStates: boolean }, readonly FollowedTelemetry[]>({
      everyMilliseconds: 1_000,
      onError: () => undefined,
      read: async () => {
        round += 1;
        return (round < 3 ? sessions : sessions.slice(0, 2)).map((id) => sample(id, round));
      },
    });
    const context = { actor: world.context.actor, feeds: { telemetry: feed } } as unknown as RequestContext;
    const source = followTelemetry(context, { filter: {}, everySeconds: 1 });
    async function next(): Promise<FollowedTelemetry | undefined> {
      await source.ready();
      return (await source.take()?.items())?.[0];
    }
    expect(await next()).toMatchObject({ sessionId: "session_a", at: new Date(1) });
    await waitUntil(
      () => round,
      (reached) => reached === 3,
    );
    const late = [await next(), await next()].map((value) => (value ? `${value.sessionId} ${value.at.getTime()}` : null));
    expect(late.sort()).toEqual(["session_a 3", "session_b 3"]);
    const waiting = next();
    source.close();
    expect(await waiting).toBeUndefined();
    expect(source.take()).toBeNull();
    expect(feed.size()).toBe(0);
  });
});

describe("sessionSummary", () => {
  const FOLLOW_SUMMARY = `subscription ($filter: SessionFilter) { sessionSummary(filter: $filter) { total openAlerts byStatus { status count } } }`;

  it("tells the counters, and then whenever they differ, at most once a second and to those they concern", async () => {
    const summary = server.subscribe(FOLLOW_SUMMARY);
    const running = server.subscribe(FOLLOW_SUMMARY, { filter: { status: ["RUNNING"] } });
    expect((await summary.next())["sessionSummary"]).toMatchObject({ total: 0, openAlerts: 0 });
    expect((await running.next())["sessionSummary"]).toMatchObject({ total: 0 });
    const startedAt = performance.now();
    for (let index = 0; index < 10; index += 1) await world.createSessions(1);
    const counted = await summary.until(({ sessionSummary }) => (sessionSummary as Loose)["total"] === 10);
    expect(counted.length).toBeLessThanOrEqual(Math.ceil((performance.now() - startedAt) / 1_000) + 1);
    await (
      await server.otherOrganization()
    ).graphql(`mutation { createSession(input: { name: "Theirs", source: { type: RTMP_PUSH }, playbacks: [] }) { session { id } } }`);
    await runSessions(2);
    expect((await running.next())["sessionSummary"]).toMatchObject({ total: 2 });
    const last = await summary.until(({ sessionSummary }) =>
      ((sessionSummary as Loose)["byStatus"] as Loose[]).some(({ status, count }) => status === "RUNNING" && count === 2),
    );
    expect(last.at(-1)?.["sessionSummary"]).toMatchObject({ total: 12 });
    for (const subscription of [summary, running]) subscription.end();
  });

  it("counts nothing while nothing happens", async () => {
    await world.createSessions(1);
    const statements: string[] = [];
    const counting = await startTestServer({ share: server, onStatement: (statement) => statements.push(statement) });
    try {
      const client = createGraphqlClient(counting.url, server.key);
      const summaries = Array.from({ length: 3 }, () => client.subscribe(FOLLOW_SUMMARY));
      await Promise.all(summaries.map((summary) => summary.next()));
      const counts = () => statements.filter((statement) => /group by "sessions"."status"/.test(statement)).length;
      expect(counts()).toBe(1);
      await awaitPolls(statements, 2);
      expect(counts()).toBe(1);
      await client.close();
    } finally {
      await counting.stop();
    }
  });
});

describe("a simulator", () => {
  it("tells plausible telemetry of 500 sessions at most", async () => {
    const start = createSimulatedRunner({ speed: 20 });
    const runners = Array.from({ length: 600 }, (_, index) => start(launchOf(`session_${index}`), () => undefined));
    const telling = () => runners.flatMap((each) => each.telemetry() ?? []);
    const samples = await waitUntil(telling, (told) => told.length > 0 && told.every(({ speed }) => speed !== null));
    expect(samples).toHaveLength(500);
    for (const { frameRate, speed, bitrateKbps, pathA, pathB } of samples) {
      expect(frameRate).toBeGreaterThan(49);
      expect(frameRate).toBeLessThan(51);
      expect(speed).toBeCloseTo(1, 1);
      expect(bitrateKbps).toBeGreaterThan(3_000);
      expect(pathA).toMatchObject({ isConnected: true, bitrateKbps });
      expect(pathB?.isConnected).toBe(true);
    }
    expect(new Set(samples.map(({ bitrateKbps }) => bitrateKbps)).size).toBeGreaterThan(100);
    await Promise.all(runners.slice(0, 200).map((each) => each.stop()));
    expect(telling()).toHaveLength(300);
    await Promise.all(runners.map((each) => each.stop()));
  });

  function launchOf(sessionId: string): SessionLaunch {
    const sizes = { width: 640, height: 360, videoBitrateKbps: 800, frameRate: 50, audioBitrateKbps: 128 };
    const rendition: RenditionSettings = { id: "r", name: "r", isPassthrough: false, videoCodec: "H264", audioCodec: "AAC", ...sizes };
    return {
      ...{
        organizationId: "o",
        sessionId,
        runId: "r",
        processes: [],
        epoch: 1,
        generation: 1,
        name: sessionId,
        labels: [],
        controls: NO_CONTROLS,
      },
      input: {
        ...{ type: "MULTICAST_PULL", urlA: null, urlB: null, streamKey: null, srtPassphrase: null, streamRemap: [] },
        failover: { recoveryIntervalSeconds: 120, errorThresholdPercent: null },
        hlsScte35PassthroughEnabled: false,
      },
      slate: { isShownOnLoss: false, imageId: null },
      outputs: [
        {
          ...{ playbackId: "p", name: "p", type: "HTTP", renditions: [rendition], urls: [], hlsEnabled: true, dashEnabled: false },
          ...{ fileFormat: null, maxFileDurationSeconds: null, serviceProvider: null, programNumber: null, pathToken: "p" },
        },
      ],
    };
  }
});
