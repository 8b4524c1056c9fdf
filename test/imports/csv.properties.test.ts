import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unprotectFormula } from "../../src/imports/csv.formula.ts";
import { openImportFile } from "../../src/imports/csv.import-file.ts";
import { readCsv } from "../../src/imports/csv.read.ts";
import { writeCsv } from "../../src/imports/csv.write.ts";

function cellsOf(text: string): readonly (readonly string[])[] | null {
  const { table } = readCsv(text);
  return table && [table.header, ...table.records.map((record) => record.cells)];
}

/** Texts that have hurt a CSV reader or a spreadsheet before. */
const NAUGHTY = [
  "=1+1",
  "'=1+1",
  "''=x",
  "+1",
  "-1",
  "-1.5",
  "-",
  "--",
  "@sum",
  "\t=x",
  "\r",
  "\n",
  "\r\n",
  '"',
  '""',
  '"a"',
  "'",
  "''",
  ",",
  ";",
  "\t",
  "a\tb",
  "=cmd|' /C calc'!A0",
  "=\nSUM(A1)",
  "-1+\n2",
  "FALSE",
  "0x10",
  "1e3",
  "__proto__",
  "\uFEFF",
  "\uFEFFa",
  "İ",
  "é",
  "e\u0301",
  "😀",
  "\u2028",
  "NUL",
  " ",
  "  a  ",
  "\u00a0",
];
const naughty = fc.oneof(
  fc.constantFrom(...NAUGHTY),
  fc.string({ unit: "binary" }),
  fc.array(fc.constantFrom(...NAUGHTY)).map((parts) => parts.join("")),
);

describe("reading what was written", () => {
  it("gives every cell back as it was, with every delimiter", () => {
    const table = fc
      .integer({ min: 2, max: 5 })
      .chain((width) => fc.array(fc.array(naughty, { minLength: width, maxLength: width }), { maxLength: 6 }));
    fc.assert(
      fc.property(table, fc.constantFrom(",", ";", "\t"), (records, delimiter) => {
        // Never a delimiter that it does not have: which one it is, is told by the header.
        const header = (records[0] ?? ["", ""]).map((cell, index) => `${/[,;\t"\r\n]/.test(cell) ? "" : cell} ${index}`);
        expect(cellsOf(writeCsv(header, records, delimiter))).toEqual([header, ...records]);
      }),
      { numRuns: 2_000 },
    );
  });

  it("gives cells back that begin harmlessly for a spreadsheet", () => {
    fc.assert(
      fc.property(naughty, (cell) => {
        const [, line = ""] = /^a,b\r\n([\s\S]*)$/.exec(writeCsv(["a", "b"], [["x", cell]])) ?? [];
        const written = line.slice(2, -2).replace(/^"/, "");
        expect(/^[=+\-@\t\r]/.test(written) && !/^-\d+(\.\d+)?$/.test(written)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("any text at all", () => {
  const soup = fc
    .array(fc.constantFrom('"', '""', ",", ";", "\t", "\n", "\r", "\r\n", " ", "a", "=", "'", "é"))
    .map((parts) => parts.join(""));

  it("is read as a strict reader would read it, or refused", () => {
    fc.assert(
      fc.property(soup, (text) => {
        const { table, error } = readCsv(text);
        if (error) return;
        const rows = strictly(text, table.delimiter).map((cells) => cells.map(unprotectFormula));
        expect([table.header, ...table.records.map((record) => record.cells)]).toEqual(rows);
      }),
      { numRuns: 5_000 },
    );
  });

  it("is read alike in whatever pieces it comes in, in every encoding", () => {
    const encodings: readonly ((text: string) => Buffer)[] = [
      (text) => Buffer.from(text),
      (text) => Buffer.from(`\uFEFF${text}`),
      (text) => Buffer.from(`\uFEFF${text}`, "utf16le"),
      (text) => Buffer.from(`\uFEFF${text}`, "utf16le").swap16(),
    ];
    const readIn = (bytes: Buffer, sizes: readonly number[]) => {
      const reader = openImportFile();
      let start = 0;
      for (const size of sizes) {
        if (!reader.push(bytes.subarray(start, start + size))) break;
        start += size;
      }
      reader.push(bytes.subarray(start));
      const { table, errors } = reader.end();
      return { table, errors };
    };
    fc.assert(
      fc.property(soup, fc.constantFrom(...encodings), fc.array(fc.integer({ min: 0, max: 7 })), (text, encode, sizes) => {
        expect(readIn(encode(text), sizes)).toEqual(readIn(encode(text), []));
      }),
      { numRuns: 5_000 },
    );
  });

  /** RFC 4180, one character at a time, with every kind of line end. */
  function strictly(text: string, delimiter: string): string[][] {
    const rows: string[][] = [[]];
    let cell = "";
    let isQuoted = false;
    let hasContent = false;
    for (let index = 0; index < text.length; index += 1) {
      const character = text[index] ?? "";
      if (isQuoted) {
        if (character !== '"') cell += character;
        else if (text[index + 1] === '"') cell += text[(index += 1)];
        else isQuoted = false;
      } else if (character === '"') {
        isQuoted = hasContent = true;
      } else if (character === delimiter) {
        rows.at(-1)?.push(cell);
        cell = "";
        hasContent = true;
      } else if (character === "\r" || character === "\n") {
        if (character === "\r" && text[index + 1] === "\n") index += 1;
        rows.at(-1)?.push(cell);
        rows.push([]);
        cell = "";
        hasContent = false;
      } else {
        cell += character;
        hasContent = true;
      }
    }
    if (hasContent) rows.at(-1)?.push(cell);
    else rows.pop();
    return rows;
  }
});
