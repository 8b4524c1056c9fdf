import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { hasTag } from "../origin/send-file.ts";
import { isIdentifier } from "../shared/identifier.ts";

/** Where the page's files were built to, whether this runs from the sources or from what was built of them. */
const DIRECTORY = new URL(import.meta.url.endsWith(".ts") ? "../../dist/player/" : "../player/", import.meta.url);

/** The page of an event, and the path of its files. */
const PAGE_PATH = "/watch/";
const FILES_PATH = "/player/";
const PAGE = "page.html";

const TYPES: Readonly<Record<string, string>> = {
  [PAGE]: "text/html; charset=utf-8",
  "player.js": "text/javascript; charset=utf-8",
  "style.css": "text/css; charset=utf-8",
  "hls.worker.js": "text/javascript; charset=utf-8",
};

export interface WatchPageOptions {
  /** The address under which browsers reach the gateway; media and pictures have addresses below it. */
  readonly publicUrl: string;
  /** Pages of these origins may show the page in a frame; none others may. */
  readonly embedOrigins: readonly string[];
}

/** Of the page on which attendees watch an event, or of its files. */
export function isWatchRequest({ method }: IncomingMessage, { pathname }: URL): boolean {
  return (method === "GET" || method === "HEAD") && (pathname.startsWith(PAGE_PATH) || pathname.startsWith(FILES_PATH));
}

/**
 * Answers with the page, the same for each event: what it shows it asks for by the API, as an attendee. It says nothing of whether there
 * is such an event.
 */
export async function answerWatchPage(
  request: IncomingMessage,
  response: ServerResponse,
  { pathname }: URL,
  options: WatchPageOptions,
): Promise<void> {
  const name = fileOf(pathname);
  const type = name !== null && Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
  const file = type === undefined || name === null ? null : await openFile(name);
  response.setHeader("content-security-policy", policyOf(options));
  response.setHeader("referrer-policy", "no-referrer");
  if (type === undefined || file === null) {
    const words = type === undefined ? "Nothing is here." : "`npm run build` makes this page's files.";
    response.writeHead(404, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" }).end(`${words}\n`);
    return;
  }
  response.setHeader("cache-control", "no-cache");
  response.setHeader("etag", file.tag);
  response.setHeader("vary", "accept-encoding");
  if (hasTag(request.headers["if-none-match"], file.tag)) return void response.writeHead(304).end();
  const isCompressed = /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
  if (isCompressed) response.setHeader("content-encoding", "gzip");
  const body = isCompressed ? file.compressed : file.bytes;
  response.writeHead(200, { "content-type": type, "content-length": body.length }).end(request.method === "HEAD" ? undefined : body);
}

function fileOf(pathname: string): string | null {
  if (pathname.startsWith(FILES_PATH)) {
    const name = pathname.slice(FILES_PATH.length);
    return name === PAGE ? null : name;
  }
  return isIdentifier("event", pathname.slice(PAGE_PATH.length)) ? PAGE : null;
}

/**
 * Nothing inline and nothing from elsewhere, but media and slides, which have absolute addresses: where the page is opened by another
 * name of the gateway, theirs is another origin. Decoded media comes to the picture as a blob, and so do subtitles; those in a live signal
 * hls.js shows by an empty file that stands in its address.
 */
function policyOf({ publicUrl, embedOrigins }: WatchPageOptions): string {
  const own = URL.canParse(publicUrl) ? `'self' ${new URL(publicUrl).origin}` : "'self'";
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "worker-src 'self'",
    `connect-src ${own}`,
    `img-src ${own} data:`,
    `media-src ${own} blob: data:`,
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${embedOrigins.length === 0 ? "'none'" : ["'self'", ...embedOrigins].join(" ")}`,
  ].join("; ");
}

interface PageFile {
  readonly bytes: Buffer;
  readonly compressed: Buffer;
  /** Of what it says, however it is sent. */
  readonly tag: string;
}

const opened = new Map<string, PageFile>();

/** Read and compressed once: hundreds may open the page in the same second. Null for what was not built. */
async function openFile(name: string): Promise<PageFile | null> {
  const known = opened.get(name);
  if (known) return known;
  const bytes = await readFile(new URL(name, DIRECTORY)).catch(() => null);
  if (bytes === null) return null;
  const tag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 27)}"`;
  const file = { bytes, compressed: gzipSync(bytes), tag };
  opened.set(name, file);
  return file;
}
