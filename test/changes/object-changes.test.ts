import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { appendChanges } from "../../src/changes/append-changes.ts";
import type { ChangeLog } from "../../src/changes/change-log.ts";
import { SESSION_CHANGE_KINDS } from "../../src/changes/change.rules.ts";
import { readExtent } from "../../src/changes/change.store.ts";
import { currentCursor, writeCursor } from "../../src/changes/cursor.ts";
import { openObjectChanges, type ObjectChange, type ObjectSource } from "../../src/changes/object-changes.ts";
import { encodeCursor, parseSnapshot, positionAt, snapshotBefore } from "../../src/changes/position.ts";
import { sweepOldChanges } from "../../src/changes/retention.ts";
import { openDatabase } from "../../src/database/client.ts";
import type { Database, Executor } from "../../src/database/database.ts";
import { Cursor } from "../../src/graphql/scalars.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { waitUntil } from "../encoder/world.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import {
  begin,
  change,
  countUp,
  createThings,
  deleteThing,
  newOrganizationId,
  openLog,
  outlasts,
  pauseUpTo,
  silentLog,
} from "./support.ts";

interface State {
  readonly value: number;
}
type Item = ObjectChange<State>;

let test: TestDatabase;
let writers: Database;
/** Two gateways of one installation, reading the log in steps of their own. */
let changeLogs: [ChangeLog, ChangeLog];

beforeAll(async () => {
  test = await openTestDatabase();
  writers = openDatabase({ address: test.address, log: silentLog, maxConnections: 20 });
  await createThings(test.database);
  changeLogs = [
    await openLog(test.database, { pollMilliseconds: 7 }),
    await openLog(test.database, { pollMilliseconds: 11, ringRowLimit: 20 }),
  ];
});
afterAll(async () => {
  await Promise.all(changeLogs.map((changeLog) => changeLog.close()));
  await writers.close();
  await test.close();
});

const things: ObjectSource<State> = {
  objects: ["SESSION"],
  kinds: SESSION_CHANGE_KINDS,
  matches: () => true,
  async readStates(executor: Executor, { organizationId, afterId, limit }) {
    const rows = await executor.execute<{ snapshot: string; id: string | null; value: number }>(sql`
      select present.snapshot::text as snapshot, page.id, page.value from (select pg_current_snapshot() as snapshot) present
      left join lateral (
        select id, value from things where organization_id = ${organizationId} and id > ${afterId} order by id limit ${limit}
      ) page on true`);
    return {
      snapshot: parseSnapshot(rows[0]!.snapshot),
      rows: rows.flatMap(({ id, value }) => (id === null ? [] : [{ id, state: { value } }])),
    };
  },
};

interface Opening {
  readonly organizationId: string;
  readonly gateway?: 0 | 1;
  readonly after?: string | null;
  readonly snapshot?: boolean;
  readonly heartbeatSeconds?: number | null;
  readonly source?: ObjectSource<State>;
}

/** A subscriber that takes one item after the other. */
async function open({ organizationId, gateway = 0, after = null, snapshot = false, heartbeatSeconds = null, source = things }: Opening) {
  const changes = await openObjectChanges({
    changeLog: changeLogs[gateway],
    executor: test.database.executor,
    clock: systemClock,
    log: silentLog,
    organizationId,
    source,
    after,
    snapshot,
    heartbeatSeconds,
    snapshotPageSize: 5,
  });
  onTestFinished(() => changes.close());
  let batch: readonly Item[] = [];
  async function next(): Promise<Item> {
    while (batch.length === 0) {
      await changes.ready();
      const taken = changes.take();
      if (!taken) throw new Error("The subscription is over");
      batch = await taken.items();
    }
    const [item, ...rest] = batch;
    batch = rest;
    changes.noteTold();
    return item!;
  }
  return { next, close: changes.close, take: (count: number) => inTurn(count, next) };
}

async function inTurn<T>(count: number, work: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let index = 0; index < count; index += 1) results.push(await work());
  return results;
}

const kinds = (items: readonly Item[]) => items.map(({ kind }) => kind);
const write = (work: (transaction: Executor) => Promise<unknown>) => writers.transaction("test", work);

