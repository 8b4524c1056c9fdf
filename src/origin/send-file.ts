import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { StoredFile } from "../storage/storage.ts";
import { parseRange } from "./origin.rules.ts";

export const ALLOWED_METHODS = "GET, HEAD, OPTIONS";

/** Lets players of any site read the answer: an address is what grants access. */
export function openToPlayers(response: ServerResponse): void {
  response.setHeader("access-control-allow-origin", "*");
  response.setHeader("access-control-expose-headers", "content-length, content-range, content-disposition, date, etag");
  response.setHeader("x-content-type-options", "nosniff");
}

/** Answers what is neither GET nor HEAD; true when it has. */
export function answersMethod(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.method === "GET" || request.method === "HEAD") return false;
  if (request.method === "OPTIONS") {
    response.setHeader("access-control-allow-methods", ALLOWED_METHODS);
    response.setHeader("access-control-allow-headers", "range, if-none-match, origin, accept, content-type");
    response.setHeader("access-control-max-age", "86400");
    endWith(response, 204);
  } else {
    response.setHeader("allow", ALLOWED_METHODS);
    endWith(response, 405);
  }
  return true;
}

export function endWith(response: ServerResponse, status: number): void {
  // A missing segment may exist a second later.
  if (status >= 400) response.setHeader("cache-control", "no-store");
  response.writeHead(status).end();
}

/** Sends a file, or the part of it that is asked for; its type and for how long it may be kept are set already. Closes it. */
export async function sendFile(request: IncomingMessage, response: ServerResponse, file: StoredFile): Promise<void> {
  try {
    response.setHeader("etag", file.tag);
    response.setHeader("accept-ranges", "bytes");
    response.setHeader("last-modified", file.modifiedAt.toUTCString());
    if (hasTag(request.headers["if-none-match"], file.tag)) return endWith(response, 304);
    await sendBytes(request, response, file);
  } finally {
    await file.close();
  }
}

export function hasTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((candidate) => candidate.trim().replace(/^W\//, "") === tag || candidate.trim() === "*");
}

async function sendBytes(request: IncomingMessage, response: ServerResponse, { size, tag, read }: StoredFile): Promise<void> {
  const ifRange = request.headers["if-range"];
  const isCurrent = ifRange === undefined || ifRange === tag;
  const range = isCurrent ? parseRange(request.headers.range, size) : "WHOLE";
  if (range === "UNSATISFIABLE") {
    response.setHeader("content-range", `bytes */${size}`);
    return endWith(response, 416);
  }
  const [first, last] = range === "WHOLE" ? [0, size - 1] : [range.first, range.last];
  const isWanted = request.method !== "HEAD" && last >= first;
  // Opened before the head is sent: what cannot be read is told as such.
  const stream = isWanted ? await read({ first, last }) : null;
  response.setHeader("content-length", last - first + 1);
  if (range !== "WHOLE") response.setHeader("content-range", `bytes ${first}-${last}/${size}`);
  response.writeHead(range === "WHOLE" ? 200 : 206);
  if (stream === null) response.end();
  else await pipeline(stream, response);
}
