import { isIP } from "node:net";
import { addressKind } from "./address.rules.ts";
import type { ParsedUrl, QueryParameter } from "./url.parser.ts";
import { invalid, notAllowed, type UrlProblem } from "./url-problem.ts";

/**
 * ffmpeg takes options of its UDP, RTP and SRT protocols from the query of a URL, among them ones that open local ports
 * (`mode=listener`, `localaddr`). These are the ones that do no harm, each with the values that make sense.
 */
interface UrlOption {
  readonly accepts: (value: string) => boolean;
  readonly expected: string;
}

type UrlOptions = Readonly<Record<string, UrlOption>>;

const SOURCE_COUNT_LIMIT = 32;

const flag: UrlOption = { accepts: (value) => value === "0" || value === "1", expected: "0 or 1" };
const sources: UrlOption = { accepts: isSourceList, expected: `1 to ${SOURCE_COUNT_LIMIT} addresses, separated by commas` };
const streamId: UrlOption = text(1, 512);

const UDP_INPUT: UrlOptions = {
  sources,
  fifo_size: whole(0, 1_000_000),
  overrun_nonfatal: flag,
  buffer_size: whole(0, 67_108_864),
  pkt_size: whole(188, 65_507),
  reuse: flag,
};
const UDP_OUTPUT: UrlOptions = {
  ttl: whole(0, 255),
  pkt_size: whole(188, 65_507),
  bitrate: whole(0, 10_000_000_000),
  burst_bits: whole(0, 1_000_000_000),
  buffer_size: whole(0, 67_108_864),
};
const RTP_INPUT: UrlOptions = { sources, pkt_size: whole(188, 65_507), buffer_size: whole(0, 67_108_864) };
const SRT: UrlOptions = {
  mode: { accepts: (value) => value === "caller", expected: "caller" },
  transtype: { accepts: (value) => value === "live", expected: "live" },
  passphrase: text(10, 79),
  pbkeylen: { accepts: (value) => ["0", "16", "24", "32"].includes(value), expected: "16, 24 or 32" },
  enforced_encryption: flag,
  streamid: streamId,
  srt_streamid: streamId,
  latency: whole(0, 60_000_000),
  rcvlatency: whole(0, 60_000_000),
  peerlatency: whole(0, 60_000_000),
  tlpktdrop: flag,
  nakreport: flag,
  maxbw: whole(0, 10_000_000_000),
  inputbw: whole(0, 10_000_000_000),
  oheadbw: whole(5, 100),
  pkt_size: whole(188, 1456),
  payload_size: whole(188, 1456),
  connect_timeout: whole(100, 60_000),
  lossmaxttl: whole(0, 1_000),
  kmrefreshrate: whole(0, 2_147_483_647),
  kmpreannounce: whole(0, 2_147_483_647),
  ipttl: whole(1, 255),
  iptos: whole(0, 255),
};

/** Checks the query where ffmpeg takes options from it; elsewhere it is the server's and passes as it is. */
export function checkUrlOptions(url: ParsedUrl, direction: "INPUT" | "OUTPUT"): UrlProblem | null {
  const options = optionsOf(url, direction);
  if (!options) return null;
  const names = url.query.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) < index);
  if (repeated !== undefined) return invalid(`The option ${shown(repeated)} stands more than once in the URL.`);
  for (const parameter of url.query) {
    const problem = checkOption(options, parameter);
    if (problem) return problem;
  }
  return null;
}

function checkOption(options: UrlOptions, { name, value }: QueryParameter): UrlProblem | null {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (!option) {
    return notAllowed(`The option ${shown(name)} is not allowed in this URL. Allowed are ${Object.keys(options).join(", ")}.`);
  }
  return value !== null && option.accepts(value) ? null : invalid(`The option ${name} must be ${option.expected}.`);
}

function optionsOf({ scheme }: ParsedUrl, direction: "INPUT" | "OUTPUT"): UrlOptions | null {
  if (scheme === "srt") return SRT;
  if (scheme === "rtp") return RTP_INPUT;
  if (scheme === "udp") return direction === "INPUT" ? UDP_INPUT : UDP_OUTPUT;
  return null;
}

/** Sources of a source-specific group are only filtered by; they must be plain addresses, since a name would be looked up. */
function isSourceList(value: string): boolean {
  const addresses = value.split(",");
  return (
    addresses.length <= SOURCE_COUNT_LIMIT &&
    addresses.every((address) => isIP(address) !== 0 && !addressKind(address).includes("MULTICAST"))
  );
}

function whole(least: number, most: number): UrlOption {
  return {
    accepts: (value) => /^[0-9]{1,11}$/.test(value) && Number(value) >= least && Number(value) <= most,
    expected: `a whole number from ${least} to ${most}`,
  };
}

function text(least: number, most: number): UrlOption {
  return { accepts: (value) => value.length >= least && value.length <= most, expected: `${least} to ${most} characters` };
}

/** A misspelt option may hold its value, as in `passphrase:…`: no more of it is shown than a name needs. */
function shown(name: string): string {
  return /^[a-z_]{1,24}$/i.test(name) ? name : "with such a name";
}
