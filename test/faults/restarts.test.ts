import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openDatabase } from "../../src/database/client.ts";
import { groupBy } from "../../src/shared/group-by.ts";
import { createLog } from "../../src/shared/log.ts";
import { createGraphqlClient, type GraphqlClient } from "../support/clients.ts";
import { databaseUrl } from "../support/database.ts";
import { crowding } from "../support/crowding.ts";
import { ENDINGS, makeTestDirectory, startOwnPostgres, type OwnPostgres } from "../support/own-postgres.ts";
import { startHeadend, type HeadendProcess } from "../support/process.ts";
import { openSubscribers, type Subscribers } from "./subscribers.ts";
import { numberOf, ODD, startWriters, type Writers } from "./writers.ts";

/** Each ending once; more of them for a soak. */
const RESTARTS = Number(process.env["SOAK_ROUNDS"] ?? ENDINGS.length);
const SESSIONS = 50;
const WRITES_PER_SECOND = 200;
const SUBSCRIBERS = 100;
const READY_LIMIT_MILLISECONDS = 2_000;
const LOAD_MILLISECONDS = 1_000;
/** Between two restarts; a busy machine does not come to what is offered. */
const ACKNOWLEDGED_AT_LEAST = 10;

let postgres: OwnPostgres;
let headend: HeadendProcess;
let directory: ReturnType<typeof makeTestDirectory>;
let client: GraphqlClient;
let writers: Writers;
let subscribers: Subscribers;
let url = "";

beforeAll(async () => {
  // Durable: a crash must not lose what was acknowledged.
  postgres = await startOwnPostgres({ isDurable: true });
  directory = makeTestDirectory();
  const environment = { PORT: "0", HEADEND_DATA_DIR: directory.path, DATABASE_URL: databaseUrl(postgres.server.address) };
  headend = startHeadend(["gateway"], { environment });
  [, url = ""] = await headend.wrote(/The API is at (\S+)\/graphql/);
  const key = readFileSync(join(directory.path, "admin-key"), "utf8").trim();
  client = createGraphqlClient(url, key);
  const ids = await Promise.all(Array.from({ length: SESSIONS }, (_, index) => createSession(`Session ${index}`)));
  subscribers = openSubscribers({ url, key, count: SUBSCRIBERS });
  await Promise.all(subscribers.all.map(({ ready }) => ready));
  writers = startWriters({ client, ids, perSecond: WRITES_PER_SECOND });
});
afterAll(async () => {
  await writers.stop();
  await subscribers.close();
  await headend.stop();
  await postgres.close();
  directory.remove();
});

async function createSession(name: string): Promise<string> {
  const { createSession: made } = await client.graphql(
    `mutation ($name: String!) { createSession(input: { name: $name, source: { type: RTMP_PUSH }, playbacks: [] }) { session { id } } }`,
    { name },
  );
  return String(made.session.id);
}

const pass = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

/** The transactions of changes that a subscriber was not told, as far as the order in which it was told others shows that. */
function missedBy(told: ReadonlyMap<string, readonly boolean[]>, log: ReadonlyMap<string, readonly LoggedUpdate[]>): readonly string[] {
  return [...log].flatMap(([id, updates]) => {
    const meant = updates.filter(({ before, after }) => isOdd(before) || isOdd(after));
    const items = told.get(id) ?? [];
    return items.length < meant.length ? [meant.find(({ after }, index) => isOdd(after) !== items[index])?.transaction ?? "the last"] : [];
  });
}

const isOdd = (text: string | null): boolean => text?.includes(ODD) ?? false;

async function isReady(): Promise<boolean> {
  return (await fetch(`${url}/readyz`)).status === 200;
}

interface LoggedUpdate {
  readonly id: string;
  /** The number of its transaction, of which those just behind a crash may have been given out before it. */
  readonly transaction: string;
  readonly before: string | null;
  readonly after: string | null;
}

