import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { sweepStoredAssets } from "../../src/assets/sweep-assets.ts";
import { createAssetUploader, type AssetUploader } from "../../src/encoder/asset-uploader.ts";
import { sweepAssets } from "../../src/encoder/asset-sweeper.ts";
import type { AssetReport } from "../../src/encoder/asset-teller.ts";
import { claimEncoderIdentity } from "../../src/encoder/encoder-identity.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { createDirectoryStorage } from "../../src/storage/directory-storage.ts";
import { createS3Storage } from "../../src/storage/s3-storage.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { silentLog, waitUntil } from "../encoder/world.ts";
import { AssetsDocument, DeleteAssetsDocument, ShareAssetDocument } from "../generated/documents.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { startObjectStore, type ObjectStore } from "../support/swift.ts";
import { openAssetWorld, RECORDING, type AssetWorld, type StartedSession, type TellingAgent } from "./asset-world.ts";

const BYTES = Buffer.from(Array.from({ length: 10_000 }, (_, index) => index % 251));

const directory = mkdtempSync(join(tmpdir(), "headend-object-store-"));
let swift: ObjectStore;
beforeAll(async () => {
  swift = await startObjectStore();
}, 180_000);
afterAll(async () => {
  await swift?.close();
  rmSync(directory, { recursive: true, force: true });
});

