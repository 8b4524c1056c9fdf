import { createHmac, randomBytes } from "node:crypto";
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { createPatientClock } from "../encoder/patient-clock.ts";
import { ListenerStarts } from "./listener-starts.ts";
import { SourceRate } from "./source-rate.ts";
import { SrtClaim, type SrtClaimOptions } from "./srt-claim.ts";
import {
  extensionOf,
  ExtensionType,
  HANDSHAKE_VERSION,
  HandshakeType,
  readHandshake,
  Rejection,
  SRT_MAGIC,
  streamIdOf,
  writeHandshake,
  writeRejection,
  type HandshakePacket,
} from "./srt-handshake.rules.ts";
import { ControlType, destinationOf, HEADER_BYTES, isControlOf } from "./srt-packet.rules.ts";
import { SrtRelay } from "./srt-relay.ts";
import { readStreamRequest } from "./srt-stream-id.rules.ts";
import { asItIs, growReceiveBuffer } from "./udp.ts";

export interface SrtFrontOptions {
  /** The IPv4 address that publishers send to; `0.0.0.0` for all of this machine's. */
  readonly host: string;
  /** Zero takes any that is free. */
  readonly port: number;
}

/** A publisher that sent nothing for so long is gone: even an idle one sends a sign of life every second. */
export const PUBLISHER_SILENCE_MILLISECONDS = 2_000;
/** One that was heard so short ago is there beyond doubt, and a second one is refused at once. */
const HEARD_MILLISECONDS = 150;
/** libsrt's callers give up after 3 s. */
const HALF_OPEN_MILLISECONDS = 5_000;
/** One that asks does so four times a second; one that has given up must not take the place of whoever still asks. */
const ASKED_MILLISECONDS = 1_000;
const HALF_OPEN_LIMIT = 256;
const HALF_OPEN_LIMIT_PER_KEY = 8;
const WAITING_LIMIT = 256;
const TICK_MILLISECONDS = 100;
const LATE_TICK_MILLISECONDS = 600;
/** A caller sends four handshakes a second; many may stand behind one address. */
const HANDSHAKE_RATE = { burst: 200, perSecond: 100, sourcesLimit: 8_192 };
const COOKIE_MILLISECONDS = 60_000;
const DATAGRAM_BYTES = 1_500;
const FLOW_WINDOW_PACKETS = 8_192;

interface Entry {
  readonly relay: SrtRelay;
  readonly claim: SrtClaim;
  readonly caller: string;
  /** Where its packets are found by once it is connected; null before. */
  flow: string | null;
}

/**
 * The one UDP port to which everybody publishes by SRT. It reads the handshakes, and sends on only what comes from a caller whose
 * stream ID names a stream key that a session claims: to that session's own listener, which checks the passphrase and takes one
 * publisher. ffmpeg's listener alone would take any stream ID.
 *
 * Answers to a first handshake are stateless and no larger than it. A second publisher on a key is refused while the first one lives;
 * while that is in doubt it waits, which its own retries see to. Stream keys travel in clear, as SRT has it: who can listen on the
 * way can read them, and only a passphrase keeps such a one out.
 *
 * The listeners have no stream key of their own, and other users of this machine can reach their random loopback ports. To push to
 * one gains them nothing but a disturbance: what comes out of a listener counts only when the front had let somebody in to it (it
 * takes one caller, so that a stranger who came first keeps the front's out), and libsrt drops packets that do not come from the
 * address of the connection. But libsrt shares its ports, so that such a user could bind one as well and receive what is pushed:
 * where users are not to be trusted, sessions want a passphrase, which protects them here as on the way.
 */
