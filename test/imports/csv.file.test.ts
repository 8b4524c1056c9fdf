import { describe, expect, it } from "vitest";
import { readImport } from "../../src/imports/csv.import-file.ts";
import { CSV_ROW_LIMIT } from "../../src/imports/csv.read.ts";
import { LISTED_LIMIT, rejectedImport } from "../../src/imports/csv.result.ts";
import { checkNames } from "../../src/imports/csv.names.ts";
import { checkRow } from "../../src/imports/csv.rules.ts";
import { writeCsv } from "../../src/imports/csv.write.ts";
import { FACTS, HTTP } from "./facts.ts";

const HEADER = Object.keys(HTTP);
const VALUES = Object.values(HTTP);

function checkFile(csv: string, existing: readonly string[] = []) {
  const file = readImport(csv);
  const rows = checkNames(
    (file.isReadable ? file.rows : []).map((record) => checkRow(record, file.header, FACTS)),
    file.header,
    new Set(existing),
  );
  const errors = [...file.errors, ...rows.flatMap((row) => row.errors)];
  return { file, errors, told: errors.map((error) => [error.row, error.column, error.code]) };
}

describe("a header", () => {
  it.each<[what: string, header: string[], told: unknown[]]>([
    ["in another case and with blanks around", HEADER.map((header) => ` ${header.toUpperCase()} `), []],
    ["with a comment column somewhere", [...HEADER, "Comment"], []],
    ["with the column of our own error file", [...HEADER, "error"], []],
    [
      "without two required columns",
      HEADER.slice(2),
      [
        [1, "name", "MISSING_HEADER"],
        [1, "input_type", "MISSING_HEADER"],
      ],
    ],
    ["with a column twice", [...HEADER, "NAME"], [[1, "NAME", "DUPLICATE_HEADER"]]],
    ["with a comment twice", [...HEADER, "comment", "Comment"], [[1, "Comment", "DUPLICATE_HEADER"]]],
    ["with an unknown column", [...HEADER, "input_url-b"], [[1, "input_url-b", "UNKNOWN_HEADER"]]],
    ["with a column without a name", [...HEADER, " "], [[1, " ", "UNKNOWN_HEADER"]]],
    [
      "with names of the language",
      [...HEADER, "__proto__", "constructor"],
      [
        [1, "__proto__", "UNKNOWN_HEADER"],
        [1, "constructor", "UNKNOWN_HEADER"],
      ],
    ],
    [
      "missing, unknown and twice: what is missing first",
      ["x", "name", "name"],
      [
        [1, "input_type", "MISSING_HEADER"],
        [1, "output_type", "MISSING_HEADER"],
        [1, "output_name", "MISSING_HEADER"],
        [1, "template_name", "MISSING_HEADER"],
        [1, "x", "UNKNOWN_HEADER"],
        [1, "name", "DUPLICATE_HEADER"],
      ],
    ],
  ])("%s", (_what, header, told) => {
    const row = header.map((name) => HTTP[name.trim().toLowerCase()] ?? "");
    expect(checkFile(writeCsv(header, [row])).told).toEqual(told);
  });

  it("names the nearest column", () => {
    expect(checkFile(writeCsv([...HEADER, "input_url-b"], [[...VALUES, ""]])).errors[0]?.message).toBe(
      "There is no column input_url-b. Did you mean input_urls-b?",
    );
  });

  it("with an unknown column does not keep the rows from being checked", () => {
    const told = checkFile(writeCsv([...HEADER, "x"], [[...VALUES.with(0, ""), ""]])).told;
    expect(told).toEqual([
      [1, "x", "UNKNOWN_HEADER"],
      [2, "name", "REQUIRED"],
    ]);
  });

  it("alone is an empty file", () => {
    expect(checkFile(writeCsv(HEADER, [])).told).toEqual([[null, null, "EMPTY_FILE"]]);
  });
});

