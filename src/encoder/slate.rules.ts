import { IMAGE_SIDE_PIXELS, type ImageContentType } from "../images/image.rules.ts";
import type { StreamFacts, VideoFacts } from "./input-facts.ts";
import type { OutputLaunch } from "./runner.ts";
import type { StreamIdentifiers } from "./transport-stream.ts";

/** The still picture that stands in for an input, worked out before any argument is written. */
export interface SlatePlan {
  /** What the encoder was opened with: the slate is of the same kind, so that no decoder or filter has to be set up anew. */
  readonly facts: StreamFacts;
  readonly streams: StreamIdentifiers;
  /** What comes on standard input; null for the picture that comes with the product. */
  readonly picture: ImageContentType | null;
}

/** Encoders of what inputs come in, by ffmpeg's names. Pictures: the fastest settings, since they stand still. */
const VIDEO_ENCODERS: Readonly<Record<string, readonly string[]>> = {
  h264: ["libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-sc_threshold", "0", "-crf", "26"],
  hevc: ["libx265", "-preset", "ultrafast", "-tune", "zerolatency", "-x265-params", "scenecut=0:open-gop=0:log-level=none", "-crf", "28"],
  mpeg2video: ["mpeg2video", "-q:v", "5", "-sc_threshold", "1000000000"],
};
const AUDIO_ENCODERS: Readonly<Record<string, string>> = {
  aac: "aac",
  mp2: "mp2",
  mp3: "libmp3lame",
  ac3: "ac3",
  eac3: "eac3",
  opus: "libopus",
};
/** Formats of pictures that those encoders take. */
const PIXEL_FORMATS = /^yuvj?4(20|22|44)p(10le)?$/;

const LAYOUTS: Readonly<Record<number, string>> = { 1: "mono", 2: "stereo", 6: "5.1", 8: "7.1" };
const DEMUXERS: Readonly<Record<ImageContentType, string>> = {
  "image/png": "png_pipe",
  "image/jpeg": "jpeg_pipe",
  "image/webp": "webp_pipe",
};

/** Whatever its header says: a decoder that believes something else in it takes no more memory. */
const BOUNDED = ["-max_pixels", String(IMAGE_SIDE_PIXELS.most ** 2)];
const DEFAULT_RATE = { numerator: 25, denominator: 1 };
const BACKGROUND = "0x14181d";
const FOREGROUND = "0x4a5560";

/** Why no slate can be shown, as a sentence; null when one can. */
export function findSlateLack(outputs: readonly Pick<OutputLaunch, "renditions">[], { video, audio }: StreamFacts): string | null {
  if (outputs.some(({ renditions }) => renditions.some(({ isPassthrough }) => isPassthrough)))
    return "No slate can be shown: a rendition passes the source through as it is.";
  const pixelFormat = video?.pixelFormat ?? "yuv420p";
  if (video && !(video.codec in VIDEO_ENCODERS && PIXEL_FORMATS.test(pixelFormat)))
    return `No slate can be shown: this encoder cannot make ${video.codec} pictures like those of the input.`;
  if (audio && !(audio.codec in AUDIO_ENCODERS && (audio.channels ?? 2) in LAYOUTS))
    return `No slate can be shown: this encoder cannot make ${audio.codec} sound like that of the input.`;
  return null;
}

/** Arguments that make of a picture and silence an MPEG-TS on standard output that never ends, as fast as time passes. Pure. */
export function slateArguments({ facts, streams, picture }: SlatePlan): readonly string[] {
  const { video, audio } = facts;
  const rate = video?.frameRate ?? DEFAULT_RATE;
  const rateText = `${rate.numerator}/${rate.denominator}`;
  const inputs = [
    ...(video && picture !== null
      ? ["-protocol_whitelist", "pipe", ...BOUNDED, "-framerate", rateText, "-f", DEMUXERS[picture], "-i", "pipe:0"]
      : []),
    ...(video && picture === null
      ? ["-f", "lavfi", "-i", `color=c=${BACKGROUND}:size=${video.width}x${video.height}:rate=${rateText}`]
      : []),
    ...(audio ? ["-f", "lavfi", "-i", silence(audio.sampleRate ?? 48_000, audio.channels ?? 2)] : []),
  ];
  return [
    ...["-hide_banner", "-nostats", "-loglevel", "warning", ...inputs],
    ...(video ? videoArguments(video, rate, picture !== null) : []),
    ...(audio ? ["-map", `${video ? 1 : 0}:a:0`, "-c:a", AUDIO_ENCODERS[audio.codec] ?? "aac"] : []),
    ...identifiers(facts, streams),
    ...["-muxdelay", "0", "-muxpreload", "0", "-flush_packets", "1", "-mpegts_flags", "+pat_pmt_at_frames", "-f", "mpegts", "pipe:1"],
  ];
}

function silence(sampleRate: number, channels: number): string {
  return `anullsrc=sample_rate=${sampleRate}:channel_layout=${LAYOUTS[channels] ?? "stereo"},arealtime`;
}

function videoArguments(
  { codec, width, height, pixelAspect, pixelFormat = "yuv420p" }: VideoFacts,
  rate: { readonly numerator: number; readonly denominator: number },
  isPicture: boolean,
): readonly string[] {
  const fit = [
    // Pixels that are not square are made so that the picture keeps its shape where it is shown.
    `scale=w='min(${width},${height}*dar/${pixelAspect})':h='min(${height},${width}*${pixelAspect}/dar)':force_divisible_by=2`,
    `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2:color=${BACKGROUND}`,
  ];
  const bar = (place: number): string => `drawbox=x=iw*${place}:y=ih*0.42:w=iw*0.02:h=ih*0.16:color=${FOREGROUND}:t=fill`;
  const still = isPicture ? [...fit, "loop=loop=-1:size=1"] : [bar(0.46), bar(0.52)];
  // A key frame a second: whoever turns to the slate begins at the newest.
  const interval = String(Math.max(1, Math.round(rate.numerator / rate.denominator)));
  return [
    ...["-map", "0:v:0", "-vf"],
    [...still, `setsar=${pixelAspect}`, `format=${pixelFormat}`, `fps=${rate.numerator}/${rate.denominator}`, "realtime"].join(","),
    ...["-c:v", ...(VIDEO_ENCODERS[codec] ?? []), "-g", interval],
  ];
}

/** Those of the input: a decoder looks for its streams under the identifiers that it met them under. */
function identifiers({ video, audio }: StreamFacts, streams: StreamIdentifiers): readonly string[] {
  const of = [...(video ? [streams.video] : []), ...(audio ? [streams.audio] : [])];
  return [
    ...of.flatMap((identifier, index) => (identifier === null ? [] : ["-streamid", `${index}:${identifier}`])),
    ...(streams.table === null ? [] : ["-mpegts_pmt_start_pid", String(streams.table)]),
  ];
}
