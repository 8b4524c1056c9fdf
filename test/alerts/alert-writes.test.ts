import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clearAlerts } from "../../src/alerts/clear-alerts.ts";
import { clearSessionAlerts } from "../../src/alerts/clear-session-alerts.ts";
import type { Context } from "../../src/access/context.ts";
import { registerAgent, writeReports } from "../../src/encoder/agent.work.ts";
import { claimSessions } from "../../src/encoder/encoder.store.ts";
import type { SessionReport } from "../../src/encoder/lease.rules.ts";
import type { AlertCause, Observation } from "../../src/encoder/runner.ts";
import { SIMULATED_CAPABILITIES } from "../../src/encoder/simulator.ts";
import { deleteSessions } from "../../src/sessions/delete-sessions.ts";
import { newIdentifier } from "../../src/shared/identifier.ts";
import { createWorld, silentLog, type World } from "../encoder/world.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { cause, createMovableClock } from "./scripted-runner.ts";

const clock = createMovableClock();
const encoderId = newIdentifier("encoder");
let statements: string[] = [];
let test: TestDatabase;
let world: World;
let context: Context;

beforeAll(async () => {
  test = await openTestDatabase({ onStatement: (text) => statements.push(text) });
  world = await createWorld(test.database);
  context = { ...world.context, clock };
});
afterAll(async () => {
  await world.close();
  await test.close();
});

/** Sessions that an encoder holds of which nothing runs: the test reports in its place. */
async function holdSessions(count: number): Promise<readonly string[]> {
  const ids = await world.createSessions(count);
  await world.start(ids);
  const life = await registerAgent(test.database, clock, {
    id: encoderId,
    name: "in the test's hands",
    region: "local",
    isSimulated: true,
    mediaAddress: null,
    ingestAddresses: {},
    capacity: 10_000,
    capabilities: SIMULATED_CAPABILITIES,
    version: "test",
  });
  await claimSessions(test.database.executor, life, 10_000);
  return ids;
}

async function report(
  ids: readonly string[],
  causes: readonly AlertCause[],
  status: Observation["status"] = "RUNNING",
): Promise<{ readonly hasWritten: boolean }> {
  const epochs = new Map((await world.view(ids)).map(({ id, epoch }) => [id, epoch]));
  const observation: Observation = { status, health: "OK", reason: null, playbacks: [], causes };
  const reports = ids.map((sessionId): SessionReport => {
    const seen = { sessionId, epoch: epochs.get(sessionId) ?? 0, generation: 1, at: clock.now(), switches: [] };
    return { ...seen, kind: status === "FAILED" ? "RUNNER_ENDED" : "OBSERVED", observation };
  });
  return writeReports({ database: test.database, log: silentLog }, encoderId, reports);
}

const clear = (ids: readonly string[]) => clearSessionAlerts(context, { selection: { ids }, dryRun: false });

async function countDuring(work: () => Promise<unknown>): Promise<number> {
  statements = [];
  await work();
  return statements.length;
}

/** What must hold of the rows at any time. */
async function expectSoundness(): Promise<void> {
  const { executor } = test.database;
  const counts = await executor.execute(sql`
    select s.id, s.open_alert_count, (select count(*)::integer from alerts a where a.session_id = s.id and a.ended_at is null) as open
    from sessions s where s.open_alert_count <> (select count(*) from alerts a where a.session_id = s.id and a.ended_at is null)`);
  expect([...counts], "open_alert_count is the number of open alerts").toEqual([]);
  const doubled = await executor.execute(sql`
    select subject_id, code from alerts where ended_at is null group by subject_id, code having count(*) > 1`);
  expect([...doubled], "one open alert for each subject and code").toEqual([]);
  const untold = await executor.execute(sql`
    with told as materialized (
      select object_id, count(*) filter (where kind = 'RAISED') as raised, count(*) filter (where kind = 'ENDED') as ended
      from changes where object = 'ALERT' group by object_id)
    select a.id, t.raised, t.ended from alerts a left join told t on t.object_id = a.id
    where t.raised is distinct from 1 or t.ended is distinct from (a.ended_at is not null)::integer`);
  expect([...untold], "each alert is told once to begin, and once to end").toEqual([]);
}

