import { SECRET_MASK } from "../sessions/secret.rules.ts";

export interface MaskedUrl {
  /** The URL with the mask in place of each secret part. */
  readonly masked: string;
  readonly hasSecret: boolean;
}

/** What a URL is for: the last part of an RTMP path is an output's stream key, and the name of what an input pulls. */
export type UrlRole = "INPUT" | "OUTPUT";

/** Split as ffmpeg does, and without checks: what is shown of a wrong URL in an error must not leak either. */
const URL_PATTERN = /^((?:[^:/?#@]*:)?\/*)([^/?#]*)([^?]*)(\?[\s\S]*)?$/;

/** An address and a port, as most inputs are multicast groups: there is no place for a secret. */
const NO_SECRET = /^(?:udp|rtp):\/\/[0-9.]{7,15}:[0-9]{1,5}$/;

/** Options that ffmpeg reads from udp, rtp and srt URLs are secret unless they stand here with a value that is none. */
const OPTION_SCHEME = /^(udp|rtp|srt):/i;
const HARMLESS_OPTION =
  /^(mode|transtype|pbkeylen|enforced_encryption|latency|rcvlatency|peerlatency|tlpktdrop|nakreport|maxbw|inputbw|oheadbw|pkt_size|payload_size|connect_timeout|lossmaxttl|kmrefreshrate|kmpreannounce|ipttl|iptos|fifo_size|overrun_nonfatal|buffer_size|reuse|ttl|bitrate|burst_bits)=([0-9]{1,11}|caller|listener|rendezvous|live)$/;
const SOURCES_OPTION = /^sources=[0-9a-f.:,]+$/;

/** Elsewhere a parameter is shown only when neither its name nor its value could be a secret's: tokens come under too many names. */
const SECRET_NAME = /pass|pw|pin|secret|token|key|sig|hash|hmac|auth|cred|hdn|policy|jwt|access|session|code|user|login|id$|^.{0,2}$/i;
const HARMLESS_VALUE = /^([0-9]{1,6}|true|false|yes|no|on|off|tcp|udp|ts|mp4|hls|dash|live|main|low|mid|high|sd|hd|uhd)$/i;
const PLAIN_NAME = /^[A-Za-z_.-]{1,20}$/;

/** Parts of a path that grant access: hashes, identifiers nobody guesses, and signatures as some networks put them there. */
const PATH_TOKEN =
  /(?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9]{20,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(hmac|token|sig|key|pass|hdnt[sl]?)=/i;

/** What a server keeps in a path instead of a cookie, such as `;jsessionid=…`. */
const PATH_PARAMETER = /(;[^;=]+=)([^;]+)/g;

/** What stands in place of a secret. */
type Hide = (secret: string) => string;

/** Hides the user info, the passphrase and stream ID, key-like parameters, and of outputs the stream key. */
export function maskUrl(url: string, role: UrlRole = "OUTPUT"): MaskedUrl {
  if (NO_SECRET.test(url)) return { masked: url, hasSecret: false };
  const masked = replaceSecrets(url, role, () => SECRET_MASK);
  return { masked, hasSecret: masked !== url || masked.includes(SECRET_MASK) };
}

/** All that the mask hides, and the parts of it that whoever reports on a URL may take alone, be it with its escapes read. */
export function listSecrets(url: string, role: UrlRole = "OUTPUT"): readonly string[] {
  const secrets = new Set<string>();
  replaceSecrets(url, role, (secret) => {
    for (const part of [secret, ...secret.split(/[:=]/)]) secrets.add(part).add(unescaped(part));
    return SECRET_MASK;
  });
  return [...secrets].filter((secret) => secret !== "" && secret !== SECRET_MASK);
}

function replaceSecrets(url: string, role: UrlRole, hide: Hide): string {
  const [, scheme = "", authority = "", path = "", query = ""] = URL_PATTERN.exec(url) ?? [];
  return `${scheme}${maskAuthority(authority, hide)}${maskPath(path, { scheme, role, hide })}${maskQuery(query, { scheme, hide })}`;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * The URL that a caller means who was shown a masked one: sent back as it was shown, it is the stored one; without a mask it is new.
 * Null when it holds a mask and is not the one that was shown, since a secret must not travel to another host.
 */
export function mergeMaskedUrl(sent: string, storedWhole: string, role: UrlRole = "OUTPUT"): string | null {
  const decoded = sent.replace(ESCAPED_MASK, SECRET_MASK);
  if (!decoded.includes(SECRET_MASK)) return sent;
  return decoded === maskUrl(storedWhole, role).masked ? storedWhole : null;
}

/** Clients that build URLs with a library send the mask percent-encoded. */
const ESCAPED_MASK = new RegExp(encodeURIComponent(SECRET_MASK), "gi");

function maskAuthority(authority: string, hide: Hide): string {
  const at = authority.lastIndexOf("@");
  return at <= 0 ? authority : `${hide(authority.slice(0, at))}${authority.slice(at)}`;
}

interface Place {
  readonly scheme: string;
  readonly hide: Hide;
}

function maskPath(pathAndFragment: string, { scheme, role, hide }: Place & { readonly role: UrlRole }): string {
  const path = pathAndFragment.replace(/#([\s\S]+)$/, (_, fragment: string) => `#${hide(fragment)}`);
  const isStreamKey = role === "OUTPUT" && /^rtmp/i.test(scheme);
  const withoutKey = isStreamKey ? path.replace(/([^/]+)(\/*)$/, (_, key: string, slashes: string) => `${hide(key)}${slashes}`) : path;
  return withoutKey
    .split("/")
    .map((part) =>
      PATH_TOKEN.test(part) ? hide(part) : part.replace(PATH_PARAMETER, (_, name: string, value: string) => name + hide(value)),
    )
    .join("/");
}

function maskQuery(query: string, { scheme, hide }: Place): string {
  if (query.length < 2) return query;
  const isHarmless = OPTION_SCHEME.test(scheme) ? isHarmlessOption : isHarmlessParameter;
  const parts = query.slice(1).split("&");
  return `?${parts.map((part) => (isHarmless(part) ? part : maskParameter(part, hide))).join("&")}`;
}

/** Keeps a plain name, which tells the operator what is hidden; of another one, the name may be the secret, as in `?d41d8cd9=`. */
function maskParameter(part: string, hide: Hide): string {
  const name = part.split("=", 1)[0] ?? "";
  return part.includes("=") && PLAIN_NAME.test(name) ? `${name}=${hide(part.slice(name.length + 1))}` : hide(part);
}

function isHarmlessOption(part: string): boolean {
  return part === "" || HARMLESS_OPTION.test(part) || SOURCES_OPTION.test(part);
}

function isHarmlessParameter(part: string): boolean {
  const at = part.indexOf("=");
  const name = at < 0 ? "" : part.slice(0, at);
  const value = part.slice(at + 1);
  if (value === "") return part === "" || PLAIN_NAME.test(name);
  return HARMLESS_VALUE.test(value) && (at < 0 || (PLAIN_NAME.test(name) && !SECRET_NAME.test(name)));
}
