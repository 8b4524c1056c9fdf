import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { writeReports } from "../../src/encoder/agent.work.ts";
import { claimSessions, registerEncoder } from "../../src/encoder/encoder.store.ts";
import type { SessionReport } from "../../src/encoder/lease.rules.ts";
import type { Observation, StartRunner, SwitchObservation } from "../../src/encoder/runner.ts";
import { SIMULATED_CAPABILITIES } from "../../src/encoder/simulator.ts";
import { newIdentifier } from "../../src/shared/identifier.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { allAre, createWorld, silentLog, waitUntil, type World } from "./world.ts";

let test: TestDatabase;
let world: World;
beforeAll(async () => {
  test = await openTestDatabase();
  world = await createWorld(test.database);
});
afterEach(() => world.reset());
afterAll(async () => {
  await world.close();
  await test.close();
});

const newSwitch = (): SwitchObservation => ({
  id: newIdentifier("inputswitch"),
  at: new Date().toISOString(),
  fromPath: "A",
  toPath: "B",
  reason: "INPUT_LOST",
  actor: null,
});

async function listSwitches(): Promise<readonly unknown[]> {
  const rows = await test.database.executor.execute<{ id: string }>(sql`select id from input_switches order by id`);
  return rows.map(({ id }) => id);
}

/** Switches at the very moment at which it is told to stop. */
function createLateRunner(): { readonly start: StartRunner; readonly made: string[] } {
  const made: string[] = [];
  return {
    made,
    start(_launch, observe) {
      observe({ status: "RUNNING", health: "OK", reason: null, playbacks: [] });
      return {
        control: () => undefined,
        telemetry: () => null,
        async stop() {
          const last = newSwitch();
          made.push(last.id);
          observe({ status: "STOPPING", health: "OK", reason: null, playbacks: [], switches: [last] });
          await new Promise((resolve) => setTimeout(resolve, 5));
          observe({ status: "STOPPED", health: "OK", reason: null, playbacks: [], switches: [last] });
        },
      };
    },
  };
}

describe("a switch right before the end of what ran", () => {
  it.each(["stop", "restart", "close"] as const)("is kept: %s", async (end) => {
    const runner = createLateRunner();
    const agent = await world.startAgent({ runner: runner.start });
    const ids = await world.createSessions(3);
    await world.start(ids);
    await waitUntil(() => world.view(ids), allAre("RUNNING"));
    if (end === "close") await agent.close();
    else await world[end](ids);
    await waitUntil(
      () => world.view(ids),
      (views) => {
        const isAsWanted = { stop: "STOPPED", restart: "RUNNING", close: "STARTING" }[end];
        return views.every(({ status, generation }) => status === isAsWanted && generation === (end === "restart" ? 2 : 1));
      },
    );
    expect(runner.made).toHaveLength(3);
    expect(await listSwitches()).toEqual(runner.made.toSorted());
  });
});

describe("the switches of a report", () => {
  const FAILED: Observation = { status: "FAILED", health: "ERROR", reason: "It crashed.", playbacks: [] };

  it.each<["stopped" | "restarted", SessionReport["kind"]]>([
    ["stopped", "OBSERVED"],
    ["stopped", "RUNNER_ENDED"],
    ["stopped", "HANDED_ON"],
    ["restarted", "OBSERVED"],
    ["restarted", "RUNNER_ENDED"],
  ])("are written when the session is being %s meanwhile: %s, and none under an old epoch", async (asked, kind) => {
    const life = await test.database.transaction("register", (transaction) =>
      registerEncoder(transaction, {
        id: newIdentifier("encoder"),
        name: "switcher",
        region: "local",
        isSimulated: true,
        mediaAddress: null,
        ingestAddresses: {},
        capacity: 10,
        capabilities: SIMULATED_CAPABILITIES,
        version: "test",
      }),
    );
    const [held = "", fenced = ""] = await world.createSessions(2);
    await world.start([held, fenced]);
    await claimSessions(test.database.executor, life, 10);
    await test.database.executor.execute(sql`update sessions set status = 'RUNNING'`);
    await (asked === "stopped" ? world.stop([held, fenced]) : world.restart([held, fenced]));
    await test.database.executor.execute(sql`update sessions set epoch = epoch + 1 where id = ${fenced}`);
    const [done, late] = [newSwitch(), newSwitch()];
    const report = (sessionId: string, switches: readonly SwitchObservation[]): SessionReport => {
      const seen = { sessionId, epoch: 1, at: new Date(), switches };
      return kind === "HANDED_ON" ? { ...seen, kind } : { ...seen, kind, generation: 1, observation: { ...FAILED, switches } };
    };
    const services = { database: test.database, log: silentLog };
    // Told twice, as after a report whose answer was lost.
    await writeReports(services, life.encoderId, [report(held, [done]), report(fenced, [late])]);
    await writeReports(services, life.encoderId, [report(held, [done])]);
    expect(await listSwitches()).toEqual([done.id]);
  });
});
