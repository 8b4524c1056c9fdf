import { sql } from "drizzle-orm";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { appendChanges } from "../../src/changes/append-changes.ts";
import { createBell } from "../../src/changes/bell.ts";
import type { ChangeLog } from "../../src/changes/change-log.ts";
import { createChangeStream } from "../../src/changes/change-stream.ts";
import { readExtent, type LoggedChange } from "../../src/changes/change.store.ts";
import { positionAt } from "../../src/changes/position.ts";
import { openDatabase } from "../../src/database/client.ts";
import type { Database } from "../../src/database/database.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import {
  begin,
  change,
  countUp,
  createThings,
  isQuiet,
  newOrganizationId,
  openLog,
  pauseUpTo,
  silentLog,
  streamFromNow,
  take,
} from "./support.ts";

let test: TestDatabase;
/** Many connections, for many writers at once. */
let writers: Database;
let changeLog: ChangeLog;

beforeAll(async () => {
  test = await openTestDatabase();
  writers = openDatabase({ address: test.address, log: silentLog, maxConnections: 32 });
  await createThings(test.database);
  changeLog = await openLog(test.database, { pollMilliseconds: 20 });
});
afterAll(async () => {
  await changeLog.close();
  await writers.close();
  await test.close();
});

/** Rows of each object count up from 1: nothing lost, nothing doubled, nothing out of order. */
function expectWhole(rows: readonly LoggedChange[], countByObject: ReadonlyMap<string, number>): void {
  const last = new Map<string, number>();
  for (const row of rows) {
    const { value } = row.after as { value: number };
    expect({ object: row.objectId, value }).toEqual({ object: row.objectId, value: (last.get(row.objectId) ?? 0) + 1 });
    last.set(row.objectId, value);
  }
  expect(last).toEqual(countByObject);
}

async function writeConcurrently(
  organizationId: string,
  options: { writers: number; each: number; objects: number },
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  await Promise.all(
    Array.from({ length: options.writers }, async (_, writer) => {
      for (let round = 0; round < options.each; round += 1) {
        const id = `${organizationId}_${(writer * 7 + round * 3) % options.objects}`;
        await writers.transaction("count up", async (transaction) => {
          // The transaction's number is taken here, long before its row's.
          await transaction.execute(sql`select pg_current_xact_id()`);
          await pauseUpTo(4);
          await countUp(transaction, { organizationId, id });
          await pauseUpTo(4);
        });
        counts.set(id, (counts.get(id) ?? 0) + 1);
      }
    }),
  );
  return counts;
}

