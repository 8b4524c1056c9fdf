import {
  CODEC_NAMES,
  type PlannedCmaf,
  type PlannedFeed,
  type PlannedFeedOutput,
  type PlannedFile,
  type PlannedHttp,
  type PlannedOutput,
  type PlannedVariant,
  type Tee,
  type Variant,
} from "./encoder-plan.ts";
import { declaredShape, type Shape } from "./ffmpeg.filters.ts";
import { tapUrl } from "./ffmpeg.process.ts";
import { renderDictionary, renderSlave, type Options } from "./ffmpeg.tee.ts";
import { playlistPath, SEGMENT_EXTENSIONS } from "./http-files.rules.ts";
import type { StreamFacts } from "./input-facts.ts";
import type { LeftPlaylists } from "./left-playlists.ts";
import type { PlannedArchive, PlannedCaptions } from "./process-plan.rules.ts";

/** What the slaves of a tee depend on besides the tee itself. */
export interface SlaveSettings {
  readonly facts: StreamFacts;
  /** Shapes of all pictures that are made, the source's own first. */
  readonly ladder: readonly Shape[];
  readonly startNumber: number;
  readonly runName: string;
  readonly left: LeftPlaylists;
}

/** Length of HLS and DASH segments, and of the key frame grid of everything that we encode. */
export const SEGMENT_SECONDS = 2;
const PLAYLIST_SEGMENTS = 10;
/** Segments outlive the playlist by so many, for players that are slow. */
const KEPT_SEGMENTS = 5;
const FRAGMENTED = "+frag_keyframe+empty_moov+default_base_moof+delay_moov";
const CLUSTER_MILLISECONDS = 1_000;
/** What a killed encoder takes with it of what is archived, besides what is still on its way through it. */
const ARCHIVE_FRAGMENT_MICROSECONDS = 500_000;
/** Some 2 s of a picture and its sound. Where there is no way, each takes 10 ms to be dropped, and the end has to wait for all of them. */
const FEED_QUEUE_PACKETS = 200;
/** What a packet of a LAN carries of MPEG-TS without being cut up. */
const DATAGRAM_BYTES = 1_316;

/** Stands for the master playlist of a ladder that is sent as CMAF. */
export const CMAF_MASTER_PLAYLIST = "master.m3u8";

/** The slaves that an output is made of, in order; `outputProblems` counts on it. */
export function slavesOf(output: PlannedOutput, tee: Tee, settings: SlaveSettings): readonly string[] {
  switch (output.kind) {
    case "HTTP":
      return httpSlaves(output, tee, settings);
    case "FILE":
      return output.files.map((file) =>
        slave({ options: fileOptions(file), variant: file, target: file.path, tee, facts: settings.facts }),
      );
    case "CMAF_PUSH":
      return [cmafSlave(output, tee, settings)];
    default:
      return output.feeds.filter(({ misfit }) => misfit === null).map((feed) => feedSlave(output.kind, feed, tee, settings));
  }
}

/**
 * A rendition as fragments for its archive. Their times say where each track begins, and no edit list in the header does: so the headers
 * of two encoder processes that make the same are the same, and fragments of one can stand behind those of the other.
 */
export function archiveSlave(archive: PlannedArchive, tee: Tee, { facts }: SlaveSettings): string {
  const options = {
    f: "mp4",
    movflags: `${FRAGMENTED}+frag_discont`,
    use_editlist: "0",
    avoid_negative_ts: "make_non_negative",
    frag_duration: String(ARCHIVE_FRAGMENT_MICROSECONDS),
    flush_packets: "1",
    strict: "experimental",
  };
  return slave({ options, variant: archive, target: tapUrl(archive.tap), tee, facts });
}

/**
 * What comes with the input's pictures, whatever is made of those: not every encoder keeps captions, nor does a lower frame rate. A tee
 * whose last slave fails ends the process, so that one that cannot fail stands beside it.
 */
export function captionsOutput(captions: PlannedCaptions | null): readonly string[] {
  if (captions === null) return [];
  const options = { onfail: "ignore", f: "mpegts", "bsfs/v": `filter_units=pass_types=${captions.unitType}`, flush_packets: "1" };
  return ["-map", "0:v:0", "-c:v", "copy", "-f", "tee", `${renderSlave({ f: "null" }, "-")}|${renderSlave(options, tapUrl(captions.tap))}`];
}

