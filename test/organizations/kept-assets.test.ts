import { afterAll, beforeAll, expect, it } from "vitest";
import { setKeptAssets } from "../../src/organizations/set-kept-assets.ts";
import { WhoAmIDocument } from "../generated/documents.ts";
import { startTestServer, type TestCaller, type TestServer } from "../support/server.ts";

let unlimited: TestServer;
let limited: TestServer;
beforeAll(async () => {
  unlimited = await startTestServer();
  limited = await startTestServer({ share: unlimited, assetRetention: { days: 30, bytes: 500_000_000_000 } });
});
afterAll(async () => {
  await limited.stop();
  await unlimited.stop();
});

const NODE = "query ($id: ID!) { node(id: $id) { ... on Organization { assetRetentionDays assetGigabytes } } }";

/** What an organization is told that it keeps, as its caller and by its id. */
async function keptOf(caller: TestCaller) {
  const { organization } = (await caller.graphql(WhoAmIDocument)).caller;
  const { assetRetentionDays, assetGigabytes } = organization;
  expect((await caller.graphql(NODE, { id: organization.id })).node).toEqual({ assetRetentionDays, assetGigabytes });
  return [assetRetentionDays, assetGigabytes];
}

it("an organization sees what it keeps of its assets: its own limits, and where it has none those of the installation", async () => {
  const viewer = await unlimited.callerOfLevel("VIEWER");
  const limitedViewer = await limited.callerOfLevel("VIEWER");
  const set = (limits: Parameters<typeof setKeptAssets>[1]["limits"]) =>
    setKeptAssets(unlimited.database, { name: unlimited.organizationId, limits });
  expect([await keptOf(viewer), await keptOf(limitedViewer)]).toEqual([
    [null, null],
    [30, 500],
  ]);
  await set({ days: 7 });
  expect([await keptOf(viewer), await keptOf(limitedViewer)]).toEqual([
    [7, null],
    [7, 500],
  ]);
  await set({ days: "OFF", gigabytes: 1_000_000 });
  expect([await keptOf(viewer), await keptOf(limitedViewer)]).toEqual([
    [null, 1_000_000],
    [null, 1_000_000],
  ]);
  await set({ days: "DEFAULT", gigabytes: "OFF" });
  expect([await keptOf(viewer), await keptOf(limitedViewer)]).toEqual([
    [null, null],
    [30, null],
  ]);
  // Nobody else's.
  expect(await keptOf(await limited.otherOrganization())).toEqual([30, 500]);
});
