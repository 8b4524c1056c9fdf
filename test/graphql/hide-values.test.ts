import { buildSchema, getVariableValues, parse, validate, type GraphQLError, type OperationDefinitionNode } from "graphql";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hideValues } from "../../src/graphql/hide-values.ts";

const SCHEMA = buildSchema(`
  enum Path { A B }
  input Source @oneOf { key: String path: Path }
  input Input { name: String! key: String count: Int ratio: Float on: Boolean path: Path id: ID source: Source many: [String!] }
  type Query { ask(input: Input!): String }`);

/** What is shown of an error. */
const hide = ({ message, originalError }: GraphQLError) => hideValues(message, originalError?.message ?? message);

function ofVariable(input: unknown): readonly GraphQLError[] {
  const operation = parse("query ($input: Input!) { ask(input: $input) }").definitions[0] as OperationDefinitionNode;
  const result = getVariableValues(SCHEMA, operation.variableDefinitions ?? [], { input });
  return result.errors ?? [];
}

const ofLiteral = (input: string) => validate(SCHEMA, parse(`{ ask(input: ${input}) }`));

describe("what is said about values that do not fit", () => {
  it.each([
    [{ key: "Secret" }, 'Variable "$input" got an invalid value; Field "name" of required type "String!" was not provided.'],
    [{ name: "x", key: ["Secret"] }, 'Variable "$input" got an invalid value at "input.key"; String cannot represent a non string value.'],
    [{ name: "x", count: "Secret" }, 'Variable "$input" got an invalid value at "input.count"; Int cannot represent non-integer value.'],
    [
      { name: "x", keey: "Secret" },
      'Variable "$input" got an invalid value; Field "keey" is not defined by type "Input". Did you mean "key"?',
    ],
    [{ name: "x", id: { a: "Secret" } }, 'Variable "$input" got an invalid value at "input.id"; ID cannot represent value.'],
    [
      { name: "x", many: ["ok", 5] },
      'Variable "$input" got an invalid value at "input.many[1]"; String cannot represent a non string value.',
    ],
    [
      { name: "x", path: ["Secret"] },
      'Variable "$input" got an invalid value at "input.path"; Enum "Path" cannot represent non-string value.',
    ],
    [
      { name: '; Field "Secret', key: 1 },
      'Variable "$input" got an invalid value at "input.key"; String cannot represent a non string value.',
    ],
    ["Secret", 'Variable "$input" got an invalid value; Expected type "Input" to be an object.'],
  ])("of %j names the place and the reason, not the value", (input, expected) => {
    expect(ofVariable(input).map(hide)).toEqual([expected]);
  });

  it.each([
    ['{ name: "x", key: Secret }', "String cannot represent a non string value."],
    ['{ name: "x", count: "Secret" }', "Int cannot represent non-integer value."],
    ['"Secret"', 'Expected value of type "Input!".'],
    ['{ name: "x", path: "A" }', 'Enum "Path" cannot represent non-enum value. Did you mean the enum value "A"?'],
    ['{ name: "x", path: C }', 'Value "C" does not exist in "Path" enum. Did you mean the enum value "A" or "B"?'],
  ])("of the literal %s neither", (input, expected) => {
    expect(ofLiteral(input).map(hide)).toEqual([expected]);
  });

  it("leaves everything else as it is", () => {
    for (const message of [
      'Cannot query field "x" on type "Query".',
      'Variable "$input" of required type "Input!" was not provided.',
      "",
    ]) {
      expect(hideValues(message, message)).toBe(message);
    }
  });

  it("takes no longer for a value that is long and full of what is looked for", () => {
    const timed = (value: string) => {
      const [error] = ofVariable({ name: "x", count: value });
      const started = performance.now();
      expect(hide(error!)).toBe('Variable "$input" got an invalid value at "input.count"; Int cannot represent non-integer value.');
      return performance.now() - started;
    };
    const plain = Math.min(...[1, 2, 3].map(() => timed("x".repeat(1_000_000))));
    for (const part of [" Did you mean ", "; Field ", ' at "a', "; Int cannot represent value: "]) {
      const tricky = Math.min(...[1, 2, 3].map(() => timed(part.repeat(1_000_000 / part.length))));
      expect(tricky, part).toBeLessThan(50 + 100 * plain);
    }
  });

  it("never shows a text of the input, wherever it stands", () => {
    const secret = "Canary1f00ba5e";
    const value = fc.oneof(
      fc.constant(secret),
      fc.constant([secret]),
      fc.constant({ [secret.toLowerCase()]: secret }),
      fc.constant(7),
      fc.string().map((text) => `${text}; ${secret}`),
      fc
        .constantFrom("Field ", "Int cannot represent value: ", "Expected ", 'Value "')
        .map((text) => `x; ${text}"${secret} Did you mean ${secret}?`),
    );
    const input = fc.dictionary(fc.constantFrom("name", "key", "count", "ratio", "on", "path", "id", "source", "many"), value);
    fc.assert(
      fc.property(input, (given) => {
        for (const error of ofVariable(given)) if (!error.message.includes("does not exist in")) expect(hide(error)).not.toContain(secret);
      }),
      { numRuns: 500 },
    );
  });
});
