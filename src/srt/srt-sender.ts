import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { OutputSender, OutputSenderState } from "../encoder/output-sender.ts";
import { makeSocketDirectory } from "../encoder/socket-directory.ts";
import type { Resolution } from "../network/resolve.ts";
import { SrtConnection } from "./srt-connection.ts";
import { readSrtTarget, type SrtTarget } from "./srt-target.rules.ts";
import { TsChunker } from "./ts-chunker.ts";

export interface SrtSenderOptions {
  /** Of the receiver, with its secrets. */
  readonly url: string;
  /** Looks the address up and checks it, anew for every connection. */
  readonly resolve: (url: string) => Promise<Resolution>;
  /** Of the agent, for its sockets; left out for the temporary directory. */
  readonly socketDirectory?: string;
}

/** Payloads go full, and what is left of them after so long; the encoder writes in bursts. */
const FLUSH_MILLISECONDS = 5;
/** A receiver that is not there was waited for already; one that refuses us will do so again. */
const RETRY_MILLISECONDS = 100;
const RETRY_AFTER_REFUSAL_MILLISECONDS = 700;
const RETRY_AFTER_LOOKUP_MILLISECONDS = 1_000;

/**
 * Sends MPEG-TS to one receiver by SRT. The encoder writes it to a unix socket, which knows no secret and never waits for the
 * receiver: what cannot be sent is dropped. Here it gets its stream ID and its encryption; an ffmpeg that sent it by itself would
 * show both in its arguments. Of the ways in, the unix socket lost nothing and took half the work; UDP on loopback lost 3 percent
 * of 20 Mbit/s, and 14 while we were busy for 150 ms in each second.
 */
export class SrtSender implements OutputSender {
  readonly localUrl: string;
  readonly #options: SrtSenderOptions;
  readonly #directory: string;
  readonly #server: Server;
  readonly #target: SrtTarget;
  readonly #chunker: TsChunker;
  #writer: Socket | null = null;
  #connection: SrtConnection | null = null;
  #timer: NodeJS.Timeout | null = null;
  #flush: NodeJS.Timeout | null = null;
  #attempts = 0;
  #bytes = 0;
  #problem: string | null = null;
  #isAddressRefused = false;
  #isClosed = false;

  /** Rejects when the URL is none of an SRT receiver, or no local socket can be had. */
  static async open(options: SrtSenderOptions): Promise<SrtSender> {
    const target = readSrtTarget(options.url);
    if (!target) throw new Error("An SRT output is sent to an srt:// URL with a port");
    // Of our own and for us alone: the paths of sockets must be short, and nobody else may write to it.
    const directory = makeSocketDirectory("srt", options.socketDirectory ?? null);
    const server = createServer();
    const path = join(directory, `${randomBytes(4).toString("hex")}.sock`);
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(path, resolve);
      });
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
    return new SrtSender(options, { target, server, directory, path });
  }

  private constructor(options: SrtSenderOptions, own: { target: SrtTarget; server: Server; directory: string; path: string }) {
    this.#options = options;
    this.#target = own.target;
    this.#server = own.server;
    this.#directory = own.directory;
    this.localUrl = `unix:${own.path}`;
    this.#chunker = new TsChunker(own.target.payloadBytes, (payload) => this.#connection?.send(payload));
    own.server.on("error", () => undefined);
    own.server.on("connection", (writer) => this.#read(writer));
    this.#schedule(0);
  }

  state(): OutputSenderState {
    const isConnected = this.#connection?.isTaken ?? false;
    return { isConnected, bytes: this.#bytes, problem: isConnected ? null : this.#problem, isAddressRefused: this.#isAddressRefused };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#flushNow();
    this.#connection?.close();
    this.#connection = null;
    this.#writer?.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** An encoder that was started anew takes the place of the one before. */
  #read(writer: Socket): void {
    this.#writer?.destroy();
    this.#writer = writer;
    this.#chunker.reset();
    writer.on("error", () => undefined);
    writer.on("data", (chunk) => {
      if (this.#writer !== writer) return;
      this.#chunker.push(chunk);
      this.#flush ??= setTimeout(() => this.#flushNow(), FLUSH_MILLISECONDS);
    });
  }

  #flushNow(): void {
    if (this.#flush) clearTimeout(this.#flush);
    this.#flush = null;
    this.#chunker.flush();
  }

  #schedule(milliseconds: number): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#connect().catch(() => {
        this.#problem = "The receiver cannot be called now.";
        this.#schedule(RETRY_AFTER_LOOKUP_MILLISECONDS);
      });
    }, milliseconds);
  }

  /** Whatever goes wrong, another attempt follows. */
  async #connect(): Promise<void> {
    const resolution = await this.#options
      .resolve(this.#options.url)
      .catch((): Resolution => ({ kind: "UNRESOLVED", message: "The address of the receiver could not be looked up." }));
    if (this.#isClosed) return;
    this.#isAddressRefused = resolution.kind === "REFUSED";
    if (resolution.kind !== "ALLOWED") {
      this.#problem = resolution.kind === "REFUSED" ? resolution.problem.message : resolution.message;
      return this.#schedule(RETRY_AFTER_LOOKUP_MILLISECONDS);
    }
    const { addresses } = resolution;
    const address = addresses[this.#attempts % addresses.length] ?? "";
    this.#attempts += 1;
    this.#connection = new SrtConnection({
      target: this.#target,
      address,
      // One that held is tried first when it is lost.
      onConnected: () => (this.#attempts -= 1),
      onAcknowledged: (bytes) => (this.#bytes += bytes),
      onEnded: (problem, wasRefused) => {
        this.#connection = null;
        this.#problem = problem;
        this.#schedule(wasRefused ? RETRY_AFTER_REFUSAL_MILLISECONDS : RETRY_MILLISECONDS);
      },
    });
  }
}
