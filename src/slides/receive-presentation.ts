import { findImageProblem, IMAGE_LIMITS, readImageHeader } from "../images/image.rules.ts";
import type { ImageFile, ReceivedImage } from "../images/receive-image.ts";
import { Refusal, UserErrorCode } from "../shared/user-error.ts";
import { FILE_LIMIT_BYTES, isPdf, PICTURES_LIMIT_BYTES, PRESENTATION_LIMITS, SLIDE_COUNT_LIMIT } from "./presentation.rules.ts";
import { renderPdf, type PdfProblem } from "./render-pdf.ts";

/**
 * Reads the files of a presentation one after the other while they come in, none further than it may be long, and makes a picture of
 * each of their pages. Refuses what is too large, too many, or neither a picture nor a document.
 */
export async function receivePresentation(files: readonly ImageFile[]): Promise<readonly ReceivedImage[]> {
  const pictures: ReceivedImage[] = [];
  for (const [index, file] of files.entries()) {
    const path = ["input", "files", String(index)];
    const bytes = await readFile(file, path);
    pictures.push(
      ...(isPdf(bytes) ? await picturesOfPdf(bytes, { path, room: SLIDE_COUNT_LIMIT - pictures.length }) : [pictureOf(bytes, path)]),
    );
    if (pictures.length > SLIDE_COUNT_LIMIT) throw tooMany(path);
    if (pictures.reduce((sum, picture) => sum + picture.bytes.length, 0) > PICTURES_LIMIT_BYTES) throw tooLarge(path);
  }
  return pictures;
}

async function readFile(file: ImageFile, path: readonly string[]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of file.open()) {
    size += chunk.length;
    if (size > FILE_LIMIT_BYTES) throw tooLarge(path);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function pictureOf(bytes: Buffer, path: readonly string[]): ReceivedImage {
  const header = readImageHeader(bytes);
  const isTaken = header?.contentType === "image/png" || header?.contentType === "image/jpeg";
  const problem = header && isTaken ? findImageProblem(header) : `This is neither a picture nor a document. Send ${PRESENTATION_LIMITS}.`;
  if (!header || problem !== null) {
    const message = problem ?? `Send ${IMAGE_LIMITS}.`;
    throw new Refusal({ code: UserErrorCode.INVALID_VALUE, message, path });
  }
  return { ...header, bytes };
}

async function picturesOfPdf(
  bytes: Buffer,
  { path, room }: { readonly path: readonly string[]; readonly room: number },
): Promise<readonly ReceivedImage[]> {
  const rendered = await renderPdf(bytes, room);
  if ("problem" in rendered) throw refusalOf(rendered.problem, path);
  return rendered.pages.map(({ png, width, height }) => ({ bytes: Buffer.from(png), width, height, contentType: "image/png" }));
}

function refusalOf(problem: PdfProblem, path: readonly string[]): Refusal {
  if (problem === "TOO_MANY_PAGES") return tooMany(path);
  const message =
    problem === "EMPTY" ? "The document has no page." : "The document cannot be read: it is broken, protected or too complex.";
  return new Refusal({ code: UserErrorCode.INVALID_VALUE, message, path });
}

function tooMany(path: readonly string[]): Refusal {
  const message = `A presentation has at most ${SLIDE_COUNT_LIMIT} slides.`;
  return new Refusal({ code: UserErrorCode.TOO_MANY_ITEMS, message, path });
}

function tooLarge(path: readonly string[]): Refusal {
  return new Refusal({ code: UserErrorCode.FILE_TOO_LARGE, message: `The presentation is too large. Send ${PRESENTATION_LIMITS}.`, path });
}
