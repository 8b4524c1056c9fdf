import { randomInt } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { createPatientClock } from "../encoder/patient-clock.ts";
import { SrtCipher } from "./srt-cipher.ts";
import { acceptAnswer, conclusionOf, inductionOf, type SrtCaller } from "./srt-caller.rules.ts";
import { HandshakeType, readHandshake, SRT_MAGIC, writeHandshake, type Handshake } from "./srt-handshake.rules.ts";
import { ControlType, readControlPacket, readLossRanges, SEQUENCE_LIMIT, writeControlPacket, writeDataPacket } from "./srt-packet.rules.ts";
import { destinationOf, MESSAGE_NUMBER_LIMIT, type ControlPacket } from "./srt-packet.rules.ts";
import { SrtSendQueue } from "./srt-send-queue.ts";
import type { SrtTarget } from "./srt-target.rules.ts";
import { asItIs, growReceiveBuffer } from "./udp.ts";

export interface SrtConnectionOptions {
  readonly target: SrtTarget;
  /** One that was allowed just now. */
  readonly address: string;
  readonly onConnected: () => void;
  /** So many bytes of payload arrived. */
  readonly onAcknowledged: (bytes: number) => void;
  /** It is over, or never came about; the reason is a sentence. Told once, and not after `close`. */
  readonly onEnded: (problem: string, wasRefused: boolean) => void;
}

const TICK_MILLISECONDS = 20;
const LATE_TICK_MILLISECONDS = 600;
const HANDSHAKE_MILLISECONDS = 250;
const KEEP_ALIVE_MILLISECONDS = 1_000;
const KEY_MILLISECONDS = 100;
/** A receiver that is there acknowledges a hundred times a second. */
const DOUBT_MILLISECONDS = 500;
/** libsrt's own patience. */
const SILENCE_MILLISECONDS = 5_000;
/** Word of a closed port counts when nothing else came for so long. */
const REFUSED_MILLISECONDS = 200;
const BLIND_MILLISECONDS = 300;
/** Shortest time that the sender keeps a packet; libsrt's own. */
const LATE_MILLISECONDS_LEAST = 1_000;
const LATE_MARGIN_MILLISECONDS = 20;
const USER_KEY_REQUEST = 3;
const USER_KEY_RESPONSE = 4;

/**
 * One connection to a receiver, as its caller and sender:
 *
 *   INDUCING    asks the receiver for its cookie, four times a second
 *   CONCLUDING  says who we are, what stream it is, and with which key it is encrypted
 *   CONNECTED   sends; what the receiver misses is sent again
 *   ENDED
 *
 *   INDUCING → CONCLUDING → CONNECTED → ENDED, and any to ENDED
 *
 * A receiver that falls silent is asked for a cookie again beside the connection: when it gives one and stays silent otherwise, it was started
 * anew, and the connection is given up at once. One that gives none may only be cut off, and has 5 s to be heard again.
 */
export class SrtConnection {
  readonly #options: SrtConnectionOptions;
  readonly #socket: Socket;
  readonly #clock = createPatientClock(LATE_TICK_MILLISECONDS);
  readonly #beganAt = performance.now();
  readonly #caller: SrtCaller = { socketId: randomInt(1, 0x4000_0000), initialSequence: randomInt(SEQUENCE_LIMIT) };
  readonly #probeSocketId = randomInt(1, 0x4000_0000);
  readonly #timer: NodeJS.Timeout;
  #state: "INDUCING" | "CONCLUDING" | "CONNECTED" | "ENDED" = "INDUCING";
  #cipher: SrtCipher | null = null;
  #queue: SrtSendQueue | null = null;
  #conclusion: Buffer | null = null;
  #peerSocketId = 0;
  #message = 1;
  #heardAt = this.#clock.now();
  #sentAt = -Infinity;
  #handshakeAt = -Infinity;
  #keyAt = -Infinity;
  /** Since when data is on its way without any word back; null while there is none. */
  #waitingSince: number | null = null;
  #acknowledgedAt = 0;
  #isOpen = false;
  #isRefused = false;
  #probeAnsweredAt: number | null = null;

  constructor(options: SrtConnectionOptions) {
    this.#options = options;
    this.#socket = createSocket({ type: options.address.includes(":") ? "udp6" : "udp4", lookup: asItIs });
    this.#socket.on("error", (error: NodeJS.ErrnoException) => this.#noteError(error));
    this.#socket.on("message", (packet) => this.#receive(packet));
    this.#socket.once("connect", () => this.#begin());
    this.#socket.connect(options.target.port, options.address);
    this.#timer = setInterval(() => this.#tick(), TICK_MILLISECONDS);
  }

  /** The receiver takes what is sent: it was heard since, or a moment ago. */
  get isTaken(): boolean {
    const isDoubtful = this.#waitingSince !== null && this.#clock.now() - this.#waitingSince > 2 * DOUBT_MILLISECONDS;
    return this.#state === "CONNECTED" && this.#acknowledgedAt > 0 && !isDoubtful;
  }