describe.each<[string, () => Storage]>([
  ["a directory", () => createDirectoryStorage(join(directory, "store"))],
  ["an S3-compatible object store", () => createS3Storage(swift.settings)],
])("with assets in %s", (name, open) => {
  const root = join(directory, name);
  const assetRoot = join(root, "assets");
  let objectStore: Storage;
  /** Has the encoder's files, and asks the object store. */
  let holder: TestServer;
  /** Asks either. */
  let server: TestServer;
  let assets: AssetWorld;
  let agent: TellingAgent;
  let session: StartedSession;

  beforeAll(async () => {
    mkdirSync(assetRoot, { recursive: true });
    objectStore = open();
    const identity = await claimEncoderIdentity(root);
    const own = { assetRoot, mediaRoot: join(root, "media"), currentId: () => identity.encoderId };
    holder = await startTestServer({ assets: { own, objectStore } });
    server = await startTestServer({ share: holder, assets: { objectStore } });
    assets = await openAssetWorld(holder);
    agent = await assets.startAgent({ identity, mediaAddress: holder.url });
    session = await assets.startSession(agent.runner, [RECORDING]);
  });
  afterEach(async () => {
    await holder.database.executor.execute(sql`delete from assets`);
    await sweep();
  });
  afterAll(async () => {
    await assets.close();
    await server.stop();
    await holder.stop();
    objectStore.close();
  });

  const sweep = () =>
    sweepStoredAssets({
      ...{ database: holder.database, bell: holder.context.bell, clock: systemClock, log: silentLog, objectStore },
      retention: { days: null, bytes: null },
    });

  /** Of the encoder; what was uploaded leaves it at the second look. */
  function startUploader(storage: Storage = objectStore): AssetUploader {
    const common = { database: holder.database, bell: holder.context.bell, clock: systemClock, log: silentLog, assetRoot };
    return createAssetUploader({ ...common, objectStore: storage, encoderId: agent.agent.encoderId, leftMilliseconds: 0 });
  }

  async function makeAsset(rest: Partial<AssetReport> = {}, files: Readonly<Record<string, string | Buffer>> = { "recording.mp4": BYTES }) {
    const report = session.report(rest);
    mkdirSync(join(assetRoot, report.id));
    writeFileSync(join(assetRoot, report.id, ".asset.json"), "{}");
    for (const [file, content] of Object.entries(files)) writeFileSync(join(assetRoot, report.id, file), content);
    await agent.tell(report);
    return report;
  }

  const find = async (id: string) => (await holder.graphql(AssetsDocument, {})).assets.nodes.find((asset) => asset.id === id)!;
  const at = (gateway: TestServer, url: string) => url.replace("http://127.0.0.1:4000", gateway.url);
  const isStored = async (id: string, file = "recording.mp4"): Promise<boolean> => {
    const stored = await objectStore.open(id, file);
    await stored?.close();
    return stored !== null;
  };
  const rowsOf = (id: string) =>
    holder.database.executor.execute<{ source: string }>(sql`
      select 'asset' as source from assets where id = ${id} union all select 'stored' from stored_assets where asset_id = ${id}`);

  it("whole ones are moved there, and served from there, whole and in parts, by their addresses and shares", async () => {
    const { id } = await makeAsset({ captionsFileName: "captions.srt" }, { "recording.mp4": BYTES, "captions.srt": "1\n" });
    const { url, captionsUrl } = await find(id);
    const { shareAsset } = await holder.graphql(ShareAssetDocument, { input: { id, isShared: true } });
    const uploader = startUploader();
    await uploader.work();
    expect([await isStored(id), existsSync(join(assetRoot, id))]).toEqual([true, true]);
    await uploader.work();
    expect([await isStored(id), existsSync(join(assetRoot, id))]).toEqual([true, false]);
    // The encoder is not needed any more, and its sweep misses nothing.
    const sweeping = { database: holder.database, bell: holder.context.bell, clock: systemClock, log: silentLog, teller: agent.teller };
    await sweepAssets({
      ...sweeping,
      everyMilliseconds: 30_000,
      assetRoot,
      mediaRoot: join(root, "media"),
      encoderId: agent.agent.encoderId,
    });
    expect(await find(id)).toMatchObject({ status: "READY", url });
    for (const gateway of [holder, server]) {
      await waitUntil(
        async () => (await fetch(at(gateway, url!))).status,
        (status) => status === 200,
      );
      expect(await (await fetch(at(gateway, captionsUrl!))).text()).toBe("1\n");
      for (const address of [url!, shareAsset.asset!.shareUrl!]) {
        const whole = await fetch(at(gateway, address));
        expect(Buffer.from(await whole.arrayBuffer()).equals(BYTES)).toBe(true);
        expect(Object.fromEntries(whole.headers)).toMatchObject({ "content-type": "video/mp4", "content-length": "10000" });
        const part = await fetch(at(gateway, address), { headers: { range: "bytes=9990-" } });
        expect([part.status, part.headers.get("content-range")]).toEqual([206, "bytes 9990-9999/10000"]);
        expect(Buffer.from(await part.arrayBuffer()).equals(BYTES.subarray(9_990))).toBe(true);
        const known = await fetch(at(gateway, address), { headers: { "if-none-match": whole.headers.get("etag")! } });
        expect(known.status).toBe(304);
      }
    }
  });

  it("a replay is there with all of its segments, and never its marker", async () => {
    const files = Object.fromEntries(Array.from({ length: 11 }, (_, number) => [`s${String(number + 1).padStart(6, "0")}.m4s`, BYTES]));
    const playlist = Object.keys(files).join("\n");
    const { id } = await makeAsset({ kind: "REPLAY", fileName: "index.m3u8" }, { ...files, "index.m3u8": playlist });
    const order: string[] = [];
    const noting: Storage = {
      ...objectStore,
      async put(folder, file, ...rest) {
        await objectStore.put(folder, file, ...rest);
        order.push(file);
      },
    };
    await startUploader(noting).work();
    expect(order.toSorted()).toEqual(["index.m3u8", ...Object.keys(files)]);
    expect(order.at(-1)).toBe("index.m3u8");
    const { url } = await find(id);
    rmSync(join(assetRoot, id), { recursive: true });
    await waitUntil(
      async () => (await fetch(at(server, url!))).text(),
      (text) => text === playlist,
    );
    const segment = await fetch(new URL("s000011.m4s", at(server, url!)));
    expect(Buffer.from(await segment.arrayBuffer()).equals(BYTES)).toBe(true);
    expect((await fetch(new URL("s000012.m4s", at(server, url!)))).status).toBe(404);
    expect(await isStored(id, ".asset.json")).toBe(false);
  });

  it("what is being made or failed stays with its encoder", async () => {
    const [making, failed] = [await makeAsset({ status: "IN_PROGRESS" }), await makeAsset({ status: "FAILED", reason: "It broke." })];
    await startUploader().work();
    for (const { id } of [making, failed]) expect([await isStored(id), existsSync(join(assetRoot, id))]).toEqual([false, true]);
    await agent.tell({ ...making, status: "READY" });
    await startUploader().work();
    expect(await isStored(making.id)).toBe(true);
  });

  it("deleted ones leave it with the next sweep, and their rows with them", async () => {
    const [kept, deleted] = [await makeAsset(), await makeAsset()];
    const uploader = startUploader();
    await uploader.work();
    const { url } = await find(deleted.id);
    await holder.graphql(DeleteAssetsDocument, { input: { ids: [deleted.id] } });
    await sweep();
    expect([await isStored(deleted.id), [...(await rowsOf(deleted.id))]]).toEqual([false, []]);
    expect([await isStored(kept.id), (await rowsOf(kept.id)).length]).toEqual([true, 2]);
    await waitUntil(
      async () => (await fetch(at(server, url!))).status,
      (status) => status === 404,
    );
  });

  it("one that is deleted while it goes up leaves nothing there", async () => {
    const { id } = await makeAsset({ kind: "REPLAY", fileName: "index.m3u8" }, { "index.m3u8": "#EXTM3U", "s000001.m4s": BYTES });
    const deleting: Storage = {
      ...objectStore,
      async put(folder, file, ...rest) {
        await objectStore.put(folder, file, ...rest);
        if (file === "s000001.m4s") await holder.graphql(DeleteAssetsDocument, { input: { ids: [id] } });
      },
    };
    await startUploader(deleting).work();
    expect([await isStored(id, "s000001.m4s"), await isStored(id, "index.m3u8")]).toEqual([false, false]);
    expect([...(await rowsOf(id))].map(({ source }) => source)).toEqual(["asset", "stored"]);
    await sweep();
    expect([...(await rowsOf(id))].map(({ source }) => source)).toEqual(["asset"]);
  });

  it("what an upload left that was cut off goes with its asset, and is looked for as long as somebody may be at it", async () => {
    const { id } = await makeAsset({ kind: "REPLAY", fileName: "index.m3u8" }, { "index.m3u8": "#EXTM3U", "s000001.m4s": BYTES });
    const breaking: Storage = {
      ...objectStore,
      async put(folder, file, ...rest) {
        if (file === "index.m3u8") throw new Error("The encoder was killed here.");
        await objectStore.put(folder, file, ...rest);
      },
    };
    await startUploader(breaking).work();
    expect([await isStored(id, "s000001.m4s"), (await find(id)).status]).toEqual([true, "READY"]);
    await holder.database.executor.execute(sql`delete from assets where id = ${id}`);
    await sweep();
    expect(await isStored(id, "s000001.m4s")).toBe(false);
    expect([...(await rowsOf(id))].map(({ source }) => source)).toEqual(["stored"]);
    await holder.database.executor.execute(sql`update stored_assets set begun_at = now() - interval '25 hours'`);
    await sweep();
    expect([...(await rowsOf(id))]).toEqual([]);
  });

  it("one that cannot go up is tried again, holds up no other, and stays where it is", async () => {
    const [bad, good] = [await makeAsset(), await makeAsset()];
    let isAway = true;
    const refusing: Storage = {
      ...objectStore,
      async put(folder, ...rest) {
        if (isAway && folder === bad.id) throw new Error("The store is full.");
        await objectStore.put(folder, ...rest);
      },
    };
    await startUploader(refusing).work();
    expect([await isStored(bad.id), await isStored(good.id)]).toEqual([false, true]);
    const { url } = await find(bad.id);
    expect((await fetch(at(holder, url!))).status).toBe(200);
    isAway = false;
    await startUploader(refusing).work();
    expect(await isStored(bad.id)).toBe(true);
    expect(readdirSync(join(assetRoot, bad.id))).toContain("recording.mp4");
  });
});

