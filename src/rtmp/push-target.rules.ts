import { createHash } from "node:crypto";
import { parseUrl } from "../network/url.parser.ts";

/** Whom to publish to, and as what. */
export interface PushTarget {
  readonly isSecure: boolean;
  /** The host as a certificate would name it; an IPv6 address without brackets. */
  readonly host: string;
  readonly isAddress: boolean;
  readonly port: number;
  readonly application: string;
  /** With the parameters of the URL, which belong to it. */
  readonly streamKey: string;
  /** The URL of the application, as the receiver is told it: without user info and stream key. */
  readonly applicationUrl: string;
  readonly userName: string | null;
  readonly password: string | null;
  /** Parts that no log and no sentence may hold. */
  readonly secrets: readonly string[];
}

const PORTS = { rtmp: 1935, rtmps: 443 } as const;

/** Reads the URL of an RTMP output: what stands behind its last slash is the stream key. Null when it is none. */
export function readPushTarget(url: string): PushTarget | null {
  const reading = parseUrl(url);
  if ("problem" in reading) return null;
  const { scheme, host, port, userInfo } = reading.url;
  if (scheme !== "rtmp" && scheme !== "rtmps") return null;
  const names = readNames(url);
  if (!names) return null;
  const hostText = host.kind === "NAME" ? host.name : host.address;
  const shownHost = hostText.includes(":") ? `[${hostText}]` : hostText;
  const shownPort = port === null || port === PORTS[scheme] ? "" : `:${port}`;
  const [userName = null, password = null] = userInfo === null ? [] : splitOnce(userInfo).map(decode);
  const { application, streamKey } = names;
  return {
    isSecure: scheme === "rtmps",
    host: hostText,
    isAddress: host.kind === "ADDRESS",
    port: port ?? PORTS[scheme],
    application,
    streamKey,
    applicationUrl: `${scheme}://${shownHost}${shownPort}/${application}`,
    userName,
    password,
    secrets: secretsOf(names, userInfo, password),
  };
}

/** Every part of a URL that a receiver may repeat and that grants something. */
function secretsOf(names: Names, userInfo: string | null, password: string | null): readonly string[] {
  const parameters = [names.application, names.streamKey].flatMap((name) => name.split("?")[1]?.split("&") ?? []);
  const values = parameters.map((parameter) => parameter.slice(parameter.indexOf("=") + 1));
  const parts = [names.streamKey, names.streamKey.split("?")[0] ?? "", userInfo ?? "", password ?? "", ...values];
  return parts.filter((part) => part !== "");
}

interface Names {
  readonly application: string;
  readonly streamKey: string;
}

/** Application and stream of `/application/instance/stream?parameters`, or of `/application?parameters/stream`. */
function readNames(url: string): Names | null {
  const rest = url.slice(url.indexOf("://") + 3).replace(/^[^/?]*\/*/, "");
  const query = rest.indexOf("?");
  const path = (query < 0 ? rest : rest.slice(0, query)).replace(/\/+$/, "");
  const parameters = query < 0 ? "" : rest.slice(query);
  const cut = path.lastIndexOf("/");
  if (cut >= 0) return { application: path.slice(0, cut).replace(/\/+$/, ""), streamKey: path.slice(cut + 1) + parameters };
  const whole = path + parameters;
  const last = whole.lastIndexOf("/");
  return last > 0 && last < whole.length - 1 ? { application: whole.slice(0, last), streamKey: whole.slice(last + 1) } : null;
}

/** What a receiver asks for that wants a user and password, as it says so in its refusal. */
export type Challenge =
  | { readonly kind: "NAME_YOURSELF" }
  | { readonly kind: "ANSWER"; readonly salt: string; readonly challenge: string; readonly opaque: string }
  | { readonly kind: "REFUSED" };

/** Reads the refusal's description; null when it asks for nothing that we could give. */
export function readChallenge(description: string): Challenge | null {
  if (!/authmod=adobe/.test(description)) return null;
  if (/\?reason=(authfailed|nosuchuser)/.test(description)) return { kind: "REFUSED" };
  const asked = /\?reason=needauth(.*)/.exec(description)?.[1];
  if (asked === undefined) return /code=403/.test(description) ? { kind: "NAME_YOURSELF" } : null;
  const valueOf = (name: string): string => new RegExp(`[&?]${name}=([^&\\s]*)`).exec(asked)?.[1] ?? "";
  return { kind: "ANSWER", salt: valueOf("salt"), challenge: valueOf("challenge"), opaque: valueOf("opaque") };
}

/** What is added to the application to answer: the scheme that Adobe's own server uses, which proves the password by MD5. */
export function answerChallenge(
  challenge: Exclude<Challenge, { kind: "REFUSED" }>,
  { userName, password, ownChallenge }: { readonly userName: string; readonly password: string; readonly ownChallenge: string },
): string {
  const start = `?authmod=adobe&user=${userName}`;
  if (challenge.kind === "NAME_YOURSELF") return start;
  const hashed = md5(userName + challenge.salt + password);
  const response = md5(hashed + (challenge.opaque === "" ? challenge.challenge : challenge.opaque) + ownChallenge);
  const opaque = challenge.opaque === "" ? "" : `&opaque=${challenge.opaque}`;
  return `${start}&challenge=${ownChallenge}&response=${response}${opaque}`;
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("base64");
}

function splitOnce(userInfo: string): string[] {
  const at = userInfo.indexOf(":");
  return at < 0 ? [userInfo] : [userInfo.slice(0, at), userInfo.slice(at + 1)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
