import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { writeReports } from "../../src/encoder/agent.work.ts";
import { claimSessions, listOnlineEncoders, registerEncoder } from "../../src/encoder/encoder.store.ts";
import { decideWaiting } from "../../src/encoder/lease.rules.ts";
import { readControls } from "../../src/encoder/lease.store.ts";
import { lockWaitingSessions } from "../../src/encoder/reaper.store.ts";
import { SIMULATED_CAPABILITIES } from "../../src/encoder/simulator.ts";
import { newIdentifier } from "../../src/shared/identifier.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { startAgentProcess, type AgentProcess } from "./start-agent-process.ts";
import { startRecordingRunner } from "./recording-runner.ts";
import { allAre, createWorld, silentLog, waitUntil, type SessionView, type World } from "./world.ts";

let test: TestDatabase;
let world: World;
const children: ChildProcess[] = [];
beforeAll(async () => {
  test = await openTestDatabase();
  world = await createWorld(test.database);
});
afterEach(async () => {
  await Promise.all(children.splice(0).map(kill));
  await world.reset();
});
afterAll(async () => {
  await world.close();
  await test.close();
});

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

async function startProcess(): Promise<AgentProcess> {
  const started = await startAgentProcess(test.address, world.dataDirectory);
  children.push(started.child);
  return started;
}

async function registerMany(count: number) {
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      test.database.transaction("register", (transaction) =>
        registerEncoder(transaction, {
          id: newIdentifier("encoder"),
          name: `racer ${index}`,
          region: "local",
          isSimulated: true,
          mediaAddress: null,
          ingestAddresses: {},
          capacity: 10,
          capabilities: SIMULATED_CAPABILITIES,
          version: "test",
        }),
      ),
    ),
  );
}