describe("rows", () => {
  it("that describe no session are passed over and told, however many cells they have", () => {
    const csv = [
      `comment,${HEADER.join(",")}`,
      "Release 3.1",
      "Comment - not now",
      "",
      ",,,",
      `,${VALUES.join(",")}`,
      "COMMENT,x",
      `Release 2,${VALUES.join(",")}`,
    ].join("\n");
    const { file } = checkFile(csv);
    expect(file.skipped).toEqual([
      { row: 2, reason: "The row holds release information." },
      { row: 3, reason: "The row is a comment." },
      { row: 4, reason: "The row is blank." },
      { row: 5, reason: "The row is blank." },
      { row: 7, reason: "The row is a comment." },
    ]);
    expect(file.rows.map((record) => record.row)).toEqual([6, 8]);
  });

  it("with another number of cells are refused as a whole", () => {
    const { errors } = checkFile(`${HEADER.join(",")}\nonly,two\n${VALUES.join(",")},more\n`);
    expect(errors.map((error) => [error.row, error.column, error.code, error.message])).toEqual([
      [2, null, "MALFORMED", "The row has 2 cells, but the header has 7."],
      [3, null, "MALFORMED", "The row has 8 cells, but the header has 7."],
    ]);
  });

  it("have names of their own, in the file and among the sessions", () => {
    const names = ["One", "two", " ONE ", "Three", "\u00c9t\u00e9", "E\u0301te\u0301"];
    const { errors, told } = checkFile(
      writeCsv(
        HEADER,
        names.map((name) => VALUES.with(0, name)),
      ),
      ["three", "two"],
    );
    expect(told).toEqual([
      [3, "name", "NAME_EXISTS"],
      [4, "name", "DUPLICATE_NAME"],
      [5, "name", "NAME_EXISTS"],
      [7, "name", "DUPLICATE_NAME"],
    ]);
    expect(errors[1]?.message).toBe("name must be unique in the file: row 2 has this name.");
    expect(errors[1]?.value).toBe(" ONE ");
  });

  it("tell a taken name among their other errors, in the order of the columns", () => {
    const header = ["output_name", "name", "input_type", ...HEADER.filter((name) => !["name", "output_name", "input_type"].includes(name))];
    const row = header.map((name) => ({ ...HTTP, output_name: "", input_type: "x", "input_urls-a": "" })[name] ?? "");
    expect(checkFile(writeCsv(header, [row]), ["channel 5"]).told).toEqual([
      [2, "output_name", "REQUIRED"],
      [2, "name", "NAME_EXISTS"],
      [2, "input_type", "UNKNOWN_TYPE"],
    ]);
  });

  it("are at most so many", () => {
    const csv = `${HEADER.join(",")}\n${`${VALUES.join(",")}\n`.repeat(CSV_ROW_LIMIT + 1)}`;
    const file = readImport(csv);
    expect(file.errors.map((error) => [error.row, error.code])).toEqual([[null, "TOO_MANY_ROWS"]]);
    expect(rejectedImport(file, { dryRun: false, field: "csv" }, file.errors).userErrors.map((error) => error.code)).toEqual([
      "TOO_MANY_ROWS",
    ]);
    expect(readImport(csv.slice(0, csv.lastIndexOf("\n", csv.length - 2) + 1)).errors).toEqual([]);
  });
});

describe("the error file", () => {
  const reject = (csv: string) => {
    const { file, errors } = checkFile(csv);
    return rejectedImport(file, { dryRun: false, field: "csv" }, errors);
  };

  it("is the file as it was sent, with a column more that an import ignores", () => {
    const good = VALUES.with(0, '=say "no", 2');
    const bad = VALUES.with(0, "").with(1, "x");
    const { errorCsv, errorCount } = reject(
      writeCsv(
        ["comment", ...HEADER],
        [
          ["Comment - x", ...VALUES],
          ["", ...good],
          ["", ...bad],
        ],
        ";",
      ),
    );
    const again = readImport(errorCsv ?? "");
    expect(again.table?.delimiter).toBe(";");
    expect(again.table?.header).toEqual(["comment", ...HEADER, "error"]);
    expect(again.table?.records.map(({ cells }) => cells)).toEqual([
      ["Comment - x", ...VALUES, ""],
      ["", ...good, ""],
      ["", ...bad, expect.stringMatching(/^name must not be empty\. input_type must be one of /)],
    ]);
    expect(again.errors).toEqual([]);
    expect(errorCount).toBe(2);
  });

  it("sent again unmended has the same errors, and its column only once", () => {
    const first = reject(writeCsv(HEADER, [VALUES.with(0, ""), VALUES]));
    const second = reject(first.errorCsv ?? "");
    expect(second.errors).toEqual(first.errors);
    expect(second.errorCsv).toBe(first.errorCsv);
  });

  it("keeps every cell of a ragged row", () => {
    const { errorCsv } = reject(`${HEADER.join(",")}\n${VALUES.join(",")},more\nless\n`);
    const [long, short] = readImport(errorCsv ?? "").table?.records ?? [];
    expect(long?.cells).toEqual([...VALUES, "The row has 8 cells, but the header has 7.", "more"]);
    expect(short?.cells).toEqual(["less", "", "", "", "", "", "", "The row has 1 cell, but the header has 7."]);
  });

  it("tells what is wrong with the header in the first row", () => {
    expect(reject(writeCsv([...HEADER, "x"], [[...VALUES, "y"]])).errorCsv).toMatch(/Header: There is no column x\. Remove it\.\r\n$/);
  });

  it("is not made of a file that could not be read", () => {
    expect(reject('a,b\n"').errorCsv).toBeNull();
  });

  it("tells all errors, where the answer lists only so many", () => {
    const { errors, errorCount, errorsTruncated, errorCsv } = reject(
      writeCsv(
        HEADER,
        Array.from({ length: LISTED_LIMIT + 5 }, () => VALUES.with(0, "")),
      ),
    );
    expect([errors.length, errorCount, errorsTruncated]).toEqual([LISTED_LIMIT, LISTED_LIMIT + 5, true]);
    expect(errorCsv?.match(/must not be empty/g)).toHaveLength(LISTED_LIMIT + 5);
  });
});
