import { chmodSync, mkdtempSync, readdirSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startCodedSource } from "../encoder/process-harness.ts";
import { AssetsDocument, CreateClipDocument, ShareAssetDocument, type AssetRowFragment } from "../generated/documents.ts";
import { readFrameCodes } from "../support/frame-codes.ts";
import { eventually } from "../support/media.ts";
import { LiveProduct } from "./live-product.ts";

const FRAME_RATE = 25;
const LADDER = { name: "180p", videoCodec: "H264", width: 320, height: 180, videoBitrateKbps: 400, frameRate: 25, audioCodec: "AAC" };
/** As long as this is there, no clip comes to its end. */
const HOLD = "hold";

let product: LiveProduct;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "headend-clips-"));
  const slow = join(directory, "ffmpeg");
  const held = `for last; do :; done; if [ "$last" = "file:clip.mp4.tmp" ] && [ -e "${directory}/${HOLD}" ]; then echo half > clip.mp4.tmp; sleep 60; exit 1; fi`;
  writeFileSync(slow, `#!/bin/sh\n${held}\nexec ffmpeg "$@"\n`);
  chmodSync(slow, 0o755);
  product = await LiveProduct.start({ HEADEND_FFMPEG: slow });
});
afterAll(async () => {
  await product.close();
  rmSync(directory, { recursive: true, force: true });
});

async function find(id: string): Promise<AssetRowFragment> {
  const { nodes } = (await product.client.graphql(AssetsDocument, { first: 50 })).assets;
  return nodes.find((asset) => asset.id === id)!;
}

async function createClip(assetId: string, cueInSeconds: number, cueOutSeconds: number, frameAccurate = true): Promise<AssetRowFragment> {
  const input = { assetId, cueInSeconds, cueOutSeconds, frameAccurate };
  const { createClip: answer } = await product.client.graphql(CreateClipDocument, { input });
  expect(answer.userErrors).toEqual([]);
  return answer.asset!;
}

async function whenReady(id: string): Promise<AssetRowFragment> {
  const clip = await eventually(
    "the clip is made or failed",
    async () => {
      const found = await find(id);
      return found.status !== "IN_PROGRESS" && found;
    },
    60_000,
  );
  expect([clip.status, clip.statusReason]).toEqual(["READY", null]);
  return clip;
}

/** The frames that are at an address, which is opened without credentials. */
async function framesAt(url: string): Promise<readonly number[]> {
  const path = join(directory, "shared.mp4");
  const response = await fetch(url);
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "video/mp4"]);
  writeFileSync(path, Buffer.from(await response.arrayBuffer()));
  return readFrameCodes(path);
}

it("a live stream is clipped while it runs and once it has ended, and a kill of everything leaves no half of a clip", async () => {
  const source = await startCodedSource();
  const templateId = await product.createTemplate("Ladder", [{ ...LADDER, audioBitrateKbps: 64 }]);
  const id = await product.createSession({
    ...{ name: "Show", source: { type: "MULTICAST_PULL", urlA: source.url } },
    playbacks: [{ name: "web", type: "HTTP", hlsEnabled: true, templateId }],
    processes: [{ kind: "REPLAY", isEnabled: true, sync: true }],
  });
  await product.act("startSessions", id);
  await product.untilFine(id);
  const [replay] = await eventually("there is a replay", async () => {
    const { nodes } = (await product.client.graphql(AssetsDocument, { kind: ["REPLAY"] })).assets;
    return nodes.length > 0 && nodes;
  });

  // Of what is still to come: it waits for it.
  const running = await whenReady((await createClip(replay!.id, 1.2, 9.2)).id);
  expect((await find(replay!.id)).status).toBe("IN_PROGRESS");
  const early = await framesAt(running.shareUrl!);
  expect(early.length).toBe(8 * FRAME_RATE);
  expect(early.at(-1)! - early[0]!).toBe(8 * FRAME_RATE - 1);

  await product.act("stopSessions", id);
  await source.stop();
  const ended = await eventually("the replay has ended", async () => {
    const found = await find(replay!.id);
    return found.status === "READY" && found;
  });
  // A playlist that goes on has no end to be read to.
  const first = (await readFrameCodes(ended.url!))[0]!;
  expect(Math.abs(early[0]! - (first + 1.2 * FRAME_RATE))).toBeLessThanOrEqual(1);
  const copied = await whenReady((await createClip(ended.id, 3, 8.5, false)).id);
  // Key frames are 2 s apart.
  expect((await framesAt(copied.shareUrl!))[0]! - first).toBe(2 * FRAME_RATE);

  writeFileSync(join(directory, HOLD), "");
  const killed = await createClip(ended.id, 2, 8);
  const files = (): readonly string[] => {
    const all = readdirSync(product.directory, { recursive: true, encoding: "utf8" });
    return all.filter((name) => name.includes(`${killed.id}/clip.mp4`));
  };
  await eventually("it is being made", () => files().length === 1);
  expect(files()[0]).toMatch(/clip\.mp4\.tmp$/);
  unlinkSync(join(directory, HOLD));
  await product.killAndStart();
  const again = await whenReady(killed.id);
  expect(files()).toEqual([expect.stringMatching(/clip\.mp4$/)]);
  const frames = await framesAt(again.shareUrl!);
  expect([frames[0]! - first, frames.length]).toEqual([2 * FRAME_RATE, 6 * FRAME_RATE]);

  await product.client.graphql(ShareAssetDocument, { input: { id: again.id, isShared: false } });
  await eventually("it does not open any more", async () => (await fetch(again.shareUrl!)).status === 404);
}, 180_000);
