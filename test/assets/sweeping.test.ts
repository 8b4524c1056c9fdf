import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { keepStorageAlerts } from "../../src/alerts/keep-storage-alerts.ts";
import { sweepStoredAssets, type AssetSweepOptions } from "../../src/assets/sweep-assets.ts";
import { sweepAssets, type AssetSweeperOptions } from "../../src/encoder/asset-sweeper.ts";
import type { AssetReport } from "../../src/encoder/asset-teller.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { newIdentifier } from "../../src/shared/identifier.ts";
import { silentLog } from "../encoder/world.ts";
import { AssetsDocument, DeleteAssetsDocument, RemoveProcessesDocument } from "../generated/documents.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { openAssetWorld, RECORDING, type AssetWorld, type StartedSession, type TellingAgent } from "./asset-world.ts";

let server: TestServer;
let assets: AssetWorld;
let agent: TellingAgent;
let session: StartedSession;
let root: string;
let options: AssetSweeperOptions;

beforeAll(async () => {
  server = await startTestServer();
  assets = await openAssetWorld(server);
});
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "headend-sweep-"));
  mkdirSync(join(root, "assets"));
  agent = await assets.startAgent();
  session = await assets.startSession(agent.runner, [RECORDING, { kind: "THUMBNAIL", isEnabled: true, intervalSeconds: 10, sync: true }]);
  options = {
    ...{ database: server.database, bell: server.context.bell, clock: systemClock, log: silentLog, everyMilliseconds: 30_000 },
    ...{ assetRoot: join(root, "assets"), mediaRoot: join(root, "media"), teller: agent.teller, encoderId: agent.agent.encoderId },
  };
});
afterEach(async () => {
  await assets.world.reset();
  rmSync(root, { recursive: true, force: true });
});
afterAll(async () => {
  await assets.close();
  await server.stop();
});

const ELEVEN_MINUTES_AGO = () => new Date(Date.now() - 660_000);
const directoryOf = (id: string) => join(root, "assets", id);
const isThere = (id: string) => existsSync(directoryOf(id));

function makeDirectory(path: string, modifiedAt = new Date()): void {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "recording.mp4"), "recorded");
  utimesSync(path, modifiedAt, modifiedAt);
}

async function makeAsset(rest: Partial<AssetReport> = {}): Promise<AssetReport> {
  const report = session.report(rest);
  makeDirectory(directoryOf(report.id));
  await agent.tell(report);
  return report;
}

async function rowsOf(...ids: readonly string[]): Promise<readonly string[]> {
  const rows = await server.database.executor.execute<{ id: string }>(
    sql`select id from assets where id = any(${sql.param([...ids])}::text[])`,
  );
  return rows.map(({ id }) => id);
}

const listed = async () => (await server.graphql(AssetsDocument, {})).assets.nodes;
const remove = (ids: readonly string[]) => server.graphql(DeleteAssetsDocument, { input: { ids: [...ids] } });

describe("a recording that waits for room", () => {
  const alertsOf = async () => {
    const { node } = await server.graphql(
      `query ($id: ID!) { node(id: $id) { ... on Session { status health openAlertCount alerts { nodes { code severity message endReason asset { id kind } } } } } }`,
      { id: session.sessionId },
    );
    return { status: node.status, health: node.health, openAlertCount: node.openAlertCount, alerts: node.alerts.nodes };
  };
  const open = { code: "STORAGE_FULL", severity: "ERROR", message: expect.stringContaining("no room") as string, endReason: null };
  const keep = () => keepStorageAlerts({ ...options, bell: server.context.bell });
  const stop = () =>
    server.graphql(`mutation ($id: ID!) { stopSessions(input: { selection: { ids: [$id] } }) { acceptedCount } }`, {
      id: session.sessionId,
    });

  it("raises an alert, once whoever looks, which lasts while its session is stopped, until it is whole", async () => {
    const waiting = await makeAsset({ status: "IN_PROGRESS", waitsForRoom: true });
    await makeAsset({ status: "IN_PROGRESS" });
    await Promise.all([keep(), keep(), keep()]);
    expect(await alertsOf()).toMatchObject({ openAlertCount: 1, alerts: [{ ...open, asset: { id: waiting.id, kind: "RECORDING" } }] });
    await stop();
    await expect.poll(async () => (await alertsOf()).status, { timeout: 20_000 }).toBe("STOPPED");
    await keep();
    expect(await alertsOf()).toMatchObject({ openAlertCount: 1, alerts: [open] });
    await agent.tell({ ...waiting, status: "READY", waitsForRoom: false });
    await keep();
    expect(await alertsOf()).toMatchObject({ openAlertCount: 0, alerts: [{ ...open, endReason: "RESOLVED" }] });
    await keep();
    expect((await alertsOf()).alerts).toHaveLength(1);
  });

  it("is alerted of no longer once it is deleted, or goes on though what runs says that all is well", async () => {
    const waiting = await makeAsset({ status: "IN_PROGRESS", waitsForRoom: true });
    await keep();
    agent.runner.observe(session.sessionId, { health: "WARNING", causes: [] });
    await expect.poll(async () => (await alertsOf()).health, { timeout: 20_000 }).toBe("WARNING");
    const [alert] = await server.database.executor.execute(sql`select is_active from alerts where subject_id = ${waiting.id}`);
    expect(alert).toEqual({ is_active: true });
    await server.database.executor.execute(sql`update assets set deleted_at = now() where id = ${waiting.id}`);
    await keep();
    expect(await alertsOf()).toMatchObject({ openAlertCount: 0, alerts: [{ endReason: "RESOLVED" }] });
  });
});

