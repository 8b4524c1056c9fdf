import { ProtocolError } from "./protocol-error.ts";

/** Each side sends its version, a block of its own, and the other's block back. */
export const HANDSHAKE_BLOCK_BYTES = 1_536;
const VERSION = 3;
/** The encrypted variant, which nobody offers any more, and telling something that is no RTMP at all from it helps nobody. */
const VERSION_PROBLEM = "This is no RTMP, or one of a version that is not taken.";

/** Version and block, as the first thing that a side sends. Zeros where a version of the player would stand ask for the plain handshake. */
export function handshakeStart(random: Buffer): Buffer {
  const block = Buffer.alloc(1 + HANDSHAKE_BLOCK_BYTES);
  block.writeUInt8(VERSION, 0);
  random.copy(block, 9);
  return block;
}

/** Random bytes of a handshake block. */
export const HANDSHAKE_RANDOM_BYTES = HANDSHAKE_BLOCK_BYTES - 8;

/** Throws a `ProtocolError` as soon as the first byte shows that this is something else. */
export function checkVersion(received: Buffer): void {
  if (received.length > 0 && received[0] !== VERSION) throw new ProtocolError(VERSION_PROBLEM);
}
