import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { examineObjectStore } from "../../src/doctor/object-store.ts";
import { readEnvironment } from "../../src/environment.ts";
import { createDirectoryStorage } from "../../src/storage/directory-storage.ts";
import { createS3Storage } from "../../src/storage/s3-storage.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { startObjectStore, type ObjectStore } from "../support/swift.ts";

const root = mkdtempSync(join(tmpdir(), "headend-storage-"));
/** Larger than two parts of an upload. */
const LARGE = Buffer.from(Array.from({ length: 20_000_000 }, (_, index) => index % 251));

let objectStore: ObjectStore;

beforeAll(async () => {
  objectStore = await startObjectStore();
  writeFileSync(join(root, "large.mp4"), LARGE);
  writeFileSync(join(root, "small.mp4"), "small");
  writeFileSync(join(root, "empty.mp4"), "");
}, 180_000);
afterAll(async () => {
  await objectStore.close();
  rmSync(root, { recursive: true, force: true });
});

async function read(storage: Storage, folder: string, name: string, range?: { first: number; last: number }): Promise<Buffer | null> {
  const file = await storage.open(folder, name);
  if (!file) return null;
  try {
    return await buffer(await file.read(range ?? { first: 0, last: file.size - 1 }));
  } finally {
    await file.close();
  }
}

describe.each<[string, () => Storage]>([
  ["a directory", () => createDirectoryStorage(join(root, "directory"))],
  ["an S3-compatible object store", () => createS3Storage(objectStore.settings)],
])("files in %s", (_name, open) => {
  it("are found as they were put, whole and in parts, until their folder is deleted", async () => {
    const storage = open();
    expect(await storage.open("one", "large.mp4")).toBeNull();
    await storage.deleteFolder("one");
    await storage.put("one", "large.mp4", join(root, "large.mp4"), "video/mp4");
    await storage.put("one", "small.mp4", join(root, "small.mp4"), "video/mp4");
    await storage.put("other", "small.mp4", join(root, "small.mp4"), "video/mp4");
    await storage.put("other", "empty.mp4", join(root, "empty.mp4"), "video/mp4");
    expect((await read(storage, "one", "large.mp4"))?.equals(LARGE)).toBe(true);
    expect(
      (await read(storage, "one", "large.mp4", { first: 9_999_990, last: 10_000_009 }))?.equals(LARGE.subarray(9_999_990, 10_000_010)),
    ).toBe(true);
    const [large, empty] = [await storage.open("one", "large.mp4"), await storage.open("other", "empty.mp4")];
    expect([large!.size, empty!.size]).toEqual([LARGE.length, 0]);
    expect(large!.tag).toMatch(/^".+"$/);
    expect(Math.abs(large!.modifiedAt.getTime() - Date.now())).toBeLessThan(120_000);
    await Promise.all([large!.close(), empty!.close()]);
    await storage.deleteFolder("one");
    expect(await storage.open("one", "large.mp4")).toBeNull();
    expect(await storage.open("one", "small.mp4")).toBeNull();
    expect((await read(storage, "other", "small.mp4"))?.toString()).toBe("small");
    await storage.deleteFolder("other");
  });

  it("are replaced as a whole", async () => {
    const storage = open();
    await storage.put("one", "file.mp4", join(root, "small.mp4"), "video/mp4");
    const before = await storage.open("one", "file.mp4");
    await storage.put("one", "file.mp4", join(root, "empty.mp4"), "video/mp4");
    const after = await storage.open("one", "file.mp4");
    expect([before!.size, after!.size]).toEqual([5, 0]);
    expect(after!.tag).not.toBe(before!.tag);
    await Promise.all([before!.close(), after!.close()]);
    await storage.deleteFolder("one");
  });
});

describe("a directory", () => {
  it("serves no links, neither to files nor to directories", async () => {
    const storage = createDirectoryStorage(join(root, "links"));
    mkdirSync(join(root, "links", "one"), { recursive: true });
    symlinkSync(join(root, "small.mp4"), join(root, "links", "one", "link.mp4"));
    symlinkSync(root, join(root, "links", "two"));
    expect(await storage.open("one", "link.mp4")).toBeNull();
    expect(await storage.open("two", "small.mp4")).toBeNull();
  });
});

describe("an object store", () => {
  it("of wrong keys refuses, and finds nothing missing", async () => {
    const storage = createS3Storage({ ...objectStore.settings, secretAccessKey: "wrong" });
    await expect(storage.open("one", "small.mp4")).rejects.toThrow();
    await expect(storage.put("one", "small.mp4", join(root, "small.mp4"), "video/mp4")).rejects.toThrow();
  });

  it("keeps installations apart that share a bucket", async () => {
    const [mine, theirs] = [createS3Storage(objectStore.settings), createS3Storage({ ...objectStore.settings, prefix: "other" })];
    await mine.put("one", "small.mp4", join(root, "small.mp4"), "video/mp4");
    expect(await theirs.open("one", "small.mp4")).toBeNull();
    await theirs.deleteFolder("one");
    expect((await read(mine, "one", "small.mp4"))?.toString()).toBe("small");
    await mine.deleteFolder("one");
  });
});

describe("the look of headend doctor at the object store", () => {
  const look = async (rest: Readonly<Record<string, string>> = {}) => {
    const { endpoint, bucket, accessKeyId, secretAccessKey } = objectStore.settings;
    const keys = { HEADEND_S3_ACCESS_KEY_ID: accessKeyId, HEADEND_S3_SECRET_ACCESS_KEY: secretAccessKey };
    return examineObjectStore(readEnvironment({ HEADEND_S3_ENDPOINT: endpoint ?? "", HEADEND_S3_BUCKET: bucket, ...keys, ...rest }));
  };

  it("finds it well, or says what is wrong with it and what then is not done", async () => {
    const { endpoint } = objectStore.settings;
    expect(await examineObjectStore(readEnvironment({}))).toEqual([]);
    expect(await look()).toEqual([{ subject: "object store", verdict: "OK", text: `the bucket assets at ${endpoint}` }]);
    const problems = await Promise.all([
      look({ HEADEND_S3_SECRET_ACCESS_KEY: "wrong" }),
      look({ HEADEND_S3_BUCKET: "elsewhere" }),
      look({ HEADEND_S3_ENDPOINT: "http://127.0.0.1:9" }),
    ]);
    expect(problems.flat().map(({ verdict, text }) => [verdict, /cannot be used \((\w+)/.exec(text)?.[1]])).toEqual([
      ["LIMITED", "SignatureDoesNotMatch"],
      ["LIMITED", "NoSuchBucket"],
      ["LIMITED", expect.any(String)],
    ]);
  });
});
