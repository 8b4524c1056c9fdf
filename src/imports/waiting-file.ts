import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { open, rm, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A large file that came in and waits for its turn: on disk, since many may wait, and sealed with a key that only this process has, since it holds secrets. */
export interface WaitingFile {
  readonly append: (bytes: Uint8Array) => Promise<void>;
  /** All of it once more, in pieces that are good until the next one. */
  readonly read: () => AsyncIterable<Uint8Array>;
  /** Nothing of it is left. */
  readonly close: () => Promise<void>;
}

const KEY_BYTES = 32;
const COUNTER_BYTES = 16;
const PIECE_BYTES = 256 * 1024;
const CIPHER = "aes-256-ctr";

/** Opens one in the directory for temporary files of this machine. */
export async function openWaitingFile(): Promise<WaitingFile> {
  const handle = await openUnnamed();
  const key = randomBytes(KEY_BYTES);
  const counter = randomBytes(COUNTER_BYTES);
  const cipher = createCipheriv(CIPHER, key, counter);
  return {
    async append(bytes) {
      await handle.appendFile(cipher.update(bytes));
    },
    async *read() {
      const decipher = createDecipheriv(CIPHER, key, counter);
      const piece = Buffer.allocUnsafe(PIECE_BYTES);
      for (let position = 0; ;) {
        const { bytesRead } = await handle.read(piece, 0, PIECE_BYTES, position);
        if (bytesRead === 0) return;
        position += bytesRead;
        yield decipher.update(piece.subarray(0, bytesRead));
      }
    },
    close: () => handle.close(),
  };
}

/** Its name is taken away at once, so that nothing is left behind however this process ends. */
async function openUnnamed(): Promise<FileHandle> {
  const path = join(tmpdir(), `headend-import-${randomBytes(12).toString("hex")}`);
  const handle = await open(path, "wx+", 0o600);
  await rm(path);
  return handle;
}