describe("the sweep of an encoder", () => {
  it("takes the files of what was deleted, then its row, and leaves everything else", async () => {
    const [kept, deleted] = [await makeAsset(), await makeAsset()];
    await remove([deleted.id]);
    expect([isThere(deleted.id), await rowsOf(deleted.id)]).toEqual([true, [deleted.id]]);
    await sweepAssets(options);
    expect([isThere(deleted.id), await rowsOf(deleted.id)]).toEqual([false, []]);
    expect([isThere(kept.id), await rowsOf(kept.id)]).toEqual([true, [kept.id]]);
    expect(await listed()).toMatchObject([{ id: kept.id, status: "READY" }]);
  });

  it("takes files that belong to nothing, after ten minutes", async () => {
    const [old, young, unwritten, others] = Array.from({ length: 4 }, () => newIdentifier("asset")) as [string, string, string, string];
    for (const id of [old, unwritten, others]) makeDirectory(directoryOf(id), ELEVEN_MINUTES_AGO());
    makeDirectory(directoryOf(young));
    makeDirectory(join(root, "assets", "lost+found"), ELEVEN_MINUTES_AGO());
    await agent.tell(session.report({ id: others }));
    await server.database.executor.execute(sql`update assets set encoder_id = ${newIdentifier("encoder")} where id = ${others}`);
    await sweepAssets({ ...options, teller: { unwritten: () => [session.report({ id: unwritten })] } });
    expect([old, young, unwritten, others, "lost+found"].map(isThere)).toEqual([false, true, true, true, true]);
  });

  it("touches nothing while the database cannot be read", async () => {
    const [old, deleted] = [newIdentifier("asset"), await makeAsset()];
    makeDirectory(directoryOf(old), ELEVEN_MINUTES_AGO());
    await remove([deleted.id]);
    const away = () => Promise.reject(new Error("The database is away."));
    const database = {
      ...options.database,
      executor: { ...options.database.executor, execute: away },
      transaction: away,
    } as unknown as AssetSweeperOptions["database"];
    await expect(sweepAssets({ ...options, database })).rejects.toThrow("away");
    expect([isThere(old), isThere(deleted.id)]).toEqual([true, true]);
  });

  it("says of what is not there any more that it failed, until it is found again", async () => {
    const [recording, making] = [await makeAsset(), await makeAsset({ status: "IN_PROGRESS" })];
    renameSync(directoryOf(recording.id), join(root, "elsewhere"));
    rmSync(directoryOf(making.id), { recursive: true });
    await sweepAssets(options);
    const statuses = async () => Object.fromEntries((await listed()).map(({ id, status, statusReason }) => [id, [status, statusReason]]));
    expect(await statuses()).toEqual({
      [recording.id]: ["FAILED", "Its files are gone from the encoder's disk."],
      [making.id]: ["IN_PROGRESS", null],
    });
    await server.database.executor.execute(sql`update assets set created_at = created_at - interval '11 minutes'`);
    await sweepAssets(options);
    expect((await statuses())[making.id]![0]).toBe("FAILED");
    renameSync(join(root, "elsewhere"), directoryOf(recording.id));
    await agent.tell(recording);
    expect((await statuses())[recording.id]).toEqual(["READY", null]);
  });

  it("says nothing of a disk that is not mounted", async () => {
    const recording = await makeAsset();
    rmSync(join(root, "assets"), { recursive: true });
    await sweepAssets(options);
    expect(await listed()).toMatchObject([{ id: recording.id, status: "READY" }]);
  });

  it("takes the thumbnails of processes that were removed, after ten minutes", async () => {
    const [, thumbnail] = agent.runner.launches[0]!.processes;
    const still = join(root, "media", "stills", thumbnail!.pathToken);
    makeDirectory(still, ELEVEN_MINUTES_AGO());
    await sweepAssets(options);
    expect(existsSync(still)).toBe(true);
    await server.graphql(RemoveProcessesDocument, { input: { ids: [thumbnail!.processId] } });
    await sweepAssets(options);
    expect(existsSync(still)).toBe(false);
  });
});

