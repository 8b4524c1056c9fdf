import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { writeAssetReports } from "../../src/encoder/asset-report.store.ts";
import { required } from "../../src/shared/assert.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { newIdentifier } from "../../src/shared/identifier.ts";
import { silentLog, waitUntil } from "../encoder/world.ts";
import {
  AssetsDocument,
  DeleteAssetsDocument,
  ProcessAssetsDocument,
  ProcessChangesDocument,
  RemoveProcessesDocument,
  ShareAssetDocument,
  type AssetRowFragment,
  type AssetsQueryVariables,
  type ShareAssetInput,
} from "../generated/documents.ts";
import type { Loose } from "../support/clients.ts";
import { startTestServer, type TestCaller, type TestServer } from "../support/server.ts";
import { openAssetWorld, RECORDING, type AssetWorld } from "./asset-world.ts";

interface Statement {
  readonly text: string;
  readonly parameters: readonly unknown[];
}

let server: TestServer;
/** Another gateway, which does just what it is asked: nothing of an encoder is among its statements. */
let counting: TestServer;
let assets: AssetWorld;
const statements: string[] = [];
/** The same with their parameters. */
const sent: Statement[] = [];

beforeAll(async () => {
  server = await startTestServer();
  counting = await startTestServer({
    share: server,
    onStatement(text, parameters) {
      statements.push(text);
      sent.push({ text, parameters });
    },
  });
  assets = await openAssetWorld(server);
});
afterEach(() => assets.world.reset());
afterAll(async () => {
  await assets.close();
  await counting.stop();
  await server.stop();
});

const list = async (variables: AssetsQueryVariables = {}, caller: TestCaller = server): Promise<readonly AssetRowFragment[]> =>
  (await caller.graphql(AssetsDocument, variables)).assets.nodes;
const share = async (input: ShareAssetInput, caller: TestCaller = server) =>
  (await caller.graphql(ShareAssetDocument, { input })).shareAsset;
const remove = async (ids: readonly string[], caller: TestCaller = server) =>
  (await caller.graphql(DeleteAssetsDocument, { input: { ids: [...ids] } })).deleteAssets;
const codes = (errors: readonly { readonly code: string }[]) => errors.map(({ code }) => code);
const HOUR = 3_600_000;

/** The statement once more, for another connection. */
const asSent = ({ text, parameters }: Statement) =>
  sql.join(text.split(/(\$\d+)/).map((part) => (/^\$\d+$/.test(part) ? sql.param(parameters[Number(part.slice(1)) - 1]) : sql.raw(part))));

async function changesOf(objectId: string): Promise<readonly string[]> {
  const rows = await server.database.executor.execute<{ kind: string }>(
    sql`select kind from changes where object_id = ${objectId} order by id`,
  );
  return rows.map(({ kind }) => kind);
}

