import { FileFormat, OutputType } from "../playbacks/playback.rules.ts";
import { InputType } from "../sessions/session.rules.ts";
import { problem, type ParsedCell } from "./csv.cells.ts";
import { CSV_INPUT_TYPES, CSV_OUTPUT_TYPES, csvTypeName } from "./csv.columns.ts";
import { CsvImportErrorCode } from "./csv.error.ts";
import { nearest } from "./csv.nearest.ts";

/** An input type as files spell it, in any case. */
export const parseInputType = typeParser(Object.values(InputType), CSV_INPUT_TYPES);

/** An output type as files spell it, in any case. */
export const parseOutputType = typeParser(Object.values(OutputType), CSV_OUTPUT_TYPES);

/** A file format in any case. */
export function parseFileFormat(cell: string): ParsedCell<FileFormat> {
  const word = cell.trim().toUpperCase();
  const format = Object.values(FileFormat).find((value) => value === word);
  return format ? { value: format } : problem(CsvImportErrorCode.INVALID_VALUE, "must be mkv or mp4");
}

function typeParser<T extends InputType | OutputType>(all: readonly T[], supported: readonly T[]) {
  const byName = new Map<string, T>(
    all.flatMap((type) => [
      [csvTypeName(type), type],
      [type.toLowerCase(), type],
    ]),
  );
  const names = supported.map(csvTypeName);
  return (cell: string): ParsedCell<T> => {
    const name = cell.trim().toLowerCase();
    const type = byName.get(name);
    if (type === undefined) {
      const suggestion = nearest(name, names);
      const hint = suggestion === null ? "" : `; did you mean ${suggestion}?`;
      return problem(CsvImportErrorCode.UNKNOWN_TYPE, `must be one of ${names.join(", ")}${hint}`);
    }
    if (supported.includes(type)) return { value: type };
    return problem(CsvImportErrorCode.UNSUPPORTED_TYPE, `must be one of ${names.join(", ")}; ${name} is not supported by CSV`);
  };
}
