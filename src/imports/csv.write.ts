import { protectFormula } from "./csv.formula.ts";
import type { CsvDelimiter } from "./csv.read.ts";

/** Ends a record. */
export const NEWLINE = "\r\n";

/** Any reader's delimiter or line end, a quote, or blanks at an end, which some readers take away. */
const NEEDS_QUOTES = /[",;\t\r\n]|^\s|\s$/;

/** Writes records as RFC 4180 says, every one with its line end; no cell of them runs as a formula, those of the header among them. */
export function writeCsv(header: readonly string[], records: readonly (readonly string[])[], delimiter: CsvDelimiter = ","): string {
  return writeRecords([header, ...records], delimiter);
}

/** The records alone, for a file that is written in parts. */
export function writeRecords(records: readonly (readonly string[])[], delimiter: CsvDelimiter = ","): string {
  let text = "";
  for (const cells of records) {
    for (const [index, cell] of cells.entries()) text += (index === 0 ? "" : delimiter) + (cell === "" ? "" : quote(protectFormula(cell)));
    text += NEWLINE;
  }
  return text;
}

function quote(cell: string): string {
  return NEEDS_QUOTES.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
