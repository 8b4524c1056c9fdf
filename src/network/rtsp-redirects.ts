import { Transform } from "node:stream";

const HEADERS_LIMIT_BYTES = 16_384;
const INTERLEAVED = 0x24;
const INTERLEAVED_HEADER_BYTES = 4;
const LINE_END = "\r\n";
const HEADERS_END = Buffer.from("\r\n\r\n");
const ANSWER = /^RTSP\/1\.[0-9] ([0-9]{3})( [^\r\n]*)?$/;
const REQUEST = /^([A-Z_]+) \S+ RTSP\/1\.[0-9]$/;
const HEADER = /^[A-Za-z0-9-]+:[^\r\n]*$/;

class NotRtsp extends Error {
  constructor() {
    super("The server of the input answered with something other than RTSP.");
  }
}

/**
 * Passes on what an RTSP server says, and breaks off at an answer or request that leads to another server: whoever follows it
 * would go where nobody checked. Between messages stand frames of media: `$`, channel, length.
 * Anything that two readers could split in two ways is broken off too, since a redirect could hide in it.
 */
export function refuseRtspRedirects(): Transform {
  let rest: Buffer = Buffer.alloc(0);
  /** Bytes of a body or frame that still come. */
  let skip = 0;

  const next = (): Buffer | null => {
    if (skip > 0) {
      const piece = rest.subarray(0, skip);
      skip -= piece.length;
      return piece.length > 0 ? piece : null;
    }
    if (rest[0] === INTERLEAVED) {
      if (rest.length < INTERLEAVED_HEADER_BYTES) return null;
      skip = rest.readUInt16BE(2);
      return rest.subarray(0, INTERLEAVED_HEADER_BYTES);
    }
    const end = rest.indexOf(HEADERS_END);
    if (end < 0) {
      if (rest.length > HEADERS_LIMIT_BYTES) throw new NotRtsp();
      return null;
    }
    skip = bodyLength(rest.toString("latin1", 0, end));
    return rest.subarray(0, end + HEADERS_END.length);
  };

  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
      try {
        for (let piece = next(); piece !== null; piece = next()) {
          rest = rest.subarray(piece.length);
          this.push(piece);
        }
        done();
      } catch (error) {
        done(error instanceof Error ? error : new NotRtsp());
      }
    },
  });
}

/** How many bytes follow the headers of a message. Throws for one that is a redirect, or no message. */
function bodyLength(text: string): number {
  const [first = "", ...headers] = text.split(LINE_END);
  const status = ANSWER.exec(first)?.[1];
  const method = REQUEST.exec(first)?.[1];
  if ((status === undefined && method === undefined) || !headers.every((header) => HEADER.test(header))) throw new NotRtsp();
  if (status?.startsWith("3") || method === "REDIRECT") throw new Error("The server of the input redirects, which is not followed.");
  const lengths = headers.filter((header) => /^content-length:/i.test(header));
  const length = lengths.length === 0 ? "0" : /^[^:]*: *([0-9]{1,6}) *$/.exec(lengths[0] ?? "")?.[1];
  if (length === undefined || lengths.length > 1) throw new NotRtsp();
  return Number(length);
}
