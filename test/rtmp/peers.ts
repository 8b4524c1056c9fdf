import { execFile, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer as createTcpServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ChunkReader } from "../../src/rtmp/chunk-reader.ts";
import { decodeAmf, type AmfValue } from "../../src/rtmp/amf0.rules.ts";
import { handshakeStart } from "../../src/rtmp/handshake.rules.ts";
import { amfPayload, commandMessage, encodeMessage, MessageType, type RtmpMessage } from "../../src/rtmp/message.rules.ts";
import type { PublisherSink } from "../../src/rtmp/key-registry.ts";
import { eventually } from "../support/media.ts";
import { follow, tied } from "../support/tied.ts";

const run = promisify(execFile);

const PICTURE = [
  ...["-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25"],
  ...["-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-map", "0:v", "-map", "1:a"],
  ...["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-b:v", "400k", "-g", "25"],
  ...["-c:a", "aac", "-b:a", "64k", "-flags", "+global_header"],
];

export interface Peer {
  readonly pid: number;
  readonly child: ChildProcess;
  /** Resolves with what it said on standard error once it has ended. */
  readonly ended: Promise<string>;
  readonly kill: (signal?: NodeJS.Signals) => Promise<void>;
}

function startPeer(command: string, words: readonly string[]): Peer {
  const bound = tied(command, words);
  const child = spawn(bound.command, bound.words, { stdio: ["ignore", "ignore", "pipe"] });
  follow(child);
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const ended = new Promise<string>((resolve) => child.once("close", () => resolve(errors)));
  return {
    pid: child.pid ?? 0,
    child,
    ended,
    async kill(signal = "SIGKILL") {
      child.kill(signal);
      await ended;
    },
  };
}

/** An ffmpeg that publishes a test picture and tone. */
export function startPublisher(url: string, { seconds }: { readonly seconds?: number } = {}): Peer {
  return startPeer("ffmpeg", [...PICTURE, ...(seconds === undefined ? [] : ["-t", String(seconds)]), "-f", "flv", url]);
}

/** An ffmpeg that encodes as a session does, and writes to a sender of ours through the tee muxer, beside a file. */
export function startEncoder(localUrl: string, file: string): Peer {
  const slaves = `[f=flv:onfail=ignore:flvflags=no_duration_filesize]${localUrl}|[f=mpegts:onfail=ignore]${file}`;
  return startPeer("ffmpeg", [...PICTURE, "-f", "tee", slaves]);
}

/** What a registered key heard. */
export function recordingSink() {
  const chunks: Buffer[] = [];
  const ends: string[] = [];
  const starts: number[] = [];
  const bytes = (): number => chunks.reduce((sum, { length }) => sum + length, 0);
  const sink: PublisherSink = {
    onBegin: () => void starts.push(bytes()),
    onBytes: (flv) => void chunks.push(flv),
    onEnd: (reason) => void ends.push(reason),
  };
  return {
    sink,
    ends,
    begins: () => starts.length,
    /** Where in all bytes a publisher's stream begins. */
    startOf: (number: number) => starts[number] ?? 0,
    bytes,
    flv: () => Buffer.concat(chunks),
  };
}

/** A socket that speaks RTMP word by word, for peers that no program would be. */
export async function dial(port: number) {
  const socket = connect(port, "127.0.0.1");
  const reader = new ChunkReader(1_000_000);
  const heard: AmfValue[][] = [];
  let greeting = Buffer.alloc(0);
  let isClosed = false;
  socket.on("error", () => undefined);
  socket.on("close", () => (isClosed = true));
  socket.on("data", (chunk: Buffer) => {
    const before = greeting.length;
    greeting = Buffer.concat([greeting, chunk]).subarray(0, Math.max(before, 3_073));
    const rest = chunk.subarray(Math.min(chunk.length, Math.max(0, 3_073 - before)));
    for (const message of reader.push(rest)) {
      if (message.type === MessageType.COMMAND) heard.push([...decodeAmf(amfPayload(message))]);
    }
  });
  await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
  const send = (message: RtmpMessage): void => void socket.write(encodeMessage(message, 128));
  return {
    socket: socket as Socket,
    heard,
    isClosed: () => isClosed,
    send,
    command: (...values: AmfValue[]) => send(commandMessage(values)),
    async shakeHands() {
      socket.write(handshakeStart(Buffer.alloc(1_528, 7)));
      await eventually("its greeting", () => isClosed || greeting.length >= 3_073);
      if (greeting.length < 3_073) throw new Error("The connection was closed before its greeting.");
      socket.write(greeting.subarray(1, 1_537));
    },
    async publish(key: string) {
      await this.shakeHands();
      this.command("connect", 1, { app: "live", tcUrl: "x" });
      this.command("createStream", 2, null);
      send(commandMessage(["publish", 3, null, key, "live"], 1));
      return eventually("an answer", () => heard.find(([name]) => name === "onStatus"));
    },
    closed: () => eventually("the end of the connection", () => isClosed),
  };
}