async function nextTransaction(): Promise<string> {
  const database = openDatabase({ address: postgres.server.address, log: createLog({ level: "silent" }) });
  try {
    const [row] = await database.executor.execute<{ next: string }>(sql`select pg_snapshot_xmax(pg_current_snapshot())::text as next`);
    return row?.next ?? "";
  } finally {
    await database.close();
  }
}

/** What was really committed, in its order. */
async function readLog(): Promise<ReadonlyMap<string, readonly LoggedUpdate[]>> {
  const database = openDatabase({ address: postgres.server.address, log: createLog({ level: "silent" }) });
  try {
    const rows = await database.executor.execute<LoggedUpdate & Record<string, unknown>>(sql`
      select object_id as id, transaction::text as transaction, before ->> 'description' as before, after ->> 'description' as after
      from changes where object = 'SESSION' and kind = 'UPDATED' order by changes.id`);
    return groupBy([...rows], ({ id }) => id);
  } finally {
    await database.close();
  }
}

it(
  `${RESTARTS} restarts of PostgreSQL under ${WRITES_PER_SECOND} writes/s and ${SUBSCRIBERS} subscribers lose, miss and reorder nothing`,
  { timeout: 180_000 + RESTARTS * 10_000 },
  async () => {
    const waits: number[] = [];
    const firstAfterRestarts: string[] = [];
    for (let round = 0; round < RESTARTS; round += 1) {
      await pass(LOAD_MILLISECONDS);
      await postgres.restart(ENDINGS[round % ENDINGS.length]);
      const backAt = performance.now();
      await expect.poll(isReady, { timeout: 20_000, interval: 20 }).toBe(true);
      await expect.poll(() => writers.lastAcknowledgedAt() > backAt, { timeout: 20_000, interval: 10 }).toBe(true);
      waits.push(performance.now() - backAt);
      firstAfterRestarts.push(`${ENDINGS[round % ENDINGS.length] ?? ""} ${await nextTransaction()}`);
    }
    await pass(LOAD_MILLISECONDS);
    await writers.stop();
    expect(headend.child.exitCode).toBeNull();
    expect(writers.surprises).toEqual([]);
    expect(Math.max(...waits)).toBeLessThan(READY_LIMIT_MILLISECONDS * crowding());

    const log = await readLog();
    for (const { id, acknowledged } of writers.objects) {
      const written = (log.get(id) ?? []).map(({ after }) => numberOf(after));
      expect(acknowledged.filter((number) => !written.includes(number))).toEqual([]);
      expect(written).toEqual(written.toSorted((one, other) => one - other));
    }
    expect(writers.objects.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0)).toBeGreaterThan(
      RESTARTS * ACKNOWLEDGED_AT_LEAST,
    );

    const meant = [...log].map(([id, updates]) => [id, updates.filter(({ before, after }) => isOdd(before) || isOdd(after))] as const);
    const expected = new Map(
      meant.filter(([, { length }]) => length > 0).map(([id, updates]) => [id, updates.map(({ after }) => isOdd(after))]),
    );
    const total = [...expected.values()].reduce((sum, items) => sum + items.length, 0);
    // Told with what went wrong: a subscriber whose socket was closed comes no further.
    const behind = () => ({
      lacks: subscribers.all.map((each) => total - each.count()).filter((lack) => lack > 0),
      missed: [...new Set(subscribers.all.flatMap(({ told }) => missedBy(told, log)))],
      firstAfterRestarts,
      failures: subscribers.failures,
    });
    await expect.poll(behind, { timeout: 60_000 }).toEqual({ lacks: [], missed: [], firstAfterRestarts, failures: [] });
    // Whatever comes too often comes now.
    await pass(LOAD_MILLISECONDS);
    for (const { told } of subscribers.all) expect(new Map(told)).toEqual(expected);
    expect(subscribers.failures).toEqual([]);
  },
);
