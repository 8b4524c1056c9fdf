import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Database } from "../../src/database/database.ts";
import { createAssetTeller } from "../../src/encoder/asset-teller.ts";
import { claimEncoderIdentity } from "../../src/encoder/encoder-identity.ts";
import { AssetsDocument, type AssetRowFragment } from "../generated/documents.ts";
import { openAssetWorld, RECORDING, type AssetWorld } from "../assets/asset-world.ts";
import { readFrameCodes } from "../support/frame-codes.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { openMediaBench } from "./media-harness.ts";
import { breaksOf, startCodedSource } from "./process-harness.ts";
import { allAre, waitUntil } from "./world.ts";

let server: TestServer;
let assets: AssetWorld;
const closers: (() => Promise<void>)[] = [];
beforeAll(async () => {
  server = await startTestServer();
  assets = await openAssetWorld(server);
});
afterAll(async () => {
  await assets.close();
  for (const close of closers) await close();
  await server.stop();
});

/** A database that can be cut off from one of those that use it. */
function cuttable(database: Database): { readonly database: Database; isCut: boolean } {
  const link = { isCut: false };
  const refuse = (): Promise<never> => Promise.reject(new Error("The database is away."));
  const reachable = <Work extends object>(target: Work): Work =>
    new Proxy(target, {
      get(found, name) {
        const value: unknown = Reflect.get(found, name, found);
        if (typeof value !== "function") return value;
        const call = value as (...given: unknown[]) => unknown;
        return (...given: unknown[]) => (link.isCut ? refuse() : call.apply(found, given));
      },
    });
  return Object.assign(link, {
    database: { ...reachable(database), executor: reachable(database.executor), transaction: reachable(database).transaction },
  });
}

async function startEncoder(database: Database) {
  const root = mkdtempSync(join(tmpdir(), "headend-takeover-"));
  const teller = createAssetTeller();
  const bench = await openMediaBench({ root, teller, graceMilliseconds: 1_000 });
  const agent = await assets.world.startAgent({
    ...{ database, runner: bench.startRunner, assets: teller, capabilities: bench.capabilities },
    ...{ identity: await claimEncoderIdentity(root), mediaAddress: bench.url },
  });
  closers.push(async () => {
    await bench.close();
    rmSync(root, { recursive: true, force: true });
  });
  const codesOf = ({ id, kind }: AssetRowFragment) =>
    readFrameCodes(join(root, "assets", id, kind === "RECORDING" ? "recording.mp4" : "index.m3u8"));
  return { agent, bench, codesOf };
}

const list = async (): Promise<readonly AssetRowFragment[]> => (await server.graphql(AssetsDocument, {})).assets.nodes;

it("of an encoder that another took over from are finished with what they have, beside those of the other", async () => {
  const source = await startCodedSource({ size: "160x90" });
  closers.push(() => source.stop());
  const link = cuttable(server.database);
  const first = await startEncoder(link.database);
  const input = { type: "MULTICAST_PULL", urlA: source.url, urlB: null, failover: null, customStreamKey: null } as const;
  const [sessionId = ""] = await assets.world.createSessions(1, {
    source: { ...input, srtEncryptionEnabled: false, srtPassphrase: null, hlsScte35PassthroughEnabled: false },
  });
  await assets.configure(sessionId, [RECORDING, { kind: "REPLAY", isEnabled: true, sync: true }]);
  await assets.world.start([sessionId]);
  await waitUntil(() => assets.world.view([sessionId]), allAre("RUNNING"), 30_000);
  const begun = await waitUntil(list, (nodes) => nodes.length === 2, 20_000);
  await waitUntil(
    () => [...first.bench.told.values()],
    (told) => told.length === 2,
  );

  link.isCut = true;
  await assets.world.startReaper();
  const second = await startEncoder(server.database);
  const isTaken = () => assets.world.view([sessionId]);
  const taken = ([view]: Awaited<ReturnType<typeof isTaken>>) => view?.status === "RUNNING" && view.encoder_id === second.agent.encoderId();
  await waitUntil(isTaken, taken, 40_000);
  const all = await waitUntil(list, (nodes) => nodes.length === 4, 20_000);
  const away = all.filter(({ id }) => begun.some((each) => each.id === id));
  expect(away).toMatchObject(
    away.map(() => ({ status: "IN_PROGRESS", statusReason: "Its encoder is away, and goes on with it once it is back." })),
  );

  link.isCut = false;
  const isOver = (nodes: readonly AssetRowFragment[]) => nodes.filter(({ status }) => status === "READY").length;
  await waitUntil(list, (nodes) => isOver(nodes) === 2, 40_000);
  await assets.world.stop([sessionId]);
  const made = await waitUntil(list, (nodes) => isOver(nodes) === 4, 40_000);
  expect(new Set(made.map(({ run }) => run.id)).size).toBe(1);
  expect(made.every(({ statusReason, url }) => statusReason === null && url !== null)).toBe(true);
  for (const kind of ["RECORDING", "REPLAY"] as const) {
    const [later, earlier] = made.filter((asset) => asset.kind === kind);
    const codes = { earlier: await first.codesOf(earlier!), later: await second.codesOf(later!) };
    expect([breaksOf(codes.earlier), breaksOf(codes.later)]).toEqual([[], []]);
    // The first one went on for as long as it could not know: nothing of the show is missing between them.
    expect(codes.later[0]).toBeLessThanOrEqual(codes.earlier.at(-1)! + 1);
  }
}, 180_000);
