import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from "graphql";
import { CURSOR_LENGTH_LIMIT } from "../changes/position.ts";

/** Longest text of a URL that is looked at. */
const URL_LENGTH_LIMIT = 4096;

const MOMENT_PATTERN = /^(\d{4}-\d{2}-\d{2})[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;
const CURSOR_PATTERN = /^[A-Za-z0-9_-]+$/;

/** A refusal that graphql-js reports as the caller's mistake, so that a bad scalar never looks like a failure of ours. */
function refuse(message: string): never {
  throw new GraphQLError(message, { extensions: { code: "BAD_USER_INPUT" } });
}

function literalText(node: ValueNode, name: string): string {
  return node.kind === Kind.STRING ? node.value : refuse(`${name} is written as a string.`);
}

function textScalar(name: string, description: string, check: (text: string) => string, specifiedByURL?: string): GraphQLScalarType {
  return new GraphQLScalarType({
    name,
    description,
    specifiedByURL: specifiedByURL ?? null,
    serialize: (value) => (value instanceof URL ? value.href : String(value)),
    parseValue: (value) => check(typeof value === "string" ? value : refuse(`${name} is a string.`)),
    parseLiteral: (node) => check(literalText(node, name)),
  });
}

function parseMoment(text: string): Date {
  const day = MOMENT_PATTERN.exec(text)?.[1];
  const moment = new Date(text);
  // JavaScript rolls 2026-02-30 over into March, which nobody who wrote it meant.
  if (!day || Number.isNaN(moment.getTime()) || Number.isNaN(Date.parse(day)) || new Date(day).toISOString().slice(0, 10) !== day) {
    return refuse("DateTime is an RFC 3339 date and time with its offset, such as 2026-01-31T12:00:00.000Z.");
  }
  return moment;
}

function serializeMoment(value: unknown): string {
  const moment = value instanceof Date ? value : new Date(String(value));
  return moment.toISOString();
}

export const DateTime = new GraphQLScalarType<Date, string>({
  name: "DateTime",
  description:
    "A point in time as RFC 3339 text. Answers are in UTC with milliseconds, such as 2026-01-31T12:00:00.000Z; any offset is accepted, a missing one is refused.",
  specifiedByURL: "https://www.rfc-editor.org/rfc/rfc3339",
  serialize: serializeMoment,
  parseValue: (value) => parseMoment(typeof value === "string" ? value : refuse("DateTime is a string.")),
  parseLiteral: (node) => parseMoment(literalText(node, "DateTime")),
});

export const Url = textScalar(
  "URL",
  "An absolute URL, at most 4,096 characters. Which schemes and hosts are allowed stands with each field that takes one.",
  (text) => {
    if (text.length > URL_LENGTH_LIMIT) refuse("URL has at most 4,096 characters.");
    return URL.canParse(text) ? text : refuse("URL is an absolute URL, such as https://example.org/live.");
  },
  "https://url.spec.whatwg.org/",
);

export const Cursor = textScalar(
  "Cursor",
  "Opaque position in the change log. Survives restarts and works on every gateway; give it back as it came.",
  (text) =>
    text.length <= CURSOR_LENGTH_LIMIT && CURSOR_PATTERN.test(text)
      ? text
      : refuse("Cursor is one that this gateway or one like it gave out."),
);
