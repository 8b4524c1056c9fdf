import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sweepStoredAssets } from "../../src/assets/sweep-assets.ts";
import type { AssetReport } from "../../src/encoder/asset-teller.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { newIdentifier } from "../../src/shared/identifier.ts";
import { silentLog, waitUntil } from "../encoder/world.ts";
import {
  AssetsDocument,
  CreateClipDocument,
  DeleteAssetsDocument,
  ShareAssetDocument,
  type AssetRowFragment,
  type CreateClipInput,
} from "../generated/documents.ts";
import { startTestServer, type TestCaller, type TestServer } from "../support/server.ts";
import { openAssetWorld, type AssetWorld, type StartedSession, type TellingAgent } from "./asset-world.ts";

let server: TestServer;
let assets: AssetWorld;
let agent: TellingAgent;
let session: StartedSession;
let isStorageLow = false;

beforeAll(async () => {
  server = await startTestServer();
  assets = await openAssetWorld(server);
});
beforeEach(async () => {
  isStorageLow = false;
  agent = await assets.startAgent({ isStorageLow: () => isStorageLow });
  session = await assets.startSession(agent.runner, [{ kind: "REPLAY", isEnabled: true, sync: true }]);
});
afterEach(async () => {
  await server.database.executor.execute(sql`delete from assets`);
  await assets.world.reset();
});
afterAll(async () => {
  await assets.close();
  await server.stop();
});

async function makeReplay(rest: Partial<AssetReport> = {}): Promise<AssetReport> {
  const report = session.report({ kind: "REPLAY", fileName: "index.m3u8", durationSeconds: 60, ...rest });
  await agent.tell(report);
  return report;
}

const create = async (input: CreateClipInput, caller: TestCaller = server) =>
  (await caller.graphql(CreateClipDocument, { input })).createClip;
const clipsOf = async (caller: TestCaller = server): Promise<readonly AssetRowFragment[]> =>
  (await caller.graphql(AssetsDocument, { kind: ["CLIP"] })).assets.nodes;
const cues = (cueInSeconds = 10, cueOutSeconds = 20) => ({ cueInSeconds, cueOutSeconds });

