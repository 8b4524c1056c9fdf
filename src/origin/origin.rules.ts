import { readSigned, signUntil, type SignedSubject, type Signing } from "../access/signed-hour.rules.ts";

/** What is asked for below `/live/`. */
export interface LivePath {
  readonly token: string;
  /** The signature in front of the file, which is not checked yet; null where there is none. */
  readonly signed: string | null;
  readonly file: string;
}

const TOKEN_PATTERN = /^[0-9A-Za-z_-]{1,128}$/;
/** Whether a text can be the name of an output's directory: no separators, no dots, nothing hidden. */
export function isPathToken(text: string): boolean {
  return TOKEN_PATTERN.test(text);
}

/** Names that our encoders write: no separators, nothing hidden, an extension that we know. */
const FILE_PATTERN = /^[0-9A-Za-z_][0-9A-Za-z_-]*\.(m3u8|mpd|ts|m4s|mp4)$/;

/**
 * Reads `/live/<token>/<file>`, or the same with a signature before the file, out of a request target; null for everything else. Nothing is decoded: our names need no
 * percent codes, so that encoded slashes, dots and NULs never become anything but a miss.
 */
export function readLivePath(target: string): LivePath | null {
  const path = target.split(/[?#]/, 1)[0] ?? "";
  const [before, folder, token = "", ...rest] = path.split("/");
  if (before !== "" || folder !== "live" || rest.length < 1 || rest.length > 2) return null;
  const file = rest.at(-1) ?? "";
  const signed = rest.length === 2 ? (rest[0] ?? "") : null;
  return isPathToken(token) && FILE_PATTERN.test(file) ? { token, signed, file } : null;
}

/** What a signed address opens: PREVIEW what the operator of an event tests, WATCH an event that wants an access code. */
export type LiveGrant = "PREVIEW" | "WATCH";

const LIVE_GRANTS: readonly LiveGrant[] = ["PREVIEW", "WATCH"];

/** The address of a file of an output until a whole hour, as a path; what a playlist names by itself is signed with it. */
export function signLivePath(
  signing: Signing,
  { grant, token, file, expiresAt }: { readonly grant: LiveGrant; readonly token: string; readonly file: string; readonly expiresAt: Date },
): string {
  return `/live/${token}/${signUntil(signing, subjectOf(grant, token), expiresAt)}/${file}`;
}

/** What an address opens now; null for what was not signed, or is not good any more. */
export function grantOf(signing: Signing, { token, signed }: LivePath, now: Date): LiveGrant | null {
  const isGood = (grant: LiveGrant): boolean => {
    const expiresAt = readSigned(signing, subjectOf(grant, token), signed ?? "");
    return expiresAt !== null && expiresAt > now;
  };
  return LIVE_GRANTS.find(isGood) ?? null;
}

function subjectOf(grant: LiveGrant, token: string): SignedSubject {
  return { purpose: grant === "PREVIEW" ? "preview addresses" : "live addresses", name: token };
}

export type ByteRange = { readonly first: number; readonly last: number } | "WHOLE" | "UNSATISFIABLE";

/** Reads a Range header for a file of so many bytes. Of several ranges, and of anything unreadable, the whole is sent, as HTTP allows. */
export function parseRange(header: string | undefined, size: number): ByteRange {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? "");
  if (!match) return "WHOLE";
  const [, from = "", to = ""] = match;
  if (from === "" && to === "") return "WHOLE";
  if (from === "") {
    const length = Math.min(Number(to), size);
    return length === 0 ? "UNSATISFIABLE" : { first: size - length, last: size - 1 };
  }
  const first = Number(from);
  const last = to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== "" && Number(to) < first) return "WHOLE";
  return first >= size ? "UNSATISFIABLE" : { first, last };
}
