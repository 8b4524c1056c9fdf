import fc from "fast-check";
import { GraphQLError } from "graphql";
import { describe, expect, it } from "vitest";
import { ERROR_STATUS, finishErrors, formatError, isMasked, toGraphQLError } from "../../src/graphql/errors.ts";
import { Fault, FaultCode, Refusal, UserErrorCode } from "../../src/shared/user-error.ts";

const CODES = [
  "BAD_REQUEST",
  "BAD_USER_INPUT",
  "FORBIDDEN",
  "GRAPHQL_PARSE_FAILED",
  "GRAPHQL_VALIDATION_FAILED",
  "IDEMPOTENCY_IN_PROGRESS",
  "IDEMPOTENCY_KEY_REUSED",
  "INTERNAL_SERVER_ERROR",
  "OPERATION_NOT_ALLOWED",
  "OPERATION_RESOLUTION_FAILURE",
  "PAYLOAD_TOO_LARGE",
  "QUERY_TOO_COMPLEX",
  "RATE_LIMITED",
  "SERVICE_UNAVAILABLE",
  "TIMEOUT",
  "UNAUTHENTICATED",
];

/** As graphql-js hands on what a resolver threw. */
function thrown(error: unknown, code?: string) {
  const wrapped = new GraphQLError(error instanceof Error ? error.message : "?", {
    path: ["field"],
    originalError: error as Error,
    ...(code && { extensions: { code } }),
  });
  return { wrapped, formatted: formatError({ ...wrapped.toJSON(), extensions: { code: code ?? "INTERNAL_SERVER_ERROR" } }, wrapped) };
}

const sqlError = (state: string) =>
  Object.assign(new Error("Failed query"), { cause: Object.assign(new Error('invalid byte sequence, near "secret"'), { code: state }) });

describe("codes at the top level", () => {
  it("are a closed list", () => {
    expect(Object.keys(ERROR_STATUS).toSorted()).toEqual(CODES);
    for (const code of Object.values(FaultCode)) expect(CODES).toContain(code);
  });

  it("are of that list whatever an error says of itself", () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string(), { nil: undefined }), fc.boolean(), (message, code, isOurs) => {
        const error = isOurs
          ? new GraphQLError(message, { extensions: { code } })
          : Object.assign(new Error(message), { code, extensions: { code } });
        expect(CODES).toContain(thrown(error, code).formatted.extensions!["code"]);
      }),
    );
  });
});

describe("what a caller sees", () => {
  it("of a fault is its own words", () => {
    const { wrapped, formatted } = thrown(
      new Fault(FaultCode.SERVICE_UNAVAILABLE, "Try again.", { cause: new Error("postgres://user:secret@host") }),
    );
    expect(formatted).toEqual({ message: "Try again.", path: ["field"], extensions: { code: "SERVICE_UNAVAILABLE" } });
    expect(isMasked(wrapped)).toBe(false);
  });

  it("of a fault that a library wrapped is the same", () => {
    const { formatted } = thrown(new Error("Failed query: select", { cause: new Fault(FaultCode.TIMEOUT, "Too slow.") }));
    expect(formatted).toMatchObject({ message: "Too slow.", extensions: { code: "TIMEOUT" } });
  });

  it.each([
    ["a library's error", new Error("connect postgres://user:secret@host")],
    ["a library's GraphQL error", new GraphQLError("secret", { extensions: { code: "SECRET" } })],
    ["something that is no error", "secret"],
    ["graphql-js's own complaint about our data", new Error("Cannot return null for non-nullable field Query.secret.")],
  ])("of %s is that something went wrong", (_, error) => {
    const { wrapped, formatted } = thrown(error);
    expect(JSON.stringify(formatted)).not.toContain("secret");
    expect(formatted.extensions).toEqual({ code: "INTERNAL_SERVER_ERROR" });
    expect(isMasked(wrapped)).toBe(true);
  });

  it.each(["22P05", "22021", "22003", "23505"])("of SQLSTATE %s is a mistake of the caller's", (state) => {
    const { formatted } = thrown(sqlError(state));
    expect(formatted.extensions).toEqual({ code: "BAD_USER_INPUT" });
    expect(formatted.message).not.toContain("secret");
  });

  it("of SQLSTATE 42601 is that something went wrong", () => {
    expect(thrown(sqlError("42601")).formatted.extensions).toEqual({ code: "INTERNAL_SERVER_ERROR" });
  });

  it("of a refusal outside of a mutation is why", () => {
    const { formatted } = thrown(new Refusal({ code: UserErrorCode.NOT_FOUND, message: "There is none.", path: [] }));
    expect(formatted).toMatchObject({ message: "There is none.", extensions: { code: "BAD_USER_INPUT" } });
  });

  it("never has a stack", () => {
    const error = new GraphQLError("Syntax Error", { extensions: { code: "GRAPHQL_PARSE_FAILED", stacktrace: ["at secret.ts"] } });
    expect(formatError({ ...error.toJSON() }, error)).toEqual({ message: "Syntax Error", extensions: { code: "GRAPHQL_PARSE_FAILED" } });
  });

  it("has no suggestions of names without the right to read the schema", () => {
    const error = {
      message: 'Cannot query field "sesions" on type "Query". Did you mean "sessions" or "session"?',
      extensions: { code: "GRAPHQL_VALIDATION_FAILED" },
    };
    expect(finishErrors([error], { requestId: "r", mayIntrospect: false })[0]!.message).toBe(
      'Cannot query field "sesions" on type "Query".',
    );
    expect(finishErrors([error], { requestId: "r", mayIntrospect: true })[0]!.message).toBe(error.message);
  });

  it("of a fault before the operation has its status", () => {
    expect(toGraphQLError(new Fault(FaultCode.RATE_LIMITED, "Slower.")).extensions).toEqual({
      code: "RATE_LIMITED",
      http: { status: 429 },
    });
  });
});
