import { Field, InputType, Int, ObjectType, registerEnumType } from "type-graphql";
import { UserErrorsField } from "../graphql/payload.ts";
import { Cursor } from "../graphql/scalars.ts";
import { UploadScalar, type Upload } from "../graphql/upload.ts";
import { OutputType } from "../playbacks/playback.rules.ts";
import type { UserError } from "../shared/user-error.ts";
import { CsvImportErrorCode } from "./csv.error.ts";
import { ImportMode, ImportOutcome, InputType as SessionInputType } from "../sessions/session.rules.ts";

registerEnumType(CsvImportErrorCode, {
  name: "CsvImportErrorCode",
  description: "What is wrong with a cell, a row, the header or a whole file.",
  valuesConfig: {
    MISSING_HEADER: { description: "A required column is not in the header." },
    UNKNOWN_HEADER: { description: "The header has a column that the format does not know, or one without a name." },
    DUPLICATE_HEADER: { description: "A column is in the header twice." },
    EMPTY_FILE: { description: "The file has no header, or nothing below it." },
    ENCODING: { description: "The file is not text in one of the encodings that are read." },
    MALFORMED: { description: "A quote stands where CSV does not allow it, or a row has another number of cells than the header." },
    TOO_MANY_ROWS: { description: "The file has more than 20,000 rows of sessions." },
    FILE_TOO_LARGE: { description: "The file is larger than 20 MB." },
    REQUIRED: { description: "The cell is empty, and the rest of the row makes it necessary." },
    UNKNOWN_TYPE: { description: "No such input or output type; the message names the nearest one." },
    UNSUPPORTED_TYPE: { description: "An input or output type that sessions may have, but not by CSV." },
    INVALID_BOOLEAN: { description: "Neither TRUE nor FALSE." },
    INVALID_NUMBER: { description: "Not a number written in plain digits." },
    OUT_OF_RANGE: { description: "A number outside of the range that the message names." },
    NOT_A_MULTIPLE: { description: "A number within its range that is not a multiple of what the message names." },
    INVALID_URL: { description: "Not a URL or path that this type of input or output takes." },
    URL_NOT_ALLOWED: { description: "A URL whose scheme, host, address or option, or a path that this installation does not allow." },
    URL_COUNT: { description: "Another number of URLs than the output takes, for most types one for each rendition of the template." },
    NOT_APPLICABLE: { description: "The cell is filled in, and its column does not apply to the row's types or settings." },
    TEMPLATE_NOT_FOUND: { description: "There is no template of this name; the message names the nearest one." },
    DUPLICATE_NAME: { description: "An earlier row of the file has this name, letter case aside." },
    NAME_EXISTS: { description: "A session of this name is already there, letter case aside." },
    TOO_LONG: { description: "The text is longer than the message says." },
    INVALID_VALUE: { description: "The value breaks another rule, which the message names." },
    SESSION_NOT_STOPPED: { description: "The change needs the session to be STOPPED." },
    INPUT_TYPE_FIXED: { description: "The input type of a session can never change." },
  },
});

@ObjectType("CsvImportError", { description: "One thing that is wrong in a CSV file.", simpleResolvers: true })
export class CsvImportErrorType {
  @Field(() => Int, {
    nullable: true,
    description: "Record number with the header as 1, as a spreadsheet shows it; null for the file as a whole.",
  })
  row!: number | null;

  @Field(() => String, { nullable: true, description: "The header as it stands in the file; null for the whole row or file." })
  column!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The cell, cut at 100 characters and with secrets masked; null where there is no cell.",
  })
  value!: string | null;

  @Field(() => String, { description: "One sentence for a person, which says what is allowed." })
  message!: string;

  @Field(() => CsvImportErrorCode, { description: "What kind of error this is: programs decide by it." })
  code!: CsvImportErrorCode;
}

@ObjectType("CsvSkippedRow", { description: "A row that describes no session and was passed over.", simpleResolvers: true })
export class CsvSkippedRowType {
  @Field(() => Int, { description: "Record number with the header as 1." })
  row!: number;

  @Field(() => String, { description: "Why, in one sentence: the row is blank, a comment, or holds release information." })
  reason!: string;
}

@ObjectType("CsvImportedSession", { description: "What became of one row of an import.", simpleResolvers: true })
export class CsvImportedSessionType {
  @Field(() => Int, { description: "Record number with the header as 1." })
  row!: number;

  @Field(() => String, { description: "The session's name, as the row gives it." })
  name!: string;

  @Field(() => String, { nullable: true, description: "The new session's short public id; null in a dry run." })
  streamId!: string | null;

  @Field(() => ImportOutcome, { description: "What became of the row." })
  outcome!: ImportOutcome;

  @Field(() => [String], { description: "Headers of the columns that changed an existing session; empty for a new one." })
  changed!: readonly string[];
}

