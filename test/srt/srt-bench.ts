import { execFile, execFileSync, spawn, type ChildProcess } from "node:child_process";
import { createSocket, type RemoteInfo } from "node:dgram";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ProcessHost } from "../../src/encoder/ffmpeg.process.ts";
import { createPatientClock, type PatientClock } from "../../src/encoder/patient-clock.ts";
import { openProcessRecords } from "../../src/encoder/process-record.ts";
import { isDataPacket } from "../../src/srt/srt-packet.rules.ts";
import { SrtFront } from "../../src/srt/srt-front.ts";
import type { Resolution } from "../../src/network/resolve.ts";
import { SrtSender } from "../../src/srt/srt-sender.ts";
import { SrtPushSource } from "../../src/srt/srt-push-source.ts";
import { mediaCapabilities } from "../support/media.ts";
import { listProcesses } from "../support/process-list.ts";
import { follow, tied } from "../support/tied.ts";

const run = promisify(execFile);
/** Frames of the picture that everybody sends, in a second. */
export const FRAME_RATE = 25;

export const LOOPBACK: Resolution = { kind: "ALLOWED", addresses: ["127.0.0.1"] };

/** A process that sends or receives by SRT. */
export interface Peer {
  readonly pid: number;
  /** How it ended, and what it said. */
  readonly ended: Promise<{ readonly code: number | null; readonly words: string }>;
  readonly isOver: () => boolean;
  readonly kill: (signal?: NodeJS.Signals) => Promise<void>;
  readonly output: () => Buffer;
}

export interface Taken {
  readonly source: SrtPushSource;
  readonly clock: PatientClock;
  readonly bytes: () => number;
  readonly starts: () => number;
  /** Longest time between two arrivals, in milliseconds, since it was last asked. */
  readonly longestGap: () => number;
  readonly isFlowing: () => boolean;
  readonly problem: () => string | null;
  /** Everything that came out since the newest start. */
  readonly stream: () => Buffer;
  readonly close: () => Promise<void>;
}

export interface PublishOptions {
  readonly streamId: string | null;
  readonly port?: number;
  readonly tool?: "ffmpeg" | "srt-live-transmit";
  readonly passphrase?: string;
  readonly seconds?: number;
}

/** Passphrases go by an option of their own: a URL of ffmpeg cannot hold every one. */
const passphraseArguments = (passphrase?: string): string[] => (passphrase === undefined ? [] : ["-passphrase", passphrase]);

export function start(command: string, words: readonly string[]): Peer & { readonly child: ChildProcess } {
  const run = tied(command, words);
  const child = spawn(run.command, run.words, { stdio: ["pipe", "pipe", "pipe"] });
  follow(child);
  const chunks: Buffer[] = [];
  let said = "";
  child.stdin.on("error", () => undefined);
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  let isOver = false;
  const ended = new Promise<{ code: number | null; words: string }>((resolve) =>
    child.once("close", (code) => {
      isOver = true;
      resolve({ code, words: said });
    }),
  );
  return {
    child,
    pid: child.pid ?? 0,
    ended,
    isOver: () => isOver,
    output: () => Buffer.concat(chunks),
    async kill(signal = "SIGKILL") {
      child.kill(signal);
      await ended;
    },
  };
}