describe("asking for a clip", () => {
  it("gives an asset of its own that is being made, of the replay's run, with a share URL, and leaves a change and an entry of the audit", async () => {
    const replay = await makeReplay();
    const { asset, userErrors } = await create({ assetId: replay.id, ...cues(), name: "The goal" });
    expect(userErrors).toEqual([]);
    expect(asset).toMatchObject({
      ...{
        kind: "CLIP",
        status: "IN_PROGRESS",
        name: "The goal",
        fileName: "clip.mp4",
        contentType: "video/mp4",
        url: null,
        process: null,
      },
      ...{ session: { id: session.sessionId }, run: { id: session.runId }, playbackName: "Web", renditionName: "720p" },
      ...{ shareUrl: expect.stringMatching(/\/share\/[0-9a-z]{26}$/) as unknown, shareExpiresAt: null },
    });
    const changes = await server.database.executor.execute<{ kind: string; actor: string }>(
      sql`select kind, actor from changes where object_id = ${asset!.id}`,
    );
    expect([...changes]).toEqual([{ kind: "CREATED", actor: "key:First admin key" }]);
    const audit = await server.graphql<{ auditEntries: { nodes: readonly object[] } }>(
      `query ($id: ID!) { auditEntries(objectId: $id) { nodes { verb outcome objectIds } } }`,
      { id: asset!.id },
    );
    expect(audit.auditEntries.nodes).toEqual([{ verb: "CREATE", outcome: "ACCEPTED", objectIds: [asset!.id, replay.id] }]);
  });

  it.each([
    ["before the replay", cues(-1, 20), ["INVALID_VALUE", "cueInSeconds"]],
    ["backwards", cues(20, 10), ["INVALID_VALUE", "cueOutSeconds"]],
    ["of less than five seconds", cues(10, 14.9), ["INVALID_VALUE", "cueOutSeconds"]],
    ["of more than half an hour", cues(0, 1_801), ["INVALID_VALUE", "cueOutSeconds"]],
    ["beyond the replay", cues(50, 60.2), ["INVALID_VALUE", "cueOutSeconds"]],
    ["of five seconds", cues(6.4, 11.4), null],
    ["to the very end", cues(50, 60), null],
  ])("%s", async (_, times, expected) => {
    const { asset, userErrors } = await create({ assetId: (await makeReplay()).id, ...times });
    expect(userErrors.map(({ code, path }) => [code, path.at(-1)])).toEqual(expected === null ? [] : [expected]);
    expect([asset === null, (await clipsOf()).length]).toEqual(expected === null ? [false, 1] : [true, 0]);
  });

  it("looks at the clock for how long a running replay can be, and at what that has dropped", async () => {
    const startedAt = new Date(Date.now() - 100_000).toISOString();
    const running = await makeReplay({ status: "IN_PROGRESS", durationSeconds: 60, createdAt: startedAt });
    expect((await create({ assetId: running.id, ...cues(90, 105) })).userErrors).toEqual([]);
    expect((await create({ assetId: running.id, ...cues(90, 150) })).userErrors).toMatchObject([
      { code: "INVALID_VALUE", message: expect.stringMatching(/^The replay ends at second 11\d\.\d\.$/) as unknown },
    ]);
    const newest = await makeReplay({ durationSeconds: 20, droppedSeconds: 40 });
    expect((await create({ assetId: newest.id, ...cues(45, 55) })).userErrors).toEqual([]);
    expect((await create({ assetId: newest.id, ...cues(35, 55) })).userErrors).toMatchObject([
      { code: "INVALID_VALUE", message: "The replay does not keep what was before second 40.0 any more.", path: ["input", "cueInSeconds"] },
    ]);
  });

  it("is refused of what is no replay, of one that failed, is deleted or another organization's", async () => {
    const recording = await makeReplay({ kind: "RECORDING" });
    const failed = await makeReplay({ status: "FAILED" });
    const deleted = await makeReplay();
    await server.graphql(DeleteAssetsDocument, { input: { ids: [deleted.id] } });
    const foreign = await server.otherOrganization();
    const refusals = async (assetId: string, caller?: TestCaller) =>
      (await create({ assetId, ...cues() }, caller)).userErrors.map(({ code, path }) => [code, ...path]);
    expect(await refusals(recording.id)).toEqual([["NOT_APPLICABLE", "input", "assetId"]]);
    expect(await refusals(failed.id)).toEqual([["INVALID_STATE", "input", "assetId"]]);
    expect(await refusals(deleted.id)).toEqual([["NOT_FOUND", "input", "assetId"]]);
    expect(await refusals((await makeReplay()).id, foreign)).toEqual([["NOT_FOUND", "input", "assetId"]]);
    expect(await refusals(newIdentifier("asset"))).toEqual([["NOT_FOUND", "input", "assetId"]]);
    expect(await refusals("../../etc")).toEqual([["NOT_FOUND", "input", "assetId"]]);
    expect(await clipsOf()).toEqual([]);
  });

  it("wants an editor of an organization with the package, and the encoder of the replay", async () => {
    const replay = await makeReplay();
    const operator = await server.callerOfLevel("OPERATOR");
    expect((await create({ assetId: replay.id, ...cues() }, operator)).userErrors).toMatchObject([{ code: "ACCESS_LEVEL_REQUIRED" }]);
    const editor = await server.callerOfLevel("EDITOR");
    expect((await create({ assetId: replay.id, ...cues() }, editor)).userErrors).toEqual([]);
    const setPackages = (packages: readonly string[]) =>
      server.database.executor.execute(
        sql`update organizations set packages = ${`{${packages.join(",")}}`}::text[] where id = ${server.organizationId}`,
      );
    await setPackages(["EVENTS"]);
    expect((await create({ assetId: replay.id, ...cues() })).userErrors).toMatchObject([{ code: "PACKAGE_REQUIRED" }]);
    await setPackages(["LIVE_PROCESSING", "EVENTS"]);
    await agent.agent.close();
    expect((await create({ assetId: replay.id, ...cues() })).userErrors).toMatchObject([
      { code: "INVALID_STATE", message: "The encoder that keeps the replay is away. Try again when it is back." },
    ]);
  });

  it("is refused while the disk of the encoder is nearly full, and no longer once there is room", async () => {
    const replay = await makeReplay();
    const knownAs = (isLow: boolean) =>
      waitUntil(
        async () => (await server.graphql<{ encoders: readonly { isStorageLow: boolean }[] }>("{ encoders { isStorageLow } }")).encoders,
        ([encoder]) => encoder?.isStorageLow === isLow,
      );
    await knownAs(false);
    isStorageLow = true;
    await knownAs(true);
    expect(await create({ assetId: replay.id, ...cues() })).toMatchObject({
      asset: null,
      userErrors: [
        {
          ...{ code: "INVALID_STATE", path: ["input", "assetId"] },
          message: "The encoder's disk is nearly full. Delete assets that are no longer needed, or try again when there is room.",
        },
      ],
    });
    expect(await clipsOf()).toEqual([]);
    isStorageLow = false;
    await knownAs(false);
    expect((await create({ assetId: replay.id, ...cues() })).userErrors).toEqual([]);
  });

  it("is answered once for a key", async () => {
    const replay = await makeReplay();
    const input = { assetId: replay.id, ...cues(), idempotencyKey: newIdentifier("asset") };
    const [first, ...others] = await Promise.all([create(input), create(input), create(input)]);
    expect(others.map(({ asset }) => asset?.id)).toEqual([first.asset?.id, first.asset?.id]);
    expect((await create({ ...input, cueOutSeconds: 25 })).userErrors).toMatchObject([{ code: "IDEMPOTENCY_KEY_REUSED" }]);
    expect(await clipsOf()).toHaveLength(1);
  });

  it("is refused while twenty are waited for, however many ask at once", async () => {
    const replay = await makeReplay();
    const answers = await Promise.all(Array.from({ length: 25 }, () => create({ assetId: replay.id, ...cues() })));
    const refused = answers.flatMap(({ userErrors }) => userErrors.map(({ code }) => code));
    expect([answers.filter(({ asset }) => asset).length, refused]).toEqual([20, Array<string>(5).fill("TOO_MANY_ITEMS")]);
    const [oldest] = await clipsOf();
    await agent.tell({
      ...session.report(),
      id: oldest!.id,
      kind: "CLIP",
      processId: null,
      fileName: "clip.mp4",
      status: "FAILED",
      reason: "No.",
    });
    expect((await create({ assetId: replay.id, ...cues() })).userErrors).toEqual([]);
  });
});