  /** Dropped while there is no connection, or no room. */
  send(payload: Buffer): void {
    const queue = this.#queue;
    if (this.#state !== "CONNECTED" || !queue || queue.isFull) return;
    const sequence = queue.nextSequence;
    const encrypted = this.#cipher?.encrypt(sequence, payload) ?? { key: null, payload };
    const packet = writeDataPacket({ sequence, message: this.#message, ...this.#place(), ...encrypted });
    this.#message = this.#message + 1 < MESSAGE_NUMBER_LIMIT ? this.#message + 1 : 1;
    queue.push(packet, payload.length, this.#clock.now());
  }

  /** Idempotent; the receiver is told. */
  close(): void {
    if (this.#state === "ENDED") return;
    const wasConnected = this.#state === "CONNECTED";
    this.#state = "ENDED";
    clearInterval(this.#timer);
    if (!wasConnected) return void this.#socket.close();
    this.#socket.send(writeControlPacket(ControlType.SHUTDOWN, this.#place()), () => this.#socket.close());
  }

  #begin(): void {
    const { ttl } = this.#options.target;
    if (this.#state === "ENDED") return;
    this.#isOpen = true;
    growReceiveBuffer(this.#socket);
    if (ttl !== null) this.#socket.setTTL(ttl);
    this.#shake();
  }

  /** The system tells of a port that nobody has; of anything else that it tells later, silence says enough. */
  #noteError(error: NodeJS.ErrnoException): void {
    if (!this.#isOpen) return this.#end(`The receiver cannot be reached: ${error.code ?? "the system has no way to it"}.`, true);
    if (error.code === "ECONNREFUSED") this.#isRefused = true;
  }

  #end(problem: string, wasRefused = false): void {
    if (this.#state === "ENDED") return;
    this.close();
    this.#options.onEnded(problem, wasRefused);
  }

  #shake(): void {
    if (this.#state === "ENDED") return;
    this.#handshakeAt = this.#clock.now();
    this.#write(this.#conclusion ?? writeHandshake(inductionOf(this.#caller), { timestamp: this.#timestamp(), destination: 0 }));
  }

  #tick(): void {
    // What arrived while we stood still has not been read yet.
    if (this.#clock.tick() || !this.#isOpen) return;
    const now = this.#clock.now();
    if (this.#state === "CONNECTED") return this.#tickConnected(now);
    if (now - this.#heardAt > this.#options.target.connectTimeoutMilliseconds) {
      return this.#end(this.#state === "INDUCING" ? "The receiver does not answer." : "The receiver does not answer the handshake.");
    }
    if (now - this.#handshakeAt >= HANDSHAKE_MILLISECONDS) this.#shake();
  }

  #tickConnected(now: number): void {
    const silent = now - this.#heardAt;
    const waiting = this.#waitingSince === null ? 0 : now - this.#waitingSince;
    if (Math.max(silent, waiting) > SILENCE_MILLISECONDS) return this.#end("The receiver does not answer any more.");
    if (this.#isRefused && waiting > REFUSED_MILLISECONDS) return this.#end("The receiver is gone.");
    if (waiting > DOUBT_MILLISECONDS) this.#probe(now);
    const answeredAt = this.#probeAnsweredAt;
    if (answeredAt !== null && now - answeredAt > REFUSED_MILLISECONDS) return this.#end("The receiver was started anew.");
    if (this.#cipher?.isWornOut === true) return this.#end("The receiver does not take a new key.");
    const key = this.#cipher?.announcement ?? null;
    if (key !== null && now - this.#keyAt >= KEY_MILLISECONDS) {
      this.#keyAt = now;
      this.#write(writeControlPacket(ControlType.USER_DEFINED, this.#place(), { subtype: USER_KEY_REQUEST, body: key }));
    }
    if (this.#queue?.isEmpty === false && now - Math.max(this.#acknowledgedAt, this.#sentAt) > BLIND_MILLISECONDS)
      this.#queue.resendOldest();
    this.#queue?.pump(now);
    if (now - this.#sentAt >= KEEP_ALIVE_MILLISECONDS) this.#write(writeControlPacket(ControlType.KEEP_ALIVE, this.#place()));
  }

  #probe(now: number): void {
    if (now - this.#handshakeAt < HANDSHAKE_MILLISECONDS) return;
    this.#handshakeAt = now;
    const induction = inductionOf({ ...this.#caller, socketId: this.#probeSocketId });
    this.#socket.send(writeHandshake(induction, { timestamp: this.#timestamp(), destination: 0 }));
  }

  #receive(packet: Buffer): void {
    if (this.#state === "ENDED") return;
    const destination = destinationOf(packet);
    if (destination === this.#probeSocketId) return this.#noteProbe(packet);
    if (destination !== this.#caller.socketId) return;
    if (this.#state !== "CONNECTED") {
      const answer = readHandshake(packet)?.handshake;
      return answer ? this.#takeAnswer(answer) : undefined;
    }
    const control = readControlPacket(packet);
    this.#heardAt = this.#clock.now();
    this.#waitingSince = null;
    this.#probeAnsweredAt = null;
    this.#isRefused = false;
    if (control) this.#control(control);
  }

  #noteProbe(packet: Buffer): void {
    if (this.#waitingSince === null || readHandshake(packet)?.handshake.type !== HandshakeType.INDUCTION) return;
    this.#probeAnsweredAt ??= this.#clock.now();
  }

  #takeAnswer(answer: Handshake): void {
    if (answer.type === HandshakeType.INDUCTION) return this.#conclude(answer);
    if (this.#state !== "CONCLUDING") return;
    const { target } = this.#options;
    const verdict = acceptAnswer(answer, { target, keyMessage: this.#cipher?.firstMessage ?? null });
    if ("problem" in verdict) return this.#end(verdict.problem, true);
    const late = Math.max(verdict.latencyMilliseconds, LATE_MILLISECONDS_LEAST) + LATE_MARGIN_MILLISECONDS;
    this.#peerSocketId = answer.socketId;
    this.#queue = new SrtSendQueue({
      initialSequence: this.#caller.initialSequence,
      windowPackets: answer.flowWindow,
      dropAfterMilliseconds: target.dropsLatePackets && verdict.dropsLatePackets ? late : null,
      rate: target.rate,
      send: (packet) => this.#sendData(packet),
    });
    this.#state = "CONNECTED";
    this.#heardAt = this.#clock.now();
    this.#isRefused = false;
    this.#options.onConnected();
  }

  #conclude(answer: Handshake): void {
    if (this.#state !== "INDUCING") return;
    if (answer.version < 5 || answer.extensionField !== SRT_MAGIC) return this.#end("The receiver speaks no SRT of today.", true);
    const { target } = this.#options;
    const proposed = ([16, 24, 32] as const).find((bytes) => bytes === answer.encryption * 8);
    if (target.passphrase !== null) {
      this.#cipher = new SrtCipher({
        passphrase: target.passphrase,
        keyBytes: target.keyBytes ?? proposed ?? 16,
        refreshPackets: target.keyRefreshPackets,
        announcePackets: target.keyAnnouncePackets,
      });
    }
    const keyMessage = this.#cipher?.firstMessage ?? null;
    const conclusion = conclusionOf(this.#caller, { target, cookie: answer.cookie, keyMessage });
    this.#conclusion = writeHandshake(conclusion, { timestamp: this.#timestamp(), destination: 0 });
    this.#state = "CONCLUDING";
    this.#heardAt = this.#clock.now();
    this.#shake();
  }

  #control({ type, subtype, info, body }: ControlPacket): void {
    if (type === ControlType.ACKNOWLEDGEMENT) return this.#acknowledge(info, body);
    if (type === ControlType.LOSS_REPORT) return this.#resend(body);
    if (type === ControlType.SHUTDOWN) return this.#end("The receiver closed the connection.");
    if (type === ControlType.USER_DEFINED && subtype === USER_KEY_RESPONSE) this.#cipher?.confirm(body);
  }

  #acknowledge(number: number, body: Buffer): void {
    if (body.length < 4) return;
    this.#acknowledgedAt = this.#clock.now();
    const bytes = this.#queue?.acknowledge(body.readUInt32BE(0), body.length >= 16 ? body.readUInt32BE(12) : null) ?? 0;
    if (body.length >= 8) this.#queue?.noteRoundTrip(body.readUInt32BE(4) / 1_000);
    // A short one has no number and wants no answer.
    if (number !== 0) this.#write(writeControlPacket(ControlType.ACKNOWLEDGEMENT_RECEIVED, this.#place(), { info: number }));
    if (bytes > 0) this.#options.onAcknowledged(bytes);
    this.#queue?.pump(this.#clock.now());
  }

  #resend(body: Buffer): void {
    for (const { first, last } of this.#queue?.reportLoss(readLossRanges(body), this.#clock.now()) ?? []) {
      const range = Buffer.alloc(8);
      range.writeUInt32BE(first, 0);
      range.writeUInt32BE(last, 4);
      this.#write(writeControlPacket(ControlType.DROP_REQUEST, this.#place(), { body: range }));
    }
    this.#queue?.pump(this.#clock.now());
  }

  #sendData(packet: Buffer): void {
    this.#waitingSince ??= this.#clock.now();
    this.#write(packet);
  }

  #write(packet: Buffer): void {
    this.#sentAt = this.#clock.now();
    this.#socket.send(packet);
  }

  #timestamp(): number {
    return Math.floor((performance.now() - this.#beganAt) * 1_000) % 0x1_0000_0000;
  }

  #place(): { timestamp: number; destination: number } {
    return { timestamp: this.#timestamp(), destination: this.#peerSocketId };
  }
}
