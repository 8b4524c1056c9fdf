import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { outputFrameRate } from "./ffmpeg.filters.ts";
import type { PlannedVariant } from "./encoder-plan.ts";
import { playlistName } from "./http-files.rules.ts";
import { ratePerSecond, type AudioFacts, type StreamFacts, type VideoFacts } from "./input-facts.ts";

/** What a master playlist says of one variant. */
interface MasterVariant {
  readonly variant: PlannedVariant;
  /** What the variant's own files hold, as probed. */
  readonly facts: StreamFacts;
}

/** Assumed of a copied stream whose bitrate nobody named, in bits per second: players only compare it with the others. */
const UNKNOWN_BITS_PER_SECOND = 5_000_000;
/** Packets, tables and peaks on top of the bitrates. */
const OVERHEAD = 1.15;

/** The master playlist of a ladder, best variant first. */
function masterPlaylistText(variants: readonly MasterVariant[], inputBitsPerSecond: number | null): string {
  const entries = variants
    .map(({ variant, facts }) => ({ bits: bandwidth(variant, inputBitsPerSecond), variant, facts }))
    .toSorted((one, other) => other.bits - one.bits)
    .map(({ bits, variant, facts }) => `#EXT-X-STREAM-INF:${attributes(variant, facts, bits)}\n${playlistName(variant.name)}`);
  // Only of what we encoded ourselves is it sure that every segment can be decoded without those before it.
  const isIndependent = variants.every(({ variant }) => !variant.rendition.isPassthrough);
  return ["#EXTM3U", "#EXT-X-VERSION:6", ...(isIndependent ? ["#EXT-X-INDEPENDENT-SEGMENTS"] : []), ...entries, ""].join("\n");
}

function bandwidth({ rendition, video, audio }: PlannedVariant, inputBitsPerSecond: number | null): number {
  if (rendition.isPassthrough) return Math.round((inputBitsPerSecond ?? UNKNOWN_BITS_PER_SECOND) * OVERHEAD);
  const kbps = (video === null ? 0 : rendition.videoBitrateKbps) + (audio === null ? 0 : rendition.audioBitrateKbps);
  return Math.round(kbps * 1_000 * OVERHEAD);
}

function attributes({ rendition, segmentType }: PlannedVariant, { video, audio }: StreamFacts, bits: number): string {
  const codecs = [video && videoCodecTag(video), audio && audioCodecTag(audio)].filter((tag) => tag !== null);
  const isKnown = codecs.length > 0 && codecs.every((tag) => tag !== "");
  const rate = video?.frameRate ?? (video && !rendition.isPassthrough ? outputFrameRate(rendition.frameRate, null) : null);
  return [
    `BANDWIDTH=${bits}`,
    ...(isKnown ? [`CODECS="${codecs.join(",")}"`] : []),
    ...(video ? [`RESOLUTION=${video.width}x${video.height}`] : []),
    ...(rate ? [`FRAME-RATE=${ratePerSecond(rate).toFixed(3)}`] : []),
    ...(segmentType === "FMP4" && video?.codec === "hevc" ? ["VIDEO-RANGE=SDR"] : []),
  ].join(",");
}

const AVC_PROFILES: Readonly<Record<string, string>> = {
  "Constrained Baseline": "42C0",
  Baseline: "4200",
  Main: "4D40",
  High: "6400",
  "High 10": "6E00",
  "High 4:2:2": "7A00",
};

/** As RFC 6381 and its relatives spell a codec; empty when it cannot be told, since a wrong one keeps players away. */
function videoCodecTag({ codec, profile, level }: VideoFacts): string {
  if (level === null || level <= 0) return codec === "av1" ? "av01.0.08M.08" : "";
  switch (codec) {
    case "h264": {
      const head = AVC_PROFILES[profile ?? ""];
      return head === undefined ? "" : `avc1.${head}${level.toString(16).toUpperCase().padStart(2, "0")}`;
    }
    case "hevc":
      return profile === "Main" ? `hvc1.1.6.L${level}.B0` : profile === "Main 10" ? `hvc1.2.4.L${level}.B0` : "";
    case "av1":
      return `av01.0.${String(level).padStart(2, "0")}M.08`;
    default:
      return "";
  }
}

const AUDIO_TAGS: Readonly<Record<string, string>> = { mp2: "mp4a.40.33", mp3: "mp4a.40.34", ac3: "ac-3", eac3: "ec-3", opus: "Opus" };

function audioCodecTag({ codec, profile }: AudioFacts): string {
  if (codec === "aac") return profile === "HE-AAC" ? "mp4a.40.5" : profile === "HE-AACv2" ? "mp4a.40.29" : "mp4a.40.2";
  return AUDIO_TAGS[codec] ?? "";
}

export interface PublishOptions {
  readonly directory: string;
  readonly variants: readonly PlannedVariant[];
  readonly probeVariant: (name: string) => Promise<StreamFacts>;
  /** Null when it is not known yet. */
  readonly inputBitsPerSecond: number | null;
}

/** Writes the master playlist of what the variants' own files hold; beside it and renamed, so that no player ever reads half of it. */
export async function publishLadder({ directory, variants, probeVariant, inputBitsPerSecond }: PublishOptions): Promise<void> {
  const probed = await Promise.all(variants.map(async (variant) => ({ variant, facts: await probeVariant(variant.name) })));
  const temporary = join(directory, "index.m3u8.tmp");
  await writeFile(temporary, masterPlaylistText(probed, inputBitsPerSecond));
  await rename(temporary, join(directory, "index.m3u8"));
}
