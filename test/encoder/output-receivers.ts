import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { follow, tied } from "../support/tied.ts";

const run = promisify(execFile);

/** Something that takes what is pushed to it, can die, and can come back at the same address. */
export interface Receiver {
  /** Of all that it ever took. */
  readonly bytes: () => number;
  readonly start: () => Promise<void>;
  /** At once, without a word to whoever pushes. */
  readonly kill: () => Promise<void>;
}

export async function freeTcpPort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

interface Command {
  readonly name: string;
  readonly words: readonly string[];
  /** Where what it writes to standard output goes. */
  readonly output?: string;
}

/** A process that writes what it takes into files of a directory. */
function processReceiver(directory: string, command: () => Command): Receiver {
  let child: ReturnType<typeof spawn> | null = null;
  let ended: Promise<void> = Promise.resolve();
  return {
    bytes: () => readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0),
    start: () => {
      const { name, words, output } = command();
      const own = tied(name, words);
      const started = spawn(own.command, own.words, {
        stdio: ["ignore", output === undefined ? "ignore" : openSync(output, "w"), "ignore"],
      });
      follow(started);
      child = started;
      ended = new Promise((resolve) => started.once("close", () => resolve()));
      return Promise.resolve();
    },
    kill: async () => {
      child?.kill("SIGKILL");
      await ended;
    },
  };
}

export function makeDirectory(name: string): string {
  return mkdtempSync(join(tmpdir(), `headend-${name}-`));
}

/** nginx with its RTMP module, which records what is published to any key below `/live`. */
export async function openRtmpReceiver(): Promise<
  Receiver & { readonly url: string; readonly directory: string; readonly close: () => Promise<void> }
> {
  const root = makeDirectory("nginx");
  const directory = join(root, "recorded");
  mkdirSync(directory, { mode: 0o777 });
  const port = await freeTcpPort();
  const configuration = join(root, "nginx.conf");
  writeFileSync(
    configuration,
    `load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;
    daemon off; master_process off; pid ${root}/pid; error_log ${root}/error.log;
    events { worker_connections 64; }
    rtmp { access_log off; server { listen 127.0.0.1:${port}; application live { live on; record all; record_path ${directory}; record_unique on; } } }`,
  );
  const receiver = processReceiver(directory, () => ({
    name: "/usr/sbin/nginx",
    words: ["-e", "stderr", "-p", root, "-c", configuration],
  }));
  return {
    ...receiver,
    directory,
    url: `rtmp://127.0.0.1:${port}/live`,
    close: async () => {
      await receiver.kill();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Waits for one SRT caller after the other, and writes what it sends into a file. */
export function openSrtReceiver({ port, passphrase, streamId }: { port: number; passphrase?: string; streamId?: string }) {
  const directory = makeDirectory("srt");
  const options = [
    ...(passphrase === undefined ? [] : [`passphrase=${passphrase}`]),
    ...(streamId === undefined ? [] : [`streamid=${streamId}`]),
  ];
  let number = 0;
  const receiver = processReceiver(directory, () => {
    number += 1;
    const source = `srt://127.0.0.1:${port}?mode=listener&latency=120${options.map((option) => `&${option}`).join("")}`;
    return { name: "srt-live-transmit", words: ["-q", "-chunk:1316", source, "file://con"], output: join(directory, `${number}.ts`) };
  });
  return {
    ...receiver,
    directory,
    url: `srt://127.0.0.1:${port}${options.length === 0 ? "" : `?${options.join("&")}`}`,
    close: async () => {
      await receiver.kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

interface Stored {
  readonly body: Buffer;
  readonly contentType: string;
}

export interface CmafReceiver extends Receiver {
  readonly url: string;
  /** By path, what is there now. */
  readonly files: ReadonlyMap<string, Stored>;
  /** Every request that came, as `METHOD path`, oldest first. */
  readonly log: readonly string[];
  /** What a playlist named that was not there when the playlist came. */
  readonly missing: readonly string[];
  /** Answers every PUT with this from now on; null takes them again. */
  readonly refuseWith: (status: number | null) => void;
  readonly close: () => Promise<void>;
}

/** All that a playlist names, headers included. */
function namesIn(playlist: string): string[] {
  return [
    ...Array.from(playlist.matchAll(/URI="([^"]+)"/g), ([, name = ""]) => name),
    ...playlist.split("\n").filter((line) => /^\w/.test(line)),
  ];
}

/** A web server that keeps what is put, gives it out again, and forgets all when it dies. */
export async function openCmafReceiver(authorization: string): Promise<CmafReceiver> {
  const port = await freeTcpPort();
  const files = new Map<string, Stored>();
  const log: string[] = [];
  let bytes = 0;
  const missing: string[] = [];
  let refusal: number | null = null;
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    if (request.method === "GET") {
      const found = files.get(path);
      if (found) response.end(found.body);
      else response.writeHead(404).end();
      return;
    }
    const pieces: Buffer[] = [];
    request.on("error", () => undefined);
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      log.push(`${request.method} ${request.url}`);
      if (refusal !== null) return response.writeHead(refusal, { location: "/elsewhere" }).end();
      if (request.headers.authorization !== authorization) return response.writeHead(401).end();
      const body = Buffer.concat(pieces);
      bytes += body.length;
      if (path.endsWith(".m3u8")) missing.push(...namesIn(body.toString()).filter((name) => !files.has(`${dirname(path)}/${name}`)));
      if (request.method === "DELETE") files.delete(path);
      else files.set(path, { body, contentType: request.headers["content-type"] ?? "" });
      return response.writeHead(request.method === "PUT" ? 201 : 200).end();
    });
  };
  let server = createServer(take);
  const start = async (): Promise<void> => {
    server = createServer(take);
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  };
  const kill = async (): Promise<void> => {
    server.closeAllConnections();
    files.clear();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    url: `http://127.0.0.1:${port}`,
    files,
    log,
    missing,
    refuseWith: (status) => (refusal = status),
    bytes: () => bytes,
    start,
    kill,
    close: kill,
  };
}

export interface ReceivedProgram {
  readonly program_num: number;
  readonly tags: { readonly service_provider: string };
  readonly streams: readonly { readonly codec_name: string; readonly width?: number }[];
}

/** The MPEG-TS program that arrives at a URL or stands in a file, as ffprobe sees it. */
export async function receiveProgram(url: string): Promise<ReceivedProgram> {
  const shown = "program=program_num:program_tags=service_provider:program_stream=codec_name,width";
  const words = ["-v", "quiet", "-analyzeduration", "3000000", "-show_entries", shown, "-of", "json", url];
  const { stdout } = await run("ffprobe", words, { timeout: 12_000 });
  const [program] = (JSON.parse(stdout) as { programs: ReceivedProgram[] }).programs;
  if (!program) throw new Error(`Nothing was received: ${stdout}`);
  return program;
}
