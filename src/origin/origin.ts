import { createHash } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { access, lstat, open, type FileHandle } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { readCueFile } from "./cue-file.ts";
import { withCues } from "./cues.rules.ts";
import { PRIVATE_FILE } from "../encoder/live-directory.ts";
import { parseRange, readLivePath } from "./origin.rules.ts";
import { describeFile } from "./content-type.ts";

/** Where an output's files are: on this machine, with an agent that serves them, or nowhere. */
export type MediaLocation = { readonly directory: string } | { readonly baseAddress: string } | null;

export interface OriginOptions {
  /** Outputs of this machine stand in `live/<path token>/` below it. */
  readonly mediaRoot: string;
  /** Says where an output is; left out, all are on this machine. */
  readonly resolve?: (token: string) => MediaLocation | Promise<MediaLocation>;
  /** Serves what is elsewhere: the path begins with `/live/`. Left out, it is not found. */
  readonly forward?: (request: IncomingMessage, response: ServerResponse, target: ForwardTarget) => void | Promise<void>;
}

export interface ForwardTarget {
  readonly baseAddress: string;
  readonly path: string;
}

/** Serves `/live/…`; answers every request that it is given. */
export type OriginHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

const ALLOWED_METHODS = "GET, HEAD, OPTIONS";
const READ_AHEAD_BYTES = 256 * 1024;

/**
 * Serves HLS and DASH at `/live/<path token>/<file>`. Players of any site may fetch them: the token is what grants access.
 * Answers 404 for all that is not a media file of a running output, whatever the reason.
 */
export function createOrigin(options: OriginOptions): OriginHandler {
  const resolve = options.resolve ?? ((token: string): MediaLocation => ({ directory: join(options.mediaRoot, "live", token) }));
  return async (request, response) => {
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("access-control-expose-headers", "content-length, content-range, date, etag");
    response.setHeader("x-content-type-options", "nosniff");
    if (request.method === "OPTIONS") return answerPreflight(response);
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.setHeader("allow", ALLOWED_METHODS);
      return end(response, 405);
    }
    const path = readLivePath(request.url ?? "");
    if (!path) return end(response, 404);
    try {
      const location = await resolve(path.token);
      if (location === null) return end(response, 404);
      if ("directory" in location) return await serveFile(request, response, location.directory, path.file);
      if (!options.forward) return end(response, 404);
      await options.forward(request, response, { baseAddress: location.baseAddress, path: `/live/${path.token}/${path.file}` });
    } catch {
      // A player that went away, or a file that vanished while it was read.
      if (response.headersSent) response.destroy();
      else end(response, 500);
    }
  };
}

function answerPreflight(response: ServerResponse): void {
  response.setHeader("access-control-allow-methods", ALLOWED_METHODS);
  response.setHeader("access-control-allow-headers", "range, if-none-match, origin, accept, content-type");
  response.setHeader("access-control-max-age", "86400");
  end(response, 204);
}

function end(response: ServerResponse, status: number): void {
  // A missing segment may exist a second later.
  if (status >= 400) response.setHeader("cache-control", "no-store");
  response.writeHead(status).end();
}

async function serveFile(request: IncomingMessage, response: ServerResponse, directory: string, name: string): Promise<void> {
  const file = (await isPrivate(directory)) ? null : await openRegular(directory, name);
  if (!file) return end(response, 404);
  try {
    const { handle, facts } = file;
    const { contentType, cacheControl } = describeFile(name);
    const tag = `"${facts.mtimeMs.toString(36)}-${facts.size.toString(36)}"`;
    response.setHeader("content-type", contentType);
    response.setHeader("cache-control", cacheControl);
    const cues = name.endsWith(".m3u8") ? ((await readCueFile(directory))[name] ?? []) : [];
    if (cues.length > 0) return sendText(request, response, withCues(await handle.readFile("utf8"), cues));
    response.setHeader("etag", tag);
    response.setHeader("accept-ranges", "bytes");
    response.setHeader("last-modified", facts.mtime.toUTCString());
    if (hasTag(request.headers["if-none-match"], tag)) return end(response, 304);
    await sendBytes(request, response, { handle, size: facts.size, tag });
  } finally {
    await file.handle.close();
  }
}

/** What an event's operator tests is there, and not for players. */
async function isPrivate(directory: string): Promise<boolean> {
  return access(join(directory, PRIVATE_FILE)).then(
    () => true,
    () => false,
  );
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly facts: Stats;
}

/** Neither the directory nor the file may be a link: what they lead to is not ours to serve. */
async function openRegular(directory: string, name: string): Promise<OpenFile | null> {
  const parent = await lstat(directory).catch(() => null);
  if (!parent?.isDirectory()) return null;
  const handle = await open(join(directory, name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => null);
  if (!handle) return null;
  const facts = await handle.stat();
  if (facts.isFile()) return { handle, facts };
  await handle.close();
  return null;
}

/** What is made as it is served: whole, whatever range is asked for. */
function sendText(request: IncomingMessage, response: ServerResponse, text: string): void {
  const tag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 27)}"`;
  response.setHeader("etag", tag);
  if (hasTag(request.headers["if-none-match"], tag)) return end(response, 304);
  const bytes = Buffer.from(text);
  response.setHeader("content-length", bytes.length);
  response.writeHead(200).end(request.method === "HEAD" ? undefined : bytes);
}

function hasTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((candidate) => candidate.trim().replace(/^W\//, "") === tag || candidate.trim() === "*");
}

async function sendBytes(
  request: IncomingMessage,
  response: ServerResponse,
  { handle, size, tag }: { handle: FileHandle; size: number; tag: string },
): Promise<void> {
  const ifRange = request.headers["if-range"];
  const isCurrent = ifRange === undefined || ifRange === tag;
  const range = isCurrent ? parseRange(request.headers.range, size) : "WHOLE";
  if (range === "UNSATISFIABLE") {
    response.setHeader("content-range", `bytes */${size}`);
    return end(response, 416);
  }
  const [first, last] = range === "WHOLE" ? [0, size - 1] : [range.first, range.last];
  response.setHeader("content-length", last - first + 1);
  if (range !== "WHOLE") response.setHeader("content-range", `bytes ${first}-${last}/${size}`);
  response.writeHead(range === "WHOLE" ? 200 : 206);
  if (request.method === "HEAD" || last < first) {
    response.end();
    return;
  }
  // The end is fixed by what was announced: a file that grows meanwhile does not send more.
  const stream = handle.createReadStream({ start: first, end: last, highWaterMark: READ_AHEAD_BYTES, autoClose: false });
  await pipeline(stream, response);
}