/** A certificate and key for 127.0.0.1 and localhost, made for this run. */
export async function makeCertificate(): Promise<{ readonly certificate: string; readonly privateKey: string }> {
  const directory = mkdtempSync(join(tmpdir(), "headend-certificate-"));
  const [key, certificate] = [join(directory, "key.pem"), join(directory, "certificate.pem")];
  try {
    await run("openssl", [
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"],
      ...["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate],
    ]);
    return { certificate: readFileSync(certificate, "utf8"), privateKey: readFileSync(key, "utf8") };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const NGINX = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/opt/homebrew/bin/nginx"].find((path) => existsSync(path)) ?? "nginx";
const NGINX_MODULE = "/usr/lib/nginx/modules/ngx_rtmp_module.so";

/** A foreign RTMP server, nginx with its RTMP module, that takes one stream key and records what is published. */
export async function openReceiver({ key }: { readonly key: string }) {
  const root = mkdtempSync(join(tmpdir(), "headend-receiver-"));
  const records = join(root, "records");
  mkdirSync(records);
  const asked: string[] = [];
  const gatekeeper = createHttpServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const form = new URLSearchParams(body);
      asked.push(form.get("name") ?? "");
      response.writeHead(form.get("name") === key ? 200 : 403).end();
    });
  });
  await new Promise<void>((resolve) => gatekeeper.listen(0, "127.0.0.1", resolve));
  const address = gatekeeper.address();
  const gatekeeperPort = typeof address === "object" && address !== null ? address.port : 0;
  const port = await freePort();
  const configuration = join(root, "nginx.conf");
  writeFileSync(
    configuration,
    `load_module ${NGINX_MODULE};
     ${process.getuid?.() === 0 ? "user root;" : ""}
     daemon off; worker_processes 1; pid ${root}/pid; error_log stderr error;
     events {}
     rtmp { access_log off; server { listen 127.0.0.1:${port}; application live {
       live on; record all; record_path ${records}; record_unique on; on_publish http://127.0.0.1:${gatekeeperPort}/;
     } } }`,
  );
  let server: Peer | null = null;
  const receiver = {
    port,
    url: `rtmp://127.0.0.1:${port}/live/${key}`,
    /** Stream names that somebody wanted to publish. */
    asked,
    /** Files of what was published, oldest first. */
    recorded: () =>
      readdirSync(records)
        .toSorted()
        .map((name) => join(records, name)),
    async start() {
      const peer = startPeer(NGINX, ["-e", "stderr", "-p", root, "-c", configuration]);
      server = peer;
      void peer.ended.then((errors) => server === peer && console.error(errors));
      await eventually("the foreign receiver listens (install nginx and libnginx-mod-rtmp)", () => isListening(port));
    },
    /** At once, as a machine that loses its power. */
    async kill() {
      const peer = server;
      server = null;
      if (!peer) return;
      // The master would start another worker.
      const children = readFileSync(`/proc/${peer.pid}/task/${peer.pid}/children`, "utf8").trim().split(/\s+/).map(Number);
      peer.child.kill("SIGKILL");
      for (const child of children) if (child > 0) process.kill(child, "SIGKILL");
      await peer.ended;
    },
    async close() {
      const peer = server;
      server = null;
      await peer?.kill("SIGTERM");
      await new Promise((resolve) => gatekeeper.close(resolve));
      rmSync(root, { recursive: true, force: true });
    },
  };
  await receiver.start();
  return receiver;
}

export async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}

/** Codecs and packets of each stream of a file, as `h264:75`. */
export async function probePackets(file: string): Promise<readonly string[]> {
  const shown = ["-count_packets", "-show_entries", "stream=codec_name,nb_read_packets", "-of", "json"];
  const { stdout } = await run("ffprobe", ["-v", "error", ...shown, file]);
  const { streams } = JSON.parse(stdout) as { streams: { codec_name: string; nb_read_packets: string }[] };
  return streams.map((stream) => `${stream.codec_name}:${stream.nb_read_packets}`);
}

/** Times of the pictures of a file in seconds, in the order of the file, and whether each is a key frame. */
export async function probePictures(file: string): Promise<readonly { readonly time: number; readonly isKey: boolean }[]> {
  const shown = ["-select_streams", "v:0", "-show_entries", "packet=dts_time,flags", "-of", "json"];
  const { stdout } = await run("ffprobe", ["-v", "error", ...shown, file], { maxBuffer: 50_000_000 });
  const { packets } = JSON.parse(stdout) as { packets: { dts_time: string; flags: string }[] };
  return packets.map(({ dts_time, flags }) => ({ time: Number(dts_time), isKey: flags.startsWith("K") }));
}
