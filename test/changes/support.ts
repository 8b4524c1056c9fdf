import { sql } from "drizzle-orm";
import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { expect } from "vitest";
import { appendChanges, type NewChange } from "../../src/changes/append-changes.ts";
import { openChangeLog, type ChangeLog, type ChangeLogOptions } from "../../src/changes/change-log.ts";
import { createChangeStream, type ChangeStream, type TakenRows } from "../../src/changes/change-stream.ts";
import { readExtent } from "../../src/changes/change.store.ts";
import { decodeCursor, oldestUnseen, positionAt, wasSeen } from "../../src/changes/position.ts";
import { sweepOldChanges } from "../../src/changes/retention.ts";
import type { LoggedChange } from "../../src/changes/change.store.ts";
import type { Database, Executor } from "../../src/database/database.ts";
import { required } from "../../src/shared/assert.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { createLog } from "../../src/shared/log.ts";

export const silentLog = createLog({ level: "silent" });

export const newOrganizationId = () => `organization_${randomBytes(8).toString("hex")}`;

export function change(organizationId: string, objectId: string, value: number): NewChange {
  return {
    organizationId,
    object: "SESSION",
    objectId,
    kind: "UPDATED",
    at: new Date(),
    actor: null,
    before: { value: value - 1 },
    after: { value },
  };
}

/** A stream that begins now. */
export async function streamFromNow(database: Database, changeLog: ChangeLog, organizationId: string): Promise<ChangeStream> {
  const { snapshot } = await readExtent(database.executor);
  return createChangeStream({ changeLog, log: silentLog, organizationId, objects: ["SESSION"], position: positionAt(snapshot) });
}

/** Takes changes until there are so many; fails when they do not come in time. */
export async function take(stream: ChangeStream, count: number, milliseconds = 10_000): Promise<LoggedChange[]> {
  const deadline = Date.now() + milliseconds;
  const taken: LoggedChange[] = [];
  while (taken.length < count) {
    await stream.ready(Math.max(0, deadline - Date.now()));
    const event = await stream.take();
    if (event?.kind === "rows") taken.push(...rowsOf(event.taken));
    else throw new Error(`${event?.kind ?? "nothing"} after ${taken.length} of ${count} changes`);
  }
  return taken;
}

function rowsOf({ rows, before }: TakenRows): readonly LoggedChange[] {
  return rows.filter((row) => row.object === "SESSION" && !wasSeen(before, row));
}

/** Whether nothing more comes in a while. */
export async function isQuiet(stream: ChangeStream, milliseconds: number): Promise<boolean> {
  const deadline = Date.now() + milliseconds;
  while (Date.now() < deadline) {
    await stream.ready(deadline - Date.now());
    const event = await stream.take();
    if (event && (event.kind !== "rows" || rowsOf(event.taken).length > 0)) return false;
  }
  return true;
}

export function openLog(
  database: Pick<Database, "executor" | "listen">,
  options: Pick<ChangeLogOptions, "ringRowLimit" | "pollMilliseconds" | "onRead"> = {},
): Promise<ChangeLog> {
  return openChangeLog({ database, log: silentLog, ...options });
}

/** A table whose rows are changed like objects are: locked, changed, and told to the log, in one transaction. */
export async function createThings(database: Database): Promise<void> {
  await database.executor.execute(sql`create table things (id text primary key, organization_id text not null, value integer not null)`);
}

export interface Thing {
  readonly organizationId: string;
  readonly id: string;
}

/** Counts a thing up, or makes it, with a pause before it and one before the commit. */
export async function countUp(transaction: Executor, { organizationId, id }: Thing): Promise<number> {
  const [row] = await transaction.execute<{ value: number }>(sql`
    insert into things (id, organization_id, value) values (${id}, ${organizationId}, 1)
    on conflict (id) do update set value = things.value + 1 returning value`);
  const value = Number(row?.value);
  await appendChanges(transaction, [
    { ...change(organizationId, id, value), kind: value === 1 ? "CREATED" : "UPDATED", before: value === 1 ? null : { value: value - 1 } },
  ]);
  return value;
}

/** Deletes a thing when it is there. */
export async function deleteThing(transaction: Executor, { organizationId, id }: Thing): Promise<void> {
  const [row] = await transaction.execute<{ value: number }>(sql`delete from things where id = ${id} returning value`);
  if (row)
    await appendChanges(transaction, [
      { ...change(organizationId, id, 0), kind: "DELETED", before: { value: Number(row.value) }, after: null },
    ]);
}

export const pauseUpTo = (milliseconds: number) => wait(Math.random() * milliseconds);

/** A transaction that has its number and waits for what the test does with it. */
export interface OpenTransaction {
  readonly transaction: Executor;
  readonly commit: () => Promise<void>;
}

export async function begin(database: Database): Promise<OpenTransaction> {
  let end: () => void = () => undefined;
  const ending = new Promise<void>((resolve) => {
    end = resolve;
  });
  return new Promise((resolve, reject) => {
    const done = database.transaction("held by a test", async (transaction) => {
      await transaction.execute(sql`select pg_current_xact_id()`);
      const commit = async () => {
        end();
        await done;
      };
      resolve({ transaction, commit });
      await ending;
    });
    done.catch(reject);
  });
}

/** Makes everything that is in the log older than it is kept for, and has it swept. */
export async function sweepEverything(database: Database): Promise<void> {
  await database.executor.execute(sql`update changes set at = at - interval '30 hours'`);
  const remaining = async () => {
    await sweepOldChanges({ database, clock: systemClock, log: silentLog });
    const [row] = await database.executor.execute<{ count: number }>(sql`select count(*)::integer as count from changes`);
    return row?.count;
  };
  // A transaction that is open anywhere in the same PostgreSQL puts a sweep off.
  await expect.poll(remaining, { timeout: 20_000 }).toBe(0);
}

/**
 * Whether a cursor is young enough to outlast a sweep of what another one saw. A later one may not be, while a transaction of the
 * same PostgreSQL that had begun before is still open.
 */
export function outlasts(cursor: string, other: string): boolean {
  const { snapshot, step } = positionOf(other);
  // In the middle of a step what was told last is of behind where that began.
  return oldestUnseen(positionOf(cursor).snapshot) >= (step?.to ?? snapshot).xmax;
}

const positionOf = (cursor: string) => required(decodeCursor(cursor), "mark of a cursor").position;