/** What a client knows; an item that does not fit to it was lost, doubled or out of order before. */
function apply(known: Map<string, number>, { kind, objectId, state }: Item): void {
  if (kind === "SNAPSHOT" || kind === "CREATED") {
    expect(known.has(objectId!), `${objectId} is told twice`).toBe(false);
    known.set(objectId!, state!.value);
  } else if (kind === "UPDATED") {
    expect({ objectId, value: state!.value }).toEqual({ objectId, value: (known.get(objectId!) ?? Number.NaN) + 1 });
    known.set(objectId!, state!.value);
  } else if (kind === "DELETED") {
    expect(known.delete(objectId!), `${objectId} is deleted twice`).toBe(true);
  } else expect(kind).toBe("SNAPSHOT_END");
}

describe("a snapshot beside writers, and resumption on another gateway", () => {
  it.each([1, 2, 3, 4, 5, 6])("loses and doubles nothing (round %i)", async (round) => {
    const organizationId = newOrganizationId();
    const objects = Array.from({ length: 23 }, (_, index) => ({
      organizationId,
      id: `${organizationId}_${String.fromCharCode(97 + index)}`,
    }));
    const pick = () => objects[Math.floor(Math.random() * objects.length)]!;
    let isWriting = true;
    const writing = Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let count = 0; count < 30; count += 1) {
          await write(async (transaction) => {
            await transaction.execute(sql`select pg_current_xact_id()`);
            await pauseUpTo(6);
            const thing = pick();
            await (Math.random() < 0.15 ? deleteThing(transaction, thing) : countUp(transaction, thing));
            await pauseUpTo(3);
          });
        }
      }),
    ).finally(() => {
      isWriting = false;
    });
    await pauseUpTo(30 * round);
    const known = new Map<string, number>();
    let after: string | null = null;
    let isWhole = false;
    for (let connection = 0; isWriting || connection < 2; connection += 1) {
      const subscriber = await open({ organizationId, gateway: connection % 2 === 0 ? 0 : 1, after, snapshot: true });
      // A snapshot that is cut off begins anew.
      if (!isWhole) known.clear();
      for (let left = 3 + Math.floor(Math.random() * 30); left > 0 && (isWriting || !isWhole); left -= 1) {
        const item = await Promise.race([subscriber.next(), writing.then(() => (isWhole ? null : subscriber.next()))]);
        if (!item) break;
        apply(known, item);
        after = item.cursor;
        isWhole ||= item.kind === "SNAPSHOT_END";
      }
      subscriber.close();
    }
    const last = await open({ organizationId, after, snapshot: true, heartbeatSeconds: 0.1 });
    for (let item = await last.next(); item.kind !== "HEARTBEAT"; item = await last.next()) apply(known, item);
    const rows = await test.database.executor.execute<{ id: string; value: number }>(
      sql`select id, value from things where organization_id = ${organizationId}`,
    );
    expect([...known].toSorted()).toEqual(rows.map(({ id, value }) => [id, value]).toSorted());
  });

  it("tells a write once that was open while the snapshot was taken, and not what the snapshot has", async () => {
    const organizationId = newOrganizationId();
    const [x, y] = [
      { organizationId, id: `${organizationId}_x` },
      { organizationId, id: `${organizationId}_y` },
    ];
    await write((transaction) => countUp(transaction, x));
    const older = await begin(writers);
    await countUp(older.transaction, x);
    await write((transaction) => countUp(transaction, y));
    const subscriber = await open({ organizationId, snapshot: true });
    const items = await subscriber.take(3);
    expect(items.map(({ kind, objectId, state }) => [kind, objectId, state?.value])).toEqual([
      ["SNAPSHOT", x.id, 1],
      ["SNAPSHOT", y.id, 1],
      ["SNAPSHOT_END", null, undefined],
    ]);
    await older.commit();
    expect(await subscriber.next()).toMatchObject({ kind: "UPDATED", objectId: x.id, state: { value: 2 } });
    // The same for who resumes behind the snapshot elsewhere.
    const resumed = await open({ organizationId, gateway: 1, after: items[2]!.cursor, heartbeatSeconds: 0.1 });
    expect(await resumed.next()).toMatchObject({ kind: "UPDATED", objectId: x.id, state: { value: 2 } });
    expect(await resumed.next()).toMatchObject({ kind: "HEARTBEAT" });
  });
});

