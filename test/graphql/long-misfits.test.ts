import fc from "fast-check";
import { buildSchema, getVariableValues, parse, type OperationDefinitionNode } from "graphql";
import { describe, expect, it } from "vitest";
import { refuseLongMisfits } from "../../src/graphql/long-misfits.ts";

const schema = buildSchema(`
  enum Color { RED GREEN }
  input Inner { name: String!, color: Color, next: Inner }
  input Outer { text: String, count: Int, share: Float, on: Boolean = true, inner: Inner, list: [Inner!] }
  type Query { ask(given: Outer, more: [Outer!]): Int }`);
const [definition] = parse("query ($given: Outer, $more: [Outer!]) { ask(given: $given, more: $more) }").definitions;
const operation = definition as OperationDefinitionNode;
const LONG = "x".repeat(20_001);

function refusalOf(variables: Readonly<Record<string, unknown>>): string | null {
  try {
    refuseLongMisfits(schema, operation, variables);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

describe("long variables", () => {
  it.each<[string, Readonly<Record<string, unknown>>, string | null]>([
    ["that fit", { given: { text: LONG, inner: { name: LONG } } }, null],
    ["with a wrong field", { given: { txt: LONG } }, "variables.given: Outer has no field txt."],
    ["with a wrong field that are short", { given: { txt: "x" } }, null],
    [
      "without a field that is wanted",
      { given: { list: [{ name: "a" }, { next: { name: LONG } }] } },
      "variables.given.list: the field name is missing.",
    ],
    ["with a text for a number", { more: [{ count: LONG }] }, "variables.more.count: a value of the type Int is wanted."],
    [
      "with a text for a choice",
      { given: { inner: { name: "a", color: LONG } } },
      "variables.given.inner.color: a value of the type Color is wanted.",
    ],
    ["with a field that every object has", { given: { constructor: LONG } }, "variables.given: Outer has no field constructor."],
    ["of no object", { given: LONG }, null],
    ["that nobody declared", { other: { txt: LONG } }, null],
  ])("%s", (_, variables, refusal) => {
    expect(refusalOf(variables)).toBe(refusal);
  });

  it("are refused only where graphql-js would refuse them", () => {
    const text = fc.constantFrom("x", "RED", LONG);
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        text,
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("value"), { maxLength: 2 }),
        fc.dictionary(fc.constantFrom("text", "count", "share", "on", "inner", "list", "name", "color", "next", "txt"), tie("value"), {
          maxKeys: 3,
        }),
      ),
    }));
    let refused = 0;
    fc.assert(
      fc.property(fc.record({ given: value, more: value }), (variables) => {
        if (refusalOf(variables) === null) return;
        refused += 1;
        expect(getVariableValues(schema, operation.variableDefinitions ?? [], variables).errors).not.toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
    // Of 2,000 some 110.
    expect(refused).toBeGreaterThan(50);
  });
});