describe("claims", () => {
  it("of several agents at once never take a session twice, and leave none while there is room", async () => {
    const ids = await world.createSessions(24);
    const lives = await registerMany(4);
    const rounds = fc.array(fc.record({ who: fc.nat({ max: 3 }), limit: fc.integer({ min: 1, max: 7 }) }), { minLength: 2, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(rounds, async (claims) => {
        await world.start(ids);
        const taken = (await Promise.all(claims.map(({ who, limit }) => claimSessions(test.database.executor, lives[who]!, limit)))).flat(); // prettier-ignore
        const more = await claimSessions(test.database.executor, lives[0]!, 100);
        const all = [...taken, ...more].map((session) => session.id);
        expect(new Set(all).size).toBe(all.length);
        expect(all.length).toBe(ids.length);
        await test.database.executor.execute(sql`update sessions set encoder_id = null, status = 'STOPPED', desired_status = 'STOPPED'`);
      }),
      { numRuns: 15 },
    );
  });
});

describe("a simulated encoder", () => {
  it("takes nothing where a real one is or was a moment ago, but elsewhere and later", async () => {
    const ids = await world.createSessions(1);
    const elsewhere = await world.createSessions(1, { region: "eu" });
    await world.start([...ids, ...elsewhere]);
    const [here, there] = await registerMany(2);
    const { executor } = test.database;
    await executor.execute(sql`update encoders set region = 'eu' where id = ${there!.encoderId}`);
    await executor.execute(sql`
      insert into encoders (id, name, region, status, is_simulated, capacity, supported_inputs, supported_outputs, supported_video_codecs,
        supported_audio_codecs, missing, version)
      values ('encoder_real', 'real', 'local', 'ONLINE', false, 1, '{}', '{}', '{}', '{}', '{}', 'test')`);
    const onlineIds = async () => (await listOnlineEncoders(executor)).map(({ id }) => id).toSorted();
    expect(await claimSessions(executor, here!, 9)).toEqual([]);
    expect(await onlineIds()).toEqual([there!.encoderId, "encoder_real"].toSorted());
    expect(await claimSessions(executor, there!, 9)).toMatchObject([{ id: elsewhere[0] }]);
    await executor.execute(sql`update encoders set status = 'LOST' where id = 'encoder_real'`);
    expect(await claimSessions(executor, here!, 9)).toEqual([]);
    await executor.execute(sql`update encoders set last_seen_at = now() - interval '11 minutes' where id = 'encoder_real'`);
    expect(await claimSessions(executor, here!, 9)).toMatchObject([{ id: ids[0] }]);
  });
});

describe("the reaper", () => {
  it("calls it missing capacity only where nobody has room, and else once it takes too long", async () => {
    const [here = "", there = ""] = [...(await world.createSessions(1)), ...(await world.createSessions(1, { region: "eu" }))];
    await world.start([here, there]);
    const [life] = await registerMany(1);
    const look = async (claimMilliseconds: number) =>
      await test.database.transaction("look", (transaction) =>
        lockWaitingSessions(transaction, { waitingMilliseconds: 0, claimMilliseconds }),
      );
    const missing = { id: there, hasEncoder: false, canRun: false, hasRoom: false };
    expect(await look(60_000)).toEqual([missing]);
    const late = (await look(0)).find(({ id }) => id === here);
    expect(late).toEqual({ id: here, hasEncoder: true, canRun: true, hasRoom: true });
    const [control] = await test.database.transaction("read", (transaction) => readControls(transaction, [here]));
    expect(decideWaiting(control!, late!)).toMatchObject({
      reason: "Waiting for an encoder in region local: one has room, but has not taken it yet.",
      noticed: { code: "NO_CAPACITY" },
    });

    const [other = ""] = await world.createSessions(1);
    await world.start([other]);
    await test.database.executor.execute(sql`update encoders set capacity = 1`);
    expect(await claimSessions(test.database.executor, life!, 1)).toMatchObject([{ id: here }]);
    expect((await look(60_000)).find(({ id }) => id === other)).toEqual({ id: other, hasEncoder: true, canRun: true, hasRoom: false });
  });

  it("writes what stops without an encoder, and starts again what was to be restarted", async () => {
    const ids = await world.createSessions(2);
    await world.start(ids);
    await world.stop(ids.slice(0, 1));
    await test.database.executor.execute(sql`update sessions set status = 'STOPPING' where id = ${ids[1]}`);
    await world.startReaper();
    const [stopped, restarted] = await waitUntil(
      () => world.view(ids),
      (views) => views.every((view) => view.status !== "STOPPING"),
    );
    expect([stopped?.status, restarted?.status]).toEqual(["STOPPED", "STARTING"]);
  });

  it("gives the sessions of a killed agent to another within 10 s, and says so meanwhile", async () => {
    await world.startReaper();
    const { child, encoderId } = await startProcess();
    const ids = await world.createSessions(5);
    await world.start(ids);
    await waitUntil(() => world.view(ids), allAre("RUNNING"));
    await world.stop(ids.slice(4));
    await waitUntil(() => world.view(ids.slice(4)), allAre("STOPPED"));
    const other = await world.startAgent();
    const killedAt = performance.now();
    await kill(child);
    const wanted = ids.slice(0, 4);
    const running = await waitUntil(() => world.view(wanted), (views) => allAre("RUNNING")(views) && views.every((view) => view.encoder_id === other.encoderId()), 10_000); // prettier-ignore
    expect(performance.now() - killedAt).toBeLessThan(10_000);
    expect(running.every((view) => view.epoch === 3)).toBe(true);
    const changes = await world.statusChanges(ids[0] ?? "");
    const steps = changes.map(({ before, after }) => [before.status, after.status, after.health].join(" "));
    expect(steps).toContain("RUNNING STARTING ERROR");
    expect(steps.at(-1)).toBe("STARTING RUNNING OK");
    const [encoder] = await test.database.executor.execute<{ status: string }>(sql`select status from encoders where id = ${encoderId}`);
    expect(encoder?.status).toBe("LOST");
  });

  it("ends what an agent runs that stood still for so long that another took over", async () => {
    await world.startReaper();
    const { child, encoderId } = await startProcess();
    const ids = await world.createSessions(2);
    await world.start(ids);
    await waitUntil(() => world.view(ids), allAre("RUNNING"));
    const other = await world.startAgent();
    child.kill("SIGSTOP");
    const isTaken = (views: readonly SessionView[]): boolean =>
      views.every((view) => view.status === "RUNNING" && view.encoder_id === other.encoderId() && view.epoch === 3);
    await waitUntil(() => world.view(ids), isTaken, 10_000);
    const before = await Promise.all(ids.map(world.statusChanges));
    child.kill("SIGCONT");
    const encoder = () => test.database.executor.execute<{ status: string }>(sql`select status from encoders where id = ${encoderId}`);
    await waitUntil(encoder, ([row]) => row?.status === "ONLINE");
    // It is back and has heard of the newer epoch: whatever it wrote of the old one would stand now.
    await world.stop(ids.slice(0, 1));
    await waitUntil(() => world.view(ids.slice(0, 1)), allAre("STOPPED"));
    expect((await world.view(ids.slice(1))).every((view) => isTaken([view]))).toBe(true);
    expect((await world.statusChanges(ids[1] ?? "")).length).toBe(before[1]?.length);
  });

  it("lets a killed agent that comes back have its sessions at once", async () => {
    const { child, encoderId } = await startProcess();
    const ids = await world.createSessions(3);
    await world.start(ids);
    await waitUntil(() => world.view(ids), allAre("RUNNING"));
    await kill(child);
    const again = await startProcess();
    expect(again.encoderId).toBe(encoderId);
    await waitUntil(() => world.view(ids), (views) => views.every((view) => view.status === "RUNNING" && view.epoch === 2 && view.encoder_id === encoderId), 3000); // prettier-ignore
  });

  it("never restarts more of a batch at a time than asked for, and all of it in the end", async () => {
    const recorder = startRecordingRunner({ stopMilliseconds: 60 });
    await world.startAgent({ runner: recorder.start });
    await world.startReaper();
    const ids = await world.createSessions(7);
    await world.start(ids);
    await waitUntil(() => world.view(ids), allAre("RUNNING"));
    await world.restart(ids.slice(0, 6), 2);
    await world.stop(ids.slice(5, 6));
    let most = 0;
    await waitUntil(
      async () => {
        const views = await world.view(ids.slice(0, 5));
        most = Math.max(most, views.filter((view) => view.status !== "RUNNING").length);
        return views;
      },
      (views) => views.every((view) => view.status === "RUNNING" && view.generation === 2),
      15_000,
    );
    expect(most).toBeLessThanOrEqual(2);
    expect(recorder.overlaps).toEqual([]);
    await waitUntil(
      () => test.database.executor.execute(sql`select session_id from rolling_restarts`),
      (rows) => rows.length === 0,
    );
    expect((await world.view(ids.slice(5))).map((view) => view.status)).toEqual(["STOPPED", "RUNNING"]);
    expect((await world.view(ids.slice(6)))[0]?.generation).toBe(1);
  });
});

describe("fencing", () => {
  it("lets nothing be written under an old epoch, and ends what runs under it", async () => {
    const recorder = startRecordingRunner();
    const agent = await world.startAgent({ runner: recorder.start });
    const ids = await world.createSessions(1);
    await world.start(ids);
    await waitUntil(() => world.view(ids), allAre("RUNNING"));
    await test.database.executor.execute(sql`
      update sessions set epoch = epoch + 1, encoder_id = 'encoder_other', status = 'STARTING'`);
    const stale = { sessionId: ids[0] ?? "", epoch: 1, generation: 1, at: new Date(), switches: [], kind: "OBSERVED" as const };
    const observation = { status: "FAILED" as const, health: "ERROR" as const, reason: null, playbacks: [] };
    const { results, hasWritten } = await writeReports({ database: test.database, log: silentLog }, agent.encoderId(), [
      { ...stale, observation },
    ]);
    expect([results.get(ids[0] ?? ""), hasWritten]).toEqual(["NOT_HELD", false]);
    await waitUntil(
      () => recorder.running.size,
      (size) => size === 0,
      2000,
    );
    expect((await world.view(ids))[0]).toMatchObject({ status: "STARTING", encoder_id: "encoder_other", epoch: 2 });
    const own = await writeReports({ database: test.database, log: silentLog }, "encoder_other", [{ ...stale, observation }]);
    expect([own.results.get(ids[0] ?? ""), own.hasWritten]).toEqual(["NOT_HELD", false]);
  });

  it("leaves an encoder to the newer of two processes that run it, and the older one goes on as another", async () => {
    const first = await world.startAgent();
    const ids = await world.createSessions(2);
    await world.start(ids);
    await waitUntil(() => world.view(ids), allAre("RUNNING"));
    const id = first.encoderId();
    const copy = {
      encoderId: id,
      directory: world.dataDirectory,
      renew: () => Promise.reject(new Error("not wanted")),
      release: async () => undefined,
    };
    const second = await world.startAgent({ identity: copy });
    await waitUntil(
      () => first.encoderId(),
      (renewed) => renewed !== id,
    );
    await waitUntil(
      () => world.view(ids),
      (views) => views.every((view) => view.status === "RUNNING" && view.epoch === 2 && view.encoder_id === id),
    );
    expect(second.encoderId()).toBe(id);
  });
});