describe("reports", () => {
  it("whose causes are the same write nothing, but for the time now and then", async () => {
    const ids = await holdSessions(3);
    const causes = [cause("INPUT_LOST"), cause("ENCODER_RESTARTED", { occurrences: 4 })];
    expect((await report(ids, causes)).hasWritten).toBe(true);
    const versions = async () => (await test.database.executor.execute(sql`select id, xmin::text, ctid::text from alerts union all select id, xmin::text, ctid::text from sessions union all select 'changes', max(id)::text, null from changes order by 1`)).map((row) => ({ ...row })); // prettier-ignore
    const before = await versions();
    for (let seconds = 0; seconds < 29; seconds += 7) {
      expect((await report(ids, causes)).hasWritten).toBe(false);
      clock.move(7);
    }
    clock.move(-6);
    await report(ids, causes);
    expect(await versions()).toEqual(before);
    clock.move(1);
    expect((await report(ids, causes)).hasWritten).toBe(false);
    const [row] = await test.database.executor.execute<{ last: number }>(sql`select max(extract(epoch from last_seen_at))::float as last from alerts`); // prettier-ignore
    expect(row?.last).toBe(clock.now().getTime() / 1000);
  });

  it("and clears take as many statements for two sessions as for three hundred", async () => {
    const countAll = async (count: number) => {
      const ids = await holdSessions(count);
      const causes = [cause("INPUT_LOST"), cause("FAILED_OVER"), cause("ENCODER_RESTARTED")];
      const raise = await countDuring(() => report(ids, causes));
      const repeat = await countDuring(() => report(ids, [cause("INPUT_LOST", { occurrences: 2 }), cause("SLOW_ENCODING")]));
      const cleared = await countDuring(() => clear(ids));
      const fail = await countDuring(() => report(ids, [cause("STORAGE_FULL")], "FAILED"));
      const remove = await countDuring(() => deleteSessions(context, { selection: { ids }, dryRun: false }));
      return { raise, repeat, cleared, fail, remove };
    };
    const few = await countAll(2);
    expect(await countAll(300)).toEqual(few);
    expect(Math.max(...Object.values(few))).toBeLessThan(20);
    await expectSoundness();
  });

  it("with a cause that the database cannot store are stored as far as it can", async () => {
    const ids = await holdSessions(1);
    await report(ids, [cause("URL_BLOCKED", { message: `\u0000\ud800${"x".repeat(10_000)}` })]);
    const [row] = await test.database.executor.execute<{ message: string }>(sql`select message from alerts where session_id = ${ids[0]}`);
    expect(row?.message).toBe(` ${"x".repeat(498)}`);
  });
});

describe("an index", () => {
  it("serves what is asked for with every report and every pass of the reaper", async () => {
    const plan = (statement: string) =>
      test.database.transaction("explain", async (transaction) => {
        await transaction.execute(sql`set local enable_seqscan = off`);
        return JSON.stringify(await transaction.execute(sql.raw(`explain ${statement}`)));
      });
    expect(await plan("select * from alerts where session_id = any('{a,b}') and (ended_at is null or occurrences > 0)")).toContain("alerts_known_by_session"); // prettier-ignore
    expect(await plan("select * from alerts where ended_at is null and not is_active and last_seen_at <= now()")).toContain("alerts_fading"); // prettier-ignore
  });
});

describe("clears, reports and the reaper at the same time", () => {
  it("never leave two open alerts of one kind, a wrong count, or anything untold", async () => {
    await world.startReaper({ clock });
    const ids = await holdSessions(3);
    const causes = fc.subarray([cause("INPUT_LOST"), cause("FAILED_OVER"), cause("ENCODER_RESTARTED"), cause("OUTPUT_FAILED", { severity: "ERROR" })]); // prettier-ignore
    const act = fc.oneof(
      { weight: 5, arbitrary: fc.record({ do: fc.constant("report" as const), causes, occurrences: fc.integer({ min: 1, max: 5 }) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("clear" as const) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("clear by name" as const) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), seconds: fc.constantFrom(4, 11) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 2, maxLength: 8 }), async (acts) => {
        await Promise.all(
          acts.map(async (each) => {
            if (each.do === "report") await report(ids, each.causes.map((told) => ({ ...told, occurrences: each.occurrences }))); // prettier-ignore
            if (each.do === "clear") await clear(ids);
            if (each.do === "wait") clock.move(each.seconds);
            if (each.do === "clear by name") {
              const open = await test.database.executor.execute<{ id: string }>(sql`select id from alerts where ended_at is null`);
              await clearAlerts(context, { ids: open.slice(0, 1000).map(({ id }) => id) });
            }
          }),
        );
        await expectSoundness();
      }),
      { numRuns: 40 },
    );
    await report(ids, []);
    await expectSoundness();
  });
});
