import { InputType } from "../sessions/session.rules.ts";
import { SCRIPT_PIPE } from "./ffmpeg.process.ts";
import type { HlsSource } from "./hls-source.ts";

/** How to start the process that takes one input in. */
export interface IngestPlan {
  readonly arguments: readonly string[];
  /** What it reads from its script pipe, where nobody else sees it. */
  readonly script?: string;
  /** Silence that means that the input is lost, in seconds. */
  readonly silenceSeconds: number;
  /** How long the first byte may take, in seconds. */
  readonly firstByteSeconds: number;
  readonly secrets: readonly string[];
}

export interface IngestSource {
  readonly type: InputType;
  readonly url: string;
  readonly srtPassphrase: string | null;
  /** The address whose interface multicast is joined on; null leaves it to the system. */
  readonly multicastInterface: string | null;
  /** For HLS: what was found out about the playlist just now. */
  readonly hls: HlsSource | null;
}

const SILENCE_SECONDS = 2;
const FIRST_BYTE_SECONDS = 10;
/** The defaults of ffmpeg open an input in 5.9 s, these in 1.9 s. */
export const ANALYSIS = ["-analyzeduration", "1000000", "-probesize", "1000000"];
export const QUIET = ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning"];
/** Names of a source script: one file, one line; a quote in a URL is refused long before, and escaped here all the same. */
const QUOTED_QUOTE = "'\\''";

/** Tables in front of every frame let the encoder begin at any key frame; nothing is buffered, since silence is a sign. */
export const OUTPUT = [
  ...["-c", "copy", "-copy_unknown", "-sn", "-dn", "-max_muxing_queue_size", "4096"],
  ...["-muxdelay", "0", "-muxpreload", "0", "-flush_packets", "1"],
  ...["-mpegts_flags", "+pat_pmt_at_frames", "-f", "mpegts", "pipe:1"],
];

/** Arguments that make of any input one MPEG-TS on standard output, nothing re-encoded. Pure. */
export function planIngest(source: IngestSource): IngestPlan {
  switch (source.type) {
    case InputType.MULTICAST_PULL:
      return planMulticast(source);
    case InputType.SRT_PULL:
      return planSrt(source);
    case InputType.HLS_PULL:
      return planHls(source);
    default:
      throw new Error(`Inputs of the type ${source.type} cannot be run`);
  }
}

function planMulticast({ url, multicastInterface }: IngestSource): IngestPlan {
  const options = { reuse: "1", overrun_nonfatal: "1", fifo_size: "50000", localaddr: multicastInterface };
  return {
    arguments: [
      ...QUIET,
      ...ANALYSIS,
      ...["-protocol_whitelist", "udp", "-f", "mpegts", "-i", withOptions(url, options)],
      ...["-map", "0:v:0?", "-map", "0:a:0?", ...OUTPUT],
    ],
    silenceSeconds: SILENCE_SECONDS,
    firstByteSeconds: FIRST_BYTE_SECONDS,
    secrets: [],
  };
}

/** Through a script of the concat demuxer: a passphrase in the arguments would stand in the process list. */
function planSrt({ url, srtPassphrase }: IngestSource): IngestPlan {
  // A stream that falls silent is ended by our own clock, which restarts the process; ffmpeg's is the second net.
  const address = withOptions(url, { mode: "caller", transtype: "live", timeout: "4000000", passphrase: srtPassphrase });
  const script = [
    "ffconcat version 1.0",
    `file '${address.replaceAll("'", QUOTED_QUOTE)}'`,
    "option analyzeduration 1000000",
    "option probesize 1000000",
    "",
  ];
  return {
    arguments: [
      ...QUIET,
      ...["-protocol_whitelist", "pipe,srt", "-f", "concat", "-safe", "0", "-i", SCRIPT_PIPE],
      ...["-map", "0:v:0?", "-map", "0:a:0?", ...OUTPUT],
    ],
    script: script.join("\n"),
    silenceSeconds: SILENCE_SECONDS,
    firstByteSeconds: FIRST_BYTE_SECONDS,
    secrets: secretsOf(url, srtPassphrase),
  };
}

/** Through a playlist of ours that names the one variant that we chose; `-re` turns its bursts of whole segments into an even flow. */
function planHls({ url, hls }: IngestSource): IngestPlan {
  if (!hls) throw new Error("An HLS input is planned with its playlist");
  return {
    arguments: [
      ...QUIET,
      ...ANALYSIS,
      ...["-re", "-rw_timeout", "10000000", "-protocol_whitelist", "pipe,http,https,tcp,tls,crypto,data", "-f", "hls", "-i", SCRIPT_PIPE],
      ...["-map", "0:v:0?", "-map", "0:a:0?", ...OUTPUT],
    ],
    script: hls.script,
    silenceSeconds: hls.silenceSeconds,
    firstByteSeconds: Math.max(FIRST_BYTE_SECONDS, hls.silenceSeconds),
    secrets: secretsOf(url, null),
  };
}

/** Adds options to a URL's query, which those that the caller set already keep. */
function withOptions(url: string, options: Readonly<Record<string, string | null>>): string {
  const query = url.includes("?") ? url.slice(url.indexOf("?") + 1) : "";
  const given = new Set(query.split("&").map((part) => part.split("=")[0]));
  const added = Object.entries(options).filter(([name, value]) => value !== null && !given.has(name));
  const text = added.map(([name, value]) => `${name}=${value}`).join("&");
  if (text === "") return url;
  return `${url}${url.includes("?") ? "&" : "?"}${text}`;
}

/** Every part of a URL that may be secret, so that ffmpeg's own words can be masked. */
function secretsOf(url: string, passphrase: string | null): readonly string[] {
  const userInfo = /^[a-z]+:\/\/([^/?#@]*)@/.exec(url)?.[1]?.split(":") ?? [];
  const query = url.includes("?") ? url.slice(url.indexOf("?") + 1).split("&") : [];
  const values = query.flatMap((part) => (/pass|key|token|sig|secret|streamid/i.test(part) ? part.slice(part.indexOf("=") + 1) : []));
  return [...(passphrase === null ? [] : [passphrase]), ...userInfo, ...values];
}
