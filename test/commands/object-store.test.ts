import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startCodedSource } from "../encoder/process-harness.ts";
import { AssetsDocument, DeleteAssetsDocument } from "../generated/documents.ts";
import { readFrameCodes } from "../support/frame-codes.ts";
import { eventually } from "../support/media.ts";
import { createS3Storage } from "../../src/storage/s3-storage.ts";
import { startObjectStore, type ObjectStore } from "../support/swift.ts";
import { LiveProduct } from "./live-product.ts";

const LADDER = { name: "180p", videoCodec: "H264", width: 320, height: 180, videoBitrateKbps: 400, frameRate: 25, audioCodec: "AAC" };

let objectStore: ObjectStore;
let product: LiveProduct;

beforeAll(async () => {
  objectStore = await startObjectStore();
  const { endpoint, bucket, region, accessKeyId, secretAccessKey, prefix } = objectStore.settings;
  product = await LiveProduct.start({
    ...{ HEADEND_S3_ENDPOINT: endpoint ?? "", HEADEND_S3_BUCKET: bucket, HEADEND_S3_REGION: region, HEADEND_S3_PREFIX: prefix },
    ...{ HEADEND_S3_LEFT_SECONDS: "5", HEADEND_ASSET_SWEEP_SECONDS: "5" },
    ...{ HEADEND_S3_ACCESS_KEY_ID: accessKeyId, HEADEND_S3_SECRET_ACCESS_KEY: secretAccessKey },
  });
}, 200_000);
afterAll(async () => {
  await product?.close();
  await objectStore?.close();
});

/** Asked anew each time: how large an object is that was found once is not asked again. */
async function isStored({ id, fileName }: { readonly id: string; readonly fileName: string }): Promise<boolean> {
  const asking = createS3Storage(objectStore.settings);
  try {
    return (await asking.open(id, fileName)) !== null;
  } finally {
    asking.close();
  }
}

it("a recording is moved to the object store, played from there after a kill of everything, and leaves it when it is deleted", async () => {
  const source = await startCodedSource();
  const templateId = await product.createTemplate("Ladder", [{ ...LADDER, audioBitrateKbps: 64 }]);
  const id = await product.createSession({
    ...{ name: "Show", source: { type: "MULTICAST_PULL", urlA: source.url } },
    playbacks: [{ name: "web", type: "HTTP", hlsEnabled: true, templateId }],
    processes: [{ kind: "RECORDING", isEnabled: true, durationSeconds: 3, sync: true }],
  });
  await product.act("startSessions", id);
  const recording = await eventually(
    "it is recorded",
    async () => (await product.client.graphql(AssetsDocument, {})).assets.nodes.find(({ status }) => status === "READY"),
    60_000,
  );
  await product.act("stopSessions", id);
  await source.stop();
  await eventually("it is moved", () => isStored(recording), 30_000);
  const kept = (): readonly string[] =>
    readdirSync(product.directory, { recursive: true, encoding: "utf8" }).filter((name) =>
      name.endsWith(join(recording.id, "recording.mp4")),
    );
  expect(kept().length).toBe(1);
  await product.killAndStart();
  await eventually("it leaves the encoder, which nobody asks for it any more", () => kept().length === 0, 45_000);
  expect((await readFrameCodes(recording.url!)).length).toBeGreaterThan(70);

  await product.client.graphql(DeleteAssetsDocument, { input: { ids: [recording.id] } });
  await eventually("it leaves the object store", async () => !(await isStored(recording)), 60_000);
  await eventually("nothing opens", async () => (await fetch(recording.url!)).status === 404);
}, 240_000);