export class SrtFront {
  /** Of all the listeners behind it. */
  readonly starts = new ListenerStarts();
  readonly #socket: Socket;
  readonly #secret = randomBytes(32);
  readonly #clock = createPatientClock(LATE_TICK_MILLISECONDS);
  readonly #rate = new SourceRate(HANDSHAKE_RATE);
  /** By digest of the stream key; the first of each holds it, the others wait for it. */
  readonly #claims = new Map<string, SrtClaim[]>();
  /** By address, port and socket number of the caller. */
  readonly #entries = new Map<string, Entry>();
  /** Those connected, by address and port of the caller and socket number of the listener, which its packets bear. */
  readonly #flows = new Map<string, SrtRelay>();
  /** Since when callers wait for word of a publisher that may be gone. */
  readonly #waiting = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  /** Rejects when the port cannot be had. */
  static async open({ host, port }: SrtFrontOptions): Promise<SrtFront> {
    const socket = createSocket({ type: "udp4", lookup: asItIs });
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind({ port, address: host, exclusive: true }, () => {
        socket.off("error", reject);
        resolve();
      });
    });
    return new SrtFront(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    growReceiveBuffer(socket);
    socket.on("message", (packet, remote) => this.#receive(packet, remote));
    // A caller that cannot be reached any more is found out by its silence.
    socket.on("error", () => undefined);
    this.#timer = setInterval(() => this.#tick(), TICK_MILLISECONDS);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Callers that are let in or about to be; for operators and tests. */
  get size(): number {
    return this.#entries.size;
  }

  /** Whoever publishes with this stream key from now on is this claim's; a later claim to the same key waits for its release. */
  claim(options: SrtClaimOptions): SrtClaim {
    const digest = this.#digest(options.streamKey);
    const claim = new SrtClaim(options, {
      isFirst: () => this.#claims.get(digest)?.[0] === claim,
      release: () => {
        const left = (this.#claims.get(digest) ?? []).filter((other) => other !== claim);
        if (left.length > 0) this.#claims.set(digest, left);
        else this.#claims.delete(digest);
      },
    });
    this.#claims.set(digest, [...(this.#claims.get(digest) ?? []), claim]);
    return claim;
  }

  /** Drops everybody. Resolves once the port is free. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const claims of this.#claims.values()) for (const claim of claims) claim.listenAt(null);
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }

  #receive(packet: Buffer, remote: RemoteInfo): void {
    if (packet.length < HEADER_BYTES) return;
    if (isControlOf(packet, ControlType.HANDSHAKE)) return this.#shake(packet, remote);
    this.#flows.get(`${remote.address}:${remote.port}/${destinationOf(packet)}`)?.fromCaller(packet);
  }

  #shake(packet: Buffer, remote: RemoteInfo): void {
    if (!this.#rate.take(remote.address, this.#clock.now())) return;
    const asked = readHandshake(packet);
    if (!asked || asked.destination !== 0) return;
    if (asked.handshake.type === HandshakeType.INDUCTION) return this.#answerInduction(asked, remote);
    if (asked.handshake.type !== HandshakeType.CONCLUSION || !this.#isOurCookie(asked.handshake.cookie, remote)) return;
    const caller = `${remote.address}:${remote.port}/${asked.handshake.socketId}`;
    const known = this.#entries.get(caller);
    if (known && !known.relay.isClosed) return known.relay.repeat();
    if (known) this.#forget(known);
    const verdict = this.#judge(asked, caller);
    if (verdict === "WAIT") return;
    if (typeof verdict === "number") return this.#send(writeRejection(asked, verdict), remote);
    this.#open(verdict, { packet, asked, caller, remote });
  }

  #answerInduction({ handshake }: HandshakePacket, remote: RemoteInfo): void {
    const cookie = this.#cookie(remote, this.#cookiePeriod());
    const answer = {
      ...{ version: HANDSHAKE_VERSION, encryption: 0, extensionField: SRT_MAGIC, type: HandshakeType.INDUCTION, cookie, extensions: [] },
      ...{ datagramBytes: DATAGRAM_BYTES, flowWindow: FLOW_WINDOW_PACKETS, initialSequence: handshake.initialSequence },
      ...{ socketId: handshake.socketId, peerAddress: handshake.peerAddress },
    };
    this.#send(writeHandshake(answer, { timestamp: 0, destination: handshake.socketId }), remote);
  }

  /** The claim that the caller may go on to, a reason to refuse it, or WAIT for its next try. */
  #judge({ handshake }: HandshakePacket, caller: string): SrtClaim | Rejection | "WAIT" {
    if (handshake.version < HANDSHAKE_VERSION) return Rejection.VERSION;
    const streamId = streamIdOf(handshake);
    const request = streamId === null ? null : readStreamRequest(streamId);
    // Digests under a secret of ours tell a stranger nothing by the time that comparing them takes.
    const claim = request === null ? undefined : this.#claims.get(this.#digest(request.streamKey))?.[0];
    if (!request || !claim) return Rejection.FORBIDDEN;
    if (!request.isPublishing) return Rejection.BAD_MODE;
    if (claim.publisher) return this.#judgeSecond(claim.publisher, caller);
    if (claim.options.isTaken?.()) return Rejection.CONFLICT;
    if (claim.options.isEncrypted && extensionOf(handshake, ExtensionType.KMREQ) === null) {
      claim.noteRefused(Rejection.UNSECURE);
      return Rejection.UNSECURE;
    }
    const halfOpen = this.#entries.size - this.#flows.size;
    if (halfOpen >= HALF_OPEN_LIMIT || claim.halfOpen.size >= HALF_OPEN_LIMIT_PER_KEY) return Rejection.OVERLOAD;
    if (claim.listenerPort !== null) return claim;
    claim.options.onCalled();
    return "WAIT";
  }

  /** A publisher that was killed says nothing: its successor waits until it is heard, and the other one refused, or given up. */
  #judgeSecond(first: SrtRelay, caller: string): Rejection | "WAIT" {
    const now = this.#clock.now();
    const since = this.#waiting.get(caller);
    if (first.heardAt > (since ?? now - HEARD_MILLISECONDS)) {
      this.#waiting.delete(caller);
      return Rejection.CONFLICT;
    }
    if (since === undefined && this.#waiting.size < WAITING_LIMIT) this.#waiting.set(caller, now);
    return "WAIT";
  }

  #open(claim: SrtClaim, from: { packet: Buffer; asked: HandshakePacket; caller: string; remote: RemoteInfo }): void {
    const { packet, asked, caller, remote } = from;
    const relay = new SrtRelay({
      // The buffer of a datagram is ours; a slice of a larger one would keep all of it.
      conclusion: Buffer.from(packet),
      asked,
      listenerPort: claim.listenerPort ?? 0,
      now: () => this.#clock.now(),
      sendToCaller: (answer) => this.#send(answer, remote),
      onAnswered: () => claim.options.onAnswered(),
      onConnected: () => this.#connected(entry, from),
      onRefused: (_, reason) => {
        claim.noteRefused(reason);
        this.#drop(entry);
      },
      onLeft: () => this.#drop(entry),
    });
    const entry: Entry = { relay, claim, caller, flow: null };
    this.#waiting.delete(caller);
    this.#entries.set(caller, entry);
    claim.halfOpen.add(relay);
  }

  #connected(entry: Entry, { remote }: { remote: RemoteInfo }): void {
    const { relay, claim } = entry;
    entry.flow = `${remote.address}:${remote.port}/${relay.listenerSocketId}`;
    this.#flows.set(entry.flow, relay);
    claim.halfOpen.delete(relay);
    claim.publisher = relay;
    claim.noteConnected();
    for (const other of [...this.#entries.values()].filter(({ relay: rival }) => claim.halfOpen.has(rival))) this.#drop(other);
  }

  #drop(entry: Entry): void {
    const { relay, claim } = entry;
    this.#forget(entry);
    claim.halfOpen.delete(relay);
    if (claim.publisher === relay) claim.drop();
    else relay.close();
  }

  #forget({ caller, flow }: Entry): void {
    this.#entries.delete(caller);
    if (flow !== null) this.#flows.delete(flow);
  }

  #tick(): void {
    // What arrived while we stood still has not been read yet: nobody was silent.
    if (this.#clock.tick()) return;
    const now = this.#clock.now();
    for (const entry of this.#entries.values()) {
      const { relay } = entry;
      if (relay.isClosed) this.#forget(entry);
      const silence = relay.isConnected ? PUBLISHER_SILENCE_MILLISECONDS : ASKED_MILLISECONDS;
      const isLate = !relay.isConnected && now - relay.openedAt > HALF_OPEN_MILLISECONDS;
      if (isLate || now - relay.heardAt > silence) this.#drop(entry);
    }
    for (const [caller, since] of this.#waiting) if (now - since > HALF_OPEN_MILLISECONDS) this.#waiting.delete(caller);
  }

  #send(packet: Buffer, { port, address }: RemoteInfo): void {
    this.#socket.send(packet, port, address);
  }

  #digest(streamKey: string): string {
    return createHmac("sha256", this.#secret).update(streamKey).digest("base64");
  }

  #cookiePeriod(): number {
    return Math.floor(performance.now() / COOKIE_MILLISECONDS);
  }

  #cookie({ address, port }: RemoteInfo, period: number): number {
    return createHmac("sha256", this.#secret).update(`${address} ${port} ${period}`).digest().readUInt32BE(0);
  }

  #isOurCookie(cookie: number, remote: RemoteInfo): boolean {
    const period = this.#cookiePeriod();
    return cookie === this.#cookie(remote, period) || cookie === this.#cookie(remote, period - 1);
  }
}
