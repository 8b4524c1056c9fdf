import { z } from "zod";
import { spawnFfmpeg, type ProcessHost } from "./ffmpeg.process.ts";
import { parseJson } from "../shared/parse-json.ts";

/** A number of frames per second as a fraction, so that 30000/1001 stays exact. */
export interface FrameRate {
  readonly numerator: number;
  readonly denominator: number;
}

export interface VideoFacts {
  /** ffmpeg's name, such as `h264`. */
  readonly codec: string;
  readonly profile: string | null;
  readonly level: number | null;
  readonly width: number;
  readonly height: number;
  /** Null when it cannot be told. */
  readonly frameRate: FrameRate | null;
  readonly isInterlaced: boolean;
  /** Width of a pixel to its height; 1 for square ones. */
  readonly pixelAspect: number;
  /** ffmpeg's name, such as `yuv420p`; left out when it cannot be told, as are the others like it. */
  readonly pixelFormat?: string;
}

export interface AudioFacts {
  readonly codec: string;
  readonly profile: string | null;
  /** Samples per second. */
  readonly sampleRate?: number;
  readonly channels?: number;
}

/** What streams an input, or one of our own outputs, has. */
export interface StreamFacts {
  readonly video: VideoFacts | null;
  readonly audio: AudioFacts | null;
}

const Fraction = z.string().transform((text) => {
  const [numerator = 0, denominator = 0] = text.split(/[/:]/).map(Number);
  return numerator > 0 && denominator > 0 ? { numerator, denominator } : null;
});

const ProbedStream = z.object({
  codec_type: z.string().optional(),
  codec_name: z.string().optional(),
  profile: z.string().optional(),
  level: z.number().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  field_order: z.string().optional(),
  sample_aspect_ratio: Fraction.optional(),
  avg_frame_rate: Fraction.optional(),
  r_frame_rate: Fraction.optional(),
  pix_fmt: z.string().optional(),
  sample_rate: z.string().optional(),
  channels: z.number().optional(),
});
type ProbedStream = z.infer<typeof ProbedStream>;
const Probe = z.object({ streams: z.array(ProbedStream).default([]) });

const PROBE_DEADLINE_MILLISECONDS = 8_000;
const NOTHING_KNOWN: StreamFacts = { video: null, audio: null };

/** Asks ffprobe what these bytes of a transport stream hold. Streams that cannot be decoded count as absent. Throws when it cannot run. */
export async function probeBytes(host: ProcessHost, ffprobePath: string, bytes: Buffer): Promise<StreamFacts> {
  return probe(host, ffprobePath, ["-f", "mpegts", "-i", "pipe:0"], bytes);
}

/** The same of a local file or playlist of ours. */
export async function probeFile(host: ProcessHost, ffprobePath: string, path: string): Promise<StreamFacts> {
  return probe(host, ffprobePath, ["-protocol_whitelist", "file", "-i", `file:${path}`], null);
}

async function probe(host: ProcessHost, binary: string, input: readonly string[], bytes: Buffer | null): Promise<StreamFacts> {
  const shown =
    "stream=codec_type,codec_name,profile,level,width,height,field_order,sample_aspect_ratio,avg_frame_rate,r_frame_rate,pix_fmt,sample_rate,channels";
  const child = spawnFfmpeg(host, {
    binary,
    arguments: ["-hide_banner", "-loglevel", "error", "-show_entries", shown, "-of", "json", ...input],
  });
  const pieces: Buffer[] = [];
  child.stdout.on("data", (piece: Buffer) => pieces.push(piece));
  child.stdin.end(bytes ?? undefined);
  const deadline = setTimeout(child.kill, PROBE_DEADLINE_MILLISECONDS);
  const { lastLine } = await child.ended;
  clearTimeout(deadline);
  if (child.pid === null) throw new Error(`ffprobe: ${lastLine}`);
  return readProbe(Buffer.concat(pieces).toString("utf8"));
}

