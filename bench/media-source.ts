import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { spawnFfmpeg, type FfmpegProcess, type ProcessHost } from "../src/encoder/ffmpeg.process.ts";

export const LOOPBACK = "127.0.0.1";
const FRAME_RATE = 25;
/** Frames from one key frame to the next: five groups are a segment, and waiting for the next one blurs no start. */
const GROUP_FRAMES = 10;
const LOOP_SECONDS = 30;

export interface SourceShape {
  readonly width: number;
  readonly height: number;
  readonly videoBitrateKbps: number;
}

export interface Source {
  /** As the URL of an input says it. */
  readonly url: string;
  readonly sender: FfmpegProcess;
}

/** One file, made once and sent again and again to a multicast group on the loopback: whoever joins costs its sender nothing more. */
export function startSource(host: ProcessHost, directory: string, group: string, { width, height, videoBitrateKbps }: SourceShape): Source {
  const file = join(directory, `source-${height}-${videoBitrateKbps}.ts`);
  const picture = ["-f", "lavfi", "-i", `testsrc2=size=${width}x${height}:rate=${FRAME_RATE}`];
  const sound = ["-f", "lavfi", "-i", "sine=sample_rate=48000"];
  const rate = ["-b:v", `${videoBitrateKbps}k`, "-maxrate", `${videoBitrateKbps}k`, "-bufsize", `${videoBitrateKbps}k`];
  const grid = ["-g", String(GROUP_FRAMES), "-keyint_min", String(GROUP_FRAMES), "-sc_threshold", "0"];
  const codecs = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", ...rate, ...grid, "-c:a", "aac", "-b:a", "64k"];
  execFileSync("ffmpeg", ["-v", "error", "-nostdin", "-y", ...picture, ...sound, "-t", String(LOOP_SECONDS), ...codecs, file]);
  const url = `udp://${group}:5004`;
  const target = `${url}?localaddr=${LOOPBACK}&pkt_size=1316&ttl=0`;
  const words = ["-re", "-stream_loop", "-1", "-i", file, "-map", "0", "-c", "copy", "-f", "mpegts", target];
  const sender = spawnFfmpeg(host, { binary: "ffmpeg", arguments: ["-v", "error", "-nostdin", ...words] });
  sender.stdout.resume();
  return { url, sender };
}
