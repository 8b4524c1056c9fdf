import { generate } from "@graphql-codegen/cli";
import {
  GraphQLEnumType,
  GraphQLInputObjectType,
  GraphQLInterfaceType,
  GraphQLObjectType,
  isIntrospectionType,
  isSpecifiedScalarType,
  parse,
  validate,
  type GraphQLNamedType,
} from "graphql";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import codegen from "../codegen.ts";
import { PERSISTED_OPERATIONS_FILE } from "../src/graphql/persisted-operations.ts";
import { toManifest } from "../src/graphql/persisted-operations.rules.ts";
import { headendSchema, printHeadendSchema } from "../src/graphql/schema.ts";

const root = new URL("../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");
const schema = headendSchema();
const types = Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type));

/** Shorter ones only say the name again. */
const DESCRIPTION_LENGTH = 12;

interface Described {
  readonly place: string;
  readonly description: string | null | undefined;
}

function describedParts(type: GraphQLNamedType): readonly Described[] {
  const own = { place: type.name, description: type.description };
  if (type instanceof GraphQLEnumType) return [own, ...type.getValues().map((value) => part(type.name, value))];
  if (type instanceof GraphQLInputObjectType) return [own, ...Object.values(type.getFields()).map((field) => part(type.name, field))];
  if (!(type instanceof GraphQLObjectType || type instanceof GraphQLInterfaceType)) return [own];
  // The root types are what the operations are about.
  const named = ["Query", "Mutation", "Subscription"].includes(type.name) ? [] : [own];
  return [
    ...named,
    ...Object.values(type.getFields()).flatMap((field) => [
      part(type.name, field),
      ...field.args.map((argument) => part(`${type.name}.${field.name}`, argument)),
    ]),
  ];
}

const part = (
  parent: string,
  { name, description }: { readonly name: string; readonly description?: string | null | undefined },
): Described => ({ place: `${parent}.${name}`, description });

describe("the schema", () => {
  it("is printed as it is: run `npm run schema:print` and commit the result", () => {
    expect(printHeadendSchema(schema)).toBe(read("schema/schema.graphql"));
  });

  it("describes everything", () => {
    const poor = types.flatMap(describedParts).filter(({ description }) => !description || description.trim().length < DESCRIPTION_LENGTH);
    expect(poor.map(({ place }) => place)).toEqual([]);
  });

  it("gives every mutation one input, and a payload with userErrors", () => {
    for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
      expect(
        field.args.map((argument) => `${argument.name}: ${String(argument.type)}`),
        field.name,
      ).toEqual([expect.stringMatching(/^input: \w+Input!$/)]);
      expect(String(field.type), field.name).toMatch(/Payload!$/);
      const payload = schema.getType(String(field.type).replace("!", "")) as GraphQLObjectType;
      expect(String(payload.getFields()["userErrors"]?.type), field.name).toBe("[UserError!]!");
    }
  });

  it("gives every connection its parts", () => {
    for (const type of types.filter(({ name }) => name.endsWith("Connection")) as GraphQLObjectType[]) {
      expect(Object.keys(type.getFields()).toSorted(), type.name).toEqual(["edges", "nodes", "pageInfo", "totalCount"]);
    }
  });

  it("gives what implements Node an id of its own kind", async () => {
    const node = schema.getType("Node") as GraphQLInterfaceType;
    for (const { name } of schema.getPossibleTypes(node))
      expect(await node.resolveType?.({ id: `${name.toLowerCase()}_${"0".repeat(26)}` }, {}, {} as never, node), name).toBe(name);
  });
});

describe("the operations", () => {
  const names = readdirSync(new URL("schema/operations/", root));
  const made = toManifest(names.map((name) => parse(read(`schema/operations/${name}`))));

  it.each(made.operations.map(({ name, body }) => [name, body]))("%s fits the schema", (_, body) => {
    expect(validate(schema, parse(body))).toEqual([]);
  });

  it("are listed by their hashes: run `npm run schema:print` and commit the result", () => {
    expect(made).toEqual(JSON.parse(read(PERSISTED_OPERATIONS_FILE)));
  });

  it("are made into typed documents: run `npm run codegen` and commit the result", async () => {
    const files = await generate({ ...codegen, cwd: fileURLToPath(root), silent: true }, false);
    for (const { filename, content } of files) expect(content, filename).toBe(readFileSync(filename, "utf8"));
  });
});
