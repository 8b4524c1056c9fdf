import type { EgressProxy } from "../network/egress-proxy.ts";
import { listSecrets } from "../network/mask.ts";
import { inBrackets } from "../network/pin-address.ts";
import { parseUrl } from "../network/url.parser.ts";
import type { InputType } from "../sessions/session.rules.ts";
import type { DatagramPlan } from "./datagram-plan.rules.ts";
import { SCRIPT_PIPE } from "./ffmpeg.process.ts";
import type { ChosenStreams } from "./stream-remap.rules.ts";

/** How to start one process. */
export interface ProcessPlan {
  readonly arguments: readonly string[];
  /** What it reads from its script pipe, where nobody else sees it. */
  readonly script?: string;
  /** What it goes out through, for HTTP and HTTPS; a secret. */
  readonly httpProxy?: string;
  readonly secrets: readonly string[];
}

/** How one input is taken in. */
export interface IngestPlan {
  readonly source:
    /** One process makes of it one MPEG-TS on standard output. */
    | { readonly kind: "PROCESS"; readonly process: ProcessPlan }
    /** Datagrams are received as they are and counted, and the same is made of them: here, or by a process (see `planNormalizer`). */
    | { readonly kind: "RAW"; readonly receiver: DatagramPlan };
  /** Silence that means that the input is lost, in seconds. */
  readonly silenceSeconds: number;
  /** How long the first byte may take, in seconds. */
  readonly firstByteSeconds: number;
}

export interface IngestSource {
  readonly type: InputType;
  readonly url: string;
  readonly srtPassphrase: string | null;
  /** The address whose interface multicast is joined on; null leaves it to the system. */
  readonly multicastInterface: string | null;
}

const SILENCE_SECONDS = 2;
const FIRST_BYTE_SECONDS = 10;
/** RTSP and RTMP servers begin with what they still have of the newest group of pictures, or wait for the next one. */
const HANDSHAKE_SECONDS = 15;
/** The defaults of ffmpeg open an input in 5.9 s, these in 1.9 s. */
export const ANALYSIS = ["-analyzeduration", "1000000", "-probesize", "1000000"];
export const QUIET = ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning"];

/** Tables in front of every frame let the encoder begin at any key frame; nothing is buffered, since silence is a sign. */
export const OUTPUT = [
  ...["-c", "copy", "-copy_unknown", "-sn", "-dn", "-max_muxing_queue_size", "4096"],
  ...["-muxdelay", "0", "-muxpreload", "0", "-flush_packets", "1"],
  ...["-mpegts_flags", "+pat_pmt_at_frames", "-f", "mpegts", "pipe:1"],
];
const FIRST_STREAMS = ["-map", "0:v:0?", "-map", "0:a:0?"];

/** Takes datagrams in as they are. Pure. */
export function planRaw(receiver: DatagramPlan): IngestPlan {
  return { source: { kind: "RAW", receiver }, silenceSeconds: SILENCE_SECONDS, firstByteSeconds: FIRST_BYTE_SECONDS };
}

/** Arguments that make of an MPEG-TS on standard input one with the chosen streams on standard output, nothing re-encoded. Pure. */
export function planNormalizer({ video, audio }: ChosenStreams): ProcessPlan {
  const maps = [video, audio].flatMap((pid) => (pid === null ? [] : ["-map", `0:i:${pid}?`]));
  const input = ["-protocol_whitelist", "pipe", "-f", "mpegts", "-i", "pipe:0"];
  return { arguments: [...QUIET, ...ANALYSIS, ...input, ...maps, ...OUTPUT], secrets: [] };
}

/** SRT: the URL with an address in place of the name. Pure. */
export function planSrt({ srtPassphrase }: IngestSource, pinnedUrl: string): IngestPlan {
  // A stream that falls silent is ended by our own clock, which restarts the process; ffmpeg's is the second net.
  const address = withOptions(pinnedUrl, { mode: "caller", transtype: "live", timeout: "4000000", passphrase: srtPassphrase });
  return planScript({
    address,
    protocols: "srt",
    formats: "mpegts",
    secrets: secretsOf(pinnedUrl, srtPassphrase),
    firstByteSeconds: FIRST_BYTE_SECONDS,
  });
}

/** RTSP, its media within the one connection, which goes through a relay on this port. Pure. */
export function planRtsp({ url }: IngestSource, relayPort: number): IngestPlan {
  return planScript({
    address: throughRelay(url, "rtsp", relayPort),
    options: ["option rtsp_transport tcp", "option timeout 10000000"],
    protocols: "tcp",
    formats: "rtsp,mpegts",
    secrets: secretsOf(url, null),
    firstByteSeconds: HANDSHAKE_SECONDS,
  });
}

/** RTMP through a relay on this port; the server is told the URL that the caller wrote. Pure. */
export function planRtmp({ url }: IngestSource, relayPort: number): IngestPlan {
  return planScript({
    address: throughRelay(url, "rtmp", relayPort),
    options: [`option rtmp_tcurl ${quoted(rtmpConnectUrl(url))}`, "option rtmp_live live", "option rw_timeout 10000000"],
    protocols: "rtmp,tcp",
    formats: "flv,live_flv",
    secrets: [...secretsOf(url, null), ...rtmpNameOf(url)],
    firstByteSeconds: HANDSHAKE_SECONDS,
  });
}

