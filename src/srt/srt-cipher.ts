import { createCipheriv, pbkdf2Sync, randomBytes } from "node:crypto";
import type { KeySlot } from "./srt-packet.rules.ts";
import type { KeyBytes } from "./srt-target.rules.ts";

export interface SrtCipherOptions {
  readonly passphrase: string;
  readonly keyBytes: KeyBytes;
  /** Packets after which another key is taken, and how many before that it is announced. */
  readonly refreshPackets: number;
  readonly announcePackets: number;
}

const SALT_BYTES = 16;
/** How much of the salt goes into the key that wraps the keys. */
const WRAPPING_SALT_BYTES = 8;
const WRAPPING_ITERATIONS = 2_048;
/** RFC 3394. */
const WRAP_START = Buffer.alloc(8, 0xa6);
const SLOT_FLAGS: Readonly<Record<KeySlot, number>> = { EVEN: 1, ODD: 2 };
/** Version 1, a message of keying material, and its signature. */
const KEY_MESSAGE_START = [0x12, 0x20, 0x29];
const AES_CTR = 2;
const MPEG_TS_OVER_SRT = 2;

export interface EncryptedPayload {
  readonly key: KeySlot;
  readonly payload: Buffer;
}

/**
 * Encrypts what one connection sends, as SRT has it: AES in counter mode under a random key, which travels wrapped under a key made of the
 * passphrase. Counters are made of packet numbers, which go round: before they do, and as often as wanted, the next key is announced, and
 * taken once the receiver confirmed it.
 */
export class SrtCipher {
  readonly #options: SrtCipherOptions;
  readonly #salt = randomBytes(SALT_BYTES);
  readonly #wrappingKey: Buffer;
  #slot: KeySlot = "EVEN";
  #key: Buffer;
  #next: { readonly key: Buffer; readonly message: Buffer; isConfirmed: boolean } | null = null;
  #packets = 0;
  /** The keying material that the first handshake carries. */
  readonly firstMessage: Buffer;

  constructor(options: SrtCipherOptions) {
    const { passphrase, keyBytes } = options;
    this.#options = options;
    const salt = this.#salt.subarray(SALT_BYTES - WRAPPING_SALT_BYTES);
    this.#wrappingKey = pbkdf2Sync(passphrase, salt, WRAPPING_ITERATIONS, keyBytes, "sha1");
    this.#key = randomBytes(keyBytes);
    this.firstMessage = this.#keyMessage(SLOT_FLAGS.EVEN, this.#key);
  }

  /** Keying material to be sent now, again and again until it is confirmed; null when there is none. */
  get announcement(): Buffer | null {
    return this.#next && !this.#next.isConfirmed ? this.#next.message : null;
  }

  /** The key should have been changed for long, and the receiver did not confirm a new one: the connection has to be made anew. */
  get isWornOut(): boolean {
    return this.#packets > 2 * this.#options.refreshPackets + this.#options.announcePackets;
  }

  /** The receiver sends back the message that it took. */
  confirm(message: Buffer): void {
    if (this.#next?.message.equals(message) === true) this.#next.isConfirmed = true;
  }

  encrypt(sequence: number, payload: Buffer): EncryptedPayload {
    this.#packets += 1;
    this.#changeKey();
    const counter = Buffer.alloc(16);
    counter.writeUInt32BE(sequence, 10);
    for (let at = 0; at < 14; at += 1) counter[at] = (counter[at] ?? 0) ^ (this.#salt[at] ?? 0);
    const cipher = createCipheriv(`aes-${this.#options.keyBytes * 8}-ctr`, this.#key, counter);
    return { key: this.#slot, payload: cipher.update(payload) };
  }

  #changeKey(): void {
    const { refreshPackets, announcePackets, keyBytes } = this.#options;
    if (this.#next === null && this.#packets > refreshPackets - announcePackets) {
      const key = randomBytes(keyBytes);
      const both = this.#slot === "EVEN" ? [this.#key, key] : [key, this.#key];
      this.#next = { key, message: this.#keyMessage(SLOT_FLAGS.EVEN | SLOT_FLAGS.ODD, Buffer.concat(both)), isConfirmed: false };
    }
    if (this.#next?.isConfirmed !== true || this.#packets <= refreshPackets) return;
    this.#key = this.#next.key;
    this.#slot = this.#slot === "EVEN" ? "ODD" : "EVEN";
    this.#next = null;
    this.#packets = 1;
  }

  #keyMessage(slots: number, keys: Buffer): Buffer {
    const { keyBytes } = this.#options;
    const wrap = createCipheriv(`id-aes${keyBytes * 8}-wrap`, this.#wrappingKey, WRAP_START);
    const header = Buffer.alloc(16);
    header.set([...KEY_MESSAGE_START, slots]);
    header.set([AES_CTR, 0, MPEG_TS_OVER_SRT], 8);
    header.set([SALT_BYTES / 4, keyBytes / 4], 14);
    return Buffer.concat([header, this.#salt, wrap.update(keys), wrap.final()]);
  }
}
