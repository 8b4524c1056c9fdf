import { createSocket, type Socket } from "node:dgram";
import { HANDSHAKE_VERSION, HandshakeType, readHandshake, rejectionOf, withCookie, writeHandshake } from "./srt-handshake.rules.ts";
import type { HandshakePacket } from "./srt-handshake.rules.ts";
import { SrtLoss } from "./srt-loss.ts";
import { ControlType, destinationOf, HEADER_BYTES, isControlOf, isDataPacket, writeControlPacket } from "./srt-packet.rules.ts";
import { asItIs, growReceiveBuffer } from "./udp.ts";

export interface SrtRelayOptions {
  /** The caller's conclusion, as it came and as it was read. */
  readonly conclusion: Buffer;
  readonly asked: HandshakePacket;
  /** Where the listener waits, on 127.0.0.1. */
  readonly listenerPort: number;
  readonly now: () => number;
  readonly sendToCaller: (packet: Buffer) => void;
  /** The listener is there. */
  readonly onAnswered: () => void;
  readonly onConnected: (relay: SrtRelay) => void;
  /** The listener does not take the caller, for a reason of `Rejection`. */
  readonly onRefused: (relay: SrtRelay, reason: number) => void;
  /** One of both said that it leaves. */
  readonly onLeft: (relay: SrtRelay) => void;
}

/** How often the listener is asked until it answers: it may just be starting. */
const ASK_MILLISECONDS = 40;
const LOOPBACK = "127.0.0.1";

/**
 * Carries the packets of one caller to the listener behind and back, through a socket of its own:
 *
 *   ASKING      asks the listener for its cookie, again and again
 *   CONCLUDING  has sent on the caller's conclusion, with the listener's cookie instead of ours
 *   CONNECTED   the listener took the caller; everything passes as it is
 *   CLOSED
 *
 *   ASKING → CONCLUDING → CONNECTED → CLOSED, and from any to CLOSED
 *
 * The socket numbers of both sides stay as they are, so that nothing but the cookie has to be changed.
 */
export class SrtRelay {
  readonly #options: SrtRelayOptions;
  readonly #socket: Socket;
  readonly #loss: SrtLoss;
  readonly openedAt: number;
  #state: "ASKING" | "CONCLUDING" | "CONNECTED" | "CLOSED" = "ASKING";
  #asking: NodeJS.Timeout | null = null;
  #conclusion: Buffer | null = null;
  #listenerSocketId = 0;
  #heardAt: number;

  constructor(options: SrtRelayOptions) {
    this.#options = options;
    this.openedAt = options.now();
    this.#heardAt = this.openedAt;
    this.#loss = new SrtLoss(options.asked.handshake.initialSequence);
    this.#socket = createSocket({ type: "udp4", lookup: asItIs });
    // What the system says of a listener that is not there yet, or no more; it is asked again, or falls silent.
    this.#socket.on("error", () => undefined);
    this.#socket.on("message", (packet) => this.#fromListener(packet));
    this.#socket.once("connect", () => {
      growReceiveBuffer(this.#socket);
      this.#ask();
    });
    this.#socket.connect(options.listenerPort, LOOPBACK);
  }

  get isConnected(): boolean {
    return this.#state === "CONNECTED";
  }

  get isClosed(): boolean {
    return this.#state === "CLOSED";
  }

  /** When the caller last sent anything, by the clock that was handed in. */
  get heardAt(): number {
    return this.#heardAt;
  }

  get listenerSocketId(): number {
    return this.#listenerSocketId;
  }

  lossPercent(): number | null {
    return this.#loss.percent(this.#options.now());
  }

  /** The caller sent its conclusion again, since no answer reached it yet. */
  repeat(): void {
    this.#heardAt = this.#options.now();
    if (this.#conclusion) this.#send(this.#conclusion);
  }

  /** Any packet of the caller but a handshake. */
  fromCaller(packet: Buffer): void {
    if (this.#state !== "CONNECTED") return;
    this.#heardAt = this.#options.now();
    if (isDataPacket(packet)) this.#loss.noteData(packet.readUInt32BE(0));
    this.#send(packet);
    if (isControlOf(packet, ControlType.SHUTDOWN)) this.#options.onLeft(this);
  }

  /** Tells both sides that it is over; a caller that was let in comes back at once instead of waiting for us. Idempotent. */
  close(): void {
    const wasConnected = this.#state === "CONNECTED";
    if (this.#state === "CLOSED") return;
    this.#state = "CLOSED";
    if (this.#asking) clearInterval(this.#asking);
    if (!wasConnected) return void this.#socket.close();
    this.#options.sendToCaller(this.#shutdown(this.#options.asked.handshake.socketId));
    this.#socket.send(this.#shutdown(this.#listenerSocketId), () => this.#socket.close());
  }

  #shutdown(destination: number): Buffer {
    return writeControlPacket(ControlType.SHUTDOWN, { timestamp: 0, destination });
  }

  #ask(): void {
    if (this.#state !== "ASKING") return;
    const { handshake } = this.#options.asked;
    const induction = writeHandshake(
      { ...handshake, version: 4, encryption: 0, extensionField: 2, type: HandshakeType.INDUCTION, cookie: 0, extensions: [] },
      { timestamp: 0, destination: 0 },
    );
    this.#send(induction);
    this.#asking ??= setInterval(() => this.#ask(), ASK_MILLISECONDS);
  }

  #fromListener(packet: Buffer): void {
    if (this.#state === "CLOSED" || destinationOf(packet) !== this.#options.asked.handshake.socketId) return;
    if (this.#state === "CONNECTED") return this.#passBack(packet);
    const answer = readHandshake(packet)?.handshake;
    if (!answer) return;
    if (answer.type === HandshakeType.INDUCTION) return this.#conclude(answer.cookie);
    if (this.#state !== "CONCLUDING") return;
    this.#options.sendToCaller(packet);
    const reason = rejectionOf(answer);
    if (reason !== null) return this.#options.onRefused(this, reason);
    if (answer.type !== HandshakeType.CONCLUSION || answer.version < HANDSHAKE_VERSION) return;
    this.#listenerSocketId = answer.socketId;
    this.#state = "CONNECTED";
    this.#options.onConnected(this);
  }

  #conclude(cookie: number): void {
    if (this.#state !== "ASKING") return;
    if (this.#asking) clearInterval(this.#asking);
    this.#state = "CONCLUDING";
    this.#options.onAnswered();
    this.#conclusion = withCookie(this.#options.conclusion, cookie);
    this.#send(this.#conclusion);
  }

  #passBack(packet: Buffer): void {
    this.#options.sendToCaller(packet);
    if (isControlOf(packet, ControlType.ACKNOWLEDGEMENT) && packet.length >= HEADER_BYTES + 4) {
      this.#loss.noteAcknowledged(packet.readUInt32BE(HEADER_BYTES), this.#options.now());
    }
    if (isControlOf(packet, ControlType.SHUTDOWN)) this.#options.onLeft(this);
  }

  #send(packet: Buffer): void {
    this.#socket.send(packet);
  }
}
