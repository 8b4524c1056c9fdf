/** What is asked for below `/live/`. */
export interface LivePath {
  readonly token: string;
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
 * Reads `/live/<token>/<file>` out of a request target; null for everything else. Nothing is decoded: our names need no
 * percent codes, so that encoded slashes, dots and NULs never become anything but a miss.
 */
export function readLivePath(target: string): LivePath | null {
  const path = target.split(/[?#]/, 1)[0] ?? "";
  const parts = path.split("/");
  if (parts.length !== 4 || parts[0] !== "" || parts[1] !== "live") return null;
  const [, , token = "", file = ""] = parts;
  return isPathToken(token) && FILE_PATTERN.test(file) ? { token, file } : null;
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
