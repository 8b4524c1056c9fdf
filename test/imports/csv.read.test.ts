import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unprotectFormula } from "../../src/imports/csv.formula.ts";
import { CSV_LENGTH_LIMIT, readCsv } from "../../src/imports/csv.read.ts";
import { writeCsv } from "../../src/imports/csv.write.ts";

function cellsOf(text: string): readonly (readonly string[])[] | null {
  const { table } = readCsv(text);
  return table && [table.header, ...table.records.map((record) => record.cells)];
}

describe("what is read", () => {
  it.each<[what: string, text: string, cells: string[][]]>([
    [
      "commas",
      "a,b\n1,2\n",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      "semicolons",
      "a;b\n1,5;2\n",
      [
        ["a", "b"],
        ["1,5", "2"],
      ],
    ],
    [
      "tabs",
      "a\tb\n1;2\t3,4\n",
      [
        ["a", "b"],
        ["1;2", "3,4"],
      ],
    ],
    ["one column", "a\n1\n", [["a"], ["1"]]],
    [
      "CRLF",
      "a,b\r\n1,2\r\n",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      "CR",
      "a,b\r1,2\r",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      "mixed line ends",
      "a,b\r\n1,2\n3,4\r5,6",
      [
        ["a", "b"],
        ["1", "2"],
        ["3", "4"],
        ["5", "6"],
      ],
    ],
    [
      "mixed line ends with quotes",
      'a,b\r\n"1\r\n",2\n"3\n",4\r5,"\r"',
      [
        ["a", "b"],
        ["1\r\n", "2"],
        ["3\n", "4"],
        ["5", "\r"],
      ],
    ],
    [
      "no line end at the end",
      "a,b\n1,2",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      "a byte order mark",
      "\uFEFFa,b\n1,2",
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      "a quoted header after a byte order mark",
      '\uFEFF"a","b"\n1,2',
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      "quotes in quotes",
      'a,b\n"say ""no""",2\n',
      [
        ["a", "b"],
        ['say "no"', "2"],
      ],
    ],
    [
      "a quoted cell at the end",
      'a,b\n1,"2"',
      [
        ["a", "b"],
        ["1", "2"],
      ],
    ],
    [
      "an empty quoted cell at the end",
      'a,b\n1,""',
      [
        ["a", "b"],
        ["1", ""],
      ],
    ],
    [
      "a delimiter in quotes",
      'a,b\n"1,2","3\n4"\n',
      [
        ["a", "b"],
        ["1,2", "3\n4"],
      ],
    ],
    [
      "a delimiter in a quoted header",
      '"a;b;c;d",b\n1,2\n',
      [
        ["a;b;c;d", "b"],
        ["1", "2"],
      ],
    ],
    ["blank rows", "a,b\n\n1,2\n\n", [["a", "b"], [""], ["1", "2"], [""]]],
    ["blank rows beside quotes", 'a,b\n\n"1",2\n\n', [["a", "b"], [""], ["1", "2"], [""]]],
    [
      "rows of delimiters",
      "a,b\n,\n1,2\n",
      [
        ["a", "b"],
        ["", ""],
        ["1", "2"],
      ],
    ],
    [
      "a delimiter at the end",
      "a,b\n1,",
      [
        ["a", "b"],
        ["1", ""],
      ],
    ],
    [
      "a delimiter at the end, with quotes",
      'a,b\n"1",',
      [
        ["a", "b"],
        ["1", ""],
      ],
    ],
    ["ragged rows", "a,b\n1\n1,2,3\n", [["a", "b"], ["1"], ["1", "2", "3"]]],
    [
      "names of the language",
      "__proto__,constructor\n1,2\n",
      [
        ["__proto__", "constructor"],
        ["1", "2"],
      ],
    ],
    [
      "a header twice",
      "a,a\n1,2\n",
      [
        ["a", "a"],
        ["1", "2"],
      ],
    ],
    [
      "blanks as they are",
      "a,b\n 1 ,2 \n",
      [
        ["a", "b"],
        [" 1 ", "2 "],
      ],
    ],
    [
      "one protective apostrophe less",
      "a,b\n'=1,''=1\n",
      [
        ["a", "b"],
        ["=1", "'=1"],
      ],
    ],
    [
      "other apostrophes as they are",
      "a,b\n'tis,'\n",
      [
        ["a", "b"],
        ["'tis", "'"],
      ],
    ],
  ])("%s", (_what, text, cells) => {
    expect(cellsOf(text)).toEqual(cells);
  });

  it("counts records, not lines", () => {
    const { table } = readCsv('a,b\n"x\ny\nz",1\n\n2,3\n');
    expect(table?.records.map((record) => record.row)).toEqual([2, 3, 4]);
    expect(table?.records[2]?.cells).toEqual(["2", "3"]);
  });

  it("tells the delimiter, so that an error file can be written alike", () => {
    expect([readCsv("a,b\n").table?.delimiter, readCsv("a;b\n").table?.delimiter, readCsv("a\tb\n").table?.delimiter]).toEqual([
      ",",
      ";",
      "\t",
    ]);
  });
});

describe("what is refused", () => {
  it.each<[what: string, text: string, error: object]>([
    ["nothing", "", { row: null, column: null, code: "EMPTY_FILE" }],
    ["blanks alone", "\uFEFF \r\n\n", { row: null, column: null, code: "EMPTY_FILE" }],
    ["a stray quote", 'a,b\n1,5" disk\n', { row: 2, column: "b", code: "MALFORMED" }],
    ["a quote after a blank", 'a,b\n1, "2"\n', { row: 2, column: "b", code: "MALFORMED" }],
    ["text after a quoted cell", 'a,b\n1,2\n"1"x,2\n', { row: 3, column: "a", code: "MALFORMED" }],
    ["a blank after a quoted cell", 'a,b\n"1" ,2\n', { row: 2, column: "a", code: "MALFORMED" }],
    ["a quote that is never closed", 'a,b\n\n1,"2\n3,4\n', { row: 3, column: "b", code: "MALFORMED" }],
    ["a quote too many at the end", 'a,b\n1,"2""', { row: 2, column: "b", code: "MALFORMED" }],
    ["a stray quote beyond the header", 'a,b\n1,2,3"\n', { row: 2, column: null, code: "MALFORMED" }],
    ["a stray quote in the header", 'a,b"\n1,2\n', { row: 1, column: null, code: "MALFORMED" }],
    ["too much", "x".repeat(CSV_LENGTH_LIMIT + 1), { row: null, column: null, code: "FILE_TOO_LARGE" }],
  ])("%s", (_what, text, error) => {
    const reading = readCsv(text);
    expect(reading.table).toBeNull();
    expect(reading.error).toMatchObject({ ...error, value: null, message: expect.stringMatching(/\.$/) as string });
  });
});

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
        const header = (records[0] ?? ["", ""]).map((_, index) => `column ${index}`);
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
        const [header, ...rows] = strictly(text, table.delimiter);
        expect([table.header, ...table.records.map((record) => record.cells)]).toEqual([
          header,
          ...rows.map((cells) => cells.map(unprotectFormula)),
        ]);
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