describe("an asset", () => {
  it("is as its encoder tells, from its beginning to its end, whatever became of its session meanwhile", async () => {
    const { runner, tell } = await assets.startAgent();
    const { sessionId, runId, processes, report } = await assets.startSession(runner);
    const recording = report({ status: "IN_PROGRESS", bytes: null, durationSeconds: null });
    await tell(recording);
    const [begun] = await list();
    expect(begun).toMatchObject({
      ...{ id: recording.id, kind: "RECORDING", status: "IN_PROGRESS", url: null, urlExpiresAt: null, bytes: null, shareUrl: null },
      ...{ playbackName: "Web", renditionName: "720p", fileName: "recording.mp4", contentType: "video/mp4", statusReason: null },
      ...{ session: { id: sessionId }, process: { id: processes[0]!.id }, run: { id: runId }, createdAt: recording.createdAt },
    });
    expect(begun!.sessionDate).toBe(begun!.run.startedAt);
    await tell({ ...recording, bytes: 500, durationSeconds: 4 });
    expect(await list()).toMatchObject([{ status: "IN_PROGRESS", bytes: 500, durationSeconds: 4 }]);

    await assets.world.stop([sessionId]);
    await waitUntil(
      () => assets.world.view([sessionId]),
      ([view]) => view?.status === "STOPPED",
    );
    expect(await list()).toMatchObject([{ captionsUrl: null }]);
    await tell({ ...recording, status: "READY", bytes: 1_000, durationSeconds: 12.5, captionsFileName: "captions.srt" });
    expect(await list()).toMatchObject([
      {
        ...{ status: "READY", bytes: 1_000, durationSeconds: 12.5, url: expect.any(String) as unknown },
        captionsUrl: expect.stringMatching(/captions\.srt$/) as unknown,
      },
    ]);
    // What is ready stays so, however often and whatever is told again.
    await tell({ ...recording, status: "FAILED", reason: "It broke." });
    expect(await list()).toMatchObject([{ status: "READY", statusReason: null }]);
    expect(await changesOf(recording.id)).toEqual(["CREATED", "STATUS_CHANGED"]);

    await server.graphql(RemoveProcessesDocument, { input: { ids: [processes[0]!.id] } });
    await server.graphql(`mutation ($ids: [ID!]!) { deleteSessions(input: { selection: { ids: $ids } }) { acceptedCount } }`, {
      ids: [sessionId],
    });
    expect(await list()).toMatchObject([
      { id: recording.id, session: null, process: null, run: { id: runId, sessionName: begun!.session!.name } },
    ]);
    expect(await list({ sessionId })).toEqual([]);
  });

  it("that failed is ready once it could be finished after all", async () => {
    const { runner, tell } = await assets.startAgent();
    const { report } = await assets.startSession(runner);
    const recording = report({ status: "FAILED", reason: "The disk is full.\u0000" });
    await tell(recording);
    expect(await list()).toMatchObject([{ status: "FAILED", statusReason: "The disk is full. ", url: null }]);
    await tell({ ...recording, status: "READY", reason: null });
    expect(await list()).toMatchObject([{ status: "READY", statusReason: null }]);
  });

  it("is its encoder's own, and of a run that is there", async () => {
    const { runner, tell } = await assets.startAgent();
    const { report } = await assets.startSession(runner);
    const recording = report({ status: "IN_PROGRESS" });
    await tell(
      recording,
      report({ runId: newIdentifier("run") }),
      report({ runId: "run_0" }),
      report({ id: "../../etc" }),
      report({ bytes: 1.5 }),
    );
    expect((await list()).map(({ id }) => id)).toEqual([recording.id]);
    const other = { database: server.database, clock: systemClock, log: silentLog, encoderId: newIdentifier("encoder") };
    await writeAssetReports(other, [{ ...recording, status: "FAILED", reason: "Not mine." }]);
    expect(await list()).toMatchObject([{ status: "IN_PROGRESS", statusReason: null }]);
  });

  it("of a session that is deleted at the same time is written without it", async () => {
    const { runner, tell } = await assets.startAgent();
    const { sessionId, report } = await assets.startSession(runner);
    await assets.world.stop([sessionId]);
    await waitUntil(
      () => assets.world.view([sessionId]),
      ([view]) => view?.status === "STOPPED",
    );
    const reports = Array.from({ length: 20 }, () => report());
    await Promise.all([tell(...reports), server.database.executor.execute(sql`delete from sessions where id = ${sessionId}`)]);
    expect((await list()).map(({ id }) => id).sort()).toEqual(reports.map(({ id }) => id).sort());
    expect((await list()).every(({ session }) => session === null)).toBe(true);
  });

  it("takes as many statements as five hundred", async () => {
    const { runner, tell } = await assets.startAgent();
    const { report } = await assets.startSession(runner);
    const counts: number[] = [];
    for (const count of [1, 500]) {
      const reports = Array.from({ length: count }, () => report());
      statements.length = 0;
      const encoderId = newIdentifier("encoder");
      await writeAssetReports({ database: counting.database, clock: systemClock, log: silentLog, encoderId }, reports);
      counts.push(statements.filter((statement) => /assets|insert into changes/.test(statement)).length);
    }
    expect(counts).toEqual([3, 3]);
    await tell(report());
  });
});

