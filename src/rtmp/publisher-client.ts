import { randomBytes } from "node:crypto";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, rootCertificates } from "node:tls";
import { decodeAmf, encodeAmf, isAmfObject, type AmfObject, type AmfValue } from "./amf0.rules.ts";
import { ChunkReader } from "./chunk-reader.ts";
import { TagType, type FlvTag } from "./flv.rules.ts";
import { checkVersion, HANDSHAKE_BLOCK_BYTES, HANDSHAKE_RANDOM_BYTES, handshakeStart } from "./handshake.rules.ts";
import { amfPayload, commandMessage, controlMessage, encodeMessage, FIRST_CHUNK_BYTES, MessageType, pongFor } from "./message.rules.ts";
import type { RtmpMessage } from "./message.rules.ts";
import { ProtocolError } from "./protocol-error.ts";
import type { PushTarget } from "./push-target.rules.ts";

export interface PublisherClientOptions {
  readonly target: PushTarget;
  /** One that was checked just now. */
  readonly address: string;
  /** What is added to the application to prove who we are; empty at first. */
  readonly answer: string;
  /** Authorities beside those that everybody trusts that may have signed the receiver's certificate, as PEM; null for none. */
  readonly trustedCertificates: string | null;
  /** The receiver takes the stream. */
  readonly onPublished: () => void;
  /** It takes more now than before. */
  readonly onDrain: () => void;
  /** Bytes of media that the system took over from us. */
  readonly onSent: (bytes: number) => void;
  /** Once, whatever happens: the connection is over, or never came to be. */
  readonly onEnd: (end: PublishEnd) => void;
}

export interface PublishEnd {
  readonly kind: "UNREACHABLE" | "UNTRUSTED" | "REFUSED" | "BROKEN" | "CLOSED";
  /** What the receiver said, word for word; may hold secrets. */
  readonly detail: string | null;
  readonly wasPublishing: boolean;
}

const CONNECT_DEADLINE_MILLISECONDS = 4_000;
const PUBLISH_DEADLINE_MILLISECONDS = 6_000;
/** With media waiting, a receiver that takes none for so long is gone, though its connection may stand. */
const STALL_MILLISECONDS = 8_000;
const FAREWELL_MILLISECONDS = 500;
/** What receivers tell is short. */
const MESSAGE_LIMIT_BYTES = 65_536;
const UNREAD_LIMIT_BYTES = 65_536;
const CHUNK_BYTES = 4_096;
const WINDOW_BYTES = 2_500_000;

const Step = { CONNECT: 1, RELEASE: 2, ANNOUNCE: 3, CREATE: 4, PUBLISH: 5 } as const;

/** One connection to a receiver, from the first byte of TCP to the end; it publishes one stream and never comes back. */
export class PublisherClient {
  readonly #options: PublisherClientOptions;
  readonly #socket: Socket;
  readonly #reader = new ChunkReader(MESSAGE_LIMIT_BYTES);
  #deadline: NodeJS.Timeout;
  #stall: NodeJS.Timeout | null = null;
  #handshake: Buffer | null = Buffer.alloc(0);
  #chunkBytes = FIRST_CHUNK_BYTES;
  #streamId = 0;
  #received = 0;
  #acknowledged = 0;
  #window = WINDOW_BYTES;
  #isPublishing = false;
  #isOver = false;

  constructor(options: PublisherClientOptions) {
    this.#options = options;
    const { target, address, trustedCertificates } = options;
    const isSecure = target.isSecure;
    this.#socket = isSecure
      ? connectTls({
          ...{ host: address, port: target.port, minVersion: "TLSv1.2" },
          // An address has no place in the name indication; its certificate is compared with the address connected to.
          ...(target.isAddress ? {} : { servername: target.host }),
          ...(trustedCertificates === null ? {} : { ca: [...rootCertificates, trustedCertificates] }),
        })
      : connectTcp({ host: address, port: target.port });
    this.#socket.setNoDelay(true);
    this.#deadline = setTimeout(() => this.#end("UNREACHABLE", null), CONNECT_DEADLINE_MILLISECONDS);
    this.#socket.once(isSecure ? "secureConnect" : "connect", () => this.#begin());
    this.#socket.on("data", (chunk: Buffer) => this.#guard(() => this.#accept(chunk)));
    this.#socket.on("drain", () => this.#drain());
    this.#socket.on("error", (error: NodeJS.ErrnoException) => this.#fail(error));
    this.#socket.on("close", () => this.#end("CLOSED", null));
  }

