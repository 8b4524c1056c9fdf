import { videoKey, type EncodedRendition, type EncoderPlan, type TagSet, type Tee, type VideoStream } from "./encoder-plan.ts";
import { PROGRESS_PIPE } from "./ffmpeg.process.ts";
import { declaredShape, outputFrameRate, videoFilter, type Shape } from "./ffmpeg.filters.ts";
import { archiveSlave, captionsOutput, SEGMENT_SECONDS, slavesOf } from "./ffmpeg.outputs.ts";
import { branchStills, inputStillFilter, needsKeyFramesOnly, renditionStillFilter, stillLink, stillOutputs } from "./ffmpeg.stills.ts";
import type { LeftPlaylists } from "./left-playlists.ts";

export interface EncoderSettings {
  /** How much work the encoders put in; see `DEFAULT_PRESETS`. */
  readonly presets: EncoderPresets;
  /** Cores of this machine. */
  readonly coreCount: number;
  /** Number of the first HLS segment where no playlist stands yet: never one that was used before. */
  readonly startNumber: number;
  /** Part of the names of DASH files: never one that was used before. */
  readonly runName: string;
  /** What an earlier run of the same start left to go on from. */
  readonly left: LeftPlaylists;
}

export interface EncoderPresets {
  readonly h264: string;
  readonly h265: string;
  readonly av1: string;
}

/**
 * For live: the fastest presets whose pictures still hold up. No `-tune zerolatency`: HLS and DASH wait for whole segments
 * anyway, and it would cost B-frames, rate control by lookahead, and the use of several cores.
 */
export const DEFAULT_PRESETS: EncoderPresets = { h264: "veryfast", h265: "ultrafast", av1: "11" };

const THREADS_LIMIT = 8;

/** All arguments of the one encoder process of a session: input on standard input, one decode, every output. Pure. */
export function encoderArguments(plan: EncoderPlan, settings: EncoderSettings): readonly string[] {
  return [
    // Of its files, those that it writes over are those that were made for it.
    ...["-hide_banner", "-y", "-nostats", "-loglevel", "warning", "-progress", PROGRESS_PIPE, "-stats_period", "0.5"],
    ...["-fflags", "+genpts+discardcorrupt", "-analyzeduration", "1000000", "-probesize", "2000000"],
    ...(needsKeyFramesOnly(plan) ? ["-skip_frame:v", "nokey"] : []),
    ...["-threads", String(Math.min(settings.coreCount, THREADS_LIMIT)), "-protocol_whitelist", "pipe", "-f", "mpegts", "-i", "pipe:0"],
    ...filterArguments(plan),
    ...outputArguments(plan, settings),
    ...stillOutputs(plan.processes.stills),
    ...captionsOutput(plan.processes.captions),
  ];
}

/** One decode, one filter graph: each distinct encode gets a branch of it. */
function filterArguments(plan: EncoderPlan): readonly string[] {
  const audios = plan.tees.flatMap((tee, number) => encodes(tee.audios, number));
  const graph = [...pictureGraph(plan)];
  if (audios.length > 0) {
    // Fills holes and drops what overlaps, so that sound stays with the picture after a break of the input.
    // It resamples from the start: where that begins later, at the first small hole, it counts time from nought again, and makes up for it.
    const common = "aresample=async=1000:first_pts=0:flags=res,aformat=sample_rates=48000:channel_layouts=stereo";
    graph.push(`[0:a:0]${common},asplit=${audios.length}${audios.map(({ name }) => `[a${name}]`).join("")}`);
  }
  return graph.length === 0 ? [] : ["-filter_complex_threads", "2", "-filter_complex", graph.join(";")];
}

