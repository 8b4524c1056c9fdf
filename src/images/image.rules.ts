import { readJpegSides } from "./jpeg.rules.ts";
import { readWebpSides } from "./webp.rules.ts";

/** What a picture is for. */
export const ImageKind = { COVER: "COVER", SLATE: "SLATE", SLIDE: "SLIDE" } as const;
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
 * Reads the kind and the size of a picture from its bytes, whatever its name says; null for anything else, for what is cut off within
 * its header, and for what states several sizes. Nothing is decoded. Our own, since it must not fail on any bytes.
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

function readWebp(bytes: Buffer): ImageHeader | null {
  const sides = readWebpSides(bytes);
  return sides && { contentType: "image/webp", ...sides };
}

function readJpeg(bytes: Buffer): ImageHeader | null {
  const sides = readJpegSides(bytes);
  return sides && { contentType: "image/jpeg", ...sides };
}
