import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";

/** What is signed with a key of its own, so that a signature of one kind never opens another. */
export type SignedPurpose = "asset addresses" | "preview addresses" | "live addresses" | "attendee tokens";

/** Encrypts what is stored and digests what is compared, with keys derived from the installation's secret key. */
export interface Vault {
  /** `subject` names the row that the secret belongs to: a ciphertext moved to another row does not open. */
  readonly encrypt: (plaintext: string, subject: string) => Buffer;
  readonly decrypt: (ciphertext: Buffer, subject: string) => string;
  /** The secret key itself, for a thread of this process to make the same vault of; it goes nowhere else. */
  readonly keyForThread: () => Uint8Array;
  /** A keyed digest in hex: the same text gives the same digest in this installation alone. */
  readonly digest: (text: string) => string;
  /** A signature of 32 characters that can stand in a path. Whoever makes many texts of parts keeps them apart by something that is in none. */
  readonly sign: (purpose: SignedPurpose, text: string) => string;
  /** Whether this installation made the signature of this text, in a time that tells nothing of it. */
  readonly isSigned: (purpose: SignedPurpose, text: string, signature: string) => boolean;
}

/** What a ciphertext begins with tells which key it was made with. */
export const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** 192 bits, which base64url writes without padding. */
const SIGNATURE_BYTES = 24;

/** AES-256-GCM. Stored as key id, nonce, tag, then the encrypted text. */
export function createVault(secretKey: Buffer): Vault {
  const encryptionKey = derive(secretKey, "headend secrets");
  const digestKey = derive(secretKey, "headend digests");
  const signingKeys = new Map<SignedPurpose, Buffer>();
  const keyId = createHash("sha256").update(encryptionKey).digest().subarray(0, KEY_ID_BYTES);

  function signatureOf(purpose: SignedPurpose, text: string): Buffer {
    const key = signingKeys.get(purpose) ?? derive(secretKey, `headend ${purpose}`);
    signingKeys.set(purpose, key);
    return createHmac("sha256", key).update(text).digest().subarray(0, SIGNATURE_BYTES);
  }

  return {
    encrypt(plaintext, subject) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", encryptionKey, nonce).setAAD(Buffer.from(subject));
      const body = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final()]);
      return Buffer.concat([keyId, nonce, cipher.getAuthTag(), body]);
    },
    decrypt(ciphertext, subject) {
      if (!ciphertext.subarray(0, KEY_ID_BYTES).equals(keyId)) {
        throw new Error(
          "A stored secret was encrypted with another key. Start with the HEADEND_SECRET_KEY that this database was made with.",
        );
      }
      const nonce = ciphertext.subarray(KEY_ID_BYTES, KEY_ID_BYTES + NONCE_BYTES);
      const bodyStart = KEY_ID_BYTES + NONCE_BYTES + TAG_BYTES;
      const decipher = createDecipheriv("aes-256-gcm", encryptionKey, nonce)
        .setAAD(Buffer.from(subject))
        .setAuthTag(ciphertext.subarray(bodyStart - TAG_BYTES, bodyStart));
      return decipher.update(ciphertext.subarray(bodyStart), undefined, "utf8") + decipher.final("utf8");
    },
    keyForThread: () => Uint8Array.from(secretKey),
    digest: (text) => createHmac("sha256", digestKey).update(text).digest("hex"),
    sign: (purpose, text) => signatureOf(purpose, text).toString("base64url"),
    isSigned(purpose, text, signature) {
      const given = Buffer.from(signature, "base64url");
      // One that decodes to the same bytes is still another text: each signature has one spelling.
      return (
        given.length === SIGNATURE_BYTES && given.toString("base64url") === signature && timingSafeEqual(given, signatureOf(purpose, text))
      );
    },
  };
}

function derive(secretKey: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secretKey, "", purpose, 32));
}