describe("an object store that is away", () => {
  it("loses nothing: what is whole stays with its encoder, what is asked for is told so, and what is deleted goes once it is back", async () => {
    const root = join(directory, "away");
    const assetRoot = join(root, "assets");
    mkdirSync(assetRoot, { recursive: true });
    const settings = { ...swift.settings, prefix: "away" };
    // What is away is given up soon, and what is there gets all the time that it needs.
    const [patient, objectStore] = [createS3Storage(settings), createS3Storage({ ...settings, silenceMilliseconds: 300 })];
    const identity = await claimEncoderIdentity(root);
    const own = { assetRoot, mediaRoot: join(root, "media"), currentId: () => identity.encoderId };
    const server = await startTestServer({ assets: { own, objectStore }, metricsToken: "metrics-token-of-this-test" });
    const assets = await openAssetWorld(server);
    const agent = await assets.startAgent({ identity, mediaAddress: server.url });
    const session = await assets.startSession(agent.runner, [RECORDING]);
    const common = { database: server.database, bell: server.context.bell, clock: systemClock, log: silentLog };
    const startUploader = (storage: Storage) =>
      createAssetUploader({ ...common, assetRoot, objectStore: storage, encoderId: agent.agent.encoderId, leftMilliseconds: 0 });
    const sweep = (storage: Storage) => sweepStoredAssets({ ...common, objectStore: storage, retention: { days: null, bytes: null } });
    const make = async () => {
      const report = session.report();
      mkdirSync(join(assetRoot, report.id));
      writeFileSync(join(assetRoot, report.id, "recording.mp4"), BYTES);
      await agent.tell(report);
      return report.id;
    };
    const urlOf = async (id: string) => {
      const { nodes } = (await server.graphql(AssetsDocument, {})).assets;
      return nodes.find((asset) => asset.id === id)!.url!.replace("http://127.0.0.1:4000", server.url);
    };
    const moved = await make();
    const uploader = startUploader(patient);
    await uploader.work();
    await uploader.work();
    expect(existsSync(join(assetRoot, moved))).toBe(false);

    swift.pause();
    const waiting = await make();
    await startUploader(objectStore).work();
    expect([existsSync(join(assetRoot, waiting)), (await fetch(await urlOf(waiting))).status]).toEqual([true, 200]);
    const away = await fetch(await urlOf(moved));
    expect([away.status, away.headers.get("retry-after")]).toEqual([503, "5"]);
    const metrics = await (
      await fetch(`${server.url}/metrics`, { headers: { authorization: "Bearer metrics-token-of-this-test" } })
    ).text();
    expect(metrics).toContain("\nheadend_object_store_uploads 1\n");
    const address = await urlOf(moved);
    await server.graphql(DeleteAssetsDocument, { input: { ids: [moved] } });
    await expect(sweep(objectStore)).rejects.toThrow();
    await waitUntil(
      async () => (await fetch(address)).status,
      (status) => status === 404,
    );

    swift.resume();
    await startUploader(patient).work();
    await sweep(patient);
    const left = async (id: string) => (await patient.open(id, "recording.mp4")) !== null;
    expect([await left(waiting), await left(moved)]).toEqual([true, false]);
    const rows = await server.database.executor.execute<{ id: string }>(sql`select id from assets`);
    expect(rows.map(({ id }) => id)).toEqual([waiting]);
    await assets.close();
    await server.stop();
    [patient, objectStore].forEach((storage) => storage.close());
  });
});
