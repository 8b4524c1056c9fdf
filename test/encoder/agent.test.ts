import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { resumeSessions } from "../../src/encoder/agent.work.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { startRecordingRunner } from "./recording-runner.ts";
import { openTestDatabase, type TestDatabase } from "../support/database.ts";
import { allAre, createWorld, waitUntil, type World } from "./world.ts";

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

describe("an agent", () => {
  it("claims what was started, shows what it observes, and stops what is to stop", async () => {
    await world.startAgent();
    const ids = await world.createSessions(3);
    await world.start(ids);
    const running = await waitUntil(() => world.view(ids), allAre("RUNNING"));
    expect(running.every((view) => view.encoder_id !== null && view.running_since !== null && view.epoch === 1)).toBe(true);
    expect(running.every((view) => view.playback_statuses.every((status) => status === "RUNNING"))).toBe(true);
    await world.stop(ids);
    const stopped = await waitUntil(() => world.view(ids), allAre("STOPPED"));
    expect(stopped.every((view) => view.encoder_id === null && view.running_since === null && view.status_reason === null)).toBe(true);
    const changes = await world.statusChanges(ids[0] ?? "");
    expect(changes.map(({ after }) => after.status)).toEqual(["STARTING", "RUNNING", "STOPPING", "STOPPED"]);
    expect(changes.map(({ before }) => before.status)).toEqual(["STOPPED", "STARTING", "RUNNING", "STOPPING"]);
  });

  it("hands its runner the whole specification, secrets in clear and the ladder of the start", async () => {
    const recorder = startRecordingRunner();
    await world.startAgent({ runner: recorder.start });
    const ids = await world.createSessions(1);
    await world.start(ids);
    const launch = await waitUntil(
      () => recorder.launches[0],
      (found) => found !== undefined,
    );
    expect(launch?.input.urlA).toBe("srt://127.0.0.1:9000?passphrase=correct-horse-battery");
    expect(launch?.outputs[0]?.renditions).toMatchObject([{ name: "720p", videoCodec: "H264", height: 720, videoBitrateKbps: 3000 }]);
    expect(launch).toMatchObject({ epoch: 1, generation: 1, outputs: [{ type: "HTTP", hlsEnabled: true }] });
  });

  it("restarts into the next generation with the ladder as the template is then, and keeps its place", async () => {
    const recorder = startRecordingRunner();
    await world.startAgent({ runner: recorder.start, capacity: 1 });
    const ids = await world.createSessions(2);
    await world.start(ids);
    await waitUntil(
      () => world.view(ids),
      (views) => views.filter((view) => view.status === "RUNNING").length === 1,
    );
    const [first] = (await world.view(ids)).filter((view) => view.status === "RUNNING");
    await test.database.executor.execute(sql`update renditions set video_bitrate_kbps = 4000`);
    await world.restart([first?.id ?? ""]);
    await waitUntil(
      () => world.view([first?.id ?? ""]),
      ([view]) => view?.status === "RUNNING" && view.generation === 2,
    );
    await test.database.executor.execute(sql`update renditions set video_bitrate_kbps = 3000`);
    expect(recorder.launches.map(({ generation, epoch }) => [generation, epoch])).toEqual([[1, 1], [2, 1]]); // prettier-ignore
    expect(recorder.launches.map(({ outputs }) => outputs[0]?.renditions[0])).toMatchObject([
      { videoBitrateKbps: 3000 },
      { videoBitrateKbps: 4000 },
    ]);
    expect(recorder.overlaps).toEqual([]);
    const changes = await world.statusChanges(first?.id ?? "");
    expect(changes.map(({ after }) => after.status)).toEqual(["STARTING", "RUNNING", "STOPPING", "STARTING", "RUNNING"]);
  });

  it("claims neither beyond its capacity, nor another region's, nor what it cannot run", async () => {
    const elsewhere = await world.createSessions(1, { region: "eu" });
    const unsupported = await world.createSessions(1, {}, { type: "WHIP" });
    const ids = await world.createSessions(5);
    const agent = await world.startAgent({ capacity: 3, capabilities: { supportedInputs: ["SRT_PULL"], supportedOutputs: ["HTTP"], supportedVideoCodecs: ["H264"], supportedAudioCodecs: ["AAC"], missing: [] } }); // prettier-ignore
    await test.database.executor.execute(sql`update sessions set desired_status = 'RUNNING', status = 'STARTING', generation = 1`);
    await test.database.executor.execute(sql`update playbacks set started_generation = 1, started_renditions = '[{"videoCodec": "H264"}]'`);
    await waitUntil(
      () => world.view(ids),
      (views) => views.filter((view) => view.status === "RUNNING").length === 3,
    );
    await world.startReaper();
    const waiting = await waitUntil(
      () => world.view(),
      (views) => views.filter((view) => view.status_reason?.startsWith("Waiting for")).length === 4,
    );
    expect(agent.running()).toBe(3);
    const reasonOf = (id?: string): string | null | undefined => waiting.find((view) => view.id === id)?.status_reason;
    expect(reasonOf(elsewhere[0])).toBe("Waiting for an encoder in region eu: none is online.");
    expect(reasonOf(unsupported[0])).toBe("Waiting for an encoder in region local that can run it.");
    expect(waiting.filter((view) => view.status_reason === "Waiting for an encoder with room in region local.")).toHaveLength(2);
    await world.stop([...elsewhere, ...unsupported]);
    await waitUntil(() => world.view([...elsewhere, ...unsupported]), allAre("STOPPED"));
    await world.startAgent({ capacity: 10 });
    await waitUntil(() => world.view(ids), allAre("RUNNING"));
  });

  it("gives a failed session back, does not claim it again, and starts it when asked", async () => {
    const recorder = startRecordingRunner();
    await world.startAgent({ runner: recorder.start });
    const ids = await world.createSessions(1);
    await world.start(ids);
    await waitUntil(() => world.view(ids), allAre("RUNNING"));
    recorder.tell({ status: "FAILED", health: "ERROR", reason: "It crashed\u0000 five times." });
    const [failed] = await waitUntil(
      () => world.view(ids),
      ([view]) => view?.status === "FAILED" && view.encoder_id === null,
    );
    expect(failed).toMatchObject({
      desired_status: "RUNNING",
      health: "ERROR",
      status_reason: "It crashed  five times.",
      running_since: null,
    });
    await world.start(ids);
    await waitUntil(
      () => world.view(ids),
      ([view]) => view?.status === "RUNNING" && view.generation === 2 && view.epoch === 2,
    );
    expect(recorder.launches).toHaveLength(2);
    await world.startReaper();
    recorder.tell({ status: "FAILED", health: "ERROR", reason: null });
    await waitUntil(() => world.view(ids), allAre("FAILED"));
    await world.stop(ids);
    await waitUntil(() => world.view(ids), allAre("STOPPED"));
  });

  it("writes health beside the status and lets the uptime go on, and repeats nothing", async () => {
    const recorder = startRecordingRunner();
    await world.startAgent({ runner: recorder.start });
    const ids = await world.createSessions(1);
    await world.start(ids);
    const [before] = await waitUntil(() => world.view(ids), allAre("RUNNING"));
    recorder.tell({ status: "RUNNING", health: "ERROR", reason: "The input is lost." });
    const [lost] = await waitUntil(
      () => world.view(ids),
      ([view]) => view?.health === "ERROR",
    );
    expect(lost).toMatchObject({ status: "RUNNING", running_since: before?.running_since, status_reason: "The input is lost." });
    const count = (await world.statusChanges(ids[0] ?? "")).length;
    for (let repeat = 0; repeat < 5; repeat += 1) recorder.tell({ status: "RUNNING", health: "ERROR", reason: "The input is lost." });
    recorder.tell({ status: "RUNNING", health: "OK", reason: null });
    await waitUntil(
      () => world.view(ids),
      ([view]) => view?.health === "OK",
    );
    expect((await world.statusChanges(ids[0] ?? "")).length).toBe(count + 1);
  });

  it("fails a session whose secrets it cannot open, and it alone", async () => {
    await world.startAgent();
    const ids = await world.createSessions(2);
    await test.database.executor.execute(sql`update secrets set ciphertext = '\\x00' where session_id = ${ids[0]}`);
    await world.start(ids);
    const views = await waitUntil(
      () => world.view(ids),
      (all) => all.some((view) => view.status === "FAILED") && all.some((view) => view.status === "RUNNING"),
    );
    expect(views.find((view) => view.id === ids[0])).toMatchObject({ status: "FAILED", encoder_id: null, playback_statuses: ["FAILED"] });
  });

  it("writes a reason whose cut would halve a character", async () => {
    const recorder = startRecordingRunner();
    await world.startAgent({ runner: recorder.start });
    const ids = await world.createSessions(1);
    await world.start(ids);
    await waitUntil(() => world.view(ids), allAre("RUNNING"));
    recorder.tell({ status: "RUNNING", health: "WARNING", reason: `${"x".repeat(499)}🎬 and more` });
    const [view] = await waitUntil(
      () => world.view(ids),
      ([found]) => found?.health === "WARNING",
    );
    expect(view?.status_reason).toBe(`${"x".repeat(499)} `);
  });

  it("drops a report that the database refuses, and writes all others", async () => {
    await test.database.executor.execute(
      sql`alter table sessions add constraint refuses check (coalesce(status_reason, '') not like 'Refused%')`,
    );
    try {
      await world.startAgent({
        runner: (launch, observe) => {
          const reason = launch.labels.includes("refused") ? "Refused." : null;
          observe({ status: "RUNNING", health: "OK", reason, playbacks: [] });
          return { stop: async () => undefined, control: () => undefined, telemetry: () => null };
        },
      });
      const refused = await world.createSessions(2, { labels: ["refused"] });
      const others = await world.createSessions(9);
      await world.start([...refused, ...others]);
      await waitUntil(() => world.view(others), allAre("RUNNING"));
      await world.stop([...refused, ...others]);
      await waitUntil(() => world.view(), allAre("STOPPED"));
    } finally {
      await test.database.executor.execute(sql`alter table sessions drop constraint refuses`);
    }
  });

  it("starts nothing that another process of the same encoder took back meanwhile", async () => {
    const agent = await world.startAgent();
    const ids = await world.createSessions(1);
    await world.start(ids);
    await waitUntil(() => world.view(ids), allAre("RUNNING"));
    const services = { database: test.database, clock: systemClock, vault: world.vault };
    const resume = (epoch: number) =>
      resumeSessions(services, agent.encoderId(), ids.map((sessionId) => ({ sessionId, epoch }))); // prettier-ignore
    await test.database.executor.execute(sql`update sessions set epoch = 7, status = 'STARTING'`);
    expect(await resume(1)).toMatchObject({ launches: [], dropped: ids, hasWritten: false });
    expect((await resume(7)).launches).toMatchObject([{ sessionId: ids[0], epoch: 7 }]);
  });

  it("hands on what is wanted when it is closed, and finds it again when it comes back", async () => {
    const agent = await world.startAgent();
    const ids = await world.createSessions(3);
    await world.start(ids);
    await waitUntil(() => world.view(ids), allAre("RUNNING"));
    await world.stop(ids.slice(2));
    await agent.close();
    const left = await world.view(ids);
    expect(left.map((view) => [view.status, view.encoder_id])).toEqual([["STARTING", null], ["STARTING", null], ["STOPPED", null]]); // prettier-ignore
    await world.startAgent();
    await waitUntil(() => world.view(ids.slice(0, 2)), allAre("RUNNING"));
  });

  it("drains: takes nothing new, keeps what it has, and ends with it", async () => {
    const agent = await world.startAgent();
    const ids = await world.createSessions(2);
    await world.start(ids.slice(0, 1));
    await waitUntil(() => world.view(ids.slice(0, 1)), allAre("RUNNING"));
    const closed = agent.close({ drain: true });
    await waitUntil(
      () => test.database.executor.execute<{ status: string }>(sql`select status from encoders`),
      (rows) => rows[0]?.status === "DRAINING",
    );
    await world.start(ids.slice(1));
    await world.stop(ids.slice(0, 1));
    await closed;
    expect((await world.view(ids)).map((view) => view.status)).toEqual(["STOPPED", "STARTING"]);
  });
});