describe("an address of an asset", () => {
  it("is the same for all who ask within an hour, and good for a day", async () => {
    const { runner, tell } = await assets.startAgent();
    const { report } = await assets.startSession(runner);
    await tell(report());
    const [[one], [other]] = [await list(), await list()];
    expect(one!.url).toBe(other!.url);
    expect(one!.url).toMatch(/^http:\/\/127\.0\.0\.1:4000\/assets\/asset_\w{26}\/\d+-[\w-]{32}\/recording\.mp4$/);
    const left = Date.parse(one!.urlExpiresAt!) - Date.now();
    expect(left).toBeGreaterThan(24 * HOUR - 60_000);
    expect(left).toBeLessThanOrEqual(25 * HOUR);
    expect(Date.parse(one!.urlExpiresAt!) % HOUR).toBe(0);
  });

  it("is there for a replay that is being made, and for nothing whose encoder is away", async () => {
    const { agent, runner, tell } = await assets.startAgent();
    const { report } = await assets.startSession(runner);
    await tell(report({ kind: "REPLAY", status: "IN_PROGRESS", fileName: "index.m3u8" }), report());
    expect((await list()).map(({ url }) => url !== null)).toEqual([true, true]);
    await agent.close();
    expect((await list()).map(({ url }) => url)).toEqual([null, null]);
  });
});

