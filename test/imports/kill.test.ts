import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { once } from "node:events";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Context } from "../../src/access/context.ts";
import { writeCsv } from "../../src/imports/csv.write.ts";
import { createTestContext, insertTemplate } from "../support/context.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { makeTestDirectory } from "../support/own-postgres.ts";
import { nextOutput, startNode } from "../support/tied.ts";
import { HTTP } from "./facts.ts";

const ROWS = 3_000;
/** At so many moments of an import; more of them for a soak. */
const ROUNDS = Number(process.env["SOAK_ROUNDS"] ?? 5);
const directory = makeTestDirectory();
const file = join(directory.path, "sessions.csv");
let test: TestDatabase;
let context: Context;

beforeAll(async () => {
  test = await openTestDatabase();
  context = await createTestContext(test.database);
  await insertTemplate(context, "One");
  writeFileSync(
    file,
    writeCsv(
      Object.keys(HTTP),
      Array.from({ length: ROWS }, (_, index) => Object.values({ ...HTTP, name: `Channel ${index}` })),
    ),
  );
});
afterAll(async () => {
  await test.close();
  directory.remove();
});

/** Runs one import in a process of its own and kills it so long after it began; gives how long it ran. */
async function importAndKill(delayMilliseconds: number): Promise<number> {
  const script = join(import.meta.dirname, "import-process.ts");
  const child = startNode(["--import", "tsx", script, JSON.stringify(test.address), context.actor.organizationId, file]);
  const exited = once(child, "exit");
  await nextOutput(child);
  const begun = performance.now();
  const timer = setTimeout(() => child.kill("SIGKILL"), delayMilliseconds);
  await exited;
  clearTimeout(timer);
  return performance.now() - begun;
}

/** What is there once PostgreSQL has noticed that the process is gone. */
async function settledCounts(): Promise<readonly number[]> {
  await expect
    .poll(
      async () => {
        const [row] = await test.database.executor.execute<{ count: number }>(
          sql`select count(*)::int as count from pg_stat_activity where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()`,
        );
        return row?.count;
      },
      { timeout: 20_000, interval: 20 },
    )
    .toBe(0);
  const [row] = await test.database.executor.execute<{ sessions: number; playbacks: number; changes: number }>(sql`
    select (select count(*)::int from sessions) as sessions, (select count(*)::int from playbacks) as playbacks, (select count(*)::int from changes) as changes`);
  return row ? [row.sessions, row.playbacks, row.changes] : [];
}

it(`leaves nothing partial when its process is killed, in ${ROUNDS} rounds`, { timeout: 30_000 + ROUNDS * 15_000 }, async () => {
  const whole = await importAndKill(60_000);
  expect(await settledCounts()).toEqual([ROWS, ROWS, ROWS]);
  let nothing = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    await test.database.executor.execute(sql`truncate sessions, changes cascade`);
    await importAndKill((whole * (round + 0.5)) / ROUNDS);
    const counts = await settledCounts();
    expect([JSON.stringify([0, 0, 0]), JSON.stringify([ROWS, ROWS, ROWS])]).toContain(JSON.stringify(counts));
    if (counts[0] === 0) nothing += 1;
  }
  // Were every process killed too late, nothing would have been shown.
  expect(nothing).toBeGreaterThan(0);
});