  /** Whether another tag may be sent now; when not, `onDrain` tells. */
  get canTake(): boolean {
    return this.#isPublishing && !this.#isOver && !this.#socket.writableNeedDrain;
  }

  send(tag: FlvTag): void {
    const payload = tag.type === TagType.SCRIPT ? Buffer.concat([encodeAmf(["@setDataFrame"]), tag.payload]) : tag.payload;
    const message = { type: tag.type, streamId: this.#streamId, timestamp: tag.timestamp >>> 0, payload };
    const isTaken = this.#socket.write(encodeMessage(message, this.#chunkBytes), (error) => {
      if (!error) this.#options.onSent(payload.length);
    });
    if (!isTaken) this.#stall ??= setTimeout(() => this.#end("BROKEN", null), STALL_MILLISECONDS);
  }

  /** Ends the stream as it should be ended; resolves once the socket is gone. */
  async close(): Promise<void> {
    const closed = this.#socket.closed ? Promise.resolve() : new Promise<void>((resolve) => this.#socket.once("close", () => resolve()));
    if (this.#isPublishing && !this.#isOver) {
      this.#command(["FCUnpublish", 0, null, this.#options.target.streamKey]);
      this.#command(["deleteStream", 0, null, this.#streamId]);
    }
    this.#finish();
    await closed;
  }

  #begin(): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#end("BROKEN", null), PUBLISH_DEADLINE_MILLISECONDS);
    this.#socket.write(handshakeStart(randomBytes(HANDSHAKE_RANDOM_BYTES)));
  }

  #drain(): void {
    if (this.#stall) clearTimeout(this.#stall);
    this.#stall = null;
    if (!this.#isOver) this.#options.onDrain();
  }

  #guard(act: () => void): void {
    if (this.#isOver) return;
    try {
      act();
    } catch (error) {
      this.#end("REFUSED", error instanceof ProtocolError ? error.message : null);
    }
  }

  #accept(chunk: Buffer): void {
    this.#received += chunk.length;
    for (const message of this.#reader.push(this.#shakeHands(chunk))) {
      this.#handle(message);
      if (this.#isOver) return;
    }
    if (this.#received - this.#acknowledged < this.#window) return;
    this.#acknowledged = this.#received;
    this.#write(controlMessage(MessageType.ACKNOWLEDGEMENT, this.#received));
  }

  /** Gives what came behind the handshake. */
  #shakeHands(chunk: Buffer): Buffer {
    if (this.#handshake === null) return chunk;
    this.#handshake = Buffer.concat([this.#handshake, chunk]);
    checkVersion(this.#handshake);
    const length = 1 + 2 * HANDSHAKE_BLOCK_BYTES;
    if (this.#handshake.length < length) return Buffer.alloc(0);
    this.#socket.write(this.#handshake.subarray(1, 1 + HANDSHAKE_BLOCK_BYTES));
    const rest = this.#handshake.subarray(length);
    this.#handshake = null;
    this.#write(controlMessage(MessageType.SET_CHUNK_SIZE, CHUNK_BYTES));
    this.#chunkBytes = CHUNK_BYTES;
    const { target, answer } = this.#options;
    const description = { type: "nonprivate", flashVer: "FMLE/3.0 (compatible; Headend)", tcUrl: target.applicationUrl + answer };
    this.#command(["connect", Step.CONNECT, { app: target.application + answer, ...description }]);
    return rest;
  }

  #handle(message: RtmpMessage): void {
    const { type, payload } = message;
    if (type === MessageType.USER_CONTROL) {
      const pong = pongFor(message);
      if (pong) this.#write(pong);
    } else if (type === MessageType.WINDOW_ACKNOWLEDGEMENT_SIZE && payload.length >= 4) {
      this.#window = Math.max(CHUNK_BYTES, payload.readUInt32BE(0));
    } else if (type === MessageType.SET_PEER_BANDWIDTH && payload.length >= 4) {
      this.#write(controlMessage(MessageType.WINDOW_ACKNOWLEDGEMENT_SIZE, payload.readUInt32BE(0)));
    } else if (type === MessageType.COMMAND || type === MessageType.COMMAND_AMF3) {
      this.#answer(decodeAmf(amfPayload(message)));
    }
  }

  #answer([name, transaction, ...values]: readonly AmfValue[]): void {
    const info = values.find(isAmfObject);
    if (name === "_result" && transaction === Step.CONNECT) this.#create();
    else if (name === "_result" && transaction === Step.CREATE) this.#publish(values.find((value) => typeof value === "number"));
    else if (name === "_error" && (transaction === Step.CONNECT || transaction === Step.CREATE)) this.#end("REFUSED", describe(values));
    else if (name === "onStatus" && info) this.#status(info, describe(values));
    else if (name === "close") this.#end("REFUSED", null);
  }

  #create(): void {
    const { streamKey } = this.#options.target;
    this.#command(["releaseStream", Step.RELEASE, null, streamKey]);
    this.#command(["FCPublish", Step.ANNOUNCE, null, streamKey]);
    this.#command(["createStream", Step.CREATE, null]);
  }

  #publish(streamId: number | undefined): void {
    if (streamId === undefined) throw new ProtocolError("The receiver gave no stream to publish on.");
    this.#streamId = streamId;
    this.#write(commandMessage(["publish", Step.PUBLISH, null, this.#options.target.streamKey, "live"], streamId));
  }

  #status(info: AmfObject, detail: string): void {
    if (info["level"] === "error") return this.#end("REFUSED", detail);
    if (info["code"] === "NetStream.Unpublish.Success") return this.#end("CLOSED", detail);
    if (info["code"] !== "NetStream.Publish.Start" || this.#isPublishing) return;
    clearTimeout(this.#deadline);
    this.#isPublishing = true;
    this.#options.onPublished();
  }

  #command(values: readonly AmfValue[]): void {
    this.#write(commandMessage(values));
  }

  #write(message: RtmpMessage): void {
    // A receiver that floods us and reads nothing gets no answers.
    if (this.#socket.writableLength > UNREAD_LIMIT_BYTES) return;
    this.#socket.write(encodeMessage(message, this.#chunkBytes));
  }

  #fail(error: NodeJS.ErrnoException): void {
    const code = error.code ?? "";
    const isCertificate = /^(ERR_TLS|CERT_|DEPTH_|SELF_|UNABLE_TO_|HOSTNAME_)/.test(code);
    if (isCertificate) this.#end("UNTRUSTED", code);
    else this.#end(this.#received === 0 ? "UNREACHABLE" : "BROKEN", code === "" ? null : code);
  }

  #end(kind: PublishEnd["kind"], detail: string | null): void {
    if (this.#isOver) return;
    const wasPublishing = this.#isPublishing;
    this.#finish();
    this.#options.onEnd({ kind, detail, wasPublishing });
  }

  #finish(): void {
    this.#isOver = true;
    clearTimeout(this.#deadline);
    if (this.#stall) clearTimeout(this.#stall);
    this.#socket.end();
    const farewell = setTimeout(() => this.#socket.destroy(), FAREWELL_MILLISECONDS);
    this.#socket.once("close", () => clearTimeout(farewell));
    if (this.#socket.connecting || this.#socket.closed) this.#socket.destroy();
  }
}

/** What stands in a refusal: its code and its words. */
function describe(values: readonly AmfValue[]): string {
  return values
    .filter(isAmfObject)
    .flatMap(({ code, description }) => [code, description])
    .filter((part) => typeof part === "string" && part !== "")
    .join(": ");
}