describe("the sweep of an installation", () => {
  const sweep = (rest: Partial<AssetSweepOptions>) =>
    sweepStoredAssets({ ...options, retention: { days: null, bytes: null }, objectStore: null, ...rest });

  const DAYS_AGO = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
  /** Assets that begin a second after one another, of so many bytes. */
  const makeOfBytes = async (...sizes: readonly number[]): Promise<readonly AssetReport[]> => {
    const made: AssetReport[] = [];
    for (const bytes of sizes) made.push(await makeAsset({ bytes, createdAt: new Date(Date.now() + made.length * 1_000).toISOString() }));
    return made;
  };
  const placesIn = async (made: readonly AssetReport[]) => (await listed()).map(({ id }) => made.findIndex((each) => each.id === id));
  const endRun = () => server.database.executor.execute(sql`update runs set ended_at = now() where id = ${session.runId}`);
  const setLimits = (days: number | null, gigabytes: number | null) =>
    server.database.executor.execute(sql`
      update organizations set asset_retention_days = ${days}::integer, asset_gigabytes = ${gigabytes}::integer`);
  afterEach(() => setLimits(null, null));

  it("deletes what is older than is kept, and neither what is being made nor anything of a run that goes on", async () => {
    const [ready, making, young] = [
      await makeAsset({ createdAt: DAYS_AGO(3) }),
      await makeAsset({ status: "IN_PROGRESS", createdAt: DAYS_AGO(3) }),
      await makeAsset(),
    ];
    await sweep({ retention: { days: 2, bytes: 1 } });
    expect(await listed()).toHaveLength(3);
    await endRun();
    await sweep({ retention: { days: 4, bytes: null } });
    expect(await listed()).toHaveLength(3);
    await sweep({ retention: { days: 2, bytes: null } });
    expect((await listed()).map(({ id }) => id)).toEqual([young.id, making.id]);
    const changes = await server.database.executor.execute<{ kind: string }>(
      sql`select kind from changes where object_id = ${ready.id} order by id`,
    );
    expect(changes.map(({ kind }) => kind)).toEqual(["CREATED", "DELETED"]);
    await sweepAssets(options);
    expect([isThere(ready.id), isThere(young.id)]).toEqual([false, true]);
  });

  it("deletes the oldest of what is beyond an organization's bytes", async () => {
    const made = await makeOfBytes(400, 300, 200, 100);
    await endRun();
    await sweep({ retention: { days: null, bytes: 1_000 } });
    expect(await placesIn(made)).toEqual([3, 2, 1, 0]);
    await sweep({ retention: { days: null, bytes: 999 } });
    expect(await placesIn(made)).toEqual([3, 2, 1]);
    await sweep({ retention: { days: null, bytes: 299 } });
    expect(await placesIn(made)).toEqual([3]);
  });

  it("deletes newer ones in the place of what stays whatever its age", async () => {
    const making = await makeAsset({ status: "IN_PROGRESS", bytes: 500, createdAt: DAYS_AGO(1) });
    const made = [making, ...(await makeOfBytes(300, 200, 100))];
    await endRun();
    await sweep({ retention: { days: null, bytes: 900 } });
    expect(await placesIn(made)).toEqual([3, 2, 0]);
    await sweep({ retention: { days: null, bytes: 400 } });
    expect(await placesIn(made)).toEqual([0]);
  });

  it("goes by what an organization was given of its own, and else by what holds for all", async () => {
    const made = [await makeAsset({ createdAt: DAYS_AGO(9), bytes: 1_500_000_000 }), ...(await makeOfBytes(1_000_000_000, 400_000_000))];
    await endRun();
    await setLimits(0, 0);
    await sweep({ retention: { days: 1, bytes: 1 } });
    await setLimits(10, 3);
    await sweep({ retention: { days: 1, bytes: 1 } });
    expect(await placesIn(made)).toEqual([2, 1, 0]);
    await setLimits(8, null);
    await sweep({});
    expect(await placesIn(made)).toEqual([2, 1]);
    await setLimits(null, 1);
    await sweep({});
    expect(await placesIn(made)).toEqual([2]);
    await setLimits(null, null);
    await sweep({ retention: { days: null, bytes: 1 } });
    expect(await placesIn(made)).toEqual([]);
  });

  it("says of what a lost encoder was making that it failed, once nobody has heard of that for a week", async () => {
    const [making, ready, deleted] = [await makeAsset({ status: "IN_PROGRESS" }), await makeAsset(), await makeAsset()];
    await remove([deleted.id]);
    await sweep({});
    expect((await listed()).map(({ status }) => status).sort()).toEqual(["IN_PROGRESS", "READY"]);
    expect(await rowsOf(deleted.id)).toEqual([deleted.id]);
    await agent.agent.close();
    await server.database.executor.execute(sql`delete from encoders`);
    await sweep({});
    const found = Object.fromEntries((await listed()).map((asset) => [asset.id, asset]));
    expect(found[making.id]).toMatchObject({ status: "FAILED", statusReason: "Its encoder is gone, and has not finished it." });
    // It may come back with the file: it is not to be had meanwhile.
    expect(found[ready.id]).toMatchObject({ status: "READY", url: null });
    expect(await rowsOf(deleted.id)).toEqual([]);
  });
});