/** Small pictures branch off what is scaled for a rendition anyway, or off the decoded input. */
function pictureGraph(plan: EncoderPlan): readonly string[] {
  const { facts, processes } = plan;
  const videos = plan.tees.flatMap((tee, number) => encodes(tee.videos, number));
  const stills = branchStills(processes.stills, new Set(videos.map(({ rendition }) => videoKey(rendition))));
  const links = [...videos.map(({ name }) => `[s${name}]`), ...stills.ofInput.map((still) => `[i${stillLink(still)}]`)];
  if (links.length === 0) return [];
  const ladder = ladderShapes(plan);
  const keys = videos.map(({ rendition }) => videoKey(rendition));
  const isKeyFramesOnly = needsKeyFramesOnly(plan);
  return [
    `[0:v:0]split=${links.length}${links.join("")}`,
    ...videos.flatMap(({ name, rendition }, index) => {
      const key = videoKey(rendition);
      // Two tees may encode one rendition, each for itself.
      const own = keys.indexOf(key) === index ? stills.ofRendition(key) : [];
      const branches = own.map((still) => `[r${stillLink(still)}]`).join("");
      const split = own.length === 0 ? "" : `,split=${own.length + 1}`;
      return [
        `[s${name}]${videoFilter(rendition, facts.video, declaredShape(rendition, ladder))}${split}[v${name}]${branches}`,
        ...own.map((still) => `[r${stillLink(still)}]${renditionStillFilter(still)}[${stillLink(still)}]`),
      ];
    }),
    ...stills.ofInput.map((still) => `[i${stillLink(still)}]${inputStillFilter(still, facts.video, isKeyFramesOnly)}[${stillLink(still)}]`),
  ];
}

/** What is copied keeps its shape, so that it comes first. */
function ladderShapes({ tees, facts: { video } }: EncoderPlan): readonly Shape[] {
  const streams = tees.flatMap(({ videos }) => videos);
  const copied =
    video && streams.some(({ kind }) => kind === "COPY")
      ? [{ width: Math.round(video.width * video.pixelAspect), height: video.height }]
      : [];
  return [...copied, ...encodes(streams, 0).map(({ rendition }) => rendition)];
}

interface Encode {
  /** Its links in the filter graph are named so. */
  readonly name: string;
  readonly rendition: EncodedRendition;
}

function encodes(streams: readonly VideoStream[], teeNumber: number): readonly Encode[] {
  return streams.flatMap((stream, index) =>
    stream.kind === "ENCODE" ? [{ name: linkName(teeNumber, index), rendition: stream.rendition }] : [],
  );
}

function linkName(teeNumber: number, index: number): string {
  return teeNumber === 0 ? String(index) : `${index}t${teeNumber}`;
}

function outputArguments(plan: EncoderPlan, settings: EncoderSettings): readonly string[] {
  const written = plan.tees.flatMap((tee, number) => teeArguments(tee, number, plan, settings));
  // With nothing that the source can be sent to, the process still reads it, and says so by its progress.
  return written.length === 0 ? ["-map", "0", "-c", "copy", "-f", "null", "-"] : written;
}

function teeArguments(tee: Tee, number: number, plan: EncoderPlan, settings: EncoderSettings): readonly string[] {
  const { facts } = plan;
  const slaveSettings = { ...settings, facts, ladder: ladderShapes(plan) };
  const slaves = [
    ...tee.outputs.flatMap((output) => slavesOf(output, tee, slaveSettings)),
    ...tee.archives.map((archive) => archiveSlave(archive, tee, slaveSettings)),
  ];
  if (slaves.length === 0) return [];
  const maps = [
    ...tee.videos.map((stream, index) => (stream.kind === "COPY" ? "0:v:0" : `[v${linkName(number, index)}]`)),
    ...tee.audios.map((stream, index) => (stream.kind === "COPY" ? "0:a:0" : `[a${linkName(number, index)}]`)),
  ];
  return [
    ...maps.flatMap((map) => ["-map", map]),
    ...tee.videos.flatMap((stream, index) =>
      stream.kind === "COPY"
        ? copyOptions(`v:${index}`, stream.tags, facts.video?.codec)
        : videoOptions(index, stream.rendition, plan, settings),
    ),
    ...tee.audios.flatMap((stream, index) =>
      stream.kind === "COPY" ? copyOptions(`a:${index}`, stream.tags, facts.audio?.codec) : audioOptions(index, stream.rendition),
    ),
    ...(tee.serviceProvider === null ? [] : ["-metadata", `service_provider=${tee.serviceProvider}`]),
    ...["-flags", "+global_header", "-max_muxing_queue_size", "4096", "-f", "tee", slaves.join("|")],
  ];
}

