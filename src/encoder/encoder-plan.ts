import type { FileFormat } from "../playbacks/playback.rules.ts";
import type { RenditionSettings } from "../templates/template.rules.ts";
import type { StreamFacts } from "./input-facts.ts";
import type { OutputLaunch } from "./runner.ts";

export type EncodedRendition = Extract<RenditionSettings, { isPassthrough: false }>;

/** One video or audio stream that the encoder makes: encoded to one setting, or the input's own. */
export type VideoStream = { readonly kind: "COPY" } | { readonly kind: "ENCODE"; readonly rendition: EncodedRendition };
export type AudioStream = VideoStream;

/** A rendition of a playback: which of the encoder's streams it is made of; null where the input has none. */
export interface Variant {
  readonly rendition: RenditionSettings;
  /** Positions in the plan's `videos` and `audios`. */
  readonly video: number | null;
  readonly audio: number | null;
}

/** What goes out, worked out before any argument is written. */
export interface EncoderPlan {
  readonly facts: StreamFacts;
  /** Every distinct stream once, whatever the number of playbacks that use it. */
  readonly videos: readonly VideoStream[];
  readonly audios: readonly AudioStream[];
  readonly outputs: readonly PlannedOutput[];
}

export type PlannedOutput =
  | {
      readonly kind: "HTTP";
      readonly playbackId: string;
      readonly token: string;
      readonly variants: readonly PlannedVariant[];
      readonly dash: boolean;
      readonly hls: boolean;
    }
  | { readonly kind: "FILE"; readonly playbackId: string; readonly files: readonly PlannedFile[] };

export interface PlannedVariant extends Variant {
  /** Its media playlist and segments are named so, such as `v0`. */
  readonly name: string;
  readonly segmentType: "TS" | "FMP4";
}

export interface PlannedFile extends Variant {
  /** Absolute; with splitting, of the first part: see `partPattern`. */
  readonly path: string;
  readonly format: FileFormat;
  readonly maxDurationSeconds: number | null;
}

/** Codecs that players take in MPEG-TS segments; anything else goes into fragmented MP4. */
const TS_CODECS: ReadonlySet<string> = new Set(["h264", "mpeg2video", "aac", "mp2", "mp3", "ac3", "eac3"]);
/** By ffmpeg's names. */
export const CODEC_NAMES = { H264: "h264", H265: "hevc", AV1: "av1", AAC: "aac", OPUS: "opus" } as const;

export interface PlanOptions {
  readonly outputs: readonly OutputLaunch[];
  readonly facts: StreamFacts;
  /** Gives the absolute path of each rendition's file of a FILE output, made safe and unused. */
  readonly filesOf: (output: OutputLaunch) => readonly string[];
}

/** Works out which streams are made of an input, each once, and what each playback takes of them. Pure but for `filesOf`. */
export function planEncoder({ outputs, facts, filesOf }: PlanOptions): EncoderPlan {
  const videos = new Catalog<VideoStream>();
  const audios = new Catalog<AudioStream>();
  const variantOf = (rendition: RenditionSettings): Variant => ({
    rendition,
    video: facts.video ? videos.add(rendition.isPassthrough ? "copy" : videoKey(rendition), streamOf(rendition)) : null,
    audio: facts.audio ? audios.add(rendition.isPassthrough ? "copy" : audioKey(rendition), streamOf(rendition)) : null,
  });
  const planned = outputs.map((output): PlannedOutput => {
    const { playbackId } = output;
    const variants = output.renditions.map(variantOf);
    if (output.type === "FILE") {
      const paths = filesOf(output);
      const files = variants.map((variant, index) => ({
        ...variant,
        path: paths[index] ?? "",
        format: output.fileFormat ?? "MKV",
        maxDurationSeconds: output.maxFileDurationSeconds,
      }));
      return { kind: "FILE", playbackId, files };
    }
    const named = variants.map((variant, index) => ({ ...variant, name: `v${index}`, segmentType: segmentTypeOf(variant, facts) }));
    return { kind: "HTTP", playbackId, token: output.pathToken, variants: named, hls: output.hlsEnabled, dash: output.dashEnabled };
  });
  return { facts, videos: videos.items, audios: audios.items, outputs: planned };
}

function streamOf(rendition: RenditionSettings): VideoStream {
  return rendition.isPassthrough ? { kind: "COPY" } : { kind: "ENCODE", rendition };
}

function videoKey({ videoCodec, width, height, videoBitrateKbps, frameRate }: EncodedRendition): string {
  return JSON.stringify([videoCodec, width, height, videoBitrateKbps, frameRate]);
}

function audioKey({ audioCodec, audioBitrateKbps }: EncodedRendition): string {
  return JSON.stringify([audioCodec, audioBitrateKbps]);
}

/** The codecs that a variant ends up with, by ffmpeg's names. */
function codecsOf(
  { rendition, video, audio }: Variant,
  facts: StreamFacts,
): { readonly video: string | null; readonly audio: string | null } {
  if (rendition.isPassthrough) return { video: facts.video?.codec ?? null, audio: facts.audio?.codec ?? null };
  return {
    video: video === null ? null : CODEC_NAMES[rendition.videoCodec],
    audio: audio === null ? null : CODEC_NAMES[rendition.audioCodec],
  };
}

function segmentTypeOf(variant: Variant, facts: StreamFacts): PlannedVariant["segmentType"] {
  const { video, audio } = codecsOf(variant, facts);
  return [video, audio].every((codec) => codec === null || TS_CODECS.has(codec)) ? "TS" : "FMP4";
}

/** Things that are the same under one key, each kept once, at a position that stays. */
class Catalog<T> {
  readonly #positions = new Map<string, number>();
  readonly items: T[] = [];

  add(key: string, item: T): number {
    const known = this.#positions.get(key);
    if (known !== undefined) return known;
    this.#positions.set(key, this.items.length);
    return this.items.push(item) - 1;
  }
}
