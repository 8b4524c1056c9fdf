import { Rejection } from "./srt-handshake.rules.ts";
import type { SrtRelay } from "./srt-relay.ts";

export interface SrtClaimOptions {
  readonly streamKey: string;
  /** A caller without encryption is refused before it reaches the listener, which then checks the passphrase. */
  readonly isEncrypted: boolean;
  /** Whether somebody publishes with the stream key by another protocol: then callers are refused as second ones are. Left out: never. */
  readonly isTaken?: () => boolean;
  /** A caller with the stream key waits, since nobody listens for it. */
  readonly onCalled: () => void;
  /** The listener answers: it has started. */
  readonly onAnswered: () => void;
  /** A publisher was let in: what comes out of the listener from now on is its. */
  readonly onConnected: () => void;
  /** It left, fell silent or was dropped. */
  readonly onLeft: () => void;
}

/** What a claim is to the front that gave it. */
export interface SrtClaimPlace {
  readonly isFirst: () => boolean;
  readonly release: () => void;
}

/** The right of one session to whoever publishes with its stream key. */
export class SrtClaim {
  readonly options: SrtClaimOptions;
  readonly #place: SrtClaimPlace;
  /** Callers that the listener was not heard on yet. */
  readonly halfOpen = new Set<SrtRelay>();
  publisher: SrtRelay | null = null;
  #listenerPort: number | null = null;
  #refusal: string | null = null;

  constructor(options: SrtClaimOptions, place: SrtClaimPlace) {
    this.options = options;
    this.#place = place;
  }

  /** A port of 127.0.0.1; null while nobody listens, when callers wait. */
  get listenerPort(): number | null {
    return this.#listenerPort;
  }

  /** False while an older claim holds the same stream key. */
  get isFirst(): boolean {
    return this.#place.isFirst();
  }

  get isConnected(): boolean {
    return this.publisher !== null;
  }

  /** Why the newest caller with the right key was not let in, as a sentence; null once one was. */
  get refusal(): string | null {
    return this.#refusal;
  }

  /** Percent of packets lost for good in the last 30 s; null while nobody publishes. */
  lossPercent(): number | null {
    return this.publisher?.lossPercent() ?? null;
  }

  /** Each listener takes one publisher: whoever was connected to the one before is dropped. */
  listenAt(port: number | null): void {
    this.#listenerPort = port;
    this.drop();
  }

  /** Lets nobody on whoever is connected now; they may call again. */
  drop(): void {
    const { publisher } = this;
    for (const relay of this.halfOpen) relay.close();
    this.halfOpen.clear();
    this.publisher = null;
    publisher?.close();
    if (publisher) this.options.onLeft();
  }

  /** Gives the stream key back. Idempotent. */
  release(): void {
    this.listenAt(null);
    this.#place.release();
  }

  noteConnected(): void {
    this.#refusal = null;
    this.options.onConnected();
  }

  noteRefused(reason: number): void {
    if (reason === Rejection.BAD_SECRET) this.#refusal = "A publisher was refused: its passphrase is not the session's.";
    else if (reason !== Rejection.UNSECURE) this.#refusal = `A publisher was refused: SRT gives the reason ${reason}.`;
    else if (this.options.isEncrypted) this.#refusal = "A publisher was refused: it does not encrypt, and the session has a passphrase.";
    else this.#refusal = "A publisher was refused: it encrypts, and the session has no passphrase.";
  }
}
