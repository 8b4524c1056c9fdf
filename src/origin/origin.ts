import { createHash } from "node:crypto";
import { access } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { openRegular } from "../storage/directory-storage.ts";
import { describeFile } from "./content-type.ts";
import { readCueFile } from "./cue-file.ts";
import { withCues } from "./cues.rules.ts";
import { PRIVATE_FILE } from "../encoder/live-directory.ts";
import type { Signing } from "../access/signed-hour.rules.ts";
import type { Clock } from "../shared/clock.ts";
import { grantOf, readLivePath, type LiveGrant } from "./origin.rules.ts";
import { answersMethod, endWith, hasTag, openToPlayers, sendFile } from "./send-file.ts";

/** Where an output's files are: on this machine, with an agent that serves them, or nowhere. */
export type MediaLocation = { readonly directory: string } | { readonly baseAddress: string } | null;

export interface OriginOptions {
  /** Outputs of this machine stand in `live/<path token>/` below it. */
  readonly mediaRoot: string;
  /** What checks signed addresses, and when it is. */
  readonly signing: Signing;
  readonly clock: Clock;
  /** Says where an output is for who may have it, and that it is nowhere for others; left out, all are on this machine. */
  readonly resolve?: (token: string, grant: LiveGrant | null) => MediaLocation | Promise<MediaLocation>;
  /** Serves what is elsewhere: the path begins with `/live/`. Left out, it is not found. */
  readonly forward?: (request: IncomingMessage, response: ServerResponse, target: ForwardTarget) => void | Promise<void>;
}

export interface ForwardTarget {
  readonly baseAddress: string;
  readonly path: string;
}

/** Serves `/live/…`; answers every request that it is given. */
export type OriginHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/**
 * Serves HLS and DASH at `/live/<path token>/<file>`. Players of any site may fetch them: the token is what grants access.
 * Answers 404 for all that is not a media file of a running output, whatever the reason.
 */
export function createOrigin(options: OriginOptions): OriginHandler {
  const resolve = options.resolve ?? ((token: string): MediaLocation => ({ directory: join(options.mediaRoot, "live", token) }));
  return async (request, response) => {
    openToPlayers(response);
    if (answersMethod(request, response)) return;
    const path = readLivePath(request.url ?? "");
    const grant = path && path.signed !== null ? grantOf(options.signing, path, options.clock.now()) : null;
    if (!path || (path.signed !== null && grant === null)) return endWith(response, 404);
    try {
      const location = await resolve(path.token, grant);
      if (location === null) return endWith(response, 404);
      const { token, signed, file } = path;
      const isPreview = grant === "PREVIEW";
      if ("directory" in location) return await serveFile(request, response, { directory: location.directory, name: file, isPreview });
      if (!options.forward) return endWith(response, 404);
      await options.forward(request, response, {
        baseAddress: location.baseAddress,
        path: `/live/${[token, signed ?? [], file].flat().join("/")}`,
      });
    } catch {
      // A player that went away, or a file that vanished while it was read.
      if (response.headersSent) response.destroy();
      else endWith(response, 500);
    }
  };
}

interface WantedFile {
  readonly directory: string;
  readonly name: string;
  readonly isPreview: boolean;
}

async function serveFile(request: IncomingMessage, response: ServerResponse, { directory, name, isPreview }: WantedFile): Promise<void> {
  const file = !isPreview && (await isPrivate(directory)) ? null : await openRegular(directory, name);
  if (!file) return endWith(response, 404);
  const { contentType, cacheControl } = describeFile(name);
  response.setHeader("content-type", contentType);
  response.setHeader("cache-control", cacheControl);
  const cues = name.endsWith(".m3u8") ? ((await readCueFile(directory))[name] ?? []) : [];
  if (cues.length === 0) return sendFile(request, response, file);
  try {
    const playlist = file.size === 0 ? "" : await text(await file.read({ first: 0, last: file.size - 1 }));
    sendText(request, response, withCues(playlist, cues));
  } finally {
    await file.close();
  }
}

/** What an event's operator tests is there, and not for players. */
async function isPrivate(directory: string): Promise<boolean> {
  return access(join(directory, PRIVATE_FILE)).then(
    () => true,
    () => false,
  );
}

/** What is made as it is served: whole, whatever range is asked for. */
function sendText(request: IncomingMessage, response: ServerResponse, playlist: string): void {
  const tag = `"${createHash("sha256").update(playlist).digest("base64url").slice(0, 27)}"`;
  response.setHeader("etag", tag);
  if (hasTag(request.headers["if-none-match"], tag)) return endWith(response, 304);
  const bytes = Buffer.from(playlist);
  response.setHeader("content-length", bytes.length);
  response.writeHead(200).end(request.method === "HEAD" ? undefined : bytes);
}
