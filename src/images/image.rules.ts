/** What a picture of a session is for. */
export const ImageKind = { COVER: "COVER", SLATE: "SLATE" } as const;
export type ImageKind = (typeof ImageKind)[keyof typeof ImageKind];

/** Most bytes of a picture. */
export const IMAGE_LIMIT_BYTES = 5 * 1024 * 1024;
/** Pixels of a side. */
export const IMAGE_SIDE_PIXELS = { least: 16, most: 4_096 } as const;
/** Pixels of the whole, so that what decodes it needs a bounded memory. */
export const IMAGE_AREA_LIMIT_PIXELS = 16_000_000;

/** The limits in words, for descriptions and refusals. */
export const IMAGE_LIMITS = "a PNG, JPEG or WebP picture of at most 5 MB, 16 to 4,096 pixels a side and 16 million in all";

export type ImageContentType = "image/png" | "image/jpeg" | "image/webp";

/** What the header of a picture says. */
export interface ImageHeader {
  readonly contentType: ImageContentType;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
}

/** Why a picture is not taken, as a sentence; null when it is. */
export function findImageProblem({ width, height }: ImageHeader): string | null {
  const { least, most } = IMAGE_SIDE_PIXELS;
  const isWithin = [width, height].every((side) => side >= least && side <= most) && width * height <= IMAGE_AREA_LIMIT_PIXELS;
  return isWithin ? null : `The picture has ${width} by ${height} pixels. Send ${IMAGE_LIMITS}.`;
}

/**
 * Reads the kind and the size of a picture from its first bytes, whatever its name says; null for anything else, and for what is
 * cut off. Nothing is decoded. Our own, since the three headers are a page together and their reader must not fail on any bytes.
 */
export function readImageHeader(bytes: Buffer): ImageHeader | null {
  return readPng(bytes) ?? readWebp(bytes) ?? readJpeg(bytes);
}

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Up to the end of IHDR's sides. */
const PNG_HEADER_BYTES = 24;

function readPng(bytes: Buffer): ImageHeader | null {
  if (bytes.length < PNG_HEADER_BYTES || !bytes.subarray(0, PNG_SIGNATURE.length).equals(PNG_SIGNATURE)) return null;
  if (bytes.toString("latin1", 12, 16) !== "IHDR") return null;
  return { contentType: "image/png", width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}

/** Up to the end of the sides of each kind of WebP. */
const WEBP_HEADER_BYTES = 30;

function readWebp(bytes: Buffer): ImageHeader | null {
  if (bytes.length < WEBP_HEADER_BYTES || bytes.toString("latin1", 0, 4) !== "RIFF" || bytes.toString("latin1", 8, 12) !== "WEBP")
    return null;
  const sides = webpSides(bytes);
  return sides && { contentType: "image/webp", ...sides };
}

function webpSides(bytes: Buffer): { readonly width: number; readonly height: number } | null {
  switch (bytes.toString("latin1", 12, 16)) {
    case "VP8X":
      return { width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
    case "VP8L": {
      // Two sides of 14 bits each, lowest bits first.
      const bits = bytes.readUInt32LE(21);
      return bytes[20] === 0x2f ? { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 } : null;
    }
    case "VP8 ":
      // The upper two bits of each side are a scale for players.
      return bytes.readUIntBE(23, 3) === 0x9d012a
        ? { width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff }
        : null;
    default:
      return null;
  }
}

/** From a start of frame: the marker, its length, the precision and both sides. */
const JPEG_FRAME_BYTES = 9;

function readJpeg(bytes: Buffer): ImageHeader | null {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== 0xffd8) return null;
  let place = 2;
  while (place + JPEG_FRAME_BYTES <= bytes.length && bytes[place] === 0xff) {
    const marker = bytes[place + 1] ?? 0;
    if (isStartOfFrame(marker)) {
      return { contentType: "image/jpeg", width: bytes.readUInt16BE(place + 7), height: bytes.readUInt16BE(place + 5) };
    }
    // Any number of fill bytes may stand before a marker, and some markers stand alone.
    if (marker === 0xff) place += 1;
    else if (isAlone(marker)) place += 2;
    else if (marker === 0xda || marker === 0xd9) return null;
    else place += 2 + Math.max(bytes.readUInt16BE(place + 2), 2);
  }
  return null;
}

/** C0 to CF but for the tables of Huffman codes and arithmetic coding and a reserved one. */
function isStartOfFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

function isAlone(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
}