/** What an HLS reader is given. */
export interface HlsPlan {
  /** A master playlist that names our views of one picture, and of its sound where that is apart. */
  readonly script: string;
  readonly silenceSeconds: number;
  /** What serves them, and all that they name. */
  readonly proxy: Pick<EgressProxy, "url" | "host">;
}

/**
 * Through playlists of ours, all that it opens being served by us: it speaks HTTP to us alone, and reads nothing but media.
 * `-re` turns its bursts of whole segments into an even flow. Pure.
 */
export function planHls({ url }: IngestSource, { script, silenceSeconds, proxy }: HlsPlan): IngestPlan {
  const process: ProcessPlan = {
    arguments: [
      ...QUIET,
      ...ANALYSIS,
      ...["-re", "-rw_timeout", "10000000", "-protocol_whitelist", "pipe,http,tcp,crypto"],
      ...["-format_whitelist", "hls,mpegts,mov,aac,mp3,ac3,eac3", "-f", "hls"],
      // We are told by the asking for a segment that all before it has been read.
      ...["-http_multiple", "0", "-i", SCRIPT_PIPE],
      ...FIRST_STREAMS,
      ...OUTPUT,
    ],
    script,
    httpProxy: proxy.url,
    secrets: [...secretsOf(url, null), proxy.host],
  };
  return { source: { kind: "PROCESS", process }, silenceSeconds, firstByteSeconds: Math.max(FIRST_BYTE_SECONDS, silenceSeconds) };
}

interface ScriptPlan {
  readonly address: string;
  readonly options?: readonly string[];
  readonly protocols: string;
  readonly formats: string;
  readonly secrets: readonly string[];
  readonly firstByteSeconds: number;
}

/** Through a script of the concat demuxer: secrets in the arguments would stand in the process list. */
function planScript({ address, options = [], protocols, formats, secrets, firstByteSeconds }: ScriptPlan): IngestPlan {
  const script = [
    "ffconcat version 1.0",
    `file ${quoted(address)}`,
    "option analyzeduration 1000000",
    "option probesize 1000000",
    ...options,
    "",
  ];
  const process: ProcessPlan = {
    arguments: [
      ...QUIET,
      ...["-protocol_whitelist", `pipe,${protocols}`, "-format_whitelist", `concat,${formats}`],
      ...["-f", "concat", "-safe", "0", "-i", SCRIPT_PIPE, ...FIRST_STREAMS, ...OUTPUT],
    ],
    script: script.join("\n"),
    secrets,
  };
  return { source: { kind: "PROCESS", process }, silenceSeconds: SILENCE_SECONDS, firstByteSeconds };
}

/** As it stands in a script: blanks and backslashes are refused in URLs, quotes are not. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

const AUTHORITY = /^[a-z]+:\/\/((?:[^/?#@]*@)?)[^/?#]*/;

/** The URL with the relay in place of the server; what is secret in it stays. */
function throughRelay(url: string, scheme: string, port: number): string {
  return url.replace(AUTHORITY, (_, userInfo: string) => `${scheme}://${userInfo}127.0.0.1:${port}`);
}

/** What an RTMP client says that it connects to: the server and the application, which ffmpeg takes out of the path in this way. */
function rtmpConnectUrl(url: string): string {
  const reading = parseUrl(url);
  if ("problem" in reading) throw new Error("A URL that was not checked cannot be planned");
  const { scheme, host, port, path } = reading.url;
  const [first = "", second, ...more] = path.replace(/^\/+/, "").split("/");
  const hasInstance = second !== undefined && more.length > 0 && first !== "ondemand" && !second.includes(":");
  const name = host.kind === "NAME" ? host.name : inBrackets(host.address);
  return `${scheme}://${name}${port === null ? "" : `:${port}`}/${hasInstance ? `${first}/${second}` : first}`;
}

/** The last part of an RTMP path names the stream, and is all that some servers ask for. */
function rtmpNameOf(url: string): readonly string[] {
  const name = url.split("?")[0]?.split("/").slice(3).at(-1) ?? "";
  return name === "" ? [] : [name];
}

/** Adds options to a URL's query, which those that the caller set already keep. */
function withOptions(url: string, options: Readonly<Record<string, string | null>>): string {
  const query = url.includes("?") ? url.slice(url.indexOf("?") + 1) : "";
  const given = new Set(query.split("&").map((part) => part.split("=")[0]));
  const added = Object.entries(options).filter(([name, value]) => value !== null && !given.has(name));
  const text = added.map(([name, value]) => `${name}=${value}`).join("&");
  if (text === "") return url;
  return `${url}${url.endsWith("?") || url.endsWith("&") ? "" : url.includes("?") ? "&" : "?"}${text}`;
}

/** All that is not shown of the URL, so that it can be masked in ffmpeg's own words too. */
function secretsOf(url: string, passphrase: string | null): readonly string[] {
  return [...(passphrase === null ? [] : [passphrase]), ...listSecrets(url, "INPUT")];
}