describe("assets", () => {
  it("are listed newest first, by kind, status, session and time, of processes and of runs", async () => {
    const { runner, tell } = await assets.startAgent();
    const { sessionId, runId, processes, report } = await assets.startSession(runner, [
      RECORDING,
      { kind: "REPLAY", isEnabled: true, sync: true },
    ]);
    const other = await assets.startSession(runner);
    const [recording, replay] = processes;
    const at = (minute: number) => new Date(Date.UTC(2026, 0, 31, 12, minute)).toISOString();
    const made = [
      report({ createdAt: at(1) }),
      report({ createdAt: at(2), kind: "REPLAY", processId: replay!.id, status: "IN_PROGRESS" }),
      report({ createdAt: at(3), status: "FAILED" }),
      other.report({ createdAt: at(4) }),
      report({ createdAt: at(5), kind: "REPLAY", processId: null }),
    ];
    await tell(...made);
    await server.database.executor.execute(sql`update assets set kind = 'CLIP' where id = ${made[4]!.id}`);
    const numbersOf = async (variables: AssetsQueryVariables) =>
      (await list(variables)).map(({ id }) => made.findIndex((each) => each.id === id) + 1);
    expect(await numbersOf({})).toEqual([5, 4, 3, 2, 1]);
    expect(await numbersOf({ kind: ["RECORDING"] })).toEqual([4, 3, 1]);
    expect(await numbersOf({ kind: ["REPLAY", "CLIP"] })).toEqual([5, 2]);
    expect(await numbersOf({ kind: [] })).toEqual([]);
    expect(await numbersOf({ status: ["FAILED", "IN_PROGRESS"] })).toEqual([3, 2]);
    expect(await numbersOf({ sessionId })).toEqual([5, 3, 2, 1]);
    expect(await numbersOf({ createdFrom: at(2), createdTo: at(4) })).toEqual([3, 2]);
    const ofProcess = await server.graphql(ProcessAssetsDocument, { id: recording!.id, first: 1 });
    expect(ofProcess.node).toMatchObject({ assets: { totalCount: 2, nodes: [{ id: made[2]!.id }] } });
    const ofRun = await server.graphql(`query ($id: ID!) { node(id: $id) { ... on Run { assets { totalCount nodes { id } } } } }`, {
      id: runId,
    });
    expect((ofRun["node"] as Loose)["assets"]).toMatchObject({ totalCount: 4 });
    const node = `query ($id: ID!) { node(id: $id) { __typename id } }`;
    expect(await server.graphql(node, { id: made[0]!.id })).toEqual({ node: { __typename: "Asset", id: made[0]!.id } });
    const stranger = await server.otherOrganization();
    expect(await list({}, stranger)).toEqual([]);
    expect(await stranger.graphql(node, { id: made[0]!.id })).toEqual({ node: null });
  });

  describe("of an organization that has ten thousand", () => {
    interface Page {
      readonly nodes: readonly { readonly id: string }[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null };
    }
    const PAGE = `query ($first: Int!, $after: String, $kind: [AssetKind!]) {
      assets(first: $first, after: $after, kind: $kind) { nodes { id } pageInfo { hasNextPage endCursor } } }`;
    const readPage = async (reader: TestServer, variables: object): Promise<Page> => (await reader.graphql(PAGE, variables)).assets;

    const makeMany = async () => {
      const { runner, tell } = await assets.startAgent();
      const { report } = await assets.startSession(runner);
      const first = report();
      await tell(first);
      await server.database.executor.execute(sql`
        insert into assets (id, organization_id, kind, status, run_id, session_id, encoder_id, file_name, content_type, created_at)
        select 'asset_' || lpad(n::text, 26, '0'), organization_id, case when n % 10 = 0 then 'REPLAY' else 'RECORDING' end, 'READY', run_id,
          session_id, encoder_id, file_name, content_type, '2026-01-01'::timestamptz + (n / 3) * interval '1 minute'
        from assets, generate_series(1, 10000) n where id = ${first.id}`);
      await server.database.executor.execute(sql`analyze assets`);
    };
    /** What a page's own statements read of the table: rows of a scan of all of it, and rows that an index leads to. */
    async function readingOf(variables: object): Promise<{ readonly page: Page; readonly whole: number; readonly entries: number }> {
      sent.length = 0;
      const page = await readPage(counting, variables);
      const statement = required(
        sent.find(({ text }) => text.includes(`from "assets"`)),
        "page",
      );
      // Whatever else runs meanwhile counts elsewhere: a transaction asks for what itself did.
      return server.database.transaction("reading", async (transaction) => {
        const counters = async () => {
          const [row] = await transaction.execute<{ whole: number; entries: number }>(sql`
            select seq_tup_read::integer as whole, idx_tup_fetch::integer as entries
            from pg_stat_xact_user_tables where relname = 'assets'`);
          return required(row, "counters");
        };
        const before = await counters();
        await transaction.execute(asSent(statement));
        const after = await counters();
        return { page, whole: after.whole - before.whole, entries: after.entries - before.entries };
      });
    }

    it("are paged in constant time", async () => {
      await makeMany();
      for (const kind of [null, ["REPLAY" as const]]) {
        const seen: string[] = [];
        const entries: number[] = [];
        let after: string | null = null;
        for (let hasNext = true; hasNext;) {
          const { page, ...reading } = await readingOf({ first: 50, after, kind });
          seen.push(...page.nodes.map(({ id }) => id));
          // Never the whole table.
          expect(reading.whole).toBe(0);
          entries.push(reading.entries);
          after = page.pageInfo.endCursor ?? null;
          hasNext = page.pageInfo.hasNextPage;
        }
        expect(new Set(seen).size).toBe(seen.length);
        expect(seen.length).toBe(kind === null ? 10_001 : 1_000);
        // Every page reads its own rows and the next one, and hardly another; the last one has fewer.
        for (const read of entries.slice(0, -1)) {
          expect(read).toBeGreaterThanOrEqual(50);
          expect(read).toBeLessThanOrEqual(53);
        }
      }
    });
  });

  it("of a page take as many statements as one", async () => {
    const { runner, tell } = await assets.startAgent();
    const { sessionId, report } = await assets.startSession(runner);
    const counts: number[] = [];
    for (const count of [1, 30]) {
      await tell(...Array.from({ length: count }, () => report()));
      statements.length = 0;
      await list({ sessionId }, counting);
      counts.push(statements.filter((statement) => /"(assets|processes|sessions|playbacks|renditions|runs)"/.test(statement)).length);
    }
    expect(counts[1]).toBe(counts[0]);
  });
});