describe("the log under 30 concurrent writers", () => {
  it("is told whole and in the order of each object, woken by the bell", async () => {
    const organizationId = newOrganizationId();
    const stream = await streamFromNow(test.database, changeLog, organizationId);
    const bell = createBell({ database: writers, log: silentLog });
    const ringing = setInterval(() => bell.ring(), 5);
    onTestFinished(() => clearInterval(ringing));
    const [counts, rows] = await Promise.all([
      writeConcurrently(organizationId, { writers: 30, each: 20, objects: 25 }),
      take(stream, 600, 15_000),
    ]);
    expectWhole(rows, counts);
    expect(await isQuiet(stream, 50)).toBe(true);
  });

  it("is told whole when its listening connection is killed again and again", async () => {
    const organizationId = newOrganizationId();
    const stream = await streamFromNow(test.database, changeLog, organizationId);
    const bell = createBell({ database: writers, log: silentLog });
    const disturbing = setInterval(() => {
      bell.ring();
      void writers.executor.execute(
        sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'headend listener' and datname = current_database()`,
      );
    }, 20);
    const [counts, rows] = await Promise.all([
      writeConcurrently(organizationId, { writers: 10, each: 20, objects: 5 }).finally(() => clearInterval(disturbing)),
      take(stream, 200, 15_000),
    ]);
    expectWhole(rows, counts);
  });

  it.each([
    ["falls behind the ring", 10],
    ["meets steps that the ring does not hold", 0],
  ])("is told whole to a reader that %s", async (_, ringRowLimit) => {
    const organizationId = newOrganizationId();
    const small = await openLog(test.database, { ringRowLimit, pollMilliseconds: 20 });
    onTestFinished(() => small.close());
    const stream = await streamFromNow(test.database, small, organizationId);
    const counts = await writeConcurrently(organizationId, { writers: 10, each: 50, objects: 5 });
    expectWhole(await take(stream, 500), counts);
  });
});

describe("one step of many rows", () => {
  it("is told in batches, from the ring and from the database alike", async () => {
    const organizationId = newOrganizationId();
    const small = await openLog(test.database, { ringRowLimit: 100 });
    onTestFinished(() => small.close());
    const streams = await Promise.all([changeLog, small].map((log) => streamFromNow(test.database, log, organizationId)));
    await test.database.transaction("import", (transaction) =>
      appendChanges(
        transaction,
        Array.from({ length: 1_001 }, (_, index) => change(organizationId, "session_one", index + 1)),
      ),
    );
    for (const stream of streams) expectWhole(await take(stream, 1_001), new Map([["session_one", 1_001]]));
  });
});

describe("a reader far behind", () => {
  it("finds its few rows among many of others", async () => {
    const [mine, others] = [newOrganizationId(), newOrganizationId()];
    const small = await openLog(test.database, { ringRowLimit: 10, pollMilliseconds: 20 });
    onTestFinished(() => small.close());
    const stream = await streamFromNow(test.database, small, mine);
    const append = (organizationId: string, count: number, from = 0) =>
      test.database.transaction("import", (transaction) =>
        appendChanges(
          transaction,
          Array.from({ length: count }, (_, index) => change(organizationId, `${organizationId}_x`, from + index + 1)),
        ),
      );
    for (const value of [0, 1, 2]) {
      await append(others, 6_000);
      await append(mine, 1, value);
    }
    expectWhole(await take(stream, 3), new Map([[`${mine}_x`, 3]]));
    expect(await isQuiet(stream, 50)).toBe(true);
  });
});

describe("a transaction that was overtaken", () => {
  it("is told after the one that overtook it, and neither is lost", async () => {
    const organizationId = newOrganizationId();
    const stream = await streamFromNow(test.database, changeLog, organizationId);
    await writers.transaction("early", async (early) => {
      await early.execute(sql`select pg_current_xact_id()`);
      await writers.transaction("late", (late) => countUp(late, { organizationId, id: `${organizationId}_x` }));
      expect((await take(stream, 1))[0]!.after).toEqual({ value: 1 });
      await countUp(early, { organizationId, id: `${organizationId}_x` });
    });
    expect((await take(stream, 1))[0]!.after).toEqual({ value: 2 });
  });

  it("is told after it even while a transaction between the two still runs", async () => {
    const organizationId = newOrganizationId();
    const x = { organizationId, id: `${organizationId}_x` };
    const y = { organizationId, id: `${organizationId}_y` };
    const { snapshot } = await readExtent(test.database.executor);
    const [early, between, late] = [await begin(writers), await begin(writers), await begin(writers)];
    await countUp(late.transaction, x);
    await late.commit();
    await countUp(early.transaction, x);
    await early.commit();
    const stream = createChangeStream({ changeLog, log: silentLog, organizationId, objects: ["SESSION"], position: positionAt(snapshot) });
    const rows = await take(stream, 2);
    expect(rows.map((row) => row.after)).toEqual([{ value: 1 }, { value: 2 }]);
    expect(rows[0]!.transaction).toBeGreaterThan(rows[1]!.transaction);
    await countUp(between.transaction, y);
    await between.commit();
    expect((await take(stream, 1))[0]!.objectId).toBe(y.id);
    expect(await isQuiet(stream, 50)).toBe(true);
  });
});

describe("a long transaction in another database of the cluster", () => {
  it("neither delays changes nor loses any", async () => {
    const organizationId = newOrganizationId();
    const stream = await streamFromNow(test.database, changeLog, organizationId);
    const { socketDirectory, port, user } = test.address;
    const elsewhere = postgres({ host: socketDirectory, port, user, database: "postgres", max: 1 });
    onTestFinished(() => elsewhere.end());
    await elsewhere.begin(async (long) => {
      await long`select pg_current_xact_id()`;
      for (let value = 1; value <= 3; value += 1) {
        await writers.transaction("change", (transaction) => countUp(transaction, { organizationId, id: `${organizationId}_y` }));
        expect((await take(stream, 1, 1_000))[0]!.after).toEqual({ value });
      }
    });
    expect(await isQuiet(stream, 50)).toBe(true);
  });
});

describe("organizations", () => {
  it("are told their own changes alone", async () => {
    const [mine, other] = [newOrganizationId(), newOrganizationId()];
    const stream = await streamFromNow(test.database, changeLog, mine);
    await test.database.transaction("changes", (transaction) =>
      appendChanges(transaction, [change(other, "session_theirs", 1), change(mine, "session_mine", 1)]),
    );
    expect((await take(stream, 1)).map((row) => row.objectId)).toEqual(["session_mine"]);
    expect(await isQuiet(stream, 50)).toBe(true);
  });
});

describe("a waiting reader", () => {
  it("ends at once when it is closed", async () => {
    const stream = await streamFromNow(test.database, changeLog, newOrganizationId());
    const waiting = stream.ready(null);
    stream.close();
    await waiting;
    expect(stream.ready(null)).toBeNull();
  });
});