/** Reads what ffprobe printed as JSON; nothing is known when it printed none. */
export function readProbe(text: string): StreamFacts {
  const parsed = Probe.safeParse(parseJson(text));
  if (!parsed.success) return NOTHING_KNOWN;
  const { streams } = parsed.data;
  return {
    video: toVideo(streams.find((stream) => stream.codec_type === "video")),
    audio: toAudio(streams.find((stream) => stream.codec_type === "audio")),
  };
}

function toVideo(stream: ProbedStream | undefined): VideoFacts | null {
  if (!stream?.codec_name || !stream.width || !stream.height) return null;
  const aspect = stream.sample_aspect_ratio;
  return {
    codec: stream.codec_name,
    profile: stream.profile ?? null,
    level: stream.level ?? null,
    width: stream.width,
    height: stream.height,
    frameRate: likelyFrameRate(stream.avg_frame_rate ?? null, stream.r_frame_rate ?? null),
    isInterlaced: ["tt", "bb", "tb", "bt"].includes(stream.field_order ?? ""),
    pixelAspect: aspect ? aspect.numerator / aspect.denominator : 1,
    ...(stream.pix_fmt === undefined ? {} : { pixelFormat: stream.pix_fmt }),
  };
}

/** A stream that was announced but never sent has no sample rate; an encoder that waited for it would never begin. */
function toAudio(stream: ProbedStream | undefined): AudioFacts | null {
  if (!stream?.codec_name || !(Number(stream.sample_rate) > 0)) return null;
  const sampleRate = Number(stream.sample_rate);
  return {
    codec: stream.codec_name,
    profile: stream.profile ?? null,
    sampleRate,
    ...(stream.channels === undefined ? {} : { channels: stream.channels }),
  };
}

const COMMON_RATES: readonly FrameRate[] = [
  [24_000, 1001],
  [24, 1],
  [25, 1],
  [30_000, 1001],
  [30, 1],
  [48, 1],
  [50, 1],
  [60_000, 1001],
  [60, 1],
  [100, 1],
  [120, 1],
].map(([numerator = 0, denominator = 1]) => ({ numerator, denominator }));
const HIGHEST_RATE = 240;
const NOMINAL_FRACTION = 0.05;
const COMMON_FRACTION = 0.02;

/** The average over a second or two is off by a frame: the nominal rate, or the common one beside it, is meant. */
function likelyFrameRate(average: FrameRate | null, nominal: FrameRate | null): FrameRate | null {
  const measured = [average, nominal].find((rate) => rate !== null && ratePerSecond(rate) <= HIGHEST_RATE);
  if (!measured) return null;
  const distance = (rate: FrameRate): number => Math.abs(ratePerSecond(rate) / ratePerSecond(measured) - 1);
  if (nominal && distance(nominal) <= NOMINAL_FRACTION) return nominal;
  const nearest = COMMON_RATES.toSorted((one, other) => distance(one) - distance(other))[0];
  return nearest && distance(nearest) <= COMMON_FRACTION ? nearest : measured;
}

export function ratePerSecond({ numerator, denominator }: FrameRate): number {
  return numerator / denominator;
}

/** Whether an encoder that was set up for one can go on with the other: a graph of filters that is set up anew in the middle loses its time. */
export function isSameInput(one: StreamFacts, other: StreamFacts): boolean {
  const key = ({ video, audio }: StreamFacts): string => JSON.stringify([video?.codec, video?.width, video?.height, audio?.codec]);
  return (
    key(one) === key(other) &&
    mayBeSame(one.video?.pixelFormat, other.video?.pixelFormat) &&
    mayBeSame(one.audio?.sampleRate, other.audio?.sampleRate) &&
    mayBeSame(one.audio?.channels, other.audio?.channels)
  );
}

function mayBeSame<T>(one: T | undefined, other: T | undefined): boolean {
  return one === undefined || other === undefined || one === other;
}