describe("shareAsset", () => {
  it("gives an address that stays until it is withdrawn, and another one after that", async () => {
    const { runner, tell } = await assets.startAgent();
    const { report } = await assets.startSession(runner);
    const recording = report();
    await tell(recording);
    const { id } = recording;
    const shared = await share({ id, isShared: true });
    expect(shared).toMatchObject({ asset: { id, shareExpiresAt: null }, userErrors: [] });
    const address = shared.asset!.shareUrl!;
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:4000\/share\/[0-9a-z]{26}$/);
    const expiresAt = new Date(Date.now() + HOUR).toISOString();
    expect((await share({ id, isShared: true, expiresAt })).asset).toMatchObject({ shareUrl: address, shareExpiresAt: expiresAt });
    expect((await share({ id, isShared: false })).asset).toMatchObject({ shareUrl: null, shareExpiresAt: null });
    expect((await share({ id, isShared: true })).asset!.shareUrl).not.toBe(address);
    expect((await changesOf(id)).slice(1)).toEqual(["UPDATED", "UPDATED", "UPDATED", "UPDATED"]);
    const { auditEntries } = await server.graphql(`query ($id: ID!) { auditEntries(objectId: $id) { nodes { verb outcome } } }`, { id });
    expect((auditEntries as Loose)["nodes"]).toHaveLength(4);
  });

  it("refuses what has nothing to open, an end that is past, who may not, and what is another's", async () => {
    const { runner, tell } = await assets.startAgent();
    const { report } = await assets.startSession(runner);
    const [making, ready, replay] = [report({ status: "IN_PROGRESS" }), report(), report({ kind: "REPLAY", status: "IN_PROGRESS" })];
    await tell(making, ready, replay);
    expect(codes((await share({ id: making.id, isShared: true })).userErrors)).toEqual(["INVALID_STATE"]);
    expect(codes((await share({ id: replay.id, isShared: true })).userErrors)).toEqual([]);
    const past = await share({ id: ready.id, isShared: true, expiresAt: "2026-01-31T12:00:00.000Z" });
    expect(past.userErrors).toMatchObject([{ code: "INVALID_VALUE", path: ["input", "expiresAt"] }]);
    expect(codes((await share({ id: "asset_0", isShared: true })).userErrors)).toEqual(["NOT_FOUND"]);
    expect(codes((await share({ id: ready.id, isShared: true }, await server.callerOfLevel("OPERATOR"))).userErrors)).toEqual([
      "ACCESS_LEVEL_REQUIRED",
    ]);
    expect(codes((await share({ id: ready.id, isShared: true }, await server.otherOrganization())).userErrors)).toEqual(["NOT_FOUND"]);
  });
});

