import { signedUrlEnd, type Signing } from "../access/signed-hour.rules.ts";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { contentTypeOf } from "../origin/content-type.ts";
import type { OriginHandler } from "../origin/origin.ts";
import { FORWARDED_HEADER, proxyMedia } from "../origin/remote.ts";
import { answersMethod, endWith, openToPlayers, sendFile } from "../origin/send-file.ts";
import type { Clock } from "../shared/clock.ts";
import { openRegular } from "../storage/directory-storage.ts";
import type { Storage, StoredFile } from "../storage/storage.ts";
import { contentDisposition, readSharePath, readStillPath, type StillPath } from "./asset-path.rules.ts";
import { canBeOpened } from "./asset.rules.ts";
import { readAssetPath, signAssetPath } from "./asset-url.rules.ts";
import type { ServedAsset } from "./served-media.store.ts";
import type { ServedMedia } from "./served-media.ts";

export interface AssetOriginOptions {
  readonly signing: Signing;
  readonly clock: Clock;
  readonly media: ServedMedia;
  /** The object store; null when none is configured. */
  readonly objectStore: Storage | null;
  /** The encoder of the same process; null when there is none. */
  readonly own: { readonly assetRoot: string; readonly mediaRoot: string; readonly currentId: () => string } | null;
}

/** What may be cached for how long at most: what was deleted is then gone from caches too. */
const CACHE_SECONDS = 3_600;
const STILL_CACHE_SECONDS = 5;
const FOR_GOOD = "public, max-age=31536000, immutable";
const CHANGING = "no-cache, no-store, must-revalidate";
/** A share can be withdrawn at any moment: caches ask each time. */
const ASKED_EACH_TIME = "private, no-cache";
/** What is served runs nothing, whatever a browser takes it for, and is still played by it. */
const CONTENT_SECURITY_POLICY = "default-src 'none'; media-src 'self'; img-src 'self'; style-src 'unsafe-inline'; sandbox";

/**
 * Serves `/assets/…` to signed addresses, `/share/…` to those who know a share's token, and `/stills/…` to those who know a process's.
 * What the own encoder keeps comes from its files, the rest from the object store or from the encoder that keeps it.
 */
export function createAssetOrigin(options: AssetOriginOptions): OriginHandler {
  return async (request, response) => {
    openToPlayers(response);
    response.setHeader("content-security-policy", CONTENT_SECURITY_POLICY);
    if (answersMethod(request, response)) return;
    const url = new URL(request.url ?? "/", "http://localhost");
    const call: Call = { options, request, response, url, isForwarded: FORWARDED_HEADER in request.headers };
    try {
      if (url.pathname.startsWith("/assets/")) await serveSigned(call);
      else if (url.pathname.startsWith("/share/")) await serveShare(call);
      else await serveStill(call);
    } catch {
      // The database is away and nothing was known of it, the store does not answer, or a player went away.
      if (response.headersSent) return void response.destroy();
      response.setHeader("retry-after", "5");
      endWith(response, 503);
    }
  };
}

interface Call {
  readonly options: AssetOriginOptions;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** A gateway asks, which knows that it is here. Anybody may say so: it leads to less being served, never to more. */
  readonly isForwarded: boolean;
}

async function serveSigned(call: Call): Promise<void> {
  const { options, response, url } = call;
  const asked = readAssetPath(options.signing, url.pathname);
  if (!asked) return endWith(response, 404);
  const secondsLeft = Math.floor((asked.expiresAt.getTime() - options.clock.now().getTime()) / 1_000);
  if (secondsLeft <= 0) return endWith(response, 410);
  const asset = await options.media.assets.get(asked.id);
  if (!asset || !canBeOpened(asset)) return endWith(response, 404);
  const isGrowing = asset.status === "IN_PROGRESS" && asked.file.endsWith(".m3u8");
  const cacheControl = isGrowing ? CHANGING : `public, max-age=${Math.min(CACHE_SECONDS, secondsLeft)}, immutable`;
  await serveAssetFile(call, asset, { file: asked.file, path: url.pathname, cacheControl });
}

