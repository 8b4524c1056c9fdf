import { rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { makeSocketDirectory } from "../encoder/socket-directory.ts";
import { FlvReader, isSequenceHeader, TagType, type FlvTag } from "./flv.rules.ts";
import { Timeline } from "./timeline.rules.ts";

export interface EncoderIntakeOptions {
  /** Of the agent, for its sockets; null for the temporary directory. */
  readonly socketDirectory: string | null;
  /** An encoder begins to write: what came before it does not go on. */
  readonly onBegin: () => void;
  /** On a timeline of milliseconds that goes on from encoder to encoder, and never wraps. */
  readonly onTag: (tag: FlvTag) => void;
  readonly onProblem: (problem: string | null) => void;
}

/** A socket on this machine that the encoder process writes FLV to, and that is read whatever becomes of it. Only our own user can open it. */
export class EncoderIntake {
  readonly url: string;
  readonly #options: EncoderIntakeOptions;
  readonly #directory: string;
  readonly #server: Server;
  readonly #timeline = new Timeline();
  #socket: Socket | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: EncoderIntakeOptions) {
    this.#options = options;
    this.#directory = makeSocketDirectory("rtmp", options.socketDirectory);
    const path = join(this.#directory, "flv");
    this.url = `unix:${path}`;
    this.#server = createServer((socket) => this.#take(socket));
    this.#server.on("error", () => options.onProblem("The socket that the encoder writes to cannot be opened."));
    // Bound before this returns, as every listening on a path is: an encoder that starts at once finds it.
    this.#server.listen(path);
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#end());
  }

  async #end(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#socket?.destroy();
    await closed;
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** The newest encoder counts: of two, the older one is about to end. */
  #take(socket: Socket): void {
    this.#socket?.destroy();
    this.#socket = socket;
    const reader = new FlvReader();
    this.#timeline.begin();
    this.#options.onBegin();
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: Buffer) => this.#read(socket, reader, chunk));
    socket.on("close", () => {
      if (this.#socket === socket) this.#socket = null;
    });
  }

  #read(socket: Socket, reader: FlvReader, chunk: Buffer): void {
    if (this.#socket !== socket || socket.destroyed) return;
    try {
      const now = performance.now();
      for (const tag of reader.push(chunk)) this.#options.onTag({ ...tag, timestamp: this.#place(tag, now) });
      this.#options.onProblem(null);
    } catch {
      this.#options.onProblem("The encoder writes what is no FLV.");
      socket.destroy();
    }
  }

  #place(tag: FlvTag, now: number): number {
    const hasOwnTime = tag.type !== TagType.SCRIPT && !isSequenceHeader(tag);
    return hasOwnTime ? this.#timeline.place(tag.timestamp, now) : this.#timeline.position;
  }
}
