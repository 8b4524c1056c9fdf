import { CAPTION_UNITS } from "./captions.rules.ts";
import type { EncodedRendition, Variant } from "./encoder-plan.ts";
import { outputFrameRate } from "./ffmpeg.filters.ts";
import { ratePerSecond, type FrameRate, type StreamFacts, type VideoFacts } from "./input-facts.ts";
import type { OutputLaunch, ProcessLaunch } from "./runner.ts";
import type { RenditionSettings } from "../templates/template.rules.ts";

/** A rendition whose encoded streams are handed over to be kept. */
export interface PlannedArchive extends Variant {
  readonly playbackId: string;
  /** Which of the encoder's taps it comes out of. */
  readonly tap: number;
}

/** What small pictures are made of: an encoded rendition as it is scaled anyway, or the input as it is decoded. */
export type StillSource = { readonly kind: "RENDITION"; readonly rendition: EncodedRendition } | { readonly kind: "INPUT" };

/** Pictures that are made at intervals, each kind and size once for all that want them. */
export interface PlannedStill {
  readonly kind: "THUMBNAIL" | "MOTION_CLIP";
  readonly tap: number;
  readonly processIds: readonly string[];
  readonly source: StillSource;
  readonly width: number;
  readonly height: number;
  /** Of the pictures that it is chosen from. */
  readonly rate: FrameRate;
  /** Of so many of them, one is looked at. */
  readonly step: number;
  readonly intervalSeconds: number;
  /** Of a clip; 0 for a picture. */
  readonly durationSeconds: number;
}

/** The messages that come with the pictures of the input, which may hold captions, without those pictures. */
export interface PlannedCaptions {
  readonly tap: number;
  /** The kind of units that they are. */
  readonly unitType: number;
}

/** What of the processes of a session the encoder at hand makes, and why it does not make the others. */
export interface ProcessPlan {
  readonly archives: readonly PlannedArchive[];
  readonly stills: readonly PlannedStill[];
  /** The captions of the input, for recordings; null where none can come or nothing is recorded. */
  readonly captions: PlannedCaptions | null;
  /** By process, as sentences. */
  readonly failures: ReadonlyMap<string, string>;
}

export const NO_PROCESSES: ProcessPlan = { archives: [], stills: [], captions: null, failures: new Map() };

/** What MP4 holds of what may come in and be passed through, by ffmpeg's names. */
const ARCHIVE_CODECS: ReadonlySet<string> = new Set([
  ...["h264", "hevc", "av1", "vp9", "mpeg4", "mpeg2video", "mpeg1video"],
  ...["aac", "mp3", "mp2", "ac3", "eac3", "dts", "opus", "flac"],
]);
const CLIP_WIDTH_MOST = 640;
const CLIP_RATE_MOST = 30.1;
const DEFAULT_RATE: FrameRate = { numerator: 25, denominator: 1 };

export interface ProcessPlanOptions {
  readonly processes: readonly ProcessLaunch[];
  readonly outputs: readonly OutputLaunch[];
  readonly facts: StreamFacts;
  /** Has a playback's rendition made, and says of which streams. */
  readonly variantOf: (playbackId: string, rendition: RenditionSettings) => Variant;
}

/** A process, and the rendition that it is for. */
interface Placed {
  readonly process: ProcessLaunch;
  readonly rendition: RenditionSettings;
}

/** Works out which taps the encoder gets. Pure but for `variantOf`. */
export function planProcesses({ processes, outputs, facts, variantOf }: ProcessPlanOptions): ProcessPlan {
  const failures = new Map<string, string>();
  const fitting = processes.flatMap((process): readonly Placed[] => {
    const output = outputs.find(({ playbackId }) => playbackId === process.playbackId);
    const rendition = output?.renditions.find(({ id }) => id === process.renditionId);
    const failure = rendition === undefined ? "The playback has no such rendition." : findMisfit(process, rendition, facts);
    if (failure === null && rendition) return [{ process, rendition }];
    failures.set(process.processId, failure ?? "");
    return [];
  });
  const archives = planArchives(fitting.filter(({ process }) => isArchived(process))).map(({ process, rendition }, tap) => ({
    ...variantOf(process.playbackId, rendition),
    playbackId: process.playbackId,
    tap,
  }));
  const stills = planStills(
    fitting.filter(({ process }) => !isArchived(process)),
    facts.video,
  );
  const unitType = facts.video === null ? undefined : CAPTION_UNITS[facts.video.codec];
  const isRecorded = fitting.some(({ process }) => process.kind === "RECORDING");
  return {
    archives,
    stills: stills.map((still, index) => ({ ...still, tap: archives.length + index })),
    captions: isRecorded && unitType !== undefined ? { tap: archives.length + stills.length, unitType } : null,
    failures,
  };
}

