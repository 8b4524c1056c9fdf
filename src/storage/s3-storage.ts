import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
// The SDK rather than `minio`: 23 MB against 16, but released every week, and by those who define the protocol.
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  S3Client,
  S3ServiceException,
  type HeadObjectCommandOutput,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { LRUCache } from "lru-cache";
import type { Storage, StoredFile } from "./storage.ts";

export interface S3Settings {
  /** An http or https URL; null for Amazon's own. */
  readonly endpoint: string | null;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Whether the bucket stands in the path, as most others than Amazon have it. */
  readonly isPathStyle: boolean;
  /** What all keys begin with, so that installations can share a bucket; without slashes. */
  readonly prefix: string;
  /** A store that says nothing for so long is given up; shorter for tests. */
  readonly silenceMilliseconds?: number;
}

/** Kept in memory of how many objects how large they are: what is uploaded never changes. */
const HEAD_LIMIT = 10_000;
/** Large files go up in parts of so many bytes, so many at a time. */
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_AT_ONCE = 3;
const DELETES_AT_ONCE = 8;
const CONNECT_MILLISECONDS = 5_000;
const SILENCE_MILLISECONDS = 20_000;
/** Whoever asked tries again, sooner or later. */
const ATTEMPTS = 2;

/** Files in a bucket of any S3-compatible object store. */
export function createS3Storage({ endpoint, bucket, region, isPathStyle, prefix, ...rest }: S3Settings): Storage {
  const { accessKeyId, secretAccessKey, silenceMilliseconds = SILENCE_MILLISECONDS } = rest;
  const client = new S3Client({
    ...(endpoint !== null && { endpoint }),
    region,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: ATTEMPTS,
    forcePathStyle: isPathStyle,
    requestHandler: { connectionTimeout: CONNECT_MILLISECONDS, socketTimeout: silenceMilliseconds },
    // Checksums in trailers are Amazon's own: many other stores refuse them.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  const closing = new AbortController();
  const abort = { abortSignal: closing.signal };
  const heads = new LRUCache<string, Promise<HeadObjectCommandOutput | null>>({ max: HEAD_LIMIT });
  const keyOf = (folder: string, name: string): string => `${prefix}/${folder}/${name}`;

  function headOf(Key: string): Promise<HeadObjectCommandOutput | null> {
    const known = heads.get(Key);
    if (known) return known;
    const head = client.send(new HeadObjectCommand({ Bucket: bucket, Key }), abort).catch((error: unknown) => {
      if (isMissing(error)) return null;
      throw error;
    });
    heads.set(Key, head);
    const forget = (): boolean => heads.get(Key) === head && heads.delete(Key);
    // What is not there may come; what cannot be said now can be said later.
    head.then((found) => found ?? forget(), forget);
    return head;
  }

  async function* listKeys(Prefix: string): AsyncIterable<string> {
    let ContinuationToken: string | undefined;
    do {
      const page = await client.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix, ...(ContinuationToken && { ContinuationToken }) }),
        abort,
      );
      for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key;
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken);
  }

  return {
    async open(folder, name): Promise<StoredFile | null> {
      const Key = keyOf(folder, name);
      const head = await headOf(Key);
      if (!head) return null;
      const tag = head.ETag ?? `"${head.ContentLength ?? 0}"`;
      return {
        size: head.ContentLength ?? 0,
        modifiedAt: head.LastModified ?? new Date(0),
        tag,
        async read({ first, last }) {
          const range = { Range: `bytes=${first}-${last}`, ...(head.ETag && { IfMatch: head.ETag }) };
          const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key, ...range }), abort);
          if (Body instanceof Readable) return Body;
          throw new Error("The object store answered without a body.");
        },
        close: () => Promise.resolve(),
      };
    },

    async put(folder, name, path, contentType) {
      const Key = keyOf(folder, name);
      const params = { Bucket: bucket, Key, Body: createReadStream(path), ContentType: contentType };
      // What was uploaded in part when it fails is taken back; when we are killed, the store's own rule for unfinished uploads does.
      const upload = new Upload({ client, params, partSize: PART_BYTES, queueSize: PARTS_AT_ONCE, leavePartsOnError: false });
      const giveUp = (): void => void upload.abort();
      closing.signal.addEventListener("abort", giveUp);
      await upload.done().finally(() => closing.signal.removeEventListener("abort", giveUp));
      heads.delete(Key);
    },

    async deleteFolder(folder) {
      let batch: string[] = [];
      // One by one: to delete many at once wants a header that the SDK does not send and older stores insist on.
      const deleteBatch = async (): Promise<void> => {
        await Promise.all(batch.map((Key) => client.send(new DeleteObjectCommand({ Bucket: bucket, Key }), abort)));
        batch.forEach((key) => heads.delete(key));
        batch = [];
      };
      for await (const key of listKeys(`${prefix}/${folder}/`)) {
        batch.push(key);
        if (batch.length === DELETES_AT_ONCE) await deleteBatch();
      }
      await deleteBatch();
    },

    close() {
      closing.abort();
      client.destroy();
    },
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404;
}
