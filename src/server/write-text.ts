import type { Duplex } from "node:stream";
import type { Frame } from "./outlet.ts";

/** A whole message of text, and where the lengths of longer ones stand (RFC 6455, 5.2). */
const WHOLE_TEXT = 0x81;
const TWO_BYTES = { from: 126, mark: 126 } as const;
const EIGHT_BYTES = { from: 65_536, mark: 127 } as const;

const NOTHING = Buffer.alloc(0);

/**
 * Writes a message of text to the stream beneath a WebSocket that is open, sent by a server and not compressed. Its library has no way
 * to send what is in memory once for many readers between what is one reader's own, and calls back for each message.
 * True: the network took all of it at once; else `onTaken` is called once it did, or never will.
 */
export function writeText(stream: Duplex, { start, shared, end }: Frame, onTaken: () => void): boolean {
  const startBytes = Buffer.byteLength(start);
  const length = startBytes + shared.length + end.length;
  const headerBytes = length < TWO_BYTES.from ? 2 : length < EIGHT_BYTES.from ? 4 : 10;
  const first = Buffer.allocUnsafe(headerBytes + startBytes);
  first[0] = WHOLE_TEXT;
  if (headerBytes === 2) first[1] = length;
  else if (headerBytes === 4) {
    first[1] = TWO_BYTES.mark;
    first.writeUInt16BE(length, 2);
  } else {
    first[1] = EIGHT_BYTES.mark;
    first.writeBigUInt64BE(BigInt(length), 2);
  }
  first.write(start, headerBytes);
  stream.cork();
  stream.write(first);
  if (shared.length > 0) stream.write(shared);
  if (end.length > 0) stream.write(end);
  stream.uncork();
  if (stream.writableLength === 0) return true;
  // Is taken after all that stands before it.
  stream.write(NOTHING, onTaken);
  return false;
}