/** Through a tee a copied stream keeps the tag that it had in MPEG-TS, which MP4 and FLV refuse. */
const TAGS: Readonly<Record<TagSet, Readonly<Record<string, string>>>> = {
  MP4: {
    h264: "avc1",
    hevc: "hvc1",
    aac: "mp4a",
    mp2: "mp4a",
    mp3: "mp4a",
    ac3: "ac-3",
    eac3: "ec-3",
    mpeg2video: "mp4v",
  },
  FLV: { h264: "7", aac: "10", mp3: "2" },
};

function copyOptions(stream: string, tags: TagSet, codec: string | undefined): readonly string[] {
  const tag = TAGS[tags][codec ?? ""];
  return [`-c:${stream}`, "copy", ...(tag === undefined ? [] : [`-tag:${stream}`, tag])];
}

function videoOptions(index: number, rendition: EncodedRendition, plan: EncoderPlan, settings: EncoderSettings): readonly string[] {
  const option = (name: string, value: string | number): string[] => [`-${name}:v:${index}`, String(value)];
  const { videoBitrateKbps: kbps } = rendition;
  const { numerator, denominator } = outputFrameRate(rendition.frameRate, plan.facts.video?.frameRate ?? null);
  const gridFrames = Math.max(1, Math.round((numerator / denominator) * SEGMENT_SECONDS));
  const grid = option("force_key_frames", `expr:gte(t,n_forced*${SEGMENT_SECONDS})`);
  const rate = [...option("b", `${kbps}k`), ...option("maxrate", `${kbps}k`), ...option("bufsize", `${kbps * 2}k`)];
  const threads = option("threads", threadCount(rendition, settings.coreCount));
  switch (rendition.videoCodec) {
    case "H264":
      // The grid alone makes key frames: the limit lies beyond it, and scene cuts make none.
      return [
        ...[...option("c", "libx264"), ...option("preset", settings.presets.h264), ...rate, ...threads],
        ...[...option("g", gridFrames * 2), ...option("sc_threshold", 0), ...option("forced-idr", 1), ...grid],
      ];
    case "H265":
      return [
        ...[...option("c", "libx265"), ...option("preset", settings.presets.h265), ...option("tag", "hvc1"), ...rate, ...threads],
        ...[...option("forced-idr", 1), ...grid],
        ...option("x265-params", `keyint=${gridFrames * 2}:scenecut=0:open-gop=0:log-level=warning`),
      ];
    case "AV1":
      // SVT-AV1 takes no forced key frames here: its own interval is the grid, since the frame rate is constant.
      return [
        ...option("c", "libsvtav1"),
        ...option("preset", settings.presets.av1),
        ...option("b", `${kbps}k`),
        ...threads,
        ...option("g", gridFrames),
      ];
  }
}

function audioOptions(index: number, { audioCodec, audioBitrateKbps }: EncodedRendition): readonly string[] {
  return [`-c:a:${index}`, audioCodec === "AAC" ? "aac" : "libopus", `-b:a:${index}`, `${audioBitrateKbps}k`];
}

/** Threads cost memory and picture quality: one for each 360p's worth of pixels is what keeps up. */
function threadCount({ width, height }: EncodedRendition, coreCount: number): number {
  return Math.max(1, Math.min(coreCount, THREADS_LIMIT, Math.ceil((width * height) / (640 * 360))));
}
