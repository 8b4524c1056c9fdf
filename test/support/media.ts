import { execFile, spawn } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { createServer } from "node:http";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createSocket } from "node:dgram";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createVault } from "../../src/access/vault.ts";
import { findCapabilities, type EncoderCapabilities } from "../../src/encoder/capabilities.ts";
import { createOrigin } from "../../src/origin/origin.ts";
import { systemClock } from "../../src/shared/clock.ts";
import { codedPicture } from "./frame-codes.ts";
import { follow, tied } from "./tied.ts";

const run = promisify(execFile);

/** What this machine's ffmpeg can do, found once for each test file. */
export async function mediaCapabilities(): Promise<EncoderCapabilities> {
  return findCapabilities({ ffmpegPath: null, searchPath: process.env["PATH"] ?? "" });
}

/** A multicast group and port that no other test uses. */
export async function freeMulticast(): Promise<{ address: string; port: number }> {
  return { address: `239.255.${randomInt(1, 250)}.${randomInt(1, 250)}`, port: await freeUdpPort() };
}

export async function freeUdpPort(): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

/** A process that sends a test picture and tone; it ends when it is told to, or with the test run. */
export interface Sender {
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

export interface PictureOptions {
  readonly size?: string;
  readonly frameRate?: number;
  readonly hasVideo?: boolean;
  readonly hasAudio?: boolean;
  readonly audioCodec?: "aac" | "mp2";
  /** Frames from one key frame to the next. */
  readonly keyFrameInterval?: number;
  /** Every frame bears its number; see `readFrameCodes`. */
  readonly isCoded?: boolean;
  readonly videoEncoder?: "libx264" | "libx265";
}

export function pictureArguments({
  size = "320x180",
  frameRate = 25,
  hasVideo = true,
  hasAudio = true,
  audioCodec = "aac",
  keyFrameInterval = 25,
  isCoded = false,
  videoEncoder = "libx264",
}: PictureOptions): string[] {
  return [
    ...["-hide_banner", "-nostdin", "-loglevel", "error"],
    ...(hasVideo
      ? ["-re", "-f", "lavfi", "-i", isCoded ? codedPicture({ size, frameRate }) : `testsrc2=size=${size}:rate=${frameRate}`]
      : []),
    ...(hasAudio ? ["-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"] : []),
    ...(hasVideo
      ? [
          "-c:v",
          videoEncoder,
          "-preset",
          "ultrafast",
          "-tune",
          "zerolatency",
          "-pix_fmt",
          "yuv420p",
          "-b:v",
          "400k",
          "-g",
          String(keyFrameInterval),
        ]
      : []),
    ...(hasAudio ? ["-c:a", audioCodec, "-b:a", "64k"] : []),
  ];
}

/** Sends a test picture and tone as MPEG-TS to a multicast group on the loopback interface. */
export function startMulticastSender({
  address,
  port,
  offsetSeconds = 0,
  ...picture
}: PictureOptions & { address: string; port: number; /** Where its timestamps begin. */ offsetSeconds?: number }): Sender {
  const target = `udp://${address}:${port}?localaddr=127.0.0.1&pkt_size=1316&ttl=0`;
  const offset = ["-output_ts_offset", String(offsetSeconds)];
  return startSender([...pictureArguments(picture), "-f", "mpegts", "-muxdelay", "0.1", ...offset, target]);
}

/** Waits for SRT callers on a loopback port, and sends to the one that comes. */
export function startSrtSender({ port, passphrase, ...picture }: PictureOptions & { port: number; passphrase?: string }): Sender {
  const secret = passphrase === undefined ? "" : `&passphrase=${passphrase}`;
  return startSender([...pictureArguments(picture), "-f", "mpegts", `srt://127.0.0.1:${port}?mode=listener${secret}`]);
}

/** Writes a live HLS playlist into a new directory and serves it over HTTP on loopback. */
export async function startHlsSender(picture: PictureOptions = {}): Promise<Sender & { readonly url: string }> {
  const hls = ["-f", "hls", "-hls_time", "1", "-hls_list_size", "6", "-hls_flags", "temp_file"];
  return serveWritten("live.m3u8", (path) => [...pictureArguments(picture), ...hls, path]);
}

export interface CuedHlsOptions {
  /** The playlist as it is served, whatever was written. */
  readonly rewrite: (playlist: string) => string;
}

/**
 * The same of pictures that are black, and white from `whiteAt` to `blackAt` seconds on; segments are a second long, so that the
 * segment of that number is the first white one.
 */
export async function startCuedHlsSender(
  whiteAt: number,
  blackAt: number,
  { rewrite }: CuedHlsOptions,
): Promise<Sender & { readonly url: string }> {
  const picture = `color=black:size=320x180:rate=25,drawbox=color=white:t=fill:enable='between(t,${whiteAt},${blackAt}-0.01)'`;
  const codec = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "25"];
  const hls = ["-f", "hls", "-hls_time", "1", "-hls_list_size", "6", "-hls_flags", "temp_file+program_date_time"];
  const head = ["-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i", picture];
  return serveWritten("live.m3u8", (path) => [...head, ...codec, ...hls, path], rewrite);
}

