import { createParameterDecorator } from "type-graphql";
import type { z } from "zod";
import { Refusal, UserErrorCode, type UserError } from "../shared/user-error.ts";
import { findUncleanText } from "./text-hygiene.ts";

/** More refusals than this help nobody; the rest shows once these are mended. */
const INPUT_ERROR_LIMIT = 100;

/**
 * The one `input` argument of a mutation, parsed. The GraphQL input class gives the argument its type in the schema; the zod
 * schema beside it parses the raw value (a field left out is absent, one given as null is null) and decides what the verb receives:
 *
 *     @Input(() => CreateTemplateInput, createTemplateSchema) input: z.output<typeof createTemplateSchema>
 *
 * What the schema refuses becomes `userErrors` with paths that begin with "input": REQUIRED for a missing value, TOO_MANY_ITEMS
 * for a list that is too long, else INVALID_VALUE. A rule of the schema's own names its code as
 * `context.addIssue({ code: "custom", message: "…", path: […], params: { code: UserErrorCode.NOT_APPLICABLE } })`.
 * Use it in `@VerbMutation`s, which answer the refusal.
 */
export function Input<Schema extends z.ZodType>(inputType: () => Function, schema: Schema) {
  return createParameterDecorator(({ args }) => parseInput(schema, args["input"]), {
    arg: {
      name: "input",
      typeFunc: inputType,
      options: { description: "Everything that the mutation wants to know.", validate: false },
    },
  });
}

/** Parses an input, or throws a `Refusal` that tells everything that is wrong with it. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const unclean = findUncleanText(input, ["input"]);
  if (unclean.length > 0) throw new Refusal(...unclean.slice(0, INPUT_ERROR_LIMIT).map(refuseText));
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw new Refusal(...result.error.issues.slice(0, INPUT_ERROR_LIMIT).map((issue) => toUserError(issue, input)));
}

function refuseText({ path, message }: { readonly path: readonly string[]; readonly message: string }): UserError {
  return { code: UserErrorCode.INVALID_VALUE, message, path };
}

function toUserError(issue: z.core.$ZodIssue, input: unknown): UserError {
  const path = ["input", ...issue.path.map(String)];
  const code = codeOf(issue, input);
  return {
    code,
    message: code === UserErrorCode.REQUIRED && issue.code === "invalid_type" ? "A value is wanted here." : issue.message,
    path,
  };
}

function codeOf(issue: z.core.$ZodIssue, input: unknown): UserErrorCode {
  if (issue.code === "custom") {
    const named: unknown = issue.params?.["code"];
    if (isUserErrorCode(named)) return named;
  }
  if (issue.code === "too_big" && issue.origin === "array") return UserErrorCode.TOO_MANY_ITEMS;
  const value = valueAt(input, issue.path);
  return (issue.code === "invalid_type" || issue.code === "invalid_value" || issue.code === "invalid_union") &&
    (value === undefined || value === null)
    ? UserErrorCode.REQUIRED
    : UserErrorCode.INVALID_VALUE;
}

function isUserErrorCode(value: unknown): value is UserErrorCode {
  return typeof value === "string" && Object.hasOwn(UserErrorCode, value);
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? (value as Readonly<Record<PropertyKey, unknown>>)[key] : undefined),
    input,
  );
}
