import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Database, Transaction } from "../../src/database/database.ts";
import { registerAgent, resumeSessions, writeReports } from "../../src/encoder/agent.work.ts";
import { beat, claimSessions } from "../../src/encoder/encoder.store.ts";
import type { ProcessObservation } from "../../src/encoder/runner.ts";
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

/** A recording on every rendition of the sessions, as an encoder tells of it. */
async function addProcesses(sessionIds: readonly string[]): Promise<ReadonlyMap<string, ProcessObservation>> {
  const rows = await test.database.executor.execute<{ id: string; session_id: string }>(sql`
    insert into processes (id, organization_id, session_id, playback_id, rendition_id, kind, is_enabled, path_token, directory_token)
    select 'process_' || p.id, s.organization_id, s.id, p.id, r.id, 'RECORDING', true, p.path_token, p.path_token
    from sessions s join playbacks p on p.session_id = s.id join renditions r on r.template_id = p.template_id
    where s.id = any(${sql.param([...sessionIds])}::text[]) returning id, session_id`);
  const told = { isActive: true, health: "OK", reason: null, contentVersion: null, contentType: null, contentAt: null } as const;
  return new Map(rows.map(({ id, session_id: sessionId }) => [sessionId, { processId: id, ...told }]));
}

async function countAll(count: number, { withProcesses }: { readonly withProcesses: boolean }) {
  const { database } = counting;
  const ids = await world.createSessions(count);
  const processes = withProcesses ? await addProcesses(ids) : new Map<string, ProcessObservation>();
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
      observation: { status, health: "OK", reason: null, playbacks: [], processes: [processes.get(sessionId) ?? []].flat() },
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
    beat: await counting.during(() => beat(database.executor, life, { status: "ONLINE", isStorageLow: false })),
    report: await counting.during(() => writeReports({ database, log: silentLog }, life.encoderId, observe("RUNNING", "OBSERVED"))),
    register: await counting.during(() => registerAgent(database, systemClock, { id: life.encoderId, name: "counted", region: "local", isSimulated: true, mediaAddress: null, ingestAddresses: {}, capacity: count, capabilities: SIMULATED_CAPABILITIES, version: "test" })), // prettier-ignore
  };
}

describe("the statements of an agent", () => {
  it.each([
    ["without processes", false],
    ["with processes", true],
  ])("are as many for ten sessions as for a thousand, %s", async (_name, withProcesses) => {
    const few = await countAll(10, { withProcesses });
    await world.reset();
    const many = await countAll(1000, { withProcesses });
    expect(many).toEqual(few);
    expect(many).toMatchObject({ claim: 1, beat: 1 });
    expect(Math.max(...Object.values(many))).toBeLessThan(withProcesses ? 11 : 10);
    await world.reset();
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
  });
});