function httpSlaves({ token, variants, hls, dash }: PlannedHttp, tee: Tee, settings: SlaveSettings): readonly string[] {
  const { facts } = settings;
  const playlists = variants.map((variant) =>
    slave({ options: hlsOptions(token, variant, settings), variant, target: playlistPath(token, variant.name), tee, facts }),
  );
  return [...(hls ? playlists : []), ...(dash ? [ladderSlave({ variants, target: `${token}/manifest.mpd`, own: {}, tee, settings })] : [])];
}

function hlsOptions(token: string, { name, segmentType, rendition }: PlannedVariant, settings: SlaveSettings): Options {
  // What we did not encode ourselves may begin segments with pictures that lean on earlier ones.
  const independent = rendition.isPassthrough ? "" : "+independent_segments";
  const left = settings.left.get(playlistPath(token, name));
  const append = left === undefined ? "" : "append_list+";
  return {
    f: "hls",
    hls_time: String(SEGMENT_SECONDS),
    hls_list_size: String(PLAYLIST_SEGMENTS),
    hls_delete_threshold: String(KEPT_SEGMENTS),
    hls_flags: `${append}omit_endlist+program_date_time+temp_file+delete_segments${independent}`,
    // With a number beyond its own, all that a playlist names would be counted anew.
    start_number: String(left ?? settings.startNumber),
    hls_segment_filename: `${token}/${name}_%d.${SEGMENT_EXTENSIONS[segmentType]}`,
    ...(segmentType === "TS" ? headersInBand(rendition) : { hls_segment_type: "fmp4", hls_fmp4_init_filename: `${name}_init.mp4` }),
  };
}

/** With headers kept apart for MP4, every key frame in MPEG-TS has to be given them back. */
function headersInBand({ isPassthrough }: Variant["rendition"]): Options {
  return isPassthrough ? {} : { "bsfs/v": "dump_extra" };
}

function fileOptions({ format, maxDurationSeconds }: PlannedFile): Options {
  const mp4 = { movflags: FRAGMENTED };
  // A copied stream has tags of MP4, which MKV has no use for and takes only when it is not asked to be strict.
  const mkv = { cluster_time_limit: String(CLUSTER_MILLISECONDS), strict: "unofficial" };
  const own: Options = format === "MP4" ? mp4 : mkv;
  const muxer = format === "MP4" ? "mp4" : "matroska";
  if (maxDurationSeconds === null) return { f: muxer, flush_packets: "1", ...own };
  return {
    f: "segment",
    segment_time: String(maxDurationSeconds),
    segment_format: muxer,
    segment_format_options: renderDictionary({ ...own, flush_packets: "1" }),
    reset_timestamps: "1",
  };
}

/** One stream to one receiver, behind a queue of its own: whatever becomes of the receiver, nothing else waits for it. */
function feedSlave(kind: PlannedFeedOutput["kind"], feed: PlannedFeed, tee: Tee, { facts }: SlaveSettings): string {
  const queue = {
    queue_size: String(FEED_QUEUE_PACKETS),
    drop_pkts_on_overflow: "1",
    attempt_recovery: "1",
    recover_any_error: "1",
    recovery_wait_time: "1",
    restart_with_keyframe: "1",
  };
  const transportStream: Options = {
    f: "mpegts",
    ...(feed.programNumber === null ? {} : { mpegts_service_id: String(feed.programNumber) }),
    ...headersInBand(feed.rendition),
  };
  const options: Options = {
    ...(kind === "RTMP_PUSH" ? { f: "flv", flvflags: "no_duration_filesize" } : transportStream),
    // A datagram goes out when it is full; what flows into a socket would wait for many kilobytes more.
    ...(kind === "MULTICAST" ? {} : { flush_packets: "1" }),
    use_fifo: "1",
    fifo_options: renderDictionary(queue),
  };
  return slave({ options, variant: feed, target: feed.localUrl, tee, facts });
}

/** As "DASH and HLS ingest" of DASH-IF wants it: one set of fragments, named by a manifest and by playlists, nothing named twice. */
function cmafSlave({ variants, manifest }: PlannedCmaf, tee: Tee, settings: SlaveSettings): string {
  const own = {
    hls_playlist: "1",
    hls_master_name: CMAF_MASTER_PLAYLIST,
    format_options: "movflags=+cmaf",
    init_seg_name: `${settings.runName}_$RepresentationID$.init`,
  };
  return ladderSlave({ variants, target: manifest, own, tee, settings });
}

interface LadderSlave {
  readonly variants: readonly Variant[];
  readonly target: string;
  readonly own: Options;
  readonly tee: Tee;
  readonly settings: SlaveSettings;
}

