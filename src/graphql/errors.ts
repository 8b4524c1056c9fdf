import { HeaderMap } from "@apollo/server";
import { GraphQLError, type GraphQLFormattedError } from "graphql";
import { findFault, sqlState } from "../database/sql-state.ts";
import { TOKEN_LIMIT } from "./document-text.ts";
import { hideValues } from "./hide-values.ts";
import { type Fault, FaultCode, Refusal } from "../shared/user-error.ts";

/** Every code that can stand at the top level of an answer, with the HTTP status of an answer that is nothing but this error. */
export const ERROR_STATUS = {
  GRAPHQL_PARSE_FAILED: 400,
  GRAPHQL_VALIDATION_FAILED: 400,
  OPERATION_RESOLUTION_FAILURE: 400,
  BAD_USER_INPUT: 400,
  BAD_REQUEST: 400,
  OPERATION_NOT_ALLOWED: 400,
  QUERY_TOO_COMPLEX: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  RATE_LIMITED: 429,
  PAYLOAD_TOO_LARGE: 413,
  IDEMPOTENCY_IN_PROGRESS: 409,
  IDEMPOTENCY_KEY_REUSED: 409,
  TIMEOUT: 504,
  SERVICE_UNAVAILABLE: 503,
  INTERNAL_SERVER_ERROR: 500,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

/** Most errors of one answer. */
export const ERROR_COUNT_LIMIT = 5;

/** Most places of one error: of a name that is given again and again, each would be told. */
const LOCATION_LIMIT = 10;

const MASK = "Something went wrong on our side. The request id names it in our logs.";

/** Codes of refused documents and variables, of which graphql-js wrote the messages for the caller's eyes. */
const GRAPHQL_CODES: ReadonlySet<string> = new Set([
  "GRAPHQL_PARSE_FAILED",
  "GRAPHQL_VALIDATION_FAILED",
  "OPERATION_RESOLUTION_FAILURE",
  "BAD_USER_INPUT",
  "BAD_REQUEST",
] satisfies ErrorCode[]);

/**
 * What a caller sees of an error: faults and graphql-js's own refusals as they are; everything else is one sentence, since messages
 * of libraries have carried connection strings. No stack ever.
 */
export function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const { locations, path } = formatted;
  const { code, message } = describeError(error, formatted);
  return { message, ...(locations && { locations: locations.slice(0, LOCATION_LIMIT) }), ...(path && { path }), extensions: { code } };
}

/** Whether an error says nothing of ours to the caller, and so has to be found in the log. */
export function isMasked(error: unknown): boolean {
  return describeError(error, error instanceof GraphQLError ? error.toJSON() : { message: "" }).code === "INTERNAL_SERVER_ERROR";
}

/** A fault as graphql-js and Apollo want it, with its HTTP status. */
export function toGraphQLError(fault: Fault): GraphQLError {
  const headers = fault.retryAfterSeconds === null ? null : new HeaderMap([["retry-after", String(fault.retryAfterSeconds)]]);
  return new GraphQLError(fault.message, {
    originalError: fault,
    extensions: { code: fault.code, http: { status: ERROR_STATUS[fault.code], ...(headers && { headers }) } },
  });
}

function describeError(error: unknown, formatted: GraphQLFormattedError): { readonly code: ErrorCode; readonly message: string } {
  const cause = innermost(error);
  const fault = findFault(cause);
  if (fault) return { code: fault.code, message: fault.message };
  if (cause instanceof Refusal) return { code: FaultCode.BAD_USER_INPUT, message: cause.errors.map(({ message }) => message).join(" ") };
  const state = sqlState(cause);
  if (state?.startsWith("22")) return { code: FaultCode.BAD_USER_INPUT, message: "A value in the request is not one that can be stored." };
  if (state?.startsWith("23"))
    return { code: FaultCode.BAD_USER_INPUT, message: "The request conflicts with what is stored. Read again, and try again." };
  return describeOwn(cause, formatted);
}

/** Errors of graphql-js and Apollo themselves are told; those that a resolver threw are not. */
function describeOwn(cause: unknown, formatted: GraphQLFormattedError): { readonly code: ErrorCode; readonly message: string } {
  const code = formatted.extensions?.["code"];
  if (cause instanceof GraphQLError && typeof code === "string" && GRAPHQL_CODES.has(code)) {
    if (code === "GRAPHQL_PARSE_FAILED" && TOKENS_EXCEEDED.test(formatted.message)) return TOO_MANY_TOKENS;
    return { code: code as ErrorCode, message: hideValues(formatted.message, cause.message) };
  }
  return { code: "INTERNAL_SERVER_ERROR", message: MASK };
}

/** How graphql-js says that it stopped parsing. */
const TOKENS_EXCEEDED = /^Syntax Error: Document contains more tha[nt] \d+ tokens\./;
const TOO_MANY_TOKENS = {
  code: FaultCode.QUERY_TOO_COMPLEX,
  message: `Send a document of at most ${TOKEN_LIMIT.toLocaleString("en")} tokens.`,
} as const;

function innermost(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? innermost(error.originalError) : error;
}

/** How graphql-js begins to tell of names that are near to a wrong one; always the end of what it says. */
const SUGGESTION = " Did you mean ";
/** Most characters of a message: a wrong name is repeated in it, however long it is. */
const MESSAGE_LENGTH_LIMIT = 1_000;

/** Puts the request id in, keeps the first few, and leaves out suggestions of names for those who may not read the schema. */
export function finishErrors(
  errors: readonly GraphQLFormattedError[],
  { requestId, mayIntrospect }: { readonly requestId: string; readonly mayIntrospect: boolean },
): readonly GraphQLFormattedError[] {
  return errors.slice(0, ERROR_COUNT_LIMIT).map((error) => ({
    ...error,
    message: cut(mayIntrospect ? error.message : withoutSuggestion(error.message)),
    extensions: { ...error.extensions, requestId },
  }));
}

function withoutSuggestion(message: string): string {
  const start = message.indexOf(SUGGESTION);
  return start === -1 ? message : message.slice(0, start);
}

function cut(message: string): string {
  return message.length <= MESSAGE_LENGTH_LIMIT ? message : `${message.slice(0, MESSAGE_LENGTH_LIMIT)}…`;
}
