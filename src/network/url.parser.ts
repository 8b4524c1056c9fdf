import { readHost, type Host } from "./host.rules.ts";
import { invalid, notAllowed, type UrlProblem } from "./url-problem.ts";

/** Longest URL, in characters. */
export const URL_LENGTH_LIMIT = 2048;

/** Schemes that streams use; any other is not only wrong but dangerous, since ffmpeg opens files, pipes and lists of URLs by scheme. */
export const STREAM_SCHEMES = ["udp", "rtp", "srt", "rtmp", "rtmps", "rtsp", "rtsps", "http", "https"] as const;
export type StreamScheme = (typeof STREAM_SCHEMES)[number];

/** A URL as ffmpeg splits it. */
export interface ParsedUrl {
  readonly scheme: StreamScheme;
  /** What stands before the `@`; null without one. */
  readonly userInfo: string | null;
  readonly host: Host;
  /** Null when it is left to the scheme. */
  readonly port: number | null;
  /** Begins with a slash, or is empty. */
  readonly path: string;
  /** In order; a parameter without `=` has a null value. Not decoded: neither does ffmpeg. */
  readonly query: readonly QueryParameter[];
}

export interface QueryParameter {
  readonly name: string;
  readonly value: string | null;
}

export type UrlReading = { readonly url: ParsedUrl } | { readonly problem: UrlProblem };

// RFC 3986 knows none of these; a backslash is a slash to browsers, and a bar or a quote ends an output of ffmpeg's tee.
const FORBIDDEN_CHARACTER = /[^\x21-\x7e]|["<>\\^`{|}]/;
const URL_PATTERN = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?(#.*)?$/;
const USER_INFO_PATTERN = /^[A-Za-z0-9._~!$&'()*+,;=:%-]*$/;
const AUTHORITY_PATTERN = /^(\[[^[\]]*\]|[^:[\]]*)(?::([0-9]{1,5}))?$/;
const CONTROL_ESCAPE = /%(?:[01][0-9a-f]|7f)/i;
const BROKEN_ESCAPE = /%(?![0-9a-f]{2})/i;

/** Splits a caller's URL, refusing whatever two readers could read in two ways. */
export function parseUrl(text: string): UrlReading {
  const problem = checkCharacters(text);
  if (problem) return { problem };
  const match = URL_PATTERN.exec(text);
  if (!match) return { problem: notAUrl(text) };
  const [, schemeText = "", authority = "", path = "", query, fragment] = match;
  const scheme = STREAM_SCHEMES.find((known) => known === schemeText);
  if (!scheme) return { problem: notAllowed(`URLs of the scheme ${schemeText.slice(0, 20)}:// are not allowed.`) };
  // A stream ID in the access control syntax of SRT begins with `#!::` and is no fragment.
  if (fragment !== undefined && !(scheme === "srt" && query !== undefined))
    return { problem: invalid("The URL must not have a fragment (#).") };
  if (BROKEN_ESCAPE.test(scheme === "srt" ? path : path + (query ?? "")))
    return { problem: invalid("A percent sign must be followed by two hexadecimal digits.") };
  const rest = readAuthority(authority);
  if ("problem" in rest) return rest;
  return { url: { scheme, ...rest, path, query: splitQuery(`${query ?? ""}${fragment ?? ""}`) } };
}

function checkCharacters(text: string): UrlProblem | null {
  if (text.length > URL_LENGTH_LIMIT) return invalid(`The URL is longer than ${URL_LENGTH_LIMIT} characters.`);
  if (FORBIDDEN_CHARACTER.test(text)) {
    return invalid("The URL holds a blank, a control character, or another character that must be written as a percent code.");
  }
  return CONTROL_ESCAPE.test(text) ? invalid("The URL holds a percent code of a control character.") : null;
}

function notAUrl(text: string): UrlProblem {
  // `file:name`, `concat:a|b`, `data:…`: no address, and yet something that ffmpeg would open.
  const isOtherScheme = /^[a-z][a-z0-9+.-]*:(?!\/\/)/i.test(text) && !STREAM_SCHEMES.some((scheme) => text.startsWith(`${scheme}:`));
  if (isOtherScheme) return notAllowed("Only URLs of streams are allowed.");
  return invalid("This is not a URL: it must begin with a scheme in lower case and ://, such as udp://239.1.0.134:5000.");
}

function readAuthority(authority: string): Pick<ParsedUrl, "userInfo" | "host" | "port"> | { readonly problem: UrlProblem } {
  const [hostPort = "", userInfo = null, ...more] = authority.split("@").reverse();
  if (more.length > 0 || (userInfo !== null && !USER_INFO_PATTERN.test(userInfo))) {
    return { problem: invalid("The part before the host (user:password@) must have its special characters percent-encoded.") };
  }
  const match = AUTHORITY_PATTERN.exec(hostPort);
  const port = match?.[2] === undefined ? null : Number(match[2]);
  if (!match || port === 0 || (port !== null && port > 65_535)) return { problem: invalid("The port must be a number from 1 to 65535.") };
  if (match[1] === "") return { problem: invalid("The URL names no host.") };
  const host = readHost(match[1] ?? "");
  return host ? { userInfo, host, port } : { problem: invalid("The host is neither an address nor a name.") };
}

function splitQuery(query: string): readonly QueryParameter[] {
  if (query === "") return [];
  return query.split("&").map((part) => {
    const at = part.indexOf("=");
    return at < 0 ? { name: part, value: null } : { name: part.slice(0, at), value: part.slice(at + 1) };
  });
}