describe("deleteAssets", () => {
  it("takes assets off every list at once, all or none", async () => {
    const { runner, tell } = await assets.startAgent();
    const { processes, report } = await assets.startSession(runner);
    const [one, two, making] = [report(), report({ status: "FAILED" }), report({ status: "IN_PROGRESS" })];
    await tell(one, two, making);
    const refused = await remove([one.id, making.id, "asset_0", one.id]);
    expect(refused).toMatchObject({
      deletedIds: [],
      userErrors: [
        { code: "INVALID_STATE", path: ["input", "ids", "1"] },
        { code: "NOT_FOUND", path: ["input", "ids", "2"] },
        { code: "DUPLICATE_ID", path: ["input", "ids", "3"] },
      ],
    });
    expect(codes((await remove([one.id], await server.callerOfLevel("OPERATOR"))).userErrors)).toEqual(["ACCESS_LEVEL_REQUIRED"]);
    expect(codes((await remove([one.id], await server.otherOrganization())).userErrors)).toEqual(["NOT_FOUND"]);
    expect(await list()).toHaveLength(3);
    expect(await remove([two.id, one.id])).toEqual({ deletedIds: [two.id, one.id], userErrors: [] });
    expect((await list()).map(({ id }) => id)).toEqual([making.id]);
    expect(await server.graphql(`query ($id: ID!) { node(id: $id) { id } }`, { id: one.id })).toEqual({ node: null });
    expect((await server.graphql(ProcessAssetsDocument, { id: processes[0]!.id })).node).toMatchObject({ assets: { totalCount: 1 } });
    expect(codes((await remove([one.id])).userErrors)).toEqual(["NOT_FOUND"]);
    expect((await changesOf(one.id)).at(-1)).toBe("DELETED");
    // An encoder that tells of it once more does not bring it back.
    await tell(one);
    expect(await list()).toHaveLength(1);
  });

  it("and shareAsset want the package", async () => {
    const { runner, tell } = await assets.startAgent();
    const { report } = await assets.startSession(runner);
    const recording = report();
    await tell(recording);
    await server.database.executor.execute(sql`update organizations set packages = '{EVENTS}' where id = ${server.organizationId}`);
    try {
      expect(codes((await remove([recording.id])).userErrors)).toEqual(["PACKAGE_REQUIRED"]);
      expect(codes((await share({ id: recording.id, isShared: true })).userErrors)).toEqual(["PACKAGE_REQUIRED"]);
      expect(await list()).toHaveLength(1);
    } finally {
      await server.database.executor.execute(
        sql`update organizations set packages = '{EVENTS,LIVE_PROCESSING}' where id = ${server.organizationId}`,
      );
    }
  });
});

describe("processChanges", () => {
  it("tell activity and new assets of a session, after a snapshot of its processes, and resume", async () => {
    const { runner, tell } = await assets.startAgent();
    const { sessionId, processes, report } = await assets.startSession(runner);
    const other = await assets.startSession(runner);
    const [process] = processes;
    const changes = server.subscribe(ProcessChangesDocument, { sessionId, snapshot: true });
    const next = async () => (await changes.next()).processChanges;
    expect(await next()).toMatchObject({
      kind: "SNAPSHOT",
      processId: process!.id,
      process: { id: process!.id, isActive: false },
      assetId: null,
    });
    const { cursor } = await next();

    const content = { reason: null, contentVersion: null, contentType: null, contentAt: null };
    runner.observe(sessionId, { processes: [{ processId: process!.id, isActive: true, health: "OK", ...content }] });
    expect(await next()).toMatchObject({ kind: "STATUS_CHANGED", process: { id: process!.id, isActive: true }, asset: null });
    const recording = report({ status: "IN_PROGRESS" });
    await tell(other.report(), recording);
    expect(await next()).toMatchObject({
      ...{
        kind: "CREATED",
        processId: process!.id,
        process: { kind: "RECORDING" },
        assetId: recording.id,
        asset: { status: "IN_PROGRESS" },
      },
    });
    await tell({ ...recording, bytes: 5 });
    await tell({ ...recording, status: "READY" });
    expect(await next()).toMatchObject({ kind: "STATUS_CHANGED", asset: { id: recording.id, status: "READY" } });
    await remove([recording.id]);
    expect(await next()).toMatchObject({ kind: "DELETED", assetId: recording.id, asset: null });
    await assets.world.stop([sessionId]);
    expect(await next()).toMatchObject({ kind: "STATUS_CHANGED", process: { isActive: false } });
    changes.end();

    const resumed = server.subscribe(ProcessChangesDocument, { sessionId, after: cursor });
    const kinds = (await resumed.until(({ processChanges }) => processChanges.kind === "DELETED")).map(
      ({ processChanges }) => processChanges.kind,
    );
    expect(kinds).toEqual(["STATUS_CHANGED", "CREATED", "STATUS_CHANGED", "DELETED"]);
    resumed.end();
  });
});