/** A front, sources behind it, and a picture with sound that all peers send. */
export async function openSrtBench() {
  const { ffmpegPath, setprivPath } = await mediaCapabilities();
  const root = mkdtempSync(join(tmpdir(), "headend-srt-"));
  const host: ProcessHost = { setprivPath, records: openProcessRecords(join(root, "processes")) };
  const front = await SrtFront.open({ host: "127.0.0.1", port: 0 });
  const picture = join(root, "picture.ts");
  execFileSync("ffmpeg", [
    ...["-v", "error", "-f", "lavfi", "-i", `testsrc2=size=320x180:rate=${FRAME_RATE}:duration=8`],
    ...["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000:duration=8"],
    ...["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-b:v", "800k", "-g", "12"],
    ...["-c:a", "aac", "-b:a", "64k", "-f", "mpegts", picture],
  ]);
  const peers: Peer[] = [];
  const sources: Taken[] = [];
  const senders: SrtSender[] = [];

  function take(options: { streamKey: string; passphrase?: string | null; front?: SrtFront; ffmpegPath?: string }): Taken {
    const clock = createPatientClock(600);
    let chunks: Buffer[] = [];
    let bytes = 0;
    let starts = 0;
    let gap = 0;
    let arrivedAt = performance.now();
    const source = new SrtPushSource({
      front: options.front ?? front,
      streamKey: options.streamKey,
      passphrase: options.passphrase ?? null,
      host,
      ffmpegPath: options.ffmpegPath ?? ffmpegPath ?? "",
      clock,
      handlers: {
        onStart: () => {
          starts += 1;
          chunks = [];
          arrivedAt = performance.now();
        },
        onBytes: (chunk) => {
          bytes += chunk.length;
          chunks.push(chunk);
          gap = Math.max(gap, performance.now() - arrivedAt);
          arrivedAt = performance.now();
        },
      },
    });
    const timer = setInterval(() => {
      if (!clock.tick()) source.watch(clock.now());
    }, 100);
    const taken: Taken = {
      source,
      clock,
      bytes: () => bytes,
      starts: () => starts,
      longestGap: () => {
        const longest = Math.max(gap, performance.now() - arrivedAt);
        gap = 0;
        return longest;
      },
      isFlowing: () => source.state(clock.now()).isFlowing,
      problem: () => source.state(clock.now()).problem,
      stream: () => Buffer.concat(chunks),
      async close() {
        clearInterval(timer);
        await source.close();
      },
    };
    sources.push(taken);
    return taken;
  }

  /** A feed of the picture in its own time, over and over unless an end is given. */
  function pictureArguments(seconds?: number): string[] {
    const loop = seconds === undefined ? ["-stream_loop", "-1"] : ["-t", String(seconds)];
    return ["-hide_banner", "-nostdin", "-loglevel", "error", "-re", ...loop, "-i", picture, "-c", "copy", "-f", "mpegts"];
  }

  function publish({ streamId, port = front.port, tool = "ffmpeg", passphrase, seconds }: PublishOptions): Peer {
    const id = streamId === null ? "" : `&streamid=${streamId}`;
    const url = `srt://127.0.0.1:${port}?mode=caller${id}`;
    if (tool === "ffmpeg") return keep(start("ffmpeg", [...pictureArguments(seconds), ...passphraseArguments(passphrase), url]));
    const secret = passphrase === undefined ? "" : `&passphrase=${passphrase}`;
    const feed = start("ffmpeg", [...pictureArguments(seconds), "pipe:1"]);
    const sender = start("srt-live-transmit", ["file://con", `${url}${secret}`]);
    feed.child.stdout?.pipe(sender.child.stdin!);
    void sender.ended.then(() => feed.kill());
    return keep(sender);
  }

  /** A receiver that waits for one caller and gives out what it gets. */
  function receive({ port, tool = "ffmpeg", passphrase }: { port: number; tool?: PublishOptions["tool"]; passphrase?: string }): Peer {
    const url = `srt://127.0.0.1:${port}?mode=listener`;
    if (tool === "srt-live-transmit") {
      return keep(start("srt-live-transmit", [`${url}${passphrase === undefined ? "" : `&passphrase=${passphrase}`}`, "file://con"]));
    }
    const analysis = ["-analyzeduration", "500000", "-probesize", "500000"];
    const input = ["-f", "mpegts", ...passphraseArguments(passphrase), "-i", url];
    const output = ["-c", "copy", "-flush_packets", "1", "-f", "mpegts", "pipe:1"];
    return keep(start("ffmpeg", ["-hide_banner", "-nostdin", "-loglevel", "warning", ...analysis, ...input, ...output]));
  }

  /** A sender, and an encoder that writes to it. */
  async function send(url: string, resolve: (url: string) => Promise<Resolution> = () => Promise.resolve(LOOPBACK)) {
    const sender = await SrtSender.open({ url, resolve });
    senders.push(sender);
    const encode = (): Peer => keep(start("ffmpeg", [...pictureArguments(), sender.localUrl]));
    return { sender, encode, encoder: encode() };
  }

  function keep<T extends Peer>(peer: T): T {
    peers.push(peer);
    return peer;
  }

  return {
    root,
    front,
    host,
    picture,
    ffmpegPath: ffmpegPath ?? "",
    take,
    publish,
    receive,
    send,
    keep,
    pictureArguments,
    /** Processes, those of the peers aside, that show any of these texts to everybody. */
    showing: (...secrets: readonly string[]) =>
      listProcesses().filter(({ pid, args }) => !peers.some((peer) => peer.pid === pid) && secrets.some((secret) => args.includes(secret))),
    /** What ffprobe finds in a stream: codecs, how many pictures, and whether each follows the one before. */
    async look(stream: Buffer) {
      const path = join(root, `${Math.random()}.ts`);
      writeFileSync(path, stream);
      const shown = ["-show_entries", "stream=codec_name:packet=codec_type,pts_time", "-of", "json"];
      const { stdout, stderr } = await run("ffprobe", ["-v", "warning", ...shown, path], { maxBuffer: 2 ** 26 });
      const { packets, streams } = JSON.parse(stdout) as {
        packets: { codec_type: string; pts_time: string }[];
        streams: { codec_name: string }[];
      };
      const times = packets.filter(({ codec_type }) => codec_type === "video").map(({ pts_time }) => Number(pts_time));
      const steps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
      return {
        codecs: streams.map(({ codec_name }) => codec_name),
        frames: times.length,
        isWhole: steps.every((step) => Math.abs(step - 1 / FRAME_RATE) < 0.001),
        complaints: stderr,
      };
    },
    async close() {
      await Promise.all(peers.map((peer) => peer.kill()));
      await Promise.all(sources.map((source) => source.close()));
      await Promise.all(senders.map((sender) => sender.close()));
      await front.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export type SrtBench = Awaited<ReturnType<typeof openSrtBench>>;

/** A way between two that loses every so many-th packet, both ways; handshakes too. */
export async function openLossyWire(targetPort: number, everyPacket: number) {
  const near = createSocket("udp4");
  const far = createSocket("udp4");
  let caller: RemoteInfo | null = null;
  let count = 0;
  let lost = 0;
  let keyChanges = 0;
  let keyFlags = -1;
  const passes = (): boolean => {
    count += 1;
    if (count % everyPacket !== 0) return true;
    lost += 1;
    return false;
  };
  near.on("message", (packet, remote) => {
    caller = remote;
    const flags = isDataPacket(packet) ? packet[4]! & 0x18 : keyFlags;
    if (flags !== keyFlags) keyChanges += 1;
    keyFlags = flags;
    if (passes()) far.send(packet, targetPort, "127.0.0.1");
  });
  far.on("message", (packet) => {
    if (caller && passes()) near.send(packet, caller.port, caller.address);
  });
  await Promise.all([near, far].map((socket) => new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve))));
  return {
    port: near.address().port,
    lost: () => lost,
    /** How often the key of what the caller sends was another one than before. */
    keyChanges: () => keyChanges,
    close: () => [near, far].forEach((socket) => socket.close()),
  };
}
