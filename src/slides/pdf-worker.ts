// A thread that makes pictures of the pages of one document, and ends. What a document does to PDFium stays within its own memory.
import { PDFiumLibrary } from "@hyzyla/pdfium";
import { encode } from "fast-png";
import { parentPort, workerData } from "node:worker_threads";
import type { PdfAnswer, PdfJob } from "./render-pdf.ts";
import { pageScale } from "./presentation.rules.ts";

const PAGE_BYTES = 65_536;

/** What is used of a WebAssembly module's memory; Node has it, and its types leave it to browsers. */
interface ModuleMemory {
  readonly buffer: ArrayBuffer;
  grow: (this: ModuleMemory, pages: number) => number;
}

/** A WebAssembly module takes as much memory as it asks for; this thread's gives no more than the job allows. */
function limitMemory(bytes: number): void {
  const { prototype } = (globalThis as unknown as { WebAssembly: { Memory: { prototype: ModuleMemory } } }).WebAssembly.Memory;
  const { grow } = prototype;
  prototype.grow = function limitedGrow(pages) {
    if (this.buffer.byteLength + pages * PAGE_BYTES > bytes) throw new RangeError("The document wants too much memory.");
    return grow.call(this, pages);
  };
}

async function render({ bytes, pageLimit, memoryBytes }: PdfJob): Promise<void> {
  limitMemory(memoryBytes);
  const library = await PDFiumLibrary.init();
  const document = await library.loadDocument(bytes);
  const pageCount = document.getPageCount();
  if (pageCount === 0 || pageCount > pageLimit) return tell({ kind: "refused", reason: pageCount === 0 ? "EMPTY" : "TOO_MANY_PAGES" });
  for (const page of document.pages()) {
    const { originalWidth: width, originalHeight: height } = page.getOriginalSize();
    const scale = pageScale({ width, height });
    if (scale === null) return tell({ kind: "refused", reason: "UNREADABLE" });
    const picture = await page.render({ scale });
    const png = encode({ width: picture.width, height: picture.height, data: picture.data, channels: 4, depth: 8 });
    tell({ kind: "page", png, width: picture.width, height: picture.height });
  }
  tell({ kind: "done" });
}

function tell(answer: PdfAnswer): void {
  parentPort?.postMessage(answer);
}

render(workerData as PdfJob).catch(() => tell({ kind: "refused", reason: "UNREADABLE" }));