async function serveShare(call: Call): Promise<void> {
  const { options, response, url } = call;
  const asked = readSharePath(url.pathname);
  const share = asked && (await options.media.shares.get(asked.token));
  const now = options.clock.now();
  if (!share || (share.expiresAt !== null && Date.parse(share.expiresAt) <= now.getTime())) return endWith(response, 404);
  const asset = await options.media.assets.get(share.assetId);
  if (!asset || !canBeOpened(asset)) return endWith(response, 404);
  if (asked.file === null && asset.fileName.endsWith(".m3u8")) {
    // What a playlist names is found beside it.
    response.setHeader("cache-control", ASKED_EACH_TIME);
    response.writeHead(302, { location: `/share/${asked.token}/${asset.fileName}${url.search}` }).end();
    return;
  }
  const file = asked.file ?? asset.fileName;
  const path = signAssetPath(options.signing, { id: asset.id, fileName: file, expiresAt: signedUrlEnd(now) });
  const isGrowing = asset.status === "IN_PROGRESS" && file.endsWith(".m3u8");
  await serveAssetFile(call, asset, { file, path, cacheControl: isGrowing ? CHANGING : ASKED_EACH_TIME });
}

interface AskedFile {
  readonly file: string;
  /** Its signed path, for the encoder that keeps it. */
  readonly path: string;
  readonly cacheControl: string;
}

async function serveAssetFile(call: Call, asset: ServedAsset, { file, path, cacheControl }: AskedFile): Promise<void> {
  const { options, request, response, url, isForwarded } = call;
  const { own, objectStore } = options;
  // No browser shows subtitles by themselves.
  const isDownload = url.searchParams.has("download") || file.endsWith(".srt");
  const headers = {
    "cache-control": cacheControl,
    "content-type": contentTypeOf(file),
    "content-disposition": isDownload ? contentDisposition(asset, file) : "inline",
  };
  if (asset.location === "OBJECT_STORE") {
    if (objectStore === null) throw new Error("An asset is in an object store, and none is configured here.");
    return send(call, await objectStore.open(asset.id, file), headers);
  }
  if (own && (isForwarded || asset.encoderId === own.currentId()))
    return send(call, await openRegular(join(own.assetRoot, asset.id), file), headers);
  if (isForwarded || asset.mediaAddress === null) return endWith(response, 404);
  request.headers[FORWARDED_HEADER] = "1";
  await proxyMedia(request, response, { mediaAddress: asset.mediaAddress, path, headers });
}

async function serveStill(call: Call): Promise<void> {
  const { options, request, response, url, isForwarded } = call;
  const { own } = options;
  const asked = readStillPath(url.pathname);
  if (!asked) return endWith(response, 404);
  // A gateway names the directory, which is in no address that anybody is given.
  if (isForwarded) return sendStill(call, asked, asked.token);
  const still = await options.media.stills.get(asked.token);
  if (!still || still.kind !== asked.kind) return endWith(response, 404);
  if (own && still.encoderId === own.currentId()) return sendStill(call, asked, still.directoryToken);
  if (still.mediaAddress === null) return endWith(response, 404);
  request.headers[FORWARDED_HEADER] = "1";
  await proxyMedia(request, response, {
    mediaAddress: still.mediaAddress,
    path: `/stills/${still.directoryToken}/${asked.file}${url.search}`,
  });
}

async function sendStill(call: Call, { file: name }: StillPath, directoryToken: string): Promise<void> {
  const { options, url } = call;
  const file = options.own && (await openRegular(join(options.own.mediaRoot, "stills", directoryToken), name));
  // A version that is not this one gets what is there now, which must not be kept under that name.
  const isCurrent = file !== null && url.searchParams.get("v") === contentVersionOf(file.modifiedAt);
  await send(call, file, {
    "cache-control": isCurrent ? FOR_GOOD : `public, max-age=${STILL_CACHE_SECONDS}`,
    "content-type": contentTypeOf(name),
    "content-disposition": "inline",
  });
}

/** Names the content of a thumbnail or motion clip by when its file was written, as its encoder does. */
export function contentVersionOf(modifiedAt: Date): string {
  return modifiedAt.getTime().toString(36);
}

async function send({ request, response }: Call, file: StoredFile | null, headers: Readonly<Record<string, string>>): Promise<void> {
  if (!file) return endWith(response, 404);
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  await sendFile(request, response, file);
}
