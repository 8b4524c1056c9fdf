/** Why something asked for was not done; the meaning of each stands in the schema. */
export const UserErrorCode = {
  NOT_FOUND: "NOT_FOUND",
  INVALID_VALUE: "INVALID_VALUE",
  REQUIRED: "REQUIRED",
  DUPLICATE_NAME: "DUPLICATE_NAME",
  DUPLICATE_ID: "DUPLICATE_ID",
  INVALID_STATE: "INVALID_STATE",
  VERSION_CONFLICT: "VERSION_CONFLICT",
  TEMPLATE_IN_USE: "TEMPLATE_IN_USE",
  LAST_PLAYBACK: "LAST_PLAYBACK",
  NO_PLAYBACK: "NO_PLAYBACK",
  NOT_APPLICABLE: "NOT_APPLICABLE",
  URL_COUNT: "URL_COUNT",
  URL_NOT_ALLOWED: "URL_NOT_ALLOWED",
  FAILOVER_NOT_SUPPORTED: "FAILOVER_NOT_SUPPORTED",
  UNSUPPORTED_BY_ENCODER: "UNSUPPORTED_BY_ENCODER",
  PACKAGE_REQUIRED: "PACKAGE_REQUIRED",
  CONFIRMATION_REQUIRED: "CONFIRMATION_REQUIRED",
  NO_INGEST: "NO_INGEST",
  BACKUP_LOCKED: "BACKUP_LOCKED",
  EVENT_ENDED: "EVENT_ENDED",
  NOT_LIVE: "NOT_LIVE",
  NO_RECORDING: "NO_RECORDING",
  MESSAGING_DISABLED: "MESSAGING_DISABLED",
  TOO_MANY_ITEMS: "TOO_MANY_ITEMS",
  TOO_MANY_ROWS: "TOO_MANY_ROWS",
  FILE_TOO_LARGE: "FILE_TOO_LARGE",
  ALREADY_IN_STATE: "ALREADY_IN_STATE",
  ACCESS_LEVEL_REQUIRED: "ACCESS_LEVEL_REQUIRED",
  USED_BY_EVENT: "USED_BY_EVENT",
  CSV_INVALID: "CSV_INVALID",
  COUNT_CHANGED: "COUNT_CHANGED",
  IDEMPOTENCY_KEY_REUSED: "IDEMPOTENCY_KEY_REUSED",
} as const;

export type UserErrorCode = (typeof UserErrorCode)[keyof typeof UserErrorCode];

/** A refusal as the caller sees it: `path` says where in the input, `conflictingId` what already stands there. */
export interface UserError {
  readonly code: UserErrorCode;
  readonly message: string;
  readonly path: readonly string[];
  readonly conflictingId?: string;
}

/** The same errors further down in the input. */
export function prefixed(errors: readonly UserError[], prefix: readonly string[]): UserError[] {
  return errors.map((error) => ({ ...error, path: [...prefix, ...error.path] }));
}

/** Thrown by a verb that refuses; it changes nothing, and the payload's `userErrors` carry the reasons. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly errors: readonly UserError[];

  constructor(...errors: readonly UserError[]) {
    super(errors.map((error) => `${error.code}: ${error.message}`).join("; "));
    this.errors = errors;
  }
}

/** Faults that stand at the top level of a GraphQL answer; anything else is masked as INTERNAL_SERVER_ERROR. */
export const FaultCode = {
  BAD_USER_INPUT: "BAD_USER_INPUT",
  BAD_REQUEST: "BAD_REQUEST",
  OPERATION_NOT_ALLOWED: "OPERATION_NOT_ALLOWED",
  QUERY_TOO_COMPLEX: "QUERY_TOO_COMPLEX",
  UNAUTHENTICATED: "UNAUTHENTICATED",
  FORBIDDEN: "FORBIDDEN",
  RATE_LIMITED: "RATE_LIMITED",
  PAYLOAD_TOO_LARGE: "PAYLOAD_TOO_LARGE",
  IDEMPOTENCY_IN_PROGRESS: "IDEMPOTENCY_IN_PROGRESS",
  TIMEOUT: "TIMEOUT",
  SERVICE_UNAVAILABLE: "SERVICE_UNAVAILABLE",
} as const;

export type FaultCode = (typeof FaultCode)[keyof typeof FaultCode];

/** A fault with a message that is safe to show: the only errors whose text reaches a caller unmasked. */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly code: FaultCode;
  /** After how long the same call may be made again; null when time alone changes nothing. */
  readonly retryAfterSeconds: number | null;

  constructor(code: FaultCode, message: string, options: ErrorOptions & { readonly retryAfterSeconds?: number } = {}) {
    super(message, options);
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
  }
}