/** The whole ladder in one manifest, each stream once, one adaptation set for each codec and shape. */
function ladderSlave({ variants, target, own, tee, settings }: LadderSlave): string {
  const { facts, ladder, runName } = settings;
  const videos = unique(variants.flatMap(({ video }) => (video === null ? [] : [video])));
  const audios = unique(variants.flatMap(({ audio }) => (audio === null ? [] : [audio])));
  const kinds = [
    ...videos.map((video) => videoKind(tee.videos[video], facts, ladder)),
    ...audios.map((audio) => audioKind(tee.audios[audio], facts)),
  ];
  const sets = unique(kinds).map((kind, id) => {
    const members = kinds.flatMap((other, stream) => (other === kind ? [stream] : []));
    return `id=${id},streams=${members.join(",")}`;
  });
  const options: Options = {
    f: "dash",
    onfail: "ignore",
    select: [...videos.map((video) => `v:${video}`), ...audios.map((audio) => `a:${audio}`)].join(","),
    ...adtsFilter({ tee, facts, audios, videoCount: videos.length }),
    seg_duration: String(SEGMENT_SECONDS),
    window_size: String(PLAYLIST_SEGMENTS),
    extra_window_size: String(KEPT_SEGMENTS),
    use_timeline: "1",
    dash_segment_type: "mp4",
    adaptation_sets: sets.join(" "),
    init_seg_name: `${runName}_$RepresentationID$_init.m4s`,
    media_seg_name: `${runName}_$RepresentationID$_$Number%05d$.m4s`,
    ...own,
  };
  return renderSlave(options, target);
}

/** Streams of one kind share an adaptation set. */
function videoKind(stream: Tee["videos"][number] | undefined, facts: StreamFacts, ladder: readonly Shape[]): string {
  if (stream?.kind !== "ENCODE") return `video ${facts.video?.codec} ${shapeOf(ladder[0])}`;
  return `video ${CODEC_NAMES[stream.rendition.videoCodec]} ${shapeOf(declaredShape(stream.rendition, ladder))}`;
}

function audioKind(stream: Tee["audios"][number] | undefined, facts: StreamFacts): string {
  return `audio ${stream?.kind === "ENCODE" ? CODEC_NAMES[stream.rendition.audioCodec] : facts.audio?.codec}`;
}

function shapeOf(shape: Shape | undefined): string {
  return ((shape?.width ?? 0) / (shape?.height ?? 1)).toFixed(4);
}

interface Slave {
  readonly options: Options;
  readonly variant: Variant;
  readonly target: string;
  readonly tee: Tee;
  readonly facts: StreamFacts;
}

function slave({ options, variant: { video, audio }, target, tee, facts }: Slave): string {
  const select = [video === null ? [] : [`v:${video}`], audio === null ? [] : [`a:${audio}`]].flat().join(",");
  const takesNoAdts = options["hls_segment_type"] === "fmp4" || options["f"] === "mp4" || options["f"] === "flv";
  const filter = takesNoAdts && audio !== null ? adtsFilter({ tee, facts, audios: [audio], videoCount: video === null ? 0 : 1 }) : {};
  return renderSlave({ onfail: "ignore", select, ...filter, ...options }, target);
}

interface AdtsFilter {
  readonly tee: Tee;
  readonly facts: StreamFacts;
  readonly audios: readonly number[];
  readonly videoCount: number;
}

/** AAC copied out of MPEG-TS carries headers that MP4 and FLV do not take; other audio must not pass through the filter. */
function adtsFilter({ tee, facts, audios, videoCount }: AdtsFilter): Options {
  if (facts.audio?.codec !== "aac") return {};
  const positions = audios.flatMap((audio, position) => (tee.audios[audio]?.kind === "COPY" ? [videoCount + position] : []));
  return Object.fromEntries(positions.map((position) => [`bsfs/${position}`, "aac_adtstoasc"]));
}

/** Where a group is sent to: what the caller's URL says, with whole packets of MPEG-TS, through our interface. */
export function multicastUrl(url: string, multicastInterface: string | null): string {
  const [address = "", query = ""] = url.split("?");
  const given = query === "" ? [] : query.split("&");
  const hasSize = given.some((option) => option.startsWith("pkt_size="));
  const options = [
    ...given,
    ...(hasSize ? [] : [`pkt_size=${DATAGRAM_BYTES}`]),
    ...(multicastInterface === null ? [] : [`localaddr=${multicastInterface}`]),
  ];
  return `${address.replace(/\/$/, "")}?${options.join("&")}`;
}

function unique<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items)];
}
