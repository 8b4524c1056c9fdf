import { createHmac, randomBytes } from "node:crypto";

/** What hears of a publisher on its key. */
export interface PublisherSink {
  /** Whether somebody publishes to it by another protocol: then its key is in use here too. Left out: never. */
  readonly isTaken?: () => boolean;
  /** A publisher was let in. */
  readonly onBegin: () => void;
  /** Its media as one FLV stream, which begins with the file header. */
  readonly onBytes: (flv: Buffer) => void;
  /** It is gone, or was dropped; the reason is a sentence. */
  readonly onEnd: (reason: string) => void;
}

/** A publisher that was let in, seen from the key that it publishes on. */
export interface LivePublisher {
  /** Ends its connection; its sink has been told before. */
  readonly disconnect: (reason: string) => void;
}

/** A claim on a stream key. */
export interface Registration {
  /** Ends the connection of the publisher that is there, if there is one; the reason is a sentence. */
  readonly drop: (reason: string) => void;
  /** Gives the key back, and ends its publisher. Idempotent. */
  readonly close: () => void;
}

interface Entry {
  readonly sink: PublisherSink;
  publisher: LivePublisher | null;
}

export type Claim =
  | {
      readonly kind: "ADMITTED";
      readonly onBytes: (flv: Buffer) => void;
      /** To be called once the connection is gone; a second call does nothing. */
      readonly leave: (reason: string) => void;
    }
  | { readonly kind: "UNKNOWN" }
  | { readonly kind: "IN_USE" };

/**
 * Which stream keys may publish, and who does. Keys are looked up by a hash with a secret of this process, so that
 * the time that it takes tells nothing about how much of a guess was right.
 */
export class KeyRegistry {
  readonly #secret = randomBytes(32);
  readonly #entries = new Map<string, Entry>();

  /** The newest claim on a key holds: the one before it belongs to a run of the session that is being replaced. */
  register(key: string, sink: PublisherSink): Registration {
    if (key === "") throw new Error("A stream key is never empty");
    const hash = this.#hash(key);
    const before = this.#entries.get(hash);
    const entry: Entry = { sink, publisher: null };
    this.#entries.set(hash, entry);
    if (before) endPublisher(before, "Another run of the session took the stream key over.");
    return {
      drop: (reason) => endPublisher(entry, reason),
      close: () => {
        if (this.#entries.get(hash) === entry) this.#entries.delete(hash);
        endPublisher(entry, "The input was closed.");
      },
    };
  }

  /** Lets a publisher in, when its key is known and free. */
  claim(key: string, publisher: LivePublisher): Claim {
    const entry = this.#entries.get(this.#hash(key));
    if (!entry) return { kind: "UNKNOWN" };
    if (entry.publisher || entry.sink.isTaken?.()) return { kind: "IN_USE" };
    entry.publisher = publisher;
    entry.sink.onBegin();
    const isThere = (): boolean => entry.publisher === publisher;
    return {
      kind: "ADMITTED",
      onBytes: (flv) => isThere() && entry.sink.onBytes(flv),
      leave: (reason) => {
        if (!isThere()) return;
        entry.publisher = null;
        entry.sink.onEnd(reason);
      },
    };
  }

  #hash(key: string): string {
    return createHmac("sha256", this.#secret).update(key).digest("base64");
  }
}

function endPublisher(entry: Entry, reason: string): void {
  const { publisher } = entry;
  if (!publisher) return;
  entry.publisher = null;
  entry.sink.onEnd(reason);
  publisher.disconnect(reason);
}
