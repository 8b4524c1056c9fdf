import type { CsvDelimiter } from "./csv.read.ts";

export type CsvNewline = "\n" | "\r" | "\r\n";

export interface RecordSpan {
  readonly start: number;
  readonly end: number;
}

/** What was found in a text that begins with a record. */
export interface CsvScan {
  /** The records that are whole. */
  readonly spans: readonly RecordSpan[];
  /** The line end of all of them, or null when they differ. */
  readonly newline: CsvNewline | null;
  /** How many cells they have. */
  readonly cellCount: number;
  /** Where the record begins that is not whole yet. */
  readonly rest: number;
  /** The first thing that RFC 4180 does not allow, and the number of its cell in the record after the whole ones, from 0. */
  readonly problem: { readonly message: string; readonly column: number } | null;
}

/**
 * Finds where records start and end. A record that may go on is left for later unless this is all there is.
 * It goes before the parser, which guesses at quotes that RFC 4180 does not allow, takes one line end for the whole file and counts
 * rows differently for each kind of error.
 */
export function scanRecords(text: string, delimiter: CsvDelimiter, isWhole: boolean): CsvScan {
  const spans: RecordSpan[] = [];
  const newlines = new Set<CsvNewline>();
  const cellEnd = new RegExp(`[${delimiter}"\\r\\n]`, "g");
  let start = 0;
  let cellCount = 0;
  let problem: CsvScan["problem"] = null;

  /** Scans the record that begins at `start`; false when the text ends in it. */
  function scanRecord(): boolean {
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
        newlines.add(newline);
        finish(cell.end, newline.length, column + 1);
        return true;
      }
      if (cell.end < text.length && text[cell.end] !== delimiter) {
        problem = { message: "Text stands after the closing quote of a cell.", column };
        return false;
      }
      column += 1;
      position = cell.end + 1;
    }
    if (isWhole && start < text.length) finish(text.length, 0, column + 1);
    return false;
  }

  function finish(end: number, newlineLength: number, cells: number): void {
    spans.push({ start, end });
    cellCount += cells;
    start = end + newlineLength;
  }

  while (problem === null && scanRecord());
  const [newline = "\n", another] = newlines;
  return { spans, newline: another === undefined ? newline : null, cellCount, rest: start, problem };
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
