import { startSourceWorker } from "../shared/source-worker.ts";
import { DOCUMENT_MEMORY_BYTES, DOCUMENT_MILLISECONDS } from "./presentation.rules.ts";

/** What the thread is given. */
export interface PdfJob {
  readonly bytes: Uint8Array;
  readonly pageLimit: number;
  readonly memoryBytes: number;
}

export interface RenderedPage {
  /** A PNG picture. */
  readonly png: Uint8Array;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
}

/** Why a document is not taken. */
export type PdfProblem = "UNREADABLE" | "EMPTY" | "TOO_MANY_PAGES";

/** What the thread tells. */
export type PdfAnswer =
  ({ readonly kind: "page" } & RenderedPage) | { readonly kind: "done" } | { readonly kind: "refused"; readonly reason: PdfProblem };

export type RenderedPdf = { readonly pages: readonly RenderedPage[] } | { readonly problem: PdfProblem };

const HEAP_LIMIT_MEGABYTES = 256;

/**
 * Makes a picture of each page of a document, by PDFium (`@hyzyla/pdfium`: what Chromium reads documents with, as WebAssembly in one
 * package without a build step), in a thread of its own whose memory and time are limited.
 */
export async function renderPdf(bytes: Uint8Array, pageLimit: number): Promise<RenderedPdf> {
  const job: PdfJob = { bytes: Uint8Array.from(bytes), pageLimit, memoryBytes: DOCUMENT_MEMORY_BYTES };
  const worker = startSourceWorker(new URL("./pdf-worker.ts", import.meta.url), {
    workerData: job,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_LIMIT_MEGABYTES },
    // What PDFium says of a broken document is nobody's log line.
    stdout: true,
    stderr: true,
  });
  const pages: RenderedPage[] = [];
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<RenderedPdf>((resolve) => {
      timer = setTimeout(() => resolve({ problem: "UNREADABLE" }), DOCUMENT_MILLISECONDS);
      worker.on("message", (answer: PdfAnswer) => {
        if (answer.kind === "page") pages.push(answer);
        else resolve(answer.kind === "done" ? { pages } : { problem: answer.reason });
      });
      worker.on("error", () => resolve({ problem: "UNREADABLE" }));
      worker.on("exit", () => resolve({ problem: "UNREADABLE" }));
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
