import { once } from "node:events";
import { sql } from "drizzle-orm";
import { afterEach, expect, it } from "vitest";
import { openDatabase } from "../../src/database/client.ts";
import type { Database } from "../../src/database/database.ts";
import { createLog } from "../../src/shared/log.ts";
import { FaultCode } from "../../src/shared/user-error.ts";
import { startOwnPostgres, type OwnPostgres } from "../support/own-postgres.ts";
import { childrenOf } from "../support/process-list.ts";
import { nextOutput, startNode, type NodeProcess } from "../support/tied.ts";

const RESTARTS = 10;
const ANSWER_LIMIT_MILLISECONDS = 5_000;
const log = createLog({ level: "silent" });

const cleanUps: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function openOwn(): Promise<{ readonly postgres: OwnPostgres; readonly database: Database }> {
  const postgres = await startOwnPostgres();
  cleanUps.push(() => postgres.close());
  const database = openDatabase({ address: postgres.server.address, log, maxConnections: 4 });
  cleanUps.push(() => database.close());
  await database.executor.execute(sql`create table notes (text text not null)`);
  return { postgres, database };
}

function startLoad(postgres: OwnPostgres): NodeProcess {
  const words = ["--import", "tsx", "test/support/database-load.ts", JSON.stringify(postgres.server.address)];
  const child = startNode(words);
  cleanUps.push(async () => {
    if (child.exitCode === null && child.kill("SIGKILL")) await once(child, "exit");
  });
  return child;
}

/** Tries until it succeeds; the test's own time limit is the deadline. */
async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await attempt();
    } catch {
      await new Promise((done) => setTimeout(done, 20));
    }
  }
}

it(`lives through ${RESTARTS} restarts of PostgreSQL under load, and works on after each`, async () => {
  const postgres = await startOwnPostgres();
  cleanUps.push(() => postgres.close());
  const child = startLoad(postgres);
  await nextOutput(child);
  for (let restart = 0; restart < RESTARTS; restart += 1) {
    await postgres.restart();
    await nextOutput(child);
  }
  expect(child.exitCode).toBeNull();
});

it("answers SERVICE_UNAVAILABLE within 5 s while PostgreSQL is frozen, however many statements are asked for", async () => {
  const { postgres, database } = await openOwn();
  cleanUps.push(() => postgres.signal("SIGCONT"));
  postgres.signal("SIGSTOP");
  const startedAt = Date.now();
  for (let statement = 0; statement < 20; statement += 1) {
    await expect(database.executor.execute(sql`select 1`)).rejects.toMatchObject({ name: "Fault", code: FaultCode.SERVICE_UNAVAILABLE });
  }
  const transaction = database.transaction("note", (each) => each.execute(sql`insert into notes values ('frozen')`));
  await expect(transaction).rejects.toMatchObject({ code: FaultCode.SERVICE_UNAVAILABLE });
  await expect(database.notify("notes")).rejects.toMatchObject({ code: FaultCode.SERVICE_UNAVAILABLE });
  expect(Date.now() - startedAt).toBeLessThan(ANSWER_LIMIT_MILLISECONDS);

  postgres.signal("SIGCONT");
  await eventually(() => database.transaction("note", (each) => each.execute(sql`insert into notes values ('thawed')`)));
  expect(await database.executor.execute(sql`select text from notes`)).toEqual([{ text: "thawed" }]);
});

it("rings again after a freeze, though the connection that it rang on never comes back", { timeout: 20_000 }, async () => {
  const { postgres, database } = await openOwn();
  await database.notify("notes");
  const [bell] = await database.executor.execute<{ pid: number }>(
    sql`select pid from pg_stat_activity where application_name = 'headend bell'`,
  );
  const pid = bell!.pid;
  cleanUps.push(() => postgres.signal("SIGCONT"));
  postgres.signal("SIGSTOP");
  await expect(database.notify("notes")).rejects.toMatchObject({ code: FaultCode.SERVICE_UNAVAILABLE });
  for (const each of [postgres.server.pid, ...childrenOf(postgres.server.pid)]) if (each !== pid) process.kill(each, "SIGCONT");
  await eventually(() => database.executor.execute(sql`select 1`));
  await database.notify("notes");
});

it("commits nothing of a transaction that a freeze caught in the middle, when PostgreSQL thaws", async () => {
  const { postgres, database } = await openOwn();
  cleanUps.push(() => postgres.signal("SIGCONT"));
  const caught = database.transaction("note", async (transaction) => {
    await transaction.execute(sql`insert into notes values ('first')`);
    postgres.signal("SIGSTOP");
    // A verb that goes on after a failure must not be able to commit what it does then.
    await transaction.execute(sql`insert into notes values ('second')`).catch(() => undefined);
    await transaction.execute(sql`insert into notes values ('third')`).catch(() => undefined);
  });
  await expect(caught).rejects.toMatchObject({ code: FaultCode.SERVICE_UNAVAILABLE });
  postgres.signal("SIGCONT");
  // A lock on the table is had only once the caught transaction is over, one way or the other.
  await eventually(() => database.transaction("look", (each) => each.execute(sql`lock table notes in access exclusive mode`)));
  expect(await database.executor.execute(sql`select text from notes`)).toEqual([]);
});

it("ends a slow statement with TIMEOUT, and PostgreSQL works on it no longer", async () => {
  const { database } = await openOwn();
  await expect(database.executor.execute(sql`select pg_sleep(60)`)).rejects.toMatchObject({ code: FaultCode.TIMEOUT });
  const running = await database.executor.execute(
    sql`select count(*)::int as count from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'`,
  );
  expect(running).toEqual([{ count: 0 }]);
});

it("hears the bell again after a restart, and is told that it may have missed some", async () => {
  const { postgres, database } = await openOwn();
  let heard = 0;
  let listening = 0;
  await database.listen("notes", { onNotification: () => (heard += 1), onListening: () => (listening += 1) });
  await database.notify("notes");
  await expect.poll(() => heard).toBe(1);
  await postgres.restart();
  await expect.poll(() => listening, { timeout: 10_000 }).toBe(2);
  await eventually(() => database.notify("notes"));
  await expect.poll(() => heard, { timeout: 5_000 }).toBe(2);
});

it("tries a transaction again that met another one in a deadlock", async () => {
  const { database } = await openOwn();
  await database.executor.execute(sql`insert into notes values ('a'), ('b')`);
  let attempts = 0;
  const barrier = { arrived: 0 };
  const swap = (first: string, second: string) =>
    database.transaction("swap", async (transaction) => {
      attempts += 1;
      await transaction.execute(sql`select 1 from notes where text = ${first} for update`);
      barrier.arrived += 1;
      await expect.poll(() => barrier.arrived).toBeGreaterThanOrEqual(2);
      await transaction.execute(sql`select 1 from notes where text = ${second} for update`);
    });
  await Promise.all([swap("a", "b"), swap("b", "a")]);
  expect(attempts).toBeGreaterThanOrEqual(3);
});
