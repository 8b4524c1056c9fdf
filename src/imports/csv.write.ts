import { protectFormula } from "./csv.formula.ts";
import type { CsvDelimiter } from "./csv.read.ts";

const NEWLINE = "\r\n";

/** Any reader's delimiter or line end, a quote, or blanks at an end, which some readers take away. */
const NEEDS_QUOTES = /[",;\t\r\n]|^\s|\s$/;

/** Writes records as RFC 4180 says, every one with its line end; no cell of them runs as a formula. The header is taken as it is. */
export function writeCsv(header: readonly string[], records: readonly (readonly string[])[], delimiter: CsvDelimiter = ","): string {
  const lines = [header.map(quote).join(delimiter)];
  for (const cells of records) lines.push(cells.map((cell) => quote(protectFormula(cell))).join(delimiter));
  return `${lines.join(NEWLINE)}${NEWLINE}`;
}

function quote(cell: string): string {
  return NEEDS_QUOTES.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
