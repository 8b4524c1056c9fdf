import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import { findImageProblem, IMAGE_LIMIT_BYTES, IMAGE_LIMITS, readImageHeader, type ImageHeader } from "./image.rules.ts";

/** A file that still comes in, such as an `Upload`. */
export interface ImageFile {
  readonly open: () => AsyncIterable<Uint8Array>;
}

/** A picture that may be stored. */
export interface ReceivedImage extends ImageHeader {
  readonly bytes: Buffer;
}

/** Reads a picture while it comes in, no further than it may be long. Refuses what is too large or no picture that we take. */
export async function receiveImage(file: ImageFile, path: readonly string[]): Promise<ReceivedImage> {
  const bytes = await readBytes(file, path);
  const header = readImageHeader(bytes);
  const problem = header ? findImageProblem(header) : `This is no picture. Send ${IMAGE_LIMITS}.`;
  if (!header || problem !== null) throw new Refusal({ code: UserErrorCode.INVALID_VALUE, message: problem ?? "", path });
  return { ...header, bytes };
}

async function readBytes(file: ImageFile, path: readonly string[]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of file.open()) {
    size += chunk.length;
    if (size > IMAGE_LIMIT_BYTES) {
      throw new Refusal({ code: UserErrorCode.FILE_TOO_LARGE, message: `The picture is too large. Send ${IMAGE_LIMITS}.`, path });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Where in an input a file stands. */
export interface PlacedImageFile {
  readonly file: ImageFile;
  readonly path: readonly string[];
}

/**
 * Reads pictures of one request, by their files. All at a time, since they come in in the order of the request, and a file that
 * stands in several places once, since it can be read once.
 */
export async function receiveImages(placed: readonly PlacedImageFile[]): Promise<ReadonlyMap<ImageFile, ReceivedImage>> {
  const paths = new Map(placed.toReversed().map(({ file, path }) => [file, path]));
  const received = await Promise.all([...paths].map(async ([file, path]) => [file, await receiveImage(file, path)] as const));
  return new Map(received);
}
