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
  let decoder: TextDecoder | null = null;

  function decode(bytes: Uint8Array, isLast: boolean): string {
    const encoding = detectEncoding(first);
    decoder ??= new TextDecoder(encoding, { fatal: true });
    let text: string;
    try {
      text = decoder.decode(bytes, { stream: !isLast });
    } catch {
      throw new CsvEncodingProblem(`The file is not valid ${NAMES[encoding]}. Save it as UTF-8, or as UTF-16 with a byte order mark.`);
    }
    if (!text.includes("\0")) return text;
    throw new CsvEncodingProblem("The file holds NUL characters. Save it as UTF-8, or as UTF-16 with a byte order mark.");
  }

  return {
    push(bytes) {
      if (decoder) return decode(bytes, false);
      first = Buffer.concat([first, bytes]);
      return first.length < MARK_LENGTH ? "" : decode(first, false);
    },
    end: () => decode(decoder ? new Uint8Array() : first, true),
    hasMark: () => detectEncoding(first) !== "utf-8" || UTF_8_MARK.every((byte, index) => first[index] === byte),
  };
}

function detectEncoding([first, second]: Uint8Array): Encoding {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
}
