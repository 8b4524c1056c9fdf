import { createHash } from "node:crypto";

/** Who fetched a playlist or a segment within so many seconds is a viewer. */
export const VIEWER_WINDOW_SECONDS = 15;

/** What a request for media tells of who makes it. */
export interface MediaRequest {
  /** Null where it comes from no network. */
  readonly address: string | null;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The request's target, with its query. */
  readonly target: string;
}

const SESSION_ID = /(?:^|,)\s*sid="([^"\\]{1,64})"/;
const AGENT_LENGTH_LIMIT = 300;

/**
 * Tells viewers apart without cookies, which would break caches: by the playback's id where a player sends one (`sid` of CTA-5004, Common
 * Media Client Data, as a header or in the query), else by address and kind of player. Of those who share both only one is counted.
 */
export function viewerOf({ address, headers, target }: MediaRequest): string {
  const textOf = (name: string): string => [headers[name] ?? ""].flat().join(",");
  const [, id] = SESSION_ID.exec(textOf("cmcd-session")) ?? SESSION_ID.exec(queriedData(target)) ?? [];
  const told = id === undefined ? [address, textOf("user-agent").slice(0, AGENT_LENGTH_LIMIT)] : [id];
  return createHash("sha256").update(JSON.stringify(told)).digest("base64url").slice(0, 22);
}

function queriedData(target: string): string {
  const start = target.indexOf("?");
  return start < 0 ? "" : (new URLSearchParams(target.slice(start + 1)).get("CMCD") ?? "");
}
