import {
  CODEC_NAMES,
  type EncodedRendition,
  type EncoderPlan,
  type PlannedFile,
  type PlannedOutput,
  type PlannedVariant,
} from "./encoder-plan.ts";
import { partPattern, renderSlave, type Options } from "./ffmpeg.tee.ts";
import { PROGRESS_PIPE } from "./ffmpeg.process.ts";
import { declaredShape, outputFrameRate, videoFilter, type Shape } from "./ffmpeg.filters.ts";

export interface EncoderSettings {
  /** How much work the encoders put in; see `DEFAULT_PRESETS`. */
  readonly presets: EncoderPresets;
  /** Cores of this machine. */
  readonly coreCount: number;
  /** Number of the first HLS segment where no playlist stands yet: never one that was used before. */
  readonly startNumber: number;
  /** Part of the names of DASH files: never one that was used before. */
  readonly runName: string;
  /** An earlier run of the same start left playlists to go on from. */
  readonly continues: boolean;
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

/** Length of HLS and DASH segments, and of the key frame grid of everything that we encode. */
export const SEGMENT_SECONDS = 2;
const PLAYLIST_SEGMENTS = 10;
/** Segments outlive the playlist by so many, for players that are slow. */
const KEPT_SEGMENTS = 5;
const FRAGMENTED = "+frag_keyframe+empty_moov+default_base_moof+delay_moov";
const CLUSTER_MILLISECONDS = 1_000;
const THREADS_LIMIT = 8;

/** All arguments of the one encoder process of a session: input on standard input, one decode, every output. Pure. */
export function encoderArguments(plan: EncoderPlan, settings: EncoderSettings): readonly string[] {
  return [
    // Of its files, those that it writes over are those that were made for it.
    ...["-hide_banner", "-y", "-nostats", "-loglevel", "warning", "-progress", PROGRESS_PIPE, "-stats_period", "0.5"],
    ...["-fflags", "+genpts+discardcorrupt", "-analyzeduration", "1000000", "-probesize", "2000000"],
    ...["-threads", String(Math.min(settings.coreCount, THREADS_LIMIT)), "-protocol_whitelist", "pipe", "-f", "mpegts", "-i", "pipe:0"],
    ...filterArguments(plan),
    ...teeArguments(plan, settings),
    ...copiedFiles(plan).flatMap(copyArguments),
  ];
}

/** One decode, one filter graph: each distinct encode gets a branch of it. */
function filterArguments(plan: EncoderPlan): readonly string[] {
  const videos = encodes(plan.videos);
  const audios = encodes(plan.audios);
  const graph: string[] = [];
  if (videos.length > 0) {
    graph.push(`[0:v:0]split=${videos.length}${videos.map(({ index }) => `[s${index}]`).join("")}`);
    for (const { index, rendition } of videos) {
      const shape = declaredShape(rendition, ladderShapes(plan));
      graph.push(`[s${index}]${videoFilter(rendition, plan.facts.video, shape)}[v${index}]`);
    }
  }
  if (audios.length > 0) {
    // Fills holes and drops what overlaps, so that sound stays with the picture after a break of the input.
    const common = "aresample=async=1000:first_pts=0,aformat=sample_rates=48000:channel_layouts=stereo";
    graph.push(`[0:a:0]${common},asplit=${audios.length}${audios.map(({ index }) => `[a${index}]`).join("")}`);
  }
  return graph.length === 0 ? [] : ["-filter_complex_threads", "2", "-filter_complex", graph.join(";")];
}

/** What is copied keeps its shape, so that it comes first. */
function ladderShapes({ videos, facts: { video } }: EncoderPlan): readonly Shape[] {
  const copied =
    video && videos.some(({ kind }) => kind === "COPY")
      ? [{ width: Math.round(video.width * video.pixelAspect), height: video.height }]
      : [];
  return [...copied, ...encodes(videos).map(({ rendition }) => rendition)];
}

type Streams = EncoderPlan["videos"];

function encodes(streams: Streams): readonly { readonly index: number; readonly rendition: EncodedRendition }[] {
  return streams.flatMap((stream, index) => (stream.kind === "ENCODE" ? [{ index, rendition: stream.rendition }] : []));
}

function teeArguments(plan: EncoderPlan, settings: EncoderSettings): readonly string[] {
  const slaves = plan.outputs.flatMap((output) => slavesOf(output, plan, settings));
  if (slaves.length === 0) return [];
  const maps = [
    ...plan.videos.map((stream, index) => (stream.kind === "COPY" ? "0:v:0" : `[v${index}]`)),
    ...plan.audios.map((stream, index) => (stream.kind === "COPY" ? "0:a:0" : `[a${index}]`)),
  ];
  return [
    ...maps.flatMap((map) => ["-map", map]),
    ...plan.videos.flatMap((stream, index) =>
      stream.kind === "COPY" ? copyOptions("v", index, plan.facts.video?.codec) : videoOptions(index, stream.rendition, plan, settings),
    ),
    ...plan.audios.flatMap((stream, index) =>
      stream.kind === "COPY" ? copyOptions("a", index, plan.facts.audio?.codec) : audioOptions(index, stream.rendition),
    ),
    ...["-flags", "+global_header", "-max_muxing_queue_size", "4096", "-f", "tee", slaves.join("|")],
  ];
}

/** Through a tee a copied stream keeps the tag that it had in MPEG-TS, which MP4 refuses. */
const MP4_TAGS: Readonly<Record<string, string>> = {
  h264: "avc1",
  hevc: "hvc1",
  aac: "mp4a",
  mp2: "mp4a",
  mp3: "mp4a",
  ac3: "ac-3",
  eac3: "ec-3",
  mpeg2video: "mp4v",
};

function copyOptions(type: "v" | "a", index: number, codec: string | undefined): readonly string[] {
  const tag = MP4_TAGS[codec ?? ""];
  return [`-c:${type}:${index}`, "copy", ...(tag === undefined ? [] : [`-tag:${type}:${index}`, tag])];
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

function slavesOf(output: PlannedOutput, plan: EncoderPlan, settings: EncoderSettings): readonly string[] {
  if (output.kind === "FILE") {
    return output.files.filter((file) => !file.rendition.isPassthrough).map((file) => slave(fileOptions(file), file, file.path, plan));
  }
  const { token, variants, hls, dash } = output;
  return [
    ...(hls ? variants.map((variant) => slave(hlsOptions(token, variant, settings), variant, `${token}/${variant.name}.m3u8`, plan)) : []),
    ...(dash ? [dashSlave(token, variants, plan, settings)] : []),
  ];
}

function hlsOptions(token: string, { name, segmentType, rendition }: PlannedVariant, settings: EncoderSettings): Options {
  // What we did not encode ourselves may begin segments with pictures that lean on earlier ones.
  const independent = rendition.isPassthrough ? "" : "+independent_segments";
  const append = settings.continues ? "append_list+" : "";
  const extension = segmentType === "TS" ? "ts" : "m4s";
  return {
    f: "hls",
    hls_time: String(SEGMENT_SECONDS),
    hls_list_size: String(PLAYLIST_SEGMENTS),
    hls_delete_threshold: String(KEPT_SEGMENTS),
    hls_flags: `${append}omit_endlist+program_date_time+temp_file+delete_segments${independent}`,
    start_number: String(settings.startNumber),
    hls_segment_filename: `${token}/${name}_%d.${extension}`,
    ...(segmentType === "TS"
      ? // With headers kept apart for MP4, every key frame in MPEG-TS has to be given them back.
        rendition.isPassthrough
        ? {}
        : { "bsfs/v": "dump_extra" }
      : { hls_segment_type: "fmp4", hls_fmp4_init_filename: `${name}_init.mp4` }),
  };
}

function fileOptions({ format, maxDurationSeconds }: PlannedFile): Options {
  const mp4 = { movflags: FRAGMENTED };
  const own: Options = format === "MP4" ? mp4 : { cluster_time_limit: String(CLUSTER_MILLISECONDS) };
  const muxer = format === "MP4" ? "mp4" : "matroska";
  if (maxDurationSeconds === null) return { f: muxer, flush_packets: "1", ...own };
  const inner = Object.entries({ ...own, flush_packets: "1" })
    .map(([name, value]) => `${name}=${value}`)
    .join(":");
  return {
    f: "segment",
    segment_time: String(maxDurationSeconds),
    segment_format: muxer,
    segment_format_options: inner,
    reset_timestamps: "1",
  };
}

/** The whole ladder in one manifest, each stream once, one adaptation set for each codec and shape. */
function dashSlave(token: string, variants: readonly PlannedVariant[], plan: EncoderPlan, settings: EncoderSettings): string {
  const videos = unique(variants.flatMap(({ video }) => (video === null ? [] : [video])));
  const audios = unique(variants.flatMap(({ audio }) => (audio === null ? [] : [audio])));
  const kinds = [...videos.map((video) => videoKind(video, plan)), ...audios.map((audio) => audioKind(audio, plan))];
  const sets = unique(kinds).map((kind, id) => {
    const members = kinds.flatMap((other, stream) => (other === kind ? [stream] : []));
    return `id=${id},streams=${members.join(",")}`;
  });
  const select = [...videos.map((video) => `v:${video}`), ...audios.map((audio) => `a:${audio}`)].join(",");
  const options: Options = {
    f: "dash",
    onfail: "ignore",
    select,
    ...adtsFilter(plan, audios, videos.length),
    seg_duration: String(SEGMENT_SECONDS),
    window_size: String(PLAYLIST_SEGMENTS),
    extra_window_size: String(KEPT_SEGMENTS),
    use_timeline: "1",
    dash_segment_type: "mp4",
    adaptation_sets: sets.join(" "),
    init_seg_name: `${settings.runName}_$RepresentationID$_init.m4s`,
    media_seg_name: `${settings.runName}_$RepresentationID$_$Number%05d$.m4s`,
  };
  return renderSlave(options, `${token}/manifest.mpd`);
}

/** Streams of one kind share an adaptation set. */
function videoKind(index: number, plan: EncoderPlan): string {
  const stream = plan.videos[index];
  if (stream?.kind !== "ENCODE") return `video ${plan.facts.video?.codec} ${shapeOf(ladderShapes(plan)[0])}`;
  return `video ${CODEC_NAMES[stream.rendition.videoCodec]} ${shapeOf(declaredShape(stream.rendition, ladderShapes(plan)))}`;
}

function audioKind(index: number, plan: EncoderPlan): string {
  const stream = plan.audios[index];
  return `audio ${stream?.kind === "ENCODE" ? CODEC_NAMES[stream.rendition.audioCodec] : plan.facts.audio?.codec}`;
}

function shapeOf(shape: Shape | undefined): string {
  return ((shape?.width ?? 0) / (shape?.height ?? 1)).toFixed(4);
}

function slave(options: Options, { video, audio }: PlannedVariant | PlannedFile, path: string, plan: EncoderPlan): string {
  const select = [video === null ? [] : [`v:${video}`], audio === null ? [] : [`a:${audio}`]].flat().join(",");
  const isMp4 = options["hls_segment_type"] === "fmp4";
  const filter = isMp4 && audio !== null ? adtsFilter(plan, [audio], video === null ? 0 : 1) : {};
  return renderSlave({ onfail: "ignore", select, ...filter, ...options }, path);
}

/** AAC copied out of MPEG-TS carries headers that MP4 does not take; other audio must not pass through the filter. */
function adtsFilter(plan: EncoderPlan, audios: readonly number[], videoCount: number): Options {
  if (plan.facts.audio?.codec !== "aac") return {};
  const positions = audios.flatMap((audio, position) => (plan.audios[audio]?.kind === "COPY" ? [videoCount + position] : []));
  return Object.fromEntries(positions.map((position) => [`bsfs/${position}`, "aac_adtstoasc"]));
}

function copiedFiles(plan: EncoderPlan): readonly PlannedFile[] {
  return plan.outputs.flatMap((output) => (output.kind === "FILE" ? output.files.filter((file) => file.rendition.isPassthrough) : []));
}

/** A file that only copies needs no tee, and MKV would not take the tags that the tee's other outputs want. */
function copyArguments(file: PlannedFile): readonly string[] {
  const options = Object.entries(fileOptions(file)).flatMap(([name, value]) => [`-${name}`, value]);
  const maps = [...(file.video === null ? [] : ["-map", "0:v:0"]), ...(file.audio === null ? [] : ["-map", "0:a:0"])];
  const path = file.maxDurationSeconds === null ? file.path : partPattern(file.path);
  return [...maps, "-c", "copy", ...options, `file:${path}`];
}

function unique<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items)];
}
