import type { IncomingMessage, ServerResponse } from "node:http";
import type { Executor } from "../database/database.ts";
import { findServedImage } from "../images/image.store.ts";

/** Below it pictures are served to whoever knows their address. */
export const IMAGE_PATH = "/images/";

const TOKEN_PATTERN = /^[0-9a-z]{26}$/;

/** Answers `GET /images/<token>`. The bytes of an address never change: a new picture has a new one. */
export async function answerImage(executor: Executor, request: IncomingMessage, response: ServerResponse, pathname: string): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(405, { allow: "GET, HEAD" }).end();
    return;
  }
  const token = pathname.slice(IMAGE_PATH.length);
  const image = TOKEN_PATTERN.test(token) ? await findServedImage(executor, token) : null;
  if (!image) {
    response
      .writeHead(404, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" })
      .end("There is no such picture.\n");
    return;
  }
  response.writeHead(200, {
    "content-type": image.contentType,
    "content-length": image.bytes.length,
    "cache-control": "public, max-age=31536000, immutable",
    // What a caller uploaded runs nothing, whatever a browser takes it for.
    "content-security-policy": "default-src 'none'; sandbox",
  });
  response.end(request.method === "HEAD" ? undefined : image.bytes);
}
