import { videoKey, type EncoderPlan } from "./encoder-plan.ts";
import { tapUrl } from "./ffmpeg.process.ts";
import { ratePerSecond, type VideoFacts } from "./input-facts.ts";
import type { PlannedStill } from "./process-plan.rules.ts";

/** Good enough for what is looked at small. */
const JPEG_QUALITY = "4";
const CLIP_CRF = "27";
const CLIP_KBPS_MOST = 900;

/** Small pictures of a session, by what they are made of. */
export interface StillBranches {
  /** Of the pictures of the rendition with this `videoKey`, as they are scaled for it. */
  readonly ofRendition: (key: string) => readonly PlannedStill[];
  /** Of the input's pictures. */
  readonly ofInput: readonly PlannedStill[];
}

/** `encodedKeys`: of all renditions that are encoded. What is to be made of another one is made of the input. */
export function branchStills(stills: readonly PlannedStill[], encodedKeys: ReadonlySet<string>): StillBranches {
  const keyOf = ({ source }: PlannedStill): string | null => {
    const key = source.kind === "RENDITION" ? videoKey(source.rendition) : null;
    return key !== null && encodedKeys.has(key) ? key : null;
  };
  return {
    ofRendition: (key) => stills.filter((still) => keyOf(still) === key),
    ofInput: stills.filter((still) => keyOf(still) === null),
  };
}

/** The link in the filter graph that a still comes out of. */
export function stillLink({ tap }: PlannedStill): string {
  return `t${tap}`;
}

/** Nothing else wants pictures to be decoded, and for what is wanted the key frames are enough. */
export function needsKeyFramesOnly({ tees, processes: { stills } }: EncoderPlan): boolean {
  const isEncoding = tees.some(({ videos }) => videos.some(({ kind }) => kind === "ENCODE"));
  return !isEncoding && stills.length > 0 && stills.every(({ kind }) => kind === "THUMBNAIL");
}

/** From the pictures of a rendition to a still: chosen first, so that only those chosen cost anything. */
export function renditionStillFilter(still: PlannedStill): string {
  const { source, width, height } = still;
  const isScaled = source.kind === "RENDITION" && source.rendition.width === width && source.rendition.height === height;
  return [...choose(still), ...finish(still, !isScaled)].join(",");
}

/** The same from the pictures of the input. */
export function inputStillFilter(still: PlannedStill, input: VideoFacts | null, isKeyFramesOnly: boolean): string {
  const { numerator, denominator } = still.rate;
  const isInterlaced = input?.isInterlaced === true;
  const isPicture = still.kind === "THUMBNAIL";
  return [
    // A clip wants both fields of pictures in a row; a picture is made of one field.
    ...(isInterlaced && !isPicture ? ["yadif=deint=interlaced"] : []),
    ...(isKeyFramesOnly ? [] : [`fps=${numerator}/${denominator}`]),
    ...choose(still),
    ...(isInterlaced && isPicture ? ["field=top"] : []),
    ...finish(still, true),
  ].join(",");
}

/**
 * The first picture of each interval, or all of its beginning. Time counts from the first picture, as it does where key frames are forced,
 * and half a picture more, so that rounding never tips one over.
 */
function choose(still: PlannedStill): readonly string[] {
  const { kind, step, intervalSeconds, durationSeconds } = still;
  if (kind === "THUMBNAIL") return [`select='${isNewInterval("t-start_t", "prev_selected_t-start_t", still)}'`];
  const isBeginning = `lt(mod(t-start_t+${halfPicture(still)},${intervalSeconds}),${durationSeconds})`;
  return [...(step === 1 ? [] : [`framestep=${step}`]), `select='${isBeginning}'`];
}

function isNewInterval(time: string, before: string, still: PlannedStill): string {
  const intervalOf = (name: string): string => `floor((${name}+${halfPicture(still)})/${still.intervalSeconds})`;
  return `if(isnan(${before}),1,gt(${intervalOf(time)},${intervalOf(before)}))`;
}

function halfPicture({ rate }: PlannedStill): string {
  return (0.5 / ratePerSecond(rate)).toFixed(6);
}

function finish({ kind, width, height, rate }: PlannedStill, isToBeScaled: boolean): readonly string[] {
  const size = isToBeScaled ? [`${width}:${height}`] : [];
  if (kind === "MOTION_CLIP") return [...size.map((both) => `scale=${both}`), "setsar=1", "format=yuv420p"];
  return [
    `scale=${[...size, "out_range=pc"].join(":")}`,
    "setsar=1",
    "format=yuv420p",
    // One after the other at a constant rate: else ffmpeg fills the time in between with copies.
    `setpts=N*${rate.denominator}/(${rate.numerator}*TB)`,
  ];
}

/** An output for each still: pictures one after the other, or a clip from each key frame to the next. */
export function stillOutputs(stills: readonly PlannedStill[]): readonly string[] {
  return stills.flatMap((still) => [
    ...["-map", `[${stillLink(still)}]`, "-threads", "1"],
    ...(still.kind === "THUMBNAIL" ? pictureOptions() : clipOptions(still)),
    ...["-flush_packets", "1", tapUrl(still.tap)],
  ]);
}

function pictureOptions(): readonly string[] {
  // Full range under the name of the other one is "unofficial" alone.
  return ["-c:v", "mjpeg", "-strict", "unofficial", "-color_range", "pc", "-q:v", JPEG_QUALITY, "-f", "image2pipe"];
}

function clipOptions(still: PlannedStill): readonly string[] {
  return [
    // No lookahead and no B-frames: what is chosen last must not wait for the next interval.
    ...["-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-g", "100000", "-sc_threshold", "0"],
    ...["-force_key_frames", `expr:${isNewInterval("t", "prev_forced_t", still)}`],
    ...["-crf", CLIP_CRF, "-maxrate", `${CLIP_KBPS_MOST}k`, "-bufsize", `${CLIP_KBPS_MOST * 2}k`],
    ...["-f", "flv", "-flvflags", "no_duration_filesize"],
  ];
}
