import { OUTPUT_TYPE_FACTS, type OutputType } from "../playbacks/playback.rules.ts";
import { INPUT_TYPE_FACTS, type InputType } from "../sessions/session.rules.ts";
import { addressKind, checkMulticast, checkUnicast } from "./address.rules.ts";
import { checkFilePath } from "./file-path.rules.ts";
import type { Host } from "./host.rules.ts";
import type { NetworkPolicy } from "./network-policy.ts";
import { checkUrlOptions } from "./url-option.rules.ts";
import { parseUrl, type ParsedUrl, type StreamScheme } from "./url.parser.ts";
import { invalid, notAllowed, type UrlProblem } from "./url-problem.ts";

/** What may stand as the host: one machine, a multicast group, or either. */
type Reach = "UNICAST" | "MULTICAST" | "EITHER";

/** These have no port of their own that could be left out. */
const SCHEMES_THAT_NEED_A_PORT: readonly StreamScheme[] = ["udp", "rtp", "srt"];

const LOOPBACK_NAME = /^(localhost|localhost6|localhost4|ip6-localhost|ip6-loopback|loopback)(\.localdomain[46]?)?$|\.localhost$/;
const METADATA_NAMES: readonly string[] = [
  "metadata",
  "metadata.google.internal",
  "metadata.goog",
  "instance-data",
  "instance-data.ec2.internal",
  "metadata.tencentyun.com",
];

/** Whether a session may take its input from this URL; names are judged as names, and their addresses when it connects. */
export function checkInputUrl(type: InputType, url: string, policy: NetworkPolicy): UrlProblem | null {
  const { urlSchemes } = INPUT_TYPE_FACTS[type];
  const reach: Reach = type === "MULTICAST_PULL" ? "MULTICAST" : type === "RTP_PULL" ? "EITHER" : "UNICAST";
  return checkUrl(url, { type: `${type} input`, schemes: urlSchemes, reach, direction: "INPUT", policy });
}

/** Whether a playback may send to this URL, or a file output write to this path. */
export function checkOutputUrl(type: OutputType, url: string, policy: NetworkPolicy): UrlProblem | null {
  if (type === "FILE") return checkFilePath(url);
  const { urlSchemes } = OUTPUT_TYPE_FACTS[type];
  const reach: Reach = type === "MULTICAST" ? "MULTICAST" : "UNICAST";
  return checkUrl(url, { type: `${type} output`, schemes: urlSchemes, reach, direction: "OUTPUT", policy });
}

/** Whether changes may be posted to this URL. */
export function checkWebhookUrl(url: string, policy: NetworkPolicy): UrlProblem | null {
  return checkUrl(url, { type: "webhook", schemes: ["http", "https"], reach: "UNICAST", direction: "OUTPUT", policy });
}

interface UrlExpectation {
  readonly type: string;
  readonly schemes: readonly string[];
  readonly reach: Reach;
  readonly direction: "INPUT" | "OUTPUT";
  readonly policy: NetworkPolicy;
}

function checkUrl(text: string, expectation: UrlExpectation): UrlProblem | null {
  const { type, schemes, reach, direction, policy } = expectation;
  if (schemes.length === 0) return invalid(`A URL does not apply to a ${type}.`);
  const reading = parseUrl(text);
  const allowed = `The URL of a ${type} begins with ${schemes.map((scheme) => `${scheme}://`).join(" or ")}.`;
  // What it is refused for here is its scheme, and whoever is told so wants to know which one to write.
  if ("problem" in reading)
    return reading.problem.code === "URL_NOT_ALLOWED" ? notAllowed(`${reading.problem.message} ${allowed}`) : reading.problem;
  const { url } = reading;
  if (!schemes.includes(url.scheme)) return invalid(allowed);
  return checkHost(url.host, reach, policy) ?? checkParts(url, direction) ?? checkUrlOptions(url, direction);
}

/** What may not be reached is told before how it is written: no spelling of a refused address is a mere slip. */
function checkHost(host: Host, reach: Reach, policy: NetworkPolicy): UrlProblem | null {
  if (host.kind === "NAME") {
    if (reach === "MULTICAST") return invalid("A multicast URL names its group by address, such as udp://239.1.0.134:5000.");
    return checkName(host.name, policy);
  }
  const kind = addressKind(host.address);
  const isGroup = kind.includes("MULTICAST");
  const problem = isGroup && reach !== "UNICAST" ? checkMulticast(host.address, kind) : checkUnicast(host.address, policy, kind);
  if (problem) return problem;
  if (reach === "MULTICAST" && !isGroup) return invalid(`The address ${host.address} is not a multicast group, such as 239.1.0.134.`);
  return host.isPlain ? null : invalid(`Write the address as ${host.address}, the way in which it is read by everyone.`);
}

/** Refuses names that are known to be addresses of this machine or of a cloud's metadata. */
export function checkName(name: string, policy: NetworkPolicy): UrlProblem | null {
  if (METADATA_NAMES.includes(name)) return notAllowed("The name is one of a cloud metadata service, which is never allowed here.");
  return LOOPBACK_NAME.test(name) ? checkUnicast("127.0.0.1", policy) : null;
}

function checkParts({ scheme, userInfo, port, path }: ParsedUrl, direction: "INPUT" | "OUTPUT"): UrlProblem | null {
  if (SCHEMES_THAT_NEED_A_PORT.includes(scheme)) {
    if (port === null) return invalid(`A ${scheme}:// URL names its port, such as :5000.`);
    // `udp://@239.1.0.134:5000` is a common way to write a group to listen to.
    if (userInfo) return invalid(`A ${scheme}:// URL has no user information before an @.`);
    if (path !== "" && path !== "/") return invalid(`A ${scheme}:// URL has no path.`);
  }
  const hasStreamName = /^\/+[^/]/.test(path);
  if (direction === "OUTPUT" && scheme.startsWith("rtmp") && !hasStreamName) {
    return invalid("An RTMP URL to push to names its application and stream, such as rtmp://host/live/stream.");
  }
  return null;
}
