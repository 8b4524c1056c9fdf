import type { Sides } from "./webp.rules.ts";

/** From a start of frame: the marker, its length, the precision and both sides. */
const FRAME_BYTES = 9;
const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;

/** The size of a JPEG; null for anything else, for one without a frame, and for one with several, of which each could have another size. */
export function readJpegSides(bytes: Buffer): Sides | null {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return null;
  let sides: Sides | null = null;
  for (let place = 2; place + FRAME_BYTES <= bytes.length;) {
    if (bytes[place] !== 0xff) {
      // Behind the frame come its pictures' bits, in which no marker can stand.
      if (sides === null) return null;
      place = bytes.indexOf(0xff, place);
      if (place < 0) break;
      continue;
    }
    const marker = bytes[place + 1] ?? 0;
    if (marker === END_OF_IMAGE || (marker === START_OF_SCAN && sides === null)) break;
    if (isStartOfFrame(marker)) {
      if (sides) return null;
      sides = { width: bytes.readUInt16BE(place + 7), height: bytes.readUInt16BE(place + 5) };
    }
    // Any number of fill bytes may stand before a marker, and some markers stand alone.
    if (marker === 0xff) place += 1;
    else if (isAlone(marker)) place += 2;
    else place += 2 + Math.max(bytes.readUInt16BE(place + 2), 2);
  }
  return sides;
}

/** C0 to CF but for the tables of Huffman codes and arithmetic coding and a reserved one. */
function isStartOfFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** Without a length: a byte of the bits that looks like a marker, and those between the bits. */
function isAlone(marker: number): boolean {
  return marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd7);
}
