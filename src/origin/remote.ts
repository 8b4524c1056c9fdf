import { request as requestHttp, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from "node:http";
import { request as requestHttps } from "node:https";
import { sql } from "drizzle-orm";
import { LRUCache } from "lru-cache";
import type { Executor } from "../database/database.ts";
import type { OnAir } from "../sessions/session.rules.ts";
import { isPathToken, type LiveGrant } from "./origin.rules.ts";

/** Where the media of a playback is now. */
export interface MediaLocation {
  readonly encoderId: string;
  /** An HTTP base address without a slash at its end; null when that encoder serves none. */
  readonly mediaAddress: string | null;
  readonly sessionId: string;
  /** What the session does for its event; null for a session of its own. */
  readonly onAir: OnAir | null;
  /** Whether its event wants an access code. */
  readonly isGated: boolean;
}

/** Whether an address opens an output: one of an event only while that is LIVE and to who gave the code, and to its operator in a test too. */
export function isOpenTo({ onAir, isGated }: MediaLocation, grant: LiveGrant | null): boolean {
  if (onAir === null) return true;
  if (grant === "PREVIEW") return onAir !== "OFF";
  return onAir === "LIVE" && (!isGated || grant === "WATCH");
}

/** Finds the encoder that holds the newest epoch of a playback's session; null when nobody does, or there is no such playback. */
export type LocateMedia = (pathToken: string) => Promise<MediaLocation | null>;

/** A take-over is served from the new encoder at the latest so long after it. */
const LOCATION_MILLISECONDS = 1500;
const LOCATION_LIMIT = 10_000;

/** Asks the database once for all requests of a playback within a moment. While the database is away the last answer is used. */
export function createMediaLocator(executor: Executor): LocateMedia {
  const known = new LRUCache<string, { readonly location: Promise<MediaLocation | null>; readonly until: number }>({ max: LOCATION_LIMIT });

  return async (pathToken) => {
    if (!isPathToken(pathToken)) return null;
    const now = performance.now();
    const before = known.get(pathToken);
    if (before && before.until > now) return before.location;
    const location = readLocation(executor, pathToken).catch((error: unknown) => {
      if (before) return before.location;
      known.delete(pathToken);
      throw error;
    });
    known.set(pathToken, { location, until: now + LOCATION_MILLISECONDS });
    return location;
  };
}

async function readLocation(executor: Executor, pathToken: string): Promise<MediaLocation | null> {
  const [row] = await executor.execute<{ location: MediaLocation }>(sql`
    select jsonb_build_object('encoderId', e.id, 'mediaAddress', e.media_address,
      'sessionId', s.id, 'onAir', s.on_air, 'isGated', coalesce(v.access = 'ACCESS_CODE', false)) as location
    from playbacks p join sessions s on s.id = p.session_id join encoders e on e.id = s.encoder_id
      left join events v on v.id = s.event_id
    where p.path_token = ${pathToken}`);
  return row?.location ?? null;
}

/** Says that a gateway sends it on. Anybody may say so: it leads to less being served, never to more. */
export const FORWARDED_HEADER = "x-headend-forwarded";

/** An encoder that does not answer is given up, so that players try again instead of hanging. */
const PROXY_TIMEOUT_MILLISECONDS = 5000;
/** What is meant for one connection alone, and credentials, which are no business of an encoder. */
const DROPPED_HEADERS = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "host",
  "authorization",
  "cookie",
  "expect",
  "content-length",
]);

/**
 * Answers a request for media with what the encoder at `mediaAddress` answers, streamed. `path` begins with a slash.
 * Resolves once the answer is sent or given up; 502 when the encoder cannot be reached, 504 when it does not answer.
 */
export function proxyMedia(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  target: {
    readonly mediaAddress: string;
    readonly path: string;
    /** In the place of the encoder's own, of an answer that is none of a failure. */
    readonly headers?: OutgoingHttpHeaders;
  },
): Promise<void> {
  return new Promise((resolve) => {
    outgoing.once("close", resolve);
    if (incoming.method !== "GET" && incoming.method !== "HEAD") return void outgoing.writeHead(405, { allow: "GET, HEAD" }).end();
    const request = target.mediaAddress.startsWith("https:") ? requestHttps : requestHttp;
    const asked = request(`${target.mediaAddress}${target.path}`, {
      method: incoming.method,
      headers: withoutDropped(incoming.headers),
      timeout: PROXY_TIMEOUT_MILLISECONDS,
    });
    const giveUp = (status: number): void => {
      asked.destroy();
      // An answer that was begun can only be cut off, so that nobody takes half a segment for a whole one.
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(status, { "cache-control": "no-store", "access-control-allow-origin": "*" }).end();
    };
    asked.on("timeout", () => giveUp(504));
    asked.on("error", () => giveUp(502));
    asked.on("response", (answer) => {
      const { "content-length": length } = answer.headers;
      const status = answer.statusCode ?? 502;
      outgoing.writeHead(status, {
        ...withoutDropped(answer.headers),
        ...(status < 400 && target.headers),
        ...(length === undefined ? {} : { "content-length": length }),
      });
      answer.on("error", () => giveUp(502));
      answer.pipe(outgoing);
    });
    outgoing.once("close", () => asked.destroy());
    asked.end();
  });
}

function withoutDropped(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !DROPPED_HEADERS.has(name)));
}
