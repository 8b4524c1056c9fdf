import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { decodeAmf, decodeFirstAmf, isAmfObject, type AmfValue } from "./amf0.rules.ts";
import { ChunkReader } from "./chunk-reader.ts";
import { encodeTag, FLV_HEADER, isMetadata, TagType, type FlvTag } from "./flv.rules.ts";
import { checkVersion, HANDSHAKE_BLOCK_BYTES, HANDSHAKE_RANDOM_BYTES, handshakeStart } from "./handshake.rules.ts";
import type { Claim, KeyRegistry } from "./key-registry.ts";
import {
  amfPayload,
  commandMessage,
  controlMessage,
  encodeMessage,
  MessageType,
  pongFor,
  UserControl,
  userControlMessage,
  type RtmpMessage,
} from "./message.rules.ts";
import { ProtocolError } from "./protocol-error.ts";
import { splitAggregate } from "./aggregate.rules.ts";

/** The application of every ingest URL: `rtmp://host/live/KEY`. */
export const INGEST_APPLICATION = "live";

export interface PublisherConnectionOptions {
  readonly socket: Socket;
  readonly keys: KeyRegistry;
  /** Why somebody was not let in, as a sentence without a secret. */
  readonly onRefused: (reason: string) => void;
  /** It publishes from now on, and no longer counts among those who only connected. */
  readonly onAdmitted: () => void;
}

/** Before anybody is let in, all that has a reason to be sent fits into these. */
const COMMAND_LIMIT_BYTES = 16_384;
const BEFORE_PUBLISH_LIMIT_BYTES = 65_536;
/** A key frame of 100 Mbit/s video is below this. */
const MEDIA_LIMIT_BYTES = 8_000_000;
/** From the connection to the publishing, however slowly it is spelled. */
const PUBLISH_DEADLINE_MILLISECONDS = 10_000;
/** A publisher that sends nothing at all for so long is gone: its key is free for the one who comes back. */
const SILENCE_MILLISECONDS = 5_000;
/** After the last word to the other side, it has so long to hear it. */
const FAREWELL_MILLISECONDS = 1_000;
/** Answers that the other side does not read end the connection. */
const UNREAD_LIMIT_BYTES = 65_536;
const WINDOW_BYTES = 2_500_000;
const CHUNK_BYTES = 4_096;
const STREAM_ID = 1;

type Phase = "VERSION" | "BLOCK_ECHO" | "COMMANDS" | "PUBLISHING" | "OVER";

/**
 * One connection of somebody who wants to publish:
 *
 *   VERSION → BLOCK_ECHO → COMMANDS → PUBLISHING → OVER, and from each of them to OVER
 *
 * Media is taken in PUBLISHING alone, which needs the key of a registration that nobody publishes on. Everything that
 * it may cost before that is bounded: bytes, memory, time.
 */
export class PublisherConnection {
  readonly #options: PublisherConnectionOptions;
  readonly #socket: Socket;
  readonly #reader = new ChunkReader(COMMAND_LIMIT_BYTES);
  readonly #deadline: NodeJS.Timeout;
  #phase: Phase = "VERSION";
  #handshake: Buffer = Buffer.alloc(0);
  #received = 0;
  #acknowledged = 0;
  #window = WINDOW_BYTES;
  #application: string | null = null;
  #chunkBytes = 128;
  #claim: Extract<Claim, { kind: "ADMITTED" }> | null = null;
  /** Media that was read and not given on: what arrived together goes on together, however many frames it holds. */
  #media: Buffer[] = [];

  constructor(options: PublisherConnectionOptions) {
    this.#options = options;
    this.#socket = options.socket;
    this.#socket.setNoDelay(true);
    this.#deadline = setTimeout(() => this.#refuse("Nothing was published within the time for it."), PUBLISH_DEADLINE_MILLISECONDS);
    this.#socket.on("data", (chunk: Buffer) => this.#guard(() => this.#accept(chunk)));
    this.#socket.on("error", () => this.#socket.destroy());
    this.#socket.on("end", () => this.#end("The publisher closed the connection."));
    this.#socket.on("close", () => this.#end("The connection to the publisher broke."));
    this.#socket.setTimeout(PUBLISH_DEADLINE_MILLISECONDS, () => this.#end("The publisher sent nothing any more."));
  }

  /** Ends the connection at once; for the end of the server. */
  destroy(): void {
    this.#end("The server was closed.");
    this.#socket.destroy();
  }

  /** What the other side sent must never be an error of ours. */
  #guard(act: () => void): void {
    if (this.#phase === "OVER") return;
    try {
      act();
    } catch (error) {
      this.#refuse(error instanceof ProtocolError ? error.message : "The publisher sent what could not be read.");
    }
  }

