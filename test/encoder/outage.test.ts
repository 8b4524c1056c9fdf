import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDatabase } from "../../src/database/client.ts";
import type { Database } from "../../src/database/database.ts";
import { migrateDatabase } from "../../src/database/migrate.ts";
import { LEASE_MILLISECONDS } from "../../src/encoder/lease.rules.ts";
import { startOwnPostgres, type OwnPostgres } from "../support/own-postgres.ts";
import { startRecordingRunner } from "./recording-runner.ts";
import { allAre, createWorld, silentLog, waitUntil, type World } from "./world.ts";

/** Longer than a lease, and than the time after which a client of the database gives up. */
const OUTAGE_MILLISECONDS = LEASE_MILLISECONDS + 3000;

let postgres: OwnPostgres;
let databases: Database[];
let worlds: World[];
beforeAll(async () => {
  postgres = await startOwnPostgres();
  await migrateDatabase(postgres.server.address);
  // Two clients, as of two machines: one has the agent, the other the reaper that would take over.
  databases = [0, 1].map(() => openDatabase({ address: postgres.server.address, log: silentLog }));
  worlds = await Promise.all(databases.map(createWorld));
});
afterAll(async () => {
  postgres.signal("SIGCONT");
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

    const outages = [
      { begin: () => postgres.signal("SIGSTOP"), end: async () => postgres.signal("SIGCONT") },
      { begin: () => undefined, end: () => postgres.restart() },
    ];
    for (const [index, outage] of outages.entries()) {
      outage.begin();
      await pass(index === 0 ? OUTAGE_MILLISECONDS : 0);
      const health = index === 0 ? "WARNING" : "OK";
      recorder.tell({ status: "RUNNING", health, reason: null });
      await outage.end();
      await waitUntil(() => world.view(ids).catch(() => []), (views) => views.length === 3 && views.every((view) => view.health === health), 15_000); // prettier-ignore
      await pass(LEASE_MILLISECONDS + 1500);
      const views = await world.view(ids);
      expect(views.every((view) => view.status === "RUNNING" && view.epoch === 1 && view.encoder_id === agent.encoderId())).toBe(true);
      expect(recorder.running.size).toBe(3);
      expect(recorder.launches).toHaveLength(3);
    }
    const statuses = (await world.statusChanges(ids[0] ?? "")).map(({ after }) => `${after.status} ${after.health}`);
    expect(statuses).toEqual(["STARTING OK", "RUNNING OK", "RUNNING WARNING", "RUNNING OK"]);
  }, 60_000);
});
