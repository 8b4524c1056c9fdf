const TS_PACKET_BYTES = 188;

/** Cuts a byte stream of MPEG-TS into payloads of whole packets. */
export class TsChunker {
  readonly #payloadBytes: number;
  readonly #onPayload: (payload: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);

  /** `payloadBytes` is a multiple of 188. */
  constructor(payloadBytes: number, onPayload: (payload: Buffer) => void) {
    this.#payloadBytes = payloadBytes;
    this.#onPayload = onPayload;
  }

  /** Passes on all payloads that are full. */
  push(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= this.#payloadBytes) bytes = this.#pass(bytes, this.#payloadBytes);
    this.#rest = bytes;
  }

  /** Passes on what there is of whole packets. */
  flush(): void {
    const whole = this.#rest.length - (this.#rest.length % TS_PACKET_BYTES);
    if (whole > 0) this.#rest = this.#pass(this.#rest, whole);
  }

  /** Another stream begins. */
  reset(): void {
    this.#rest = Buffer.alloc(0);
  }

  #pass(bytes: Buffer, length: number): Buffer {
    this.#onPayload(bytes.subarray(0, length));
    return bytes.subarray(length);
  }
}
