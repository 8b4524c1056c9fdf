/** Why a cell, a row or a whole file was refused; the meaning of each stands in the schema. */
export const CsvImportErrorCode = {
  MISSING_HEADER: "MISSING_HEADER",
  UNKNOWN_HEADER: "UNKNOWN_HEADER",
  DUPLICATE_HEADER: "DUPLICATE_HEADER",
  EMPTY_FILE: "EMPTY_FILE",
  ENCODING: "ENCODING",
  MALFORMED: "MALFORMED",
  TOO_MANY_ROWS: "TOO_MANY_ROWS",
  FILE_TOO_LARGE: "FILE_TOO_LARGE",
  REQUIRED: "REQUIRED",
  UNKNOWN_TYPE: "UNKNOWN_TYPE",
  UNSUPPORTED_TYPE: "UNSUPPORTED_TYPE",
  INVALID_BOOLEAN: "INVALID_BOOLEAN",
  INVALID_NUMBER: "INVALID_NUMBER",
  OUT_OF_RANGE: "OUT_OF_RANGE",
  NOT_A_MULTIPLE: "NOT_A_MULTIPLE",
  INVALID_URL: "INVALID_URL",
  URL_NOT_ALLOWED: "URL_NOT_ALLOWED",
  URL_COUNT: "URL_COUNT",
  NOT_APPLICABLE: "NOT_APPLICABLE",
  TEMPLATE_NOT_FOUND: "TEMPLATE_NOT_FOUND",
  DUPLICATE_NAME: "DUPLICATE_NAME",
  NAME_EXISTS: "NAME_EXISTS",
  TOO_LONG: "TOO_LONG",
  INVALID_VALUE: "INVALID_VALUE",
  SESSION_NOT_STOPPED: "SESSION_NOT_STOPPED",
  INPUT_TYPE_FIXED: "INPUT_TYPE_FIXED",
} as const;
export type CsvImportErrorCode = (typeof CsvImportErrorCode)[keyof typeof CsvImportErrorCode];

/** One thing wrong in a file. */
export interface CsvImportError {
  /** Record number with the header as 1; null for the file as a whole. */
  readonly row: number | null;
  /** The header as it stands in the file; null for the whole row. */
  readonly column: string | null;
  /** The cell, cut and with its secrets masked; null where there is none. */
  readonly value: string | null;
  readonly message: string;
  readonly code: CsvImportErrorCode;
}
