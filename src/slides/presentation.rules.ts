/** Slides of one presentation, of all its files together. */
export const SLIDE_COUNT_LIMIT = 200;
/** Files of one upload. */
export const FILE_COUNT_LIMIT = 20;
/** Most bytes of one file. */
export const FILE_LIMIT_BYTES = 20 * 1024 * 1024;
/** Most bytes of all pictures of a presentation, as they are kept. */
export const PICTURES_LIMIT_BYTES = 100 * 1024 * 1024;
/** Longer side of a picture that is made of a page, in pixels. */
export const PAGE_SIDE_PIXELS = 1_600;
/** Memory that a document may take while its pages are made into pictures; one that wants more is refused. */
export const DOCUMENT_MEMORY_BYTES = 512 * 1024 * 1024;
/** Time that a document may take. */
export const DOCUMENT_MILLISECONDS = 60_000;

/** The limits in words, for descriptions and refusals. */
export const PRESENTATION_LIMITS = "PNG, JPEG or PDF files of at most 20 MB each, 200 slides in all";

/** A document begins with this within its first kilobyte, whatever its name says. */
export function isPdf(bytes: Buffer): boolean {
  return bytes.subarray(0, 1_024).includes("%PDF-");
}

/** How large a page becomes: its longer side fills the limit. Null for a page without a size. */
export function pageScale(page: { readonly width: number; readonly height: number }): number | null {
  const longer = Math.max(page.width, page.height);
  const shorter = Math.min(page.width, page.height);
  // A page a thousand times as long as wide would become a line.
  if (!(shorter > 0) || longer / shorter > PAGE_SIDE_PIXELS / MINIMUM_SIDE_PIXELS) return null;
  return PAGE_SIDE_PIXELS / longer;
}

const MINIMUM_SIDE_PIXELS = 16;
