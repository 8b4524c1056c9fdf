import { describe, expect, it } from "vitest";
import { CSV_LENGTH_LIMIT, readCsv } from "../../src/imports/csv.read.ts";

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
