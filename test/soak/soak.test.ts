import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { BELL_CHANNEL } from "../../src/changes/bell.ts";
import { openDatabase } from "../../src/database/client.ts";
import type { Database } from "../../src/database/database.ts";
import { createLog } from "../../src/shared/log.ts";
import { startWriters } from "../faults/writers.ts";
import { createGraphqlClient, type GraphqlClient } from "../support/clients.ts";
import { createTestDatabase } from "../support/database.ts";
import { makeTestDirectory } from "../support/own-postgres.ts";
import { scrape } from "../support/prometheus.ts";
import { openFollowers, type Followers } from "./followers.ts";
import { startMeasured, type MeasuredProcess } from "./measured-process.ts";
import { describeSamples, rise, type Sample } from "./steadiness.ts";

/** 600 in `npm run soak`. */
const SECONDS = Number(process.env["SOAK_SECONDS"] ?? 30);
const FOLLOWERS = Number(process.env["SOAK_SUBSCRIBERS"] ?? 100);
const SESSIONS = 200;
const WRITES_PER_SECOND = 20;
/** More changes than a gateway keeps in memory, so that it keeps as many from the beginning on. */
const CHANGES_BEFORE = 11_000;
const COPIES_AT_A_TIME = 1_000;
/** More documents than a gateway keeps, of those that come once. */
const DOCUMENTS_BEFORE = 3_000;
const DOCUMENTS_AT_A_TIME = 20;
const SAMPLES = 12;
const WARM_UP_SHARE = 0.3;
const MEGABYTE = 1_000_000;

let directory: ReturnType<typeof makeTestDirectory>;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let own: Database;
let gateway: MeasuredProcess;
let encoder: MeasuredProcess;
let client: GraphqlClient;
let url = "";
let key = "";
let ids: readonly string[] = [];

beforeAll(async () => {
  directory = makeTestDirectory();
  database = await createTestDatabase();
  own = openDatabase({ address: database.address, log: createLog({ level: "silent" }), applicationName: "soak" });
  const environment = {
    PORT: "0",
    DATABASE_URL: database.url,
    HEADEND_SECRET_KEY: "ab".repeat(32),
    HEADEND_LOG_LEVEL: "warn",
    HEADEND_ALLOWED_NETWORKS: "127.0.0.0/8",
  };
  gateway = startMeasured(["gateway"], { ...environment, HEADEND_DATA_DIR: join(directory.path, "gateway") });
  [, url = ""] = await gateway.wrote(/The API is at (\S+)\/graphql/);
  encoder = startMeasured(["encoder", "--simulate", "500"], {
    ...environment,
    HEADEND_DATA_DIR: join(directory.path, "encoder"),
    HEADEND_LOG_LEVEL: "info",
  });
  await encoder.wrote(/"msg":"started"/);
  key = readFileSync(join(directory.path, "gateway", "admin-key"), "utf8").trim();
  client = createGraphqlClient(url, key);
  ids = await createSessions();
});
afterAll(async () => {
  await Promise.all([gateway.stop(), encoder.stop()]);
  await own.close();
  await database.drop();
  directory.remove();
});

async function createSessions(): Promise<readonly string[]> {
  await client.graphql(
    `mutation { createTemplate(input: { name: "One", isDefault: true, renditions: [{ name: "source", isPassthrough: true }] }) { template { id } } }`,
  );
  const sessions = Array.from({ length: SESSIONS }, (_, index) => ({
    name: `Session ${index}`,
    source: { type: "SRT_PULL", urlA: "srt://127.0.0.1:9000" },
    playbacks: [{ name: "web", type: "HTTP", hlsEnabled: true }],
  }));
  const made = await client.graphql(
    `mutation ($sessions: [CreateSessionInput!]!) { createSessions(input: { sessions: $sessions }) { sessions { id } userErrors { message } } }`,
    { sessions },
  );
  expect(made["createSessions"].userErrors).toEqual([]);
  return (made["createSessions"].sessions as { id: string }[]).map(({ id }) => id);
}

const act = (verb: "startSessions" | "stopSessions", some: readonly string[]) =>
  client.graphql(`mutation ($ids: [ID!]!) { ${verb}(input: { selection: { ids: $ids } }) { acceptedCount } }`, { ids: some });

