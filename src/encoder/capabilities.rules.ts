import type { OutputType } from "../playbacks/playback.rules.ts";
import type { InputType } from "../sessions/session.rules.ts";
import type { AudioCodec, VideoCodec } from "../templates/template.rules.ts";

/** What `ffmpeg -version`, `-protocols`, `-encoders`, `-muxers` and `-demuxers` printed. */
export interface FfmpegListings {
  readonly version: string;
  readonly protocols: string;
  readonly encoders: string;
  readonly muxers: string;
  readonly demuxers: string;
}

/** What this machine's ffmpeg can run for us. */
export interface Abilities {
  /** Such as `5.1.9-0+deb12u1`; null when it could not be read. */
  readonly version: string | null;
  readonly supportedInputs: readonly InputType[];
  readonly supportedOutputs: readonly OutputType[];
  readonly supportedVideoCodecs: readonly VideoCodec[];
  readonly supportedAudioCodecs: readonly AudioCodec[];
  /** One sentence for each thing that is missing: what, and what then is unavailable. */
  readonly missing: readonly string[];
}

interface Need {
  readonly protocols?: readonly string[];
  readonly encoders?: readonly string[];
  readonly muxers?: readonly string[];
  readonly demuxers?: readonly string[];
}

type NeedKind = keyof Need;

const DATAGRAM_NEED: Need = { protocols: ["udp", "pipe"], demuxers: ["data", "mpegts"], muxers: ["data", "mpegts"] };
const HTTP_NEED: Need = {
  protocols: ["http", "https", "httpproxy", "tls", "tcp", "pipe"],
  demuxers: ["hls", "mpegts", "mov"],
  muxers: ["mpegts"],
};

/** Only what the engine can really run stands here; every other type is reported as not supported. */
const INPUT_NEEDS: Partial<Record<InputType, Need>> = {
  MULTICAST_PULL: DATAGRAM_NEED,
  RTP_PULL: DATAGRAM_NEED,
  SRT_PULL: { protocols: ["srt", "pipe"], demuxers: ["mpegts", "concat"], muxers: ["mpegts"] },
  HLS_PULL: HTTP_NEED,
  DASH_PULL: HTTP_NEED,
  RTSP_PULL: { protocols: ["tcp", "pipe"], demuxers: ["rtsp", "concat"], muxers: ["mpegts"] },
  RTMP_PULL: { protocols: ["rtmp", "tcp", "pipe"], demuxers: ["flv", "concat"], muxers: ["mpegts"] },
  SRT_PUSH: { protocols: ["srt", "pipe"], demuxers: ["mpegts", "concat"], muxers: ["mpegts"] },
  RTMP_PUSH: { protocols: ["pipe"], demuxers: ["flv"], muxers: ["mpegts"] },
};

/** Whether encoders of this version have a way to run it, whatever their ffmpeg. */
export function isInputOfEngine(type: InputType): boolean {
  return type in INPUT_NEEDS;
}

const OUTPUT_NEEDS: Partial<Record<OutputType, Need>> = {
  HTTP: { protocols: ["file"], muxers: ["tee", "hls", "dash", "mpegts", "mp4"] },
  MULTICAST: { protocols: ["udp"], muxers: ["tee", "fifo", "mpegts"] },
  SRT_PUSH: { protocols: ["unix"], muxers: ["tee", "fifo", "mpegts"] },
  RTMP_PUSH: { protocols: ["unix"], muxers: ["tee", "fifo", "flv"] },
  CMAF_PUSH: { protocols: ["file"], muxers: ["tee", "dash", "mp4"] },
  FILE: { protocols: ["file"], muxers: ["tee", "segment", "matroska", "mp4"] },
};

const VIDEO_NEEDS: Record<VideoCodec, Need> = {
  H264: { encoders: ["libx264"] },
  H265: { encoders: ["libx265"] },
  AV1: { encoders: ["libsvtav1"] },
};

const AUDIO_NEEDS: Record<AudioCodec, Need> = { AAC: { encoders: ["aac"] }, OPUS: { encoders: ["libopus"] } };

const KIND_NAMES: Record<NeedKind, string> = { protocols: "protocol", encoders: "encoder", muxers: "muxer", demuxers: "demuxer" };

export const NOTHING_SUPPORTED: Abilities = {
  version: null,
  supportedInputs: [],
  supportedOutputs: [],
  supportedVideoCodecs: [],
  supportedAudioCodecs: [],
  missing: [],
};

/** Derives from ffmpeg's own listings what can be run, and says in sentences what cannot. */
export function deriveAbilities(listings: FfmpegListings): Abilities {
  const present = parseListings(listings);
  const missing: string[] = [];
  const supported = <T extends string>(needs: Partial<Record<T, Need>>, what: string): readonly T[] =>
    (Object.entries(needs) as [T, Need][]).flatMap(([name, need]) => {
      const lacking = lackingOf(need, present);
      if (lacking.length === 0) return [name];
      missing.push(`This ffmpeg has no ${lacking.join(", no ")}: ${what} ${name} is not available.`);
      return [];
    });
  return {
    version: /^ffmpeg version (\S+)/m.exec(listings.version)?.[1] ?? null,
    supportedInputs: supported(INPUT_NEEDS, "input type"),
    supportedOutputs: supported(OUTPUT_NEEDS, "output type"),
    supportedVideoCodecs: supported(VIDEO_NEEDS, "video codec"),
    supportedAudioCodecs: supported(AUDIO_NEEDS, "audio codec"),
    missing,
  };
}

function lackingOf(need: Need, present: Record<NeedKind, ReadonlySet<string>>): string[] {
  return (Object.entries(need) as [NeedKind, readonly string[]][]).flatMap(([kind, names]) =>
    names.filter((name) => !present[kind].has(name)).map((name) => `${KIND_NAMES[kind]} "${name}"`),
  );
}

function parseListings(listings: FfmpegListings): Record<NeedKind, ReadonlySet<string>> {
  const inputProtocols = listings.protocols.split(/^Output:/m)[0] ?? "";
  return {
    protocols: new Set(Array.from(inputProtocols.matchAll(/^ {2}(\S+)$/gm), (match) => match[1] ?? "")),
    encoders: new Set(Array.from(listings.encoders.matchAll(/^ [VAS][.A-Z]{5} (\S+) /gm), (match) => match[1] ?? "")),
    muxers: formatNames(listings.muxers),
    demuxers: formatNames(listings.demuxers),
  };
}

/** Formats stand as ` DE name,alias  Description`. */
function formatNames(listing: string): ReadonlySet<string> {
  const names = Array.from(listing.matchAll(/^ [D ][E ]\s+(\S+)\s/gm), (match) => match[1] ?? "");
  return new Set(names.flatMap((name) => name.split(",")));
}