  #accept(chunk: Buffer): void {
    this.#received += chunk.length;
    if (this.#phase !== "PUBLISHING" && this.#received > BEFORE_PUBLISH_LIMIT_BYTES + 2 * HANDSHAKE_BLOCK_BYTES) {
      throw new ProtocolError("More was sent before publishing than is taken.");
    }
    const rest = this.#phase === "VERSION" || this.#phase === "BLOCK_ECHO" ? this.#shakeHands(chunk) : chunk;
    for (const message of this.#reader.push(rest)) {
      this.#handle(message);
      if (this.#over) return;
    }
    this.#giveMedia();
    if (this.#received - this.#acknowledged < this.#window) return;
    this.#acknowledged = this.#received;
    this.#send(controlMessage(MessageType.ACKNOWLEDGEMENT, this.#received));
  }

  get #over(): boolean {
    return this.#phase === "OVER";
  }

  /** Gives what came behind the handshake. */
  #shakeHands(chunk: Buffer): Buffer {
    this.#handshake = Buffer.concat([this.#handshake, chunk]);
    if (this.#phase === "VERSION") {
      checkVersion(this.#handshake);
      if (this.#handshake.length < 1 + HANDSHAKE_BLOCK_BYTES) return Buffer.alloc(0);
      const block = this.#handshake.subarray(1, 1 + HANDSHAKE_BLOCK_BYTES);
      this.#write(Buffer.concat([handshakeStart(randomBytes(HANDSHAKE_RANDOM_BYTES)), block]));
      this.#handshake = this.#handshake.subarray(1 + HANDSHAKE_BLOCK_BYTES);
      this.#phase = "BLOCK_ECHO";
    }
    if (this.#handshake.length < HANDSHAKE_BLOCK_BYTES) return Buffer.alloc(0);
    const rest = this.#handshake.subarray(HANDSHAKE_BLOCK_BYTES);
    this.#handshake = Buffer.alloc(0);
    this.#phase = "COMMANDS";
    return rest;
  }

  #handle(message: RtmpMessage): void {
    switch (message.type) {
      case MessageType.WINDOW_ACKNOWLEDGEMENT_SIZE:
        if (message.payload.length >= 4) this.#window = Math.max(CHUNK_BYTES, message.payload.readUInt32BE(0));
        return;
      case MessageType.USER_CONTROL: {
        const pong = pongFor(message);
        if (pong) this.#send(pong);
        return;
      }
      case MessageType.COMMAND:
      case MessageType.COMMAND_AMF3:
        return this.#command(decodeAmf(amfPayload(message)), message.streamId);
      case MessageType.AUDIO:
      case MessageType.VIDEO:
        return this.#takeMedia({ type: message.type, timestamp: message.timestamp, payload: message.payload });
      case MessageType.DATA:
      case MessageType.DATA_AMF3:
        return this.#data(amfPayload(message), message.timestamp);
      case MessageType.AGGREGATE:
        return splitAggregate(message).forEach((tag) => this.#takeMedia(tag));
      default:
    }
  }

  #takeMedia(tag: FlvTag): void {
    if (this.#phase !== "PUBLISHING") throw new ProtocolError("Media was sent before publishing.");
    // Empty audio and video messages are signs of life of some encoders, and no frames.
    if (tag.payload.length > 0) this.#media.push(encodeTag(tag));
  }

  #giveMedia(): void {
    if (this.#media.length > 0) this.#claim?.onBytes(Buffer.concat(this.#media.splice(0)));
  }

  /** Of script data the description of the stream goes on; what else may ride along, nobody asked for. */
  #data(payload: Buffer, timestamp: number): void {
    if (this.#phase !== "PUBLISHING") throw new ProtocolError("Data was sent before publishing.");
    const first = decodeFirstAmf(payload);
    const script = first.value === "@setDataFrame" ? payload.subarray(first.length) : payload;
    if (isMetadata(script)) this.#takeMedia({ type: TagType.SCRIPT, timestamp, payload: script });
  }

  #command([name, transaction, ...values]: readonly AmfValue[], streamId: number): void {
    const id = typeof transaction === "number" ? transaction : 0;
    switch (name) {
      case "connect":
        return this.#connect(id, values[0]);
      case "releaseStream":
        return this.#result(id, null, null);
      case "FCPublish":
        this.#result(id, null, null);
        return this.#send(commandMessage(["onFCPublish", 0, null, { code: "NetStream.Publish.Start", description: "FCPublish" }]));
      case "createStream":
        return this.#result(id, null, STREAM_ID);
      case "publish":
        return this.#publish(values[1], streamId);
      case "play":
      case "play2":
        this.#status("error", "NetStream.Play.Failed", "Nothing is played from here.");
        return this.#refuse("Somebody asked to play.");
      case "FCUnpublish":
      case "closeStream":
      case "deleteStream":
        if (this.#phase === "PUBLISHING") this.#end("The publisher ended the stream.");
        return;
      default:
    }
  }

  #connect(transaction: number, value: AmfValue | undefined): void {
    const named = isAmfObject(value) ? value["app"] : null;
    const application = typeof named === "string" ? plainName(named) : "";
    if (this.#application !== null) throw new ProtocolError("It connected twice.");
    // The key may stand in the application for encoders that know one URL and no key; it is judged as a whole later.
    if (application.split("/")[0] !== INGEST_APPLICATION) {
      const info = { level: "error", code: "NetConnection.Connect.Rejected", description: "There is no such application." };
      this.#send(commandMessage(["_error", transaction, null, info]));
      return this.#refuse("The application is not the one to publish to.");
    }
    this.#application = application;
    this.#send(controlMessage(MessageType.WINDOW_ACKNOWLEDGEMENT_SIZE, WINDOW_BYTES));
    this.#send(controlMessage(MessageType.SET_PEER_BANDWIDTH, WINDOW_BYTES));
    this.#send(controlMessage(MessageType.SET_CHUNK_SIZE, CHUNK_BYTES));
    this.#chunkBytes = CHUNK_BYTES;
    const info = { level: "status", code: "NetConnection.Connect.Success", description: "Connected.", objectEncoding: 0 };
    this.#result(transaction, { fmsVer: "FMS/3,5,1,525", capabilities: 31 }, info);
  }

  #publish(value: AmfValue | undefined, streamId: number): void {
    if (this.#phase !== "COMMANDS" || this.#application === null) throw new ProtocolError("It published out of turn.");
    const name = plainName(typeof value === "string" ? value : "");
    const key = plainName(`${this.#application}/${name}`).slice(INGEST_APPLICATION.length + 1);
    const claim = this.#options.keys.claim(key, { disconnect: (reason) => this.#disconnect(reason) });
    if (claim.kind !== "ADMITTED") {
      this.#status("error", "NetStream.Publish.BadName", "The stream cannot be published here.");
      return this.#refuse(claim.kind === "UNKNOWN" ? "The stream key is unknown." : "Another publisher uses the stream key.");
    }
    // Its sink may have dropped it already.
    if (this.#over) return;
    this.#claim = claim;
    this.#phase = "PUBLISHING";
    this.#reader.messageLimitBytes = MEDIA_LIMIT_BYTES;
    clearTimeout(this.#deadline);
    this.#socket.setTimeout(SILENCE_MILLISECONDS);
    this.#options.onAdmitted();
    claim.onBytes(FLV_HEADER);
    this.#send(userControlMessage(UserControl.STREAM_BEGIN, streamId));
    this.#status("status", "NetStream.Publish.Start", "Published.");
  }

  #result(transaction: number, first: AmfValue, second: AmfValue): void {
    this.#send(commandMessage(["_result", transaction, first, second]));
  }

  #status(level: "status" | "error", code: string, description: string): void {
    this.#send(commandMessage(["onStatus", 0, null, { level, code, description }], STREAM_ID));
  }

  #send(message: RtmpMessage): void {
    this.#write(encodeMessage(message, this.#chunkBytes));
  }

  #write(bytes: Buffer): void {
    if (!this.#socket.writable) return;
    if (this.#socket.writableLength > UNREAD_LIMIT_BYTES) throw new ProtocolError("The publisher does not read what it is told.");
    this.#socket.write(bytes);
  }

  #refuse(reason: string): void {
    if (this.#over) return;
    if (!this.#claim) this.#options.onRefused(reason);
    this.#end(reason);
  }

  /** The sink that dropped it knows already. */
  #disconnect(reason: string): void {
    this.#guard(() => this.#status("error", "NetStream.Publish.Failed", "The stream is not taken any more."));
    this.#end(reason);
  }

  /** From here on nothing that arrives is looked at; the last word still goes out. */
  #end(reason: string): void {
    if (this.#over) return;
    this.#phase = "OVER";
    clearTimeout(this.#deadline);
    this.#giveMedia();
    this.#claim?.leave(reason);
    this.#socket.setTimeout(0);
    this.#socket.end();
    const farewell = setTimeout(() => this.#socket.destroy(), FAREWELL_MILLISECONDS);
    this.#socket.once("close", () => clearTimeout(farewell));
  }
}

/** Without the parameters that some encoders add, and without slashes around it. */
function plainName(text: string): string {
  return (text.split("?")[0] ?? "").replace(/^\/+|\/+$/g, "");
}