/** With copies of what starts and stops have written, in transactions of the size of a large verb, each of which is read before the next. */
async function fillTheLog(): Promise<void> {
  await act("startSessions", ids);
  await act("stopSessions", ids);
  const readings = async () => (await scrape(url)).value("headend_change_log_delivery_seconds_count") ?? 0;
  for (let written = 0; written < CHANGES_BEFORE; written += COPIES_AT_A_TIME) {
    const before = await readings();
    await own.executor.execute(sql`
      insert into changes (organization_id, object, object_id, kind, at, actor, before, after)
      select organization_id, object, object_id, kind, at, actor, before, after
      from changes, generate_series(1, ${COPIES_AT_A_TIME}::integer) where kind = 'STATUS_CHANGED' limit ${COPIES_AT_A_TIME}`);
    await own.notify(BELL_CHANNEL);
    await expect.poll(readings, { timeout: 10_000, interval: 50 }).toBeGreaterThan(before);
  }
}

/** A document that no other has the text of. */
const newDocument = (name: string) => `query ${name} { ${name}: sessions(first: 5) { nodes { id name status } } }`;

async function fillTheDocuments(): Promise<void> {
  for (let made = 0; made < DOCUMENTS_BEFORE; made += DOCUMENTS_AT_A_TIME) {
    await Promise.all(Array.from({ length: DOCUMENTS_AT_A_TIME }, (_, index) => client.graphql(newDocument(`Before${made + index}`))));
  }
}

interface Load {
  readonly stop: () => Promise<void>;
  readonly followers: Followers;
  readonly written: () => number;
  readonly surprises: readonly string[];
}