describe("cursors", () => {
  it("of a query tells what commits later, also of transactions that were open", async () => {
    const organizationId = newOrganizationId();
    const thing = (name: string) => ({ organizationId, id: `${organizationId}_${name}` });
    const older = await begin(writers);
    await countUp(older.transaction, thing("older"));
    await write((transaction) => countUp(transaction, thing("before")));
    const after = await currentCursor(test.database.executor, systemClock);
    await write((transaction) => countUp(transaction, thing("after")));
    await older.commit();
    const subscriber = await open({ organizationId, after, heartbeatSeconds: 0.1 });
    const items = await subscriber.take(3);
    expect(
      items
        .map(({ objectId }) => objectId)
        .slice(0, 2)
        .toSorted(),
    ).toEqual([thing("after").id, thing("older").id].toSorted());
    expect(items[2]!.kind).toBe("HEARTBEAT");
  });

  it("of a write tells what comes after it, and not the write", async () => {
    const organizationId = newOrganizationId();
    const thing = (name: string) => ({ organizationId, id: `${organizationId}_${name}` });
    const older = await begin(writers);
    await countUp(older.transaction, thing("older"));
    const after = await write(async (transaction) => {
      await countUp(transaction, thing("mine"));
      return writeCursor(transaction, systemClock);
    });
    await older.commit();
    for (const gateway of [0, 1] as const) {
      const subscriber = await open({ organizationId, gateway, after: after as string, heartbeatSeconds: 0.1 });
      expect((await subscriber.take(2)).map(({ objectId }) => objectId)).toEqual([thing("older").id, null]);
    }
  });

  it("of every item resumes exactly behind it", async () => {
    const organizationId = newOrganizationId();
    const after = await currentCursor(test.database.executor, systemClock);
    // One step with many rows, and several steps.
    await write((transaction) =>
      appendChanges(
        transaction,
        Array.from({ length: 30 }, (_, index) => change(organizationId, `${organizationId}_x`, index + 1)),
      ),
    );
    for (let value = 31; value <= 40; value += 1)
      await write((transaction) => appendChanges(transaction, [change(organizationId, `${organizationId}_x`, value)]));
    const items = await (await open({ organizationId, after })).take(40);
    for (const [index, { cursor }] of items.entries()) {
      const rest = await (
        await open({ organizationId, gateway: index % 2 === 0 ? 1 : 0, after: cursor, heartbeatSeconds: 0.05 })
      ).take(Math.min(3, 40 - index));
      expect(rest.map(({ kind, state }) => (kind === "HEARTBEAT" ? kind : state?.value))).toEqual(
        [index + 2, index + 3, index + 4].map((value) => (value > 40 ? "HEARTBEAT" : value)).slice(0, rest.length),
      );
    }
  });

  it("of a heartbeat is fresh, though the filter leaves everything out", async () => {
    const organizationId = newOrganizationId();
    const subscriber = await open({ organizationId, heartbeatSeconds: 0.05, source: { ...things, matches: () => false } });
    const first = await subscriber.next();
    await write((transaction) => countUp(transaction, { organizationId, id: `${organizationId}_x` }));
    const { snapshot } = await readExtent(test.database.executor);
    const heartbeats = await subscriber.take(3);
    expect(kinds([first, ...heartbeats])).toEqual(["HEARTBEAT", "HEARTBEAT", "HEARTBEAT", "HEARTBEAT"]);
    expect(heartbeats.at(-1)!.cursor.length).toBeGreaterThan(0);
    const resumed = await open({ organizationId, after: heartbeats.at(-1)!.cursor, heartbeatSeconds: 0.05 });
    expect((await resumed.next()).kind).toBe("HEARTBEAT");
    expect(snapshot.xmax).toBeGreaterThan(0n);
  });

  it.each(["", "x", "AAAA", "-".repeat(100)])("that never were any are refused: %j", async (after) => {
    await expect(open({ organizationId: newOrganizationId(), after })).rejects.toMatchObject({ code: "BAD_USER_INPUT" });
  });
});

