import type { CsvDelimiter } from "./csv.read.ts";

export type CsvNewline = "\n" | "\r" | "\r\n";

export interface RecordSpan {
  readonly start: number;
  readonly end: number;
}

/** Finds where the records of a text start and end while the text grows. */
export interface CsvScanner {
  readonly spans: readonly RecordSpan[];
  /** The line end of every record so far, or null when they differ. */
  readonly newline: () => CsvNewline | null;
  /** How many cells the records so far have. */
  readonly cellCount: () => number;
  /** The first thing that RFC 4180 does not allow, and the number of its cell in its record, from 0. */
  readonly problem: () => { readonly message: string; readonly column: number } | null;
  /** Goes on in the text, which begins as before. A record that may go on is left for later unless this is all there is. */
  readonly scan: (text: string, isWhole: boolean) => void;
}

/**
 * It goes before the parser, which guesses at quotes that RFC 4180 does not allow, takes one line end for the whole file and counts
 * rows differently for each kind of error.
 */
export function createScanner(delimiter: CsvDelimiter): CsvScanner {
  const spans: RecordSpan[] = [];
  const newlines = new Set<CsvNewline>();
  const cellEnd = new RegExp(`[${delimiter}"\\r\\n]`, "g");
  let start = 0;
  let cellCount = 0;
  let problem: ReturnType<CsvScanner["problem"]> = null;

  /** Scans the record that begins at `start`; false when the text ends in it. */
  function scanRecord(text: string, isWhole: boolean): boolean {
    let column = 0;
    for (let position = start; position < text.length;) {
      const cell = findCellEnd(text, position, cellEnd);
      if (cell.problem !== null) {
        // A quote that is not closed yet may be closed by what comes.
        if (isWhole || !cell.isOpen) problem = { message: cell.problem, column };
        return false;
      }
      if (!isWhole && cell.end >= text.length - 1) return false;
      const newline = newlineAt(text, cell.end);
      if (newline !== null) {
        finish(cell.end, newline, column + 1);
        return true;
      }
      if (cell.end < text.length && text[cell.end] !== delimiter) {
        problem = { message: "Text stands after the closing quote of a cell.", column };
        return false;
      }
      column += 1;
      position = cell.end + 1;
    }
    if (isWhole && start < text.length) {
      spans.push({ start, end: text.length });
      cellCount += column + 1;
      start = text.length;
    }
    return false;
  }

  function finish(end: number, newline: CsvNewline, cells: number): void {
    spans.push({ start, end });
    newlines.add(newline);
    cellCount += cells;
    start = end + newline.length;
  }

  return {
    spans,
    newline() {
      const [newline = "\n", another] = newlines;
      return another === undefined ? newline : null;
    },
    cellCount: () => cellCount,
    problem: () => problem,
    scan(text, isWhole) {
      while (problem === null && scanRecord(text, isWhole));
    },
  };
}

function newlineAt(text: string, position: number): CsvNewline | null {
  if (text[position] === "\n") return "\n";
  if (text[position] !== "\r") return null;
  return text[position + 1] === "\n" ? "\r\n" : "\r";
}

interface CellEnd {
  readonly end: number;
  readonly problem: string | null;
  /** The text ends within quotes. */
  readonly isOpen: boolean;
}

/** Where the cell that begins at `position` ends, its closing quote included, or what is wrong with it. */
function findCellEnd(text: string, position: number, cellEnd: RegExp): CellEnd {
  if (text[position] === '"') {
    const quote = closingQuote(text, position);
    return { end: quote + 1, problem: quote === -1 ? "A quoted cell is never closed." : null, isOpen: quote === -1 };
  }
  cellEnd.lastIndex = position;
  const end = cellEnd.exec(text)?.index ?? text.length;
  const problem = text[end] === '"' ? 'A quote stands in a cell that is not quoted. Quote the cell and write the quote twice ("").' : null;
  return { end, problem, isOpen: false };
}

/** The quote that closes the cell opened at `position`, or -1; two quotes in a row are one that belongs to the cell. */
function closingQuote(text: string, position: number): number {
  let quote = text.indexOf('"', position + 1);
  while (quote !== -1 && text[quote + 1] === '"') quote = text.indexOf('"', quote + 2);
  return quote;
}
