import { sql, type SQL } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ChangeLog } from "../../src/changes/change-log.ts";
import { currentCursor, resumeAfter } from "../../src/changes/cursor.ts";
import { readExtent } from "../../src/changes/change.store.ts";
import { createChangeStream, type ChangeStream } from "../../src/changes/change-stream.ts";
import { openDatabase } from "../../src/database/client.ts";
import type { Database } from "../../src/database/database.ts";
import { migrateDatabase } from "../../src/database/migrate.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { startOwnPostgres, type Ending, type OwnPostgres } from "../support/own-postgres.ts";
import { countUp, createThings, newOrganizationId, openLog, silentLog, streamFromNow, take } from "./support.ts";

const ROLLED_BACK = 20;
const CONNECTIONS = 4;
const CRASHES = ["IMMEDIATE", "KILLED", "BACKEND_KILLED"] as const satisfies Ending[];

let postgres: OwnPostgres;
let database: Database;
let changeLog: ChangeLog;
let stream: ChangeStream;
let readings = 0;
const organizationId = newOrganizationId();
const thing = { organizationId, id: "thing_1" };

beforeAll(async () => {
  // What nobody waits for stays off the disk for as long as can be.
  postgres = await startOwnPostgres({ isDurable: true, settings: { wal_writer_delay: "10s" } });
  await migrateDatabase(postgres.server.address);
  database = openDatabase({ address: postgres.server.address, log: silentLog, maxConnections: CONNECTIONS });
  await createThings(database);
  changeLog = await openLog(database, { pollMilliseconds: 20, onRead: () => (readings += 1) });
});
afterAll(async () => {
  await changeLog.close();
  await database.close();
  await postgres.close();
});
beforeEach(async () => {
  stream = await streamFromNow(database, changeLog, organizationId);
});
afterEach(() => stream.close());

/** Uses up numbers of transactions that a crash gives out again. */
async function rollBackSome(): Promise<void> {
  for (let count = 0; count < ROLLED_BACK; count += 1) {
    await database
      .transaction("roll back", async (transaction) => {
        await transaction.execute(sql`select pg_current_xact_id()`);
        throw new Error("Rolled back");
      })
      .catch(() => undefined);
  }
}

const nextNumber = async () => {
  const [row] = await database.executor.execute<{ next: string }>(sql`select pg_snapshot_xmax(pg_current_snapshot())::text as next`);
  return Number(row?.next);
};

async function crash(ending: Ending): Promise<void> {
  await postgres.restart(ending);
  // All of them: one that was made meanwhile may be told late that PostgreSQL recovers, when others are back.
  const all = () => Promise.all(Array.from({ length: CONNECTIONS }, nextNumber));
  await expect.poll(() => all().catch(() => null), { timeout: 10_000 }).not.toBeNull();
}

const countUpOnce = () => database.transaction("count", (transaction) => countUp(transaction, thing));

/** Holds what a log reads next, until it is released; then lets something happen between its first answer with rows and what is done with it. */
function holdReadings({ executor, listen }: Database) {
  let held: Promise<void> | null = null;
  let letGo: () => void = () => undefined;
  let meanwhile: (() => Promise<void>) | null = null;
  let done: () => void = () => undefined;

  async function execute(statement: SQL): Promise<unknown> {
    await held;
    const answer = (await executor.execute(statement)) as { readonly oldest_at?: unknown }[];
    const happens = meanwhile;
    if (happens && answer[0]?.oldest_at) {
      meanwhile = null;
      await happens();
      done();
    }
    return answer;
  }

  return {
    database: {
      executor: new Proxy(executor, { get: (target, name) => (name === "execute" ? execute : Reflect.get(target, name)) }),
      listen,
    },
    hold(): void {
      held = new Promise((resolve) => (letGo = resolve));
    },
    async release(work: () => Promise<void>): Promise<void> {
      meanwhile = work;
      const happened = new Promise<void>((resolve) => (done = resolve));
      held = null;
      letGo();
      await happened;
    },
  };
}

describe.each(CRASHES)("a crash (%s) that gives numbers of transactions out again", (ending) => {
  it("keeps no change from a reader that had seen their first bearers", async () => {
    const telling = take(stream, ROLLED_BACK + 5, 30_000);
    await rollBackSome();
    const before = await nextNumber();
    const readingsBefore = readings;
    // One may have begun before.
    await expect.poll(() => readings, { timeout: 10_000, interval: 10 }).toBeGreaterThan(readingsBefore + 1);
    await crash(ending);
    expect(await nextNumber()).toBeLessThan(before);
    const values: number[] = [];
    for (let count = 0; count < ROLLED_BACK + 5; count += 1) values.push(await countUpOnce());
    const told = await telling;
    expect(told.map(({ after }) => (after as { value: number }).value)).toEqual(values);
  });

  it("keeps no change from a reader that was told of others just before it", async () => {
    const reading = holdReadings(database);
    const held = await openLog(reading.database, { pollMilliseconds: 20 });
    const following = await streamFromNow(database, held, organizationId);
    try {
      reading.hold();
      const first = await countUpOnce();
      await rollBackSome();
      const telling = take(following, ROLLED_BACK + 6, 30_000);
      await reading.release(() => crash(ending));
      const values = [first];
      for (let count = 0; count < ROLLED_BACK + 5; count += 1) values.push(await countUpOnce());
      expect((await telling).map(({ after }) => (after as { value: number }).value)).toEqual(values);
    } finally {
      following.close();
      await held.close();
    }
  });

  it("keeps no change from a reader that comes back with a cursor from before it", async () => {
    await rollBackSome();
    const cursor = await currentCursor(database.executor, systemClock);
    await crash(ending);
    const values: number[] = [];
    for (let count = 0; count < ROLLED_BACK + 5; count += 1) values.push(await countUpOnce());
    const { position, hasGap } = resumeAfter(cursor, await readExtent(database.executor));
    expect(hasGap).toBe(false);
    const resumed = createChangeStream({ changeLog, log: silentLog, organizationId, objects: ["SESSION"], position });
    const told = await take(resumed, values.length);
    resumed.close();
    expect(told.map(({ after }) => (after as { value: number }).value)).toEqual(values);
  });
});

it("takes numbers back that were running, and what then bears them is told, to who waits and to who comes back", async () => {
  let end: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (end = resolve));
  const numbers = Array.from({ length: 3 }, () =>
    database
      .transaction("held", async (transaction) => {
        await transaction.execute(sql`select pg_current_xact_id()`);
        await held;
      })
      .catch(() => undefined),
  );
  // Later than those that are held: their numbers lie in the middle of what has ended.
  await countUpOnce();
  await take(stream, 1);
  const cursor = await currentCursor(database.executor, systemClock);
  await crash("KILLED");
  end();
  await Promise.all(numbers);
  const values = [await countUpOnce(), await countUpOnce(), await countUpOnce(), await countUpOnce(), await countUpOnce()];
  expect((await take(stream, values.length)).map(({ after }) => (after as { value: number }).value)).toEqual(values);
  const { position, hasGap } = resumeAfter(cursor, await readExtent(database.executor));
  expect(hasGap).toBe(false);
  const resumed = createChangeStream({ changeLog, log: silentLog, organizationId, objects: ["SESSION"], position });
  expect((await take(resumed, values.length)).map(({ after }) => (after as { value: number }).value)).toEqual(values);
  resumed.close();
});