/** The same of a live DASH manifest with two pictures, the smaller one first, and one sound. */
export async function startDashSender(hasTimeline: boolean): Promise<Sender & { readonly url: string }> {
  const maps = ["-map", "0:v", "-map", "0:v", "-map", "1:a", "-s:v:0", "160x90", "-b:v:0", "100k"];
  const dash = ["-f", "dash", "-seg_duration", "1", "-window_size", "6", "-use_timeline", hasTimeline ? "1" : "0"];
  const sender = await serveWritten("live.mpd", (path) => [...pictureArguments({}), ...maps, ...dash, path]);
  await eventually("a manifest", async () => (await fetch(sender.url)).ok);
  return sender;
}

async function serveWritten(
  name: string,
  argumentsOf: (path: string) => readonly string[],
  rewrite: (text: string) => string = (text) => text,
): Promise<Sender & { readonly url: string }> {
  const directory = mkdtempSync(join(tmpdir(), "headend-web-"));
  const sender = startSender(argumentsOf(join(directory, name)));
  const server = createServer((request, response) => {
    const file = (request.url ?? "").split("?")[0]?.split("/").at(-1) ?? "";
    try {
      const bytes = readFileSync(join(directory, file));
      response.end(file === name ? rewrite(bytes.toString()) : bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    pid: sender.pid,
    url: `http://127.0.0.1:${port}/${name}`,
    async stop() {
      await sender.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export function startSender(args: readonly string[]): Sender {
  const { command, words } = tied("ffmpeg", args);
  const child = spawn(command, words, { stdio: ["ignore", "ignore", "ignore"] });
  follow(child);
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return {
    pid: child.pid ?? 0,
    async stop() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

export interface ProbedStream {
  readonly codec_type: string;
  readonly codec_name: string;
  readonly width?: number;
  readonly height?: number;
  readonly avg_frame_rate?: string;
  readonly channels?: number;
  readonly nb_read_packets?: string;
}

/** What ffprobe finds at a URL or path. */
export async function probe(target: string, analysisSeconds = 1, isPicture = false): Promise<readonly ProbedStream[]> {
  const shown = "stream=codec_type,codec_name,width,height,avg_frame_rate,channels";
  // By its name a picture would be taken for the pattern of many.
  const format = isPicture ? ["-f", "jpeg_pipe"] : [];
  const { stdout } = await run(
    "ffprobe",
    ["-v", "error", ...format, "-analyzeduration", String(analysisSeconds * 1_000_000), "-show_entries", shown, "-of", "json", target],
    {
      timeout: 10_000,
    },
  );
  const { streams } = JSON.parse(stdout) as { streams: ProbedStream[] };
  return streams;
}

/** Decodes a whole file, and fails on anything that the decoder complains of. */
export async function decodeWhole(path: string): Promise<{ readonly frames: number; readonly complaints: string }> {
  const { stdout, stderr } = await run("ffmpeg", ["-v", "warning", "-i", path, "-map", "0:v:0", "-progress", "pipe:1", "-f", "null", "-"]);
  return { frames: Number(Array.from(stdout.matchAll(/frame=(\d+)/g)).at(-1)?.[1] ?? 0), complaints: stderr };
}

/** Serves a media root over HTTP on loopback, as the gateway does. */
export async function serveOrigin(mediaRoot: string): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const origin = createOrigin({ mediaRoot, signing: createVault(randomBytes(32)), clock: systemClock });
  const server = createServer((request, response) => void origin(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Polls until something holds, and says what it last saw when it never does. */
export async function eventually<T>(
  what: string,
  look: () => T | null | undefined | false | Promise<T | null | undefined | false>,
  milliseconds = 60_000,
): Promise<T> {
  const deadline = performance.now() + milliseconds;
  let problem: unknown = "nothing";
  while (performance.now() < deadline) {
    try {
      const found = await look();
      if (found) return found;
    } catch (error) {
      problem = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Not within ${milliseconds} ms: ${what} (last problem: ${String(problem)})`);
}
