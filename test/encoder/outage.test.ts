import type { ChildProcess } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "../../src/database/client.ts";
import type { Database } from "../../src/database/database.ts";
import { migrateDatabase } from "../../src/database/migrate.ts";
import { LEASE_MILLISECONDS } from "../../src/encoder/lease.rules.ts";
import { startOwnPostgres, type OwnPostgres } from "../support/own-postgres.ts";
import { startAgentProcess } from "./start-agent-process.ts";
import { startRecordingRunner } from "./recording-runner.ts";
import { allAre, createWorld, silentLog, waitUntil, type World } from "./world.ts";

/** Longer than a lease, and than the time after which a client of the database gives up. */
const OUTAGE_MILLISECONDS = LEASE_MILLISECONDS + 2000;
/** Later than a reaper's first look after an outage, sooner than a lease time after it. */
const LATE_MILLISECONDS = 1500;

let postgres: OwnPostgres;
let databases: Database[];
let worlds: World[];
const children: ChildProcess[] = [];
beforeAll(async () => {
  postgres = await startOwnPostgres();
  await migrateDatabase(postgres.server.address);
  // Two clients, as of two machines: one has the agent, the other the reaper that would take over.
  databases = [0, 1].map(() => openDatabase({ address: postgres.server.address, log: silentLog }));
  worlds = await Promise.all(databases.map((database) => createWorld(database)));
});
afterAll(async () => {
  postgres.signal("SIGCONT");
  for (const child of children) child.kill("SIGKILL");
  await Promise.all(worlds.map((world) => world.close()));
  await Promise.all(databases.map((database) => database.close()));
  await postgres.close();
});

async function pass(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

describe("while the database is away", () => {
  it("encoders go on, nothing is taken over, and what was seen is written once it is back", async () => {
    const [world, other] = worlds as [World, World];
    const recorder = startRecordingRunner();
    const agent = await world.startAgent({ runner: recorder.start, capacity: 3 });
    await other.startReaper();
    const ids = await world.createSessions(3);
    await world.start(ids);
    await waitUntil(() => world.view(ids), allAre("RUNNING"));
    await other.startAgent({ runner: recorder.start });

    const readAll = () => world.view(ids).catch(() => []);
    for (const outage of ["frozen", "restarted"]) {
      const health = outage === "frozen" ? "WARNING" : "OK";
      if (outage === "frozen") {
        postgres.signal("SIGSTOP");
        await pass(OUTAGE_MILLISECONDS);
        recorder.tell({ status: "RUNNING", health, reason: null });
        postgres.signal("SIGCONT");
      } else {
        recorder.tell({ status: "RUNNING", health, reason: null });
        await postgres.restart();
      }
      const views = await waitUntil(readAll, (all) => all.length === 3 && all.every((view) => view.health === health), 15_000);
      expect(views.every((view) => view.status === "RUNNING" && view.epoch === 1 && view.encoder_id === agent.encoderId())).toBe(true);
    }
    await pass(LEASE_MILLISECONDS);
    expect((await world.view(ids)).every((view) => view.status === "RUNNING" && view.epoch === 1)).toBe(true);
    expect([recorder.running.size, recorder.launches.length]).toEqual([3, 3]);
    const statuses = (await world.statusChanges(ids[0] ?? "")).map(({ after }) => `${after.status} ${after.health}`);
    expect(statuses).toEqual(["STARTING OK", "RUNNING OK", "RUNNING WARNING", "RUNNING OK"]);
  });

  it("the time counts for no lease: an agent that comes back a moment after it has lost nothing", async () => {
    const [world, other] = worlds as [World, World];
    await Promise.all([world.reset(), other.reset()]);
    const { child } = await startAgentProcess(postgres.server.address, world.dataDirectory);
    children.push(child);
    const ids = await world.createSessions(2);
    await world.start(ids);
    await waitUntil(() => world.view(ids), allAre("RUNNING"));
    await other.startReaper();
    await other.startAgent();

    child.kill("SIGSTOP");
    postgres.signal("SIGSTOP");
    await pass(OUTAGE_MILLISECONDS);
    postgres.signal("SIGCONT");
    await pass(LATE_MILLISECONDS);
    child.kill("SIGCONT");
    await pass(LEASE_MILLISECONDS);
    expect((await world.view(ids)).map((view) => `${view.status} ${view.epoch}`)).toEqual(["RUNNING 1", "RUNNING 1"]);
  });
});