/** How many taps the encoder gets. */
export function countTaps({ archives, stills, captions }: ProcessPlan): number {
  return archives.length + stills.length + (captions === null ? 0 : 1);
}

export function isArchived({ kind }: Pick<ProcessLaunch, "kind">): boolean {
  return kind === "RECORDING" || kind === "REPLAY";
}

function findMisfit(process: ProcessLaunch, rendition: RenditionSettings, { video, audio }: StreamFacts): string | null {
  if (!isArchived(process)) return video === null ? "The input has no picture." : null;
  if (!rendition.isPassthrough) return null;
  const codec = [video?.codec, audio?.codec].find((candidate) => candidate !== undefined && !ARCHIVE_CODECS.has(candidate));
  return codec === undefined ? null : `MP4 does not hold the codec ${codec} of the source; use a rendition that is encoded.`;
}

/** The first of the processes of each rendition of a playback: the others share its archive. */
function planArchives(placed: readonly Placed[]): readonly Placed[] {
  return placed.filter(
    ({ process }, index) =>
      placed.findIndex(({ process: other }) => other.playbackId === process.playbackId && other.renditionId === process.renditionId) ===
      index,
  );
}

type UntappedStill = Omit<PlannedStill, "tap">;

function planStills(placed: readonly Placed[], video: VideoFacts | null): readonly UntappedStill[] {
  const stills = new Map<string, UntappedStill>();
  if (video === null) return [];
  for (const { process, rendition } of placed) {
    const still = planStill(process, rendition, video);
    const { kind, width, height, rate, step, intervalSeconds, durationSeconds, source } = still;
    // A clip looks the same whatever larger picture it was made of; a thumbnail is that of its own rendition.
    const own = kind === "THUMBNAIL" ? source : null;
    const key = JSON.stringify([kind, width, height, rate, step, intervalSeconds, durationSeconds, own]);
    const before = stills.get(key);
    const cheaper = before && areaOf(before.source) <= areaOf(source) ? before.source : source;
    stills.set(key, { ...still, source: cheaper, processIds: [...(before?.processIds ?? []), process.processId] });
  }
  return [...stills.values()];
}

function areaOf(source: StillSource): number {
  return source.kind === "INPUT" ? Infinity : source.rendition.width * source.rendition.height;
}

function planStill(process: ProcessLaunch, rendition: RenditionSettings, video: VideoFacts): UntappedStill {
  const rate = rendition.isPassthrough ? (video.frameRate ?? DEFAULT_RATE) : outputFrameRate(rendition.frameRate, video.frameRate);
  const whole = rendition.isPassthrough ? { width: video.width * video.pixelAspect, height: video.height } : rendition;
  const common = {
    processIds: [],
    source: rendition.isPassthrough ? ({ kind: "INPUT" } as const) : ({ kind: "RENDITION", rendition } as const),
    rate,
    intervalSeconds: process.intervalSeconds ?? 1,
  };
  if (process.kind === "THUMBNAIL") {
    return { ...common, kind: "THUMBNAIL", width: evenBelow(whole.width), height: evenBelow(whole.height), step: 1, durationSeconds: 0 };
  }
  const width = evenBelow(Math.min(CLIP_WIDTH_MOST, whole.width));
  return {
    ...common,
    kind: "MOTION_CLIP",
    width,
    height: Math.max(2, Math.round((width * whole.height) / whole.width / 2) * 2),
    step: Math.ceil(ratePerSecond(rate) / CLIP_RATE_MOST),
    durationSeconds: process.durationSeconds ?? 1,
  };
}

/** 4:2:0 colour has no odd sizes. */
function evenBelow(size: number): number {
  return Math.max(2, Math.floor(size / 2) * 2);
}

/** How many pictures a clip has: a fraction of one is left out. */
export function clipFrames({ rate, step, durationSeconds }: Pick<PlannedStill, "rate" | "step" | "durationSeconds">): number {
  return Math.max(1, Math.floor((durationSeconds * ratePerSecond(rate)) / step + 1e-6));
}
