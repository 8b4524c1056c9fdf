/** What was taken out of a queue. */
export interface QueuedDatagrams {
  /** In the order in which they came. */
  readonly datagrams: readonly Uint8Array[];
  readonly bytes: number;
  /** What came after them and was given up, since there was no room. */
  readonly lostBytes: number;
}

/** The datagrams of one input that nobody has taken yet: never more than so many bytes, without what came when it was full. */
export class DatagramQueue {
  readonly #limitBytes: number;
  #datagrams: Uint8Array[] = [];
  #bytes = 0;
  #lostBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get isEmpty(): boolean {
    return this.#bytes === 0 && this.#lostBytes === 0;
  }

  /** False when there is no room: it is given up, as is all that comes until somebody takes what is there, so that nothing is out of order. */
  add(datagram: Uint8Array): boolean {
    if (this.#lostBytes > 0 || this.#bytes + datagram.length > this.#limitBytes) {
      this.#lostBytes += datagram.length;
      return false;
    }
    this.#datagrams.push(datagram);
    this.#bytes += datagram.length;
    return true;
  }

  take(): QueuedDatagrams {
    const taken = { datagrams: this.#datagrams, bytes: this.#bytes, lostBytes: this.#lostBytes };
    this.#datagrams = [];
    this.#bytes = 0;
    this.#lostBytes = 0;
    return taken;
  }
}
