import { TextDecoder } from "node:util";
import { CsvImportErrorCode } from "./csv.error.ts";

/** Thrown by a decoder: the file is not text in the encoding that it begins as. */
export class CsvEncodingProblem extends Error {
  override readonly name = "CsvEncodingProblem";
  readonly code = CsvImportErrorCode.ENCODING;
}

/** Turns the bytes of a file into text, piece by piece and strictly. Both throw `CsvEncodingProblem`. */
export interface CsvDecoder {
  readonly push: (bytes: Uint8Array) => string;
  readonly end: () => string;
  /** Whether the file begins with a byte order mark, which is no part of its text. */
  readonly hasMark: () => boolean;
}

type Encoding = "utf-8" | "utf-16le" | "utf-16be";

const UTF_8_MARK = [0xef, 0xbb, 0xbf];
const MARK_LENGTH = UTF_8_MARK.length;
const NAMES: Readonly<Record<Encoding, string>> = {
  "utf-8": "UTF-8",
  "utf-16le": "UTF-16 (little endian)",
  "utf-16be": "UTF-16 (big endian)",
};

/** UTF-8, or what the byte order mark says. A wrong byte is refused: a replacement character in a name would be a repair in silence. */
export function createCsvDecoder(): CsvDecoder {
  let first: Uint8Array = new Uint8Array();
  let decode: ((bytes: Uint8Array, isLast: boolean) => string) | null = null;

  function take(bytes: Uint8Array, isLast: boolean): string {
    const encoding = detectEncoding(first);
    decode ??= encoding === "utf-8" ? createUtf8Decoder() : createUtf16Decoder(encoding);
    let text: string;
    try {
      text = decode(bytes, isLast);
    } catch {
      throw new CsvEncodingProblem(`The file is not valid ${NAMES[encoding]}. Save it as UTF-8, or as UTF-16 with a byte order mark.`);
    }
    if (!text.includes("\0")) return text;
    throw new CsvEncodingProblem("The file holds NUL characters. Save it as UTF-8, or as UTF-16 with a byte order mark.");
  }

  return {
    push(bytes) {
      if (decode) return take(bytes, false);
      first = Buffer.concat([first, bytes]);
      if (first.length < MARK_LENGTH) return "";
      const text = take(first.subarray(hasUtf8Mark(first) ? MARK_LENGTH : 0), false);
      first = Uint8Array.from(first.subarray(0, MARK_LENGTH));
      return text;
    },
    end: () => take(decode ? new Uint8Array() : first, true),
    hasMark: () => detectEncoding(first) !== "utf-8" || hasUtf8Mark(first),
  };
}

function detectEncoding([first, second]: Uint8Array): Encoding {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
}

function hasUtf8Mark(bytes: Uint8Array): boolean {
  return UTF_8_MARK.every((byte, index) => bytes[index] === byte);
}

function createUtf16Decoder(encoding: Encoding) {
  const decoder = new TextDecoder(encoding, { fatal: true });
  return (bytes: Uint8Array, isLast: boolean) => decoder.decode(bytes, { stream: !isLast });
}

/**
 * Whole characters are decoded without a stream, which makes texts of one byte a character where that is enough: a stream's take two,
 * and everything that is made of them then does.
 */
function createUtf8Decoder() {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let rest: Uint8Array = new Uint8Array();
  return (bytes: Uint8Array, isLast: boolean) => {
    const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    const end = isLast ? all.length : wholeLength(all);
    rest = Uint8Array.from(all.subarray(end));
    return decoder.decode(all.subarray(0, end));
  };
}

/** How many of the bytes come before a character that is not whole yet. */
function wholeLength(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) break;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
