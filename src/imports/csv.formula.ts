/** A cell that a spreadsheet would run, whatever number of apostrophes already stands before it. */
const FORMULA = /^'*[=+\-@\t\r\n]/;
const PROTECTED_FORMULA = /^'+[=+\-@\t\r\n]/;

/** A negative number is no formula, and `-1` has to stay what it is. */
const PLAIN_NUMBER = /^-(?:0|[1-9]\d*)(?:\.\d+)?$/;

/** Puts one apostrophe before a cell that a spreadsheet would run as a formula, and before one that looks so protected already. */
export function protectFormula(cell: string): string {
  return FORMULA.test(cell) && !PLAIN_NUMBER.test(cell) ? `'${cell}` : cell;
}

/** Takes exactly one protective apostrophe off again: the inverse of `protectFormula` for every text. */
export function unprotectFormula(cell: string): string {
  return PROTECTED_FORMULA.test(cell) ? cell.slice(1) : cell;
}
