import type { FileFormat, OutputType } from "../playbacks/playback.rules.ts";
import type { RenditionSettings } from "../templates/template.rules.ts";
import type { StreamFacts } from "./input-facts.ts";
import { NO_PROCESSES, planProcesses, type PlannedArchive, type ProcessPlan } from "./process-plan.rules.ts";
import type { OutputLaunch, ProcessLaunch } from "./runner.ts";

export type EncodedRendition = Extract<RenditionSettings, { isPassthrough: false }>;

/** What a copied stream is called inside: MP4's tags do for everything but FLV, which knows only its own numbers. */
export type TagSet = "MP4" | "FLV";

/** One video or audio stream that the encoder makes: encoded to one setting, or the input's own. */
export type VideoStream =
  { readonly kind: "COPY"; readonly tags: TagSet } | { readonly kind: "ENCODE"; readonly rendition: EncodedRendition };
export type AudioStream = VideoStream;

/** A rendition of a playback: which of its tee's streams it is made of; null where the input has none. */
export interface Variant {
  readonly rendition: RenditionSettings;
  /** Positions in the tee's `videos` and `audios`. */
  readonly video: number | null;
  readonly audio: number | null;
}

/** What goes out, worked out before any argument is written. */
export interface EncoderPlan {
  readonly facts: StreamFacts;
  readonly tees: readonly Tee[];
  /** Those of all tees, in the order of the playbacks. */
  readonly outputs: readonly PlannedOutput[];
  /** What is made beside the outputs, each through a tap of its own. */
  readonly processes: ProcessPlan;
}

/** Streams that are made once, whatever the number of outputs that use them. */
export interface Tee {
  /** ffmpeg takes it from what all outputs of a tee have in common; null leaves it to ffmpeg. */
  readonly serviceProvider: string | null;
  readonly videos: readonly VideoStream[];
  readonly audios: readonly AudioStream[];
  readonly outputs: readonly PlannedOutput[];
  /** Of the playbacks whose outputs these are. */
  readonly archives: readonly PlannedArchive[];
}

export type PlannedOutput = PlannedHttp | PlannedFileOutput | PlannedFeedOutput | PlannedCmaf;

export interface PlannedHttp {
  readonly kind: "HTTP";
  readonly playbackId: string;
  readonly token: string;
  readonly variants: readonly PlannedVariant[];
  readonly dash: boolean;
  readonly hls: boolean;
}

export interface PlannedFileOutput {
  readonly kind: "FILE";
  readonly playbackId: string;
  readonly files: readonly PlannedFile[];
  /** Why there are none now, as a sentence; null when there are. */
  readonly problem: string | null;
}

/** What leaves as one stream for each rendition, each to its own receiver. */
export interface PlannedFeedOutput {
  readonly kind: FeedType;
  readonly playbackId: string;
  readonly feeds: readonly PlannedFeed[];
}

export type FeedType = Extract<OutputType, "MULTICAST" | "SRT_PUSH" | "RTMP_PUSH">;

/** The whole ladder below one address: files that are sent on as soon as they are whole. */
export interface PlannedCmaf {
  readonly kind: "CMAF_PUSH";
  readonly playbackId: string;
  readonly variants: readonly Variant[];
  /** The manifest, as the encoder names it. */
  readonly manifest: string;
}

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

export interface PlannedFeed extends Variant {
  /** Where the encoder writes to; holds no secret. */
  readonly localUrl: string;
  /** MPEG-TS program number; null leaves it to ffmpeg. Means nothing to RTMP. */
  readonly programNumber: number | null;
  /** Why nothing can be sent there, such as a source that the receiver would not understand, as a sentence; else null. */
  readonly misfit: string | null;
}

/** Codecs that players take in MPEG-TS segments; anything else goes into fragmented MP4. */
const TS_CODECS: ReadonlySet<string> = new Set(["h264", "mpeg2video", "aac", "mp2", "mp3", "ac3", "eac3"]);
/** By ffmpeg's names. */
export const CODEC_NAMES = { H264: "h264", H265: "hevc", AV1: "av1", AAC: "aac", OPUS: "opus" } as const;

/** What RTMP servers understand when it comes as FLV. */
const FLV_CODECS: ReadonlySet<string> = new Set(["h264", "aac", "mp3"]);

/** The absolute path of each rendition's file of a FILE output, made safe and unused; or why it cannot be written now, as a sentence. */
export type FileTargets = readonly string[] | { readonly problem: string };

export interface PlanOptions {
  readonly outputs: readonly OutputLaunch[];
  readonly facts: StreamFacts;
  readonly filesOf: (output: OutputLaunch) => FileTargets;
  /** Gives where the encoder writes to for what is sent on, one URL for each receiver. */
  readonly localUrlsOf: (output: OutputLaunch) => readonly string[];
  /** Left out: none. */
  readonly processes?: readonly ProcessLaunch[];
}