/** Everything that goes on all the time, until it is stopped. */
async function startLoad(followerCount: number): Promise<Load> {
  const followers = await openFollowers({ url, key, count: followerCount, ids });
  const writers = startWriters({ client, ids: ids.slice(0, 20), perSecond: WRITES_PER_SECOND });
  const ending = new AbortController();
  const surprises: string[] = [];
  const every = async (milliseconds: number, work: (turn: number) => Promise<unknown> | void): Promise<void> => {
    for (let turn = 0; !ending.signal.aborted; turn += 1) {
      try {
        await work(turn);
      } catch (error) {
        surprises.push(String(error));
      }
      await wait(milliseconds, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  };
  const group = (turn: number) => Array.from({ length: 10 }, (_, index) => ids[(turn * 10 + index) % ids.length] ?? "");
  const going = Promise.all([
    every(100, () => followers.replaceOne()),
    every(1_000, (turn) => act(turn % 2 === 0 ? "startSessions" : "stopSessions", group(turn >> 1))),
    // Documents and names that come once, and what is refused.
    every(200, (turn) => client.ask(newDocument(`Made${turn}`))),
    every(1_000, (turn) => client.ask(`{ nothing${turn} }`)),
    every(1_000, (turn) => createAndDelete(`Passing ${turn}`)),
    every(2_000, async () => void (await scrape(url))),
    every(
      5_000,
      async () => void (await (await fetch(`${url}/exports/sessions.csv`, { headers: { authorization: `Bearer ${key}` } })).text()),
    ),
  ]);
  return {
    followers,
    surprises,
    written: () => writers.objects.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0),
    async stop() {
      ending.abort();
      await Promise.all([going, writers.stop()]);
      await followers.close();
      surprises.push(...writers.surprises, ...followers.failures);
    },
  };
}

async function createAndDelete(name: string): Promise<void> {
  const made = await client.graphql(
    `mutation ($name: String!) { createSession(input: { name: $name, source: { type: RTMP_PUSH }, playbacks: [] }) { session { id } } }`,
    { name },
  );
  const { deleteSessions: deleted } = await client.graphql(
    `mutation ($ids: [ID!]!) { deleteSessions(input: { selection: { ids: $ids } }) { acceptedCount } }`,
    { ids: [made["createSession"].session.id] },
  );
  if (deleted.acceptedCount !== 1) throw new Error(`“${name}” was not deleted: ${JSON.stringify(deleted)}`);
}

async function connectionCount(): Promise<number> {
  const [row] = await own.executor.execute<{ count: number }>(sql`
    select count(*)::integer as count from pg_stat_activity where datname = current_database() and application_name like 'headend%'`);
  return row?.count ?? 0;
}

/** At rest: nobody is connected any more, and no session runs. */
async function rest(): Promise<void> {
  await act("stopSessions", ids);
  await expect
    .poll(async () => (await scrape(url)).value("headend_sessions", { status: "STOPPED" }), { timeout: 40_000, interval: 2_000 })
    .toBe(SESSIONS);
  await expect.poll(async () => (await scrape(url)).value("headend_websockets"), { timeout: 40_000, interval: 500 }).toBe(0);
  // Connections of clients that are kept for more requests end by themselves.
  await wait(6_000);
}

async function measureAtRest() {
  const withObjects = true;
  return {
    gateway: await gateway.measure({ withObjects }),
    encoder: await encoder.measure({ withObjects }),
    connections: await connectionCount(),
  };
}

const seriesCount = async () => (await scrape(url)).samples.filter(({ name }) => name.startsWith("headend_")).length;

it(
  `memory, handles and connections stay as they are over ${SECONDS} s with ${FOLLOWERS} subscribers that come and go`,
  { timeout: (SECONDS + 600) * 1_000 },
  async () => {
    await fillTheLog();
    await fillTheDocuments();
    // A first round brings all the code into memory.
    const first = await startLoad(50);
    await wait(10_000);
    await first.stop();
    expect(first.surprises).toEqual([]);
    await rest();
    const before = await measureAtRest();

    const load = await startLoad(FOLLOWERS);
    const samples: { readonly gateway: Sample[]; readonly encoder: Sample[] } = { gateway: [], encoder: [] };
    const connections: number[] = [];
    const series: number[] = [];
    const startedAt = performance.now();
    const secondsSince = () => (performance.now() - startedAt) / 1_000;
    for (let sample = 1; sample <= SAMPLES; sample += 1) {
      await wait(Math.max(0, ((SECONDS * sample) / SAMPLES - secondsSince()) * 1_000));
      samples.gateway.push({ seconds: secondsSince(), ...(await gateway.measure()) });
      samples.encoder.push({ seconds: secondsSince(), ...(await encoder.measure()) });
      connections.push(await connectionCount());
      series.push(await seriesCount());
    }
    expect(load.followers.connected()).toBeGreaterThan(FOLLOWERS * 0.8);
    expect(load.followers.items()).toBeGreaterThan(FOLLOWERS);
    expect(load.written()).toBeGreaterThan(SECONDS);
    await load.stop();
    expect(load.surprises).toEqual([]);
    await rest();
    const after = await measureAtRest();

    const report = [
      ...(["gateway", "encoder"] as const).map((name) =>
        describeSamples(name, [{ seconds: 0, ...before[name] }, ...samples[name], { seconds: SECONDS, ...after[name] }]),
      ),
      `connections ${before.connections} | ${connections.join(" ")} | ${after.connections}`,
      `series ${series.join(" ")}`,
      `written ${load.written()}, items ${load.followers.items()}`,
    ].join("\n");
    console.log(report);
    for (const name of ["gateway", "encoder"] as const) {
      const warm = samples[name].slice(Math.floor(SAMPLES * WARM_UP_SHARE));
      expect(
        rise(warm, ({ heapUsed }) => heapUsed),
        `heap of the ${name}\n${report}`,
      ).toBeLessThan(6 * MEGABYTE);
      expect(
        rise(warm, ({ rss }) => rss),
        `memory of the ${name}\n${report}`,
      ).toBeLessThan(40 * MEGABYTE);
      expect(
        rise(warm, ({ descriptors }) => descriptors),
        `descriptors of the ${name}\n${report}`,
      ).toBeLessThan(20);
      expect(after[name].heapUsed - before[name].heapUsed, `heap of the ${name} at rest\n${report}`).toBeLessThan(6 * MEGABYTE);
      expect(after[name].descriptors - before[name].descriptors, `descriptors of the ${name} at rest\n${report}`).toBeLessThanOrEqual(5);
      for (const kind of Object.keys(after[name].objects)) {
        const more = (after[name].objects[kind] ?? 0) - (before[name].objects[kind] ?? 0);
        expect(more, `${kind} of the ${name} at rest\n${report}`).toBeLessThanOrEqual(5);
      }
    }
    expect(Math.max(...connections)).toBeLessThanOrEqual(45);
    expect(after.connections - before.connections).toBeLessThanOrEqual(5);
    expect((series.at(-1) ?? 0) - (series[Math.floor(SAMPLES * WARM_UP_SHARE)] ?? 0), `series\n${report}`).toBeLessThanOrEqual(150);
  },
);