describe("a clip", () => {
  it("can be given an end of its share, or lose it, while it is made; deleted it can be only then", async () => {
    const { asset } = await create({ assetId: (await makeReplay()).id, ...cues() });
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const share = async (isShared: boolean) =>
      (await server.graphql(ShareAssetDocument, { input: { id: asset!.id, isShared, ...(isShared ? { expiresAt } : {}) } })).shareAsset;
    expect(await share(true)).toMatchObject({ userErrors: [], asset: { shareUrl: asset!.shareUrl, shareExpiresAt: expiresAt } });
    expect(await share(false)).toMatchObject({ userErrors: [], asset: { shareUrl: null } });
    const remove = async () => (await server.graphql(DeleteAssetsDocument, { input: { ids: [asset!.id] } })).deleteAssets.userErrors;
    expect(await remove()).toMatchObject([
      { code: "INVALID_STATE", message: "The clip is still being made. Wait until it is READY or FAILED." },
    ]);
    await agent.tell({ ...session.report(), id: asset!.id, kind: "CLIP", processId: null });
    expect(await remove()).toEqual([]);
  });

  it("that was deleted does not come back by what its encoder tells late", async () => {
    const { asset } = await create({ assetId: (await makeReplay()).id, ...cues() });
    const told = { ...session.report(), id: asset!.id, kind: "CLIP" as const, processId: null };
    await server.database.executor.execute(sql`delete from assets where id = ${asset!.id}`);
    await agent.tell(told);
    expect(await clipsOf()).toEqual([]);
  });

  it("fails once its encoder has been away for an hour, and not before", async () => {
    const { asset } = await create({ assetId: (await makeReplay()).id, ...cues() });
    await agent.agent.close();
    const sweep = () =>
      sweepStoredAssets({
        ...{ database: server.database, bell: server.context.bell, clock: systemClock, log: silentLog },
        ...{ retention: { days: null, bytes: null }, objectStore: null },
      });
    const age = (minutes: number) =>
      server.database.executor.execute(sql`
        with aged as (update encoders set last_seen_at = now() - make_interval(mins => ${minutes}))
        update assets set created_at = now() - make_interval(mins => ${minutes + 5}) where id = ${asset!.id}`);
    await age(58);
    await sweep();
    expect(await clipsOf()).toMatchObject([{ status: "IN_PROGRESS" }]);
    await age(61);
    await sweep();
    expect(await clipsOf()).toMatchObject([
      { status: "FAILED", statusReason: "Its encoder has been away for an hour, and has not made it." },
    ]);
  });
});