/** Works out which streams are made of an input, each once, and what each playback takes of them. Pure but for `filesOf` and `localUrlsOf`. */
export function planEncoder({ outputs, facts, filesOf, localUrlsOf, processes = [] }: PlanOptions): EncoderPlan {
  const tees = providersOf(outputs).map((serviceProvider) => new TeePlanner(serviceProvider, facts));
  const teeOf = (output: OutputLaunch | undefined): TeePlanner => {
    const tee = tees.find(({ serviceProvider }) => output && serviceProvider === providerOf(output)) ?? tees[0];
    if (!tee) throw new Error("There is always a tee");
    return tee;
  };
  const planned = outputs.map((output) => teeOf(output).add(output, output.type === "FILE" ? filesOf(output) : localUrlsOf(output)));
  const ofPlayback = (id: string): TeePlanner => teeOf(outputs.find(({ playbackId }) => playbackId === id));
  const processPlan =
    processes.length === 0
      ? NO_PROCESSES
      : planProcesses({ processes, outputs, facts, variantOf: (playbackId, rendition) => ofPlayback(playbackId).variant(rendition) });
  for (const archive of processPlan.archives) ofPlayback(archive.playbackId).archives.push(archive);
  return { facts, tees: tees.map((tee) => tee.plan()), outputs: planned, processes: processPlan };
}

function providerOf({ type, serviceProvider }: OutputLaunch): string | null {
  return type === "MULTICAST" || type === "SRT_PUSH" ? serviceProvider : null;
}

/** Each that is asked for; outputs that do not care go with the first. */
function providersOf(outputs: readonly OutputLaunch[]): readonly (string | null)[] {
  const asked = [...new Set(outputs.map(providerOf).filter((provider) => provider !== null))];
  return asked.length === 0 ? [null] : asked;
}

/** Gathers what one tee has to make, each stream once. */
class TeePlanner {
  readonly #facts: StreamFacts;
  readonly #videos = new Catalog<VideoStream>();
  readonly #audios = new Catalog<AudioStream>();
  readonly #outputs: PlannedOutput[] = [];
  readonly archives: PlannedArchive[] = [];
  readonly serviceProvider: string | null;

  constructor(serviceProvider: string | null, facts: StreamFacts) {
    this.serviceProvider = serviceProvider;
    this.#facts = facts;
  }

  plan(): Tee {
    const { serviceProvider, archives } = this;
    return { serviceProvider, videos: this.#videos.items, audios: this.#audios.items, outputs: this.#outputs, archives };
  }

  /** `targets` are the files, or the local URLs. */
  add(output: OutputLaunch, targets: FileTargets): PlannedOutput {
    const planned = this.#planOutput(output, targets);
    this.#outputs.push(planned);
    return planned;
  }

  #planOutput(output: OutputLaunch, targets: FileTargets): PlannedOutput {
    const { playbackId, renditions } = output;
    if ("problem" in targets) return { kind: "FILE", playbackId, files: [], problem: targets.problem };
    switch (output.type) {
      case "FILE":
        return {
          kind: "FILE",
          playbackId,
          files: renditions.map((rendition, index) => this.#file(output, rendition, targets[index] ?? "")),
          problem: null,
        };
      case "MULTICAST":
      case "SRT_PUSH":
      case "RTMP_PUSH": {
        const kind = output.type;
        return { kind, playbackId, feeds: renditions.map((rendition, index) => this.#feed(output, rendition, targets[index] ?? "")) };
      }
      case "CMAF_PUSH":
        return { kind: "CMAF_PUSH", playbackId, variants: renditions.map((one) => this.variant(one)), manifest: targets[0] ?? "" };
      default:
        return this.#http(output);
    }
  }

  #http({ playbackId, pathToken, renditions, hlsEnabled, dashEnabled }: OutputLaunch): PlannedHttp {
    const variants = renditions.map((rendition, index) => {
      const variant = this.variant(rendition);
      return { ...variant, name: `v${index}`, segmentType: segmentTypeOf(variant, this.#facts) };
    });
    return { kind: "HTTP", playbackId, token: pathToken, variants, hls: hlsEnabled, dash: dashEnabled };
  }

  #file({ fileFormat, maxFileDurationSeconds }: OutputLaunch, rendition: RenditionSettings, path: string): PlannedFile {
    return { ...this.variant(rendition), path, format: fileFormat ?? "MKV", maxDurationSeconds: maxFileDurationSeconds };
  }

  #feed({ type, programNumber }: OutputLaunch, rendition: RenditionSettings, localUrl: string): PlannedFeed {
    const unfit = type === "RTMP_PUSH" && rendition.isPassthrough ? flvMisfit(this.#facts) : null;
    const misfit = localUrl === "" ? "The way to the receiver could not be opened on this machine." : unfit;
    const variant =
      misfit === null ? this.variant(rendition, type === "RTMP_PUSH" ? "FLV" : "MP4") : { rendition, video: null, audio: null };
    return { ...variant, localUrl, programNumber, misfit };
  }

  /** Has a rendition made, once. */
  variant(rendition: RenditionSettings, tags: TagSet = "MP4"): Variant {
    const stream: VideoStream = rendition.isPassthrough ? { kind: "COPY", tags } : { kind: "ENCODE", rendition };
    const { video, audio } = this.#facts;
    return {
      rendition,
      video: video ? this.#videos.add(rendition.isPassthrough ? tags : videoKey(rendition), stream) : null,
      audio: audio ? this.#audios.add(rendition.isPassthrough ? tags : audioKey(rendition), stream) : null,
    };
  }
}

function flvMisfit({ video, audio }: StreamFacts): string | null {
  const codec = [video?.codec, audio?.codec].find((candidate) => candidate !== undefined && !FLV_CODECS.has(candidate));
  return codec === undefined ? null : `RTMP does not carry the codec ${codec} of the source.`;
}

/** Pictures of one key are encoded once. */
export function videoKey({ videoCodec, width, height, videoBitrateKbps, frameRate }: EncodedRendition): string {
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