@InputType("ImportSessionsCsvInput", { description: "A CSV file of sessions to create or change, all of them or none." })
export class ImportSessionsCsvInputType {
  @Field(() => String, {
    nullable: true,
    description:
      "The file's text: a header row and one row for each session, separated by commas, semicolons or tabs; at most what a request of 1 MB holds. Exactly one of `csv` and `file`.",
  })
  csv?: string | null;

  @Field(() => UploadScalar, {
    nullable: true,
    description:
      "The file as an upload, of at most 20 MB and 20,000 rows of sessions: UTF-8, or UTF-16 with a byte order mark. Exactly one of `csv` and `file`.",
  })
  file?: Upload | null;

  @Field(() => String, { nullable: true, description: "The region that the sessions are put in; left out: the installation's own." })
  region?: string | null;

  @Field(() => ImportMode, {
    nullable: true,
    defaultValue: ImportMode.CREATE,
    description: "What becomes of rows whose name a session already has; left out: CREATE.",
  })
  mode?: ImportMode | null;

  @Field(() => Boolean, { nullable: true, defaultValue: false, description: "Check everything and write nothing." })
  dryRun?: boolean | null;

  @Field(() => String, {
    nullable: true,
    description:
      "At most 200 characters, your own: the same call with the same key is done once and answered alike for 48 hours. A rejected file is not kept.",
  })
  idempotencyKey?: string | null;
}

@ObjectType("ImportSessionsCsvPayload", { description: "What became of a CSV file of sessions.", simpleResolvers: true })
export class ImportSessionsCsvPayload {
  @Field(() => Boolean, { description: "Whether the sessions were created: false when anything was refused, and in a dry run." })
  imported!: boolean;

  @Field(() => Boolean, { description: "Whether this only tells what would happen." })
  dryRun!: boolean;

  @Field(() => Int, { description: "How many rows describe sessions; skipped rows are not among them." })
  rowCount!: number;

  @Field(() => Int, { description: "How many rows were passed over." })
  skippedRowCount!: number;

  @Field(() => [CsvSkippedRowType], { description: "The rows that were passed over and why, at most 1,000." })
  skippedRows!: readonly CsvSkippedRowType[];

  @Field(() => [CsvImportedSessionType], {
    description: "One for each row, in the order of the file; in a dry run what would be created. Empty when anything was refused.",
  })
  sessions!: readonly CsvImportedSessionType[];

  @Field(() => [CsvImportErrorType], { description: "All errors of all rows, by row and then by column, at most 1,000." })
  errors!: readonly CsvImportErrorType[];

  @Field(() => Int, { description: "How many errors there are in all." })
  errorCount!: number;

  @Field(() => Boolean, { description: "Whether there are more errors than are listed." })
  errorsTruncated!: boolean;

  @Field(() => String, {
    nullable: true,
    description:
      "The file with an `error` column added, to mend in place and send again; with a byte order mark if the file had one. Null when nothing was wrong, or the file could not be read as CSV.",
  })
  errorCsv!: string | null;

  @Field(() => Cursor, {
    nullable: true,
    description: "The position of this write: subscribe after it and miss nothing of what follows. Null when nothing was written.",
  })
  cursor!: string | null;

  @UserErrorsField()
  userErrors!: readonly UserError[];
}

@ObjectType("CsvExport", { description: "Sessions as a CSV file.", simpleResolvers: true })
export class CsvExportType {
  @Field(() => String, { description: "A name for the file." })
  filename!: string;

  @Field(() => String, {
    description: "The file's text: a header row, a row that tells the release, then one row for each session, in the order of their names.",
  })
  csv!: string;

  @Field(() => Int, { description: "How many sessions it holds, those with a comment included." })
  rowCount!: number;

  @Field(() => Int, { description: "How many of them cannot be imported as they are: their comment tells why, and an import skips them." })
  commentedRowCount!: number;
}

@ObjectType("CsvColumn", { description: "A column of the CSV format, as import and export know it.", simpleResolvers: true })
export class CsvColumnType {
  @Field(() => String, { description: "Its name in the first line of a file, in any letter case." })
  header!: string;

  @Field(() => Boolean, { description: "Whether every file has to have the column, and every row a value in it." })
  isRequired!: boolean;

  @Field(() => String, { description: "Which sessions may fill it in, in words." })
  appliesTo!: string;

  @Field(() => String, { description: "What it means and what may stand in it, for people." })
  description!: string;

  @Field(() => String, { nullable: true, description: "A value as it may stand in a cell; null where there is none to show." })
  example!: string | null;

  @Field(() => [SessionInputType], {
    nullable: true,
    description: "The input types that it applies to; null where the input does not matter.",
  })
  inputTypes!: readonly SessionInputType[] | null;

  @Field(() => [OutputType], {
    nullable: true,
    description: "The output types that it applies to; null where the output does not matter.",
  })
  outputTypes!: readonly OutputType[] | null;
}
