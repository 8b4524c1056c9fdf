import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Database, Transaction } from "../../src/database/database.ts";
import { registerAgent, resumeSessions, writeReports } from "../../src/encoder/agent.work.ts";
import { beat, claimSessions } from "../../src/encoder/encoder.store.ts";
import type { SessionReport } from "../../src/encoder/lease.rules.ts";
import { SIMULATED_CAPABILITIES } from "../../src/encoder/simulator.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { newIdentifier } from "../../src/shared/identifier.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { createWorld, silentLog, waitUntil, type World } from "./world.ts";

let test: TestDatabase;
let world: World;
let counting: ReturnType<typeof countStatements>;
beforeAll(async () => {
  test = await openTestDatabase();
  world = await createWorld(test.database);
  counting = countStatements(test);
});
afterEach(() => world.reset());
afterAll(async () => {
  await counting.close();
  await world.close();
  await test.close();
});

/** The same database through a client that counts. */
function countStatements({ address, database }: TestDatabase) {
  const { socketDirectory, ...rest } = address;
  const client = postgres({ ...rest, host: socketDirectory, max: 4 });
  let statements: string[] = [];
  const executor = drizzle({ client, logger: { logQuery: (text) => statements.push(text) } });
  const counted: Database = {
    ...database,
    executor,
    transaction: (_name, work) => executor.transaction((transaction) => work(transaction as Transaction)),
  };
  return {
    database: counted,
    during: async (work: () => Promise<unknown>) => {
      statements = [];
      await work();
      return statements.length;
    },
    close: () => client.end(),
  };
}

async function countAll(count: number) {
  const { database } = counting;
  const ids = await world.createSessions(count);
  await world.start(ids);
  const life = await registerAgent(database, systemClock, {
    id: newIdentifier("encoder"),
    name: "counted",
    region: "local",
    isSimulated: true,
    mediaAddress: null,
    ingestAddresses: {},
    capacity: count,
    capabilities: SIMULATED_CAPABILITIES,
    version: "test",
  });
  const observe = (status: "RUNNING" | "FAILED", kind: "OBSERVED" | "RUNNER_ENDED"): SessionReport[] =>
    ids.map((sessionId) => ({
      sessionId,
      epoch: 1,
      generation: 1,
      at: new Date(),
      switches: [],
      kind,
      observation: { status, health: "OK", reason: null, playbacks: [] },
    }));
  const services = { database, clock: systemClock, vault: world.vault };
  return {
    claim: await counting.during(() => claimSessions(database.executor, life, count)),
    resume: await counting.during(() =>
      resumeSessions(
        services,
        life.encoderId,
        ids.map((sessionId) => ({ sessionId, epoch: 1 })),
      ),
    ),
    beat: await counting.during(() => beat(database.executor, life, "ONLINE")),
    report: await counting.during(() => writeReports({ database, log: silentLog }, life.encoderId, observe("RUNNING", "OBSERVED"))),
    register: await counting.during(() => registerAgent(database, systemClock, { id: life.encoderId, name: "counted", region: "local", isSimulated: true, mediaAddress: null, ingestAddresses: {}, capacity: count, capabilities: SIMULATED_CAPABILITIES, version: "test" })), // prettier-ignore
  };
}

describe("the statements of an agent", () => {
  it("are as many for ten sessions as for a thousand", async () => {
    const few = await countAll(10);
    await world.reset();
    const many = await countAll(1000);
    expect(many).toEqual(few);
    expect(many).toMatchObject({ claim: 1, beat: 1 });
    expect(Math.max(...Object.values(many))).toBeLessThan(10);
  });
});

describe("a simulated agent", () => {
  it("runs two thousand sessions", async () => {
    const ids = await world.createSessions(2000);
    await world.startReaper();
    await world.startAgent({ capacity: 2000 });
    await world.start(ids);
    const countOf = (status: string) => async () => {
      const [row] = await test.database.executor.execute<{ count: number }>(
        sql`select count(*)::integer from sessions where status = ${status}`,
      );
      return row?.count;
    };
    await waitUntil(countOf("RUNNING"), (count) => count === 2000, 15_000);
    await world.stop(ids);
    await waitUntil(countOf("STOPPED"), (count) => count === 2000, 15_000);
  }, 40_000);
});