describe("the cursors of a large snapshot", () => {
  /** A snapshot of which every page was seen later than the one before. */
  async function takeSnapshot(pageCount: number): Promise<{ readonly organizationId: string; readonly items: readonly Item[] }> {
    const organizationId = newOrganizationId();
    const pages = Array.from({ length: pageCount }, (_, page) => ({
      snapshot: snapshotBefore(BigInt(1_000 + page)),
      rows: Array.from({ length: 5 }, (_unused, row) => ({ id: `${String(page * 5 + row).padStart(40, "0")}`, state: { value: 1 } })),
    }));
    let page = 0;
    const busy: ObjectSource<State> = {
      ...things,
      readStates: async () => pages[page++] ?? { snapshot: snapshotBefore(BigInt(1_000 + page)), rows: [] },
    };
    const subscriber = await open({ organizationId, snapshot: true, source: busy });
    return { organizationId, items: await subscriber.take(pageCount * 5 + 1) };
  }

  it("do not grow with it, and are all taken back", async () => {
    const { organizationId, items } = await takeSnapshot(400);
    const lengths = items.map(({ cursor }) => cursor.length);
    expect(Math.max(...lengths.slice(0, -1))).toBeLessThan(200);
    expect(items.at(-1)!.kind).toBe("SNAPSHOT_END");
    for (const { cursor } of items.filter((_, index) => index % 500 === 0)) {
      expect(Cursor.parseValue(cursor)).toBe(cursor);
      expect(kinds(await (await open({ organizationId, after: cursor, snapshot: true })).take(1))).toEqual(["SNAPSHOT_END"]);
    }
  });
});

describe("a cursor that is too old", () => {
  const foreign = () => encodeCursor({ log: "another one", position: positionAt(snapshotBefore(5n)), at: null });

  it("of another database answers LAGGED and goes on from the oldest kept", async () => {
    const organizationId = newOrganizationId();
    await write((transaction) => countUp(transaction, { organizationId, id: `${organizationId}_x` }));
    const subscriber = await open({ organizationId, after: foreign() });
    expect(kinds(await subscriber.take(2))).toEqual(["LAGGED", "CREATED"]);
  });

  it("begins with a snapshot where one is wanted", async () => {
    const organizationId = newOrganizationId();
    await write((transaction) => countUp(transaction, { organizationId, id: `${organizationId}_x` }));
    const subscriber = await open({ organizationId, after: foreign(), snapshot: true });
    expect(kinds(await subscriber.take(2))).toEqual(["SNAPSHOT", "SNAPSHOT_END"]);
  });

  it("of a snapshot that was cut off begins it anew, or is told as LAGGED", async () => {
    const organizationId = newOrganizationId();
    await write((transaction) => inTurn(7, () => countUp(transaction, { organizationId, id: `${organizationId}_${Math.random()}` })));
    const [, { cursor: after }] = (await (await open({ organizationId, snapshot: true })).take(2)) as [Item, Item];
    expect(kinds(await (await open({ organizationId, after, snapshot: true })).take(8))).toEqual([
      ...Array.from({ length: 7 }, () => "SNAPSHOT"),
      "SNAPSHOT_END",
    ]);
    expect(kinds(await (await open({ organizationId, after })).take(1))).toEqual(["LAGGED"]);
  });

  it("is one whose changes were swept, and none whose were not", async () => {
    const organizationId = newOrganizationId();
    const append = (at: Date, value: number) =>
      write((transaction) => appendChanges(transaction, [{ ...change(organizationId, `${organizationId}_x`, value), at }]));
    // Earlier rows of this file are all young, and would keep this one from being the oldest.
    await test.database.executor.execute(sql`delete from changes`);
    const before = await currentCursor(test.database.executor, systemClock);
    await append(new Date(Date.now() - 26 * 3_600_000), 1);
    const now = () => currentCursor(test.database.executor, systemClock);
    const appended = await now();
    const between = await waitUntil(now, (cursor) => outlasts(cursor, appended));
    await append(new Date(), 2);
    // A transaction that is open anywhere in the same PostgreSQL puts a sweep off.
    const sweep = (rest?: { rows: number }) => sweepOldChanges({ database: writers, clock: systemClock, log: silentLog, ...rest });
    expect(await waitUntil(sweep, (deleted) => deleted > 0)).toBe(1);
    expect(kinds(await (await open({ organizationId, after: before })).take(2))).toEqual(["LAGGED", "UPDATED"]);
    expect(kinds(await (await open({ organizationId, after: between })).take(1))).toEqual(["UPDATED"]);
    // More than are kept: the newest one stays.
    await append(new Date(), 3);
    const remaining = async () => {
      await sweep({ rows: 1 });
      const own = sql`select count(*)::integer as count from changes where organization_id = ${organizationId}`;
      return (await test.database.executor.execute<{ count: number }>(own))[0]?.count;
    };
    // A sweep stops before the oldest transaction that is open, and there may be rows of others before these.
    await waitUntil(remaining, (count) => count === 1);
    expect((await (await open({ organizationId, after: between })).take(2)).map(({ kind, state }) => [kind, state?.value])).toEqual([
      ["LAGGED", undefined],
      ["UPDATED", 3],
    ]);
  });
});
