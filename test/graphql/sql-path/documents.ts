import fc, { type GeneratorValue } from "fast-check";
import { getNamedType, isInterfaceType, isObjectType, type GraphQLObjectType, type GraphQLSchema } from "graphql";
import { required } from "../../../src/shared/assert.ts";
import type { SqlTypes } from "../../../src/graphql/sql-path/compile.ts";

/** A query and what is sent with it. */
export interface RandomDocument {
  readonly text: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

const VARIABLES = {
  first: "Int",
  last: "Int = null",
  after: "String",
  filter: "SessionFilter",
  orderBy: "SessionOrder",
  direction: "SortDirection = DESC",
  id: "ID!",
  yes: "Boolean = true",
  no: "Boolean!",
};

export interface Given {
  readonly schema: GraphQLSchema;
  readonly types: SqlTypes;
  readonly ids: readonly string[];
  readonly templateIds: readonly string[];
  readonly cursors: readonly string[];
}

/** Admission lets five directives through, counted in every spread of a fragment; what it refuses would be compared in vain. */
const DIRECTIVE_LIMIT = 3;
const DEPTH_LIMIT = 4;

const one = <T>(g: GeneratorValue, values: readonly T[]): T => g(fc.constantFrom, ...values) as T;
const chance = (g: GeneratorValue, percent: number): boolean => g(fc.integer, { min: 1, max: 100 }) <= percent;

/** Queries of what is mapped: aliases, fragments with and without names, directives, variables, values left out and null. */
export function randomDocument(g: GeneratorValue, given: Given): RandomDocument {
  const fragments: string[] = [];
  let directives = 0;
  let aliases = 0;

  function directive(): string {
    if (directives >= DIRECTIVE_LIMIT || !chance(g, 10)) return "";
    directives += 1;
    return ` @${one(g, ["skip", "include"])}(if: ${one(g, ["$yes", "$no", "true", "false"])})`;
  }

  function selectionsOf(type: GraphQLObjectType, depth: number, isFragment: boolean): string {
    const count = g(fc.integer, { min: 1, max: depth === 1 ? 3 : 5 });
    const fields = Array.from({ length: count }, () => selection(type, depth, isFragment)).filter((text) => text !== "");
    return fields.length > 0 ? fields.join(" ") : "__typename";
  }

  function selection(type: GraphQLObjectType, depth: number, isFragment: boolean): string {
    if (!isFragment && chance(g, 20)) return fragment(type, depth);
    const names = ["__typename", ...fieldsOf(type)].filter((name) => depth < DEPTH_LIMIT || isLeaf(type, name));
    const name = one(g, names);
    // One alias for each field, so that selections of one name always belong together.
    const takesArguments = (type.getFields()[name]?.args.length ?? 0) > 0;
    const alias = takesArguments ? `f${(aliases += 1)}_${name}: ` : chance(g, 15) ? `own_${name}: ` : "";
    const shown = `${alias}${name}${takesArguments ? argumentsOf(name) : ""}${directive()}`;
    const inner = type.getFields()[name] && getNamedType(required(type.getFields()[name], name).type);
    return isObjectType(inner) ? `${shown} { ${selectionsOf(inner, depth + 1, isFragment)} }` : shown;
  }

  function fragment(type: GraphQLObjectType, depth: number): string {
    const hasNode = type.getInterfaces().some((each) => isInterfaceType(each) && each.name === "Node");
    const conditions = ["", ` on ${type.name}`, ...(hasNode ? [" on Node"] : [])];
    const condition = one(g, conditions);
    const inner = condition === " on Node" ? one(g, ["id", "__typename id", "same: id"]) : selectionsOf(type, depth, true);
    if (condition === "" || chance(g, 50)) return `...${condition}${directive()} { ${inner} }`;
    const name = `F${fragments.length}`;
    fragments.push(`fragment ${name}${condition} { ${inner} }`);
    return chance(g, 30) ? `...${name} ...${name}${directive()}` : `...${name}${directive()}`;
  }

  function fieldsOf(type: GraphQLObjectType): readonly string[] {
    if (type.name.endsWith("Connection") || type.name.endsWith("Edge") || type.name === "PageInfo") return Object.keys(type.getFields());
    return Object.keys(given.types.get(type.name)?.fields ?? {});
  }

  function isLeaf(type: GraphQLObjectType, name: string): boolean {
    const field = type.getFields()[name];
    return field === undefined || !isObjectType(getNamedType(field.type));
  }

  function argumentsOf(name: string): string {
    if (name === "session") return `(id: ${one(g, ["$id", JSON.stringify(one(g, given.ids)), '"session_0"', '""'])})`;
    if (name === "template") return `(id: ${one(g, ["$id", JSON.stringify(one(g, given.templateIds)), '"nobody"'])})`;
    const optional = (text: string, percent: number) => (chance(g, percent) ? [text] : []);
    if (name === "alerts") {
      const paging = [`first: ${one(g, ["$first", "1", "3", "5"])}`, ...optional(`after: ${one(g, ["$after", "null"])}`, 20)];
      return `(${[...paging, ...optional(`open: ${one(g, ["$yes", "$no", "true", "false", "null"])}`, 60)].join(", ")})`;
    }
    const isBackward = chance(g, 25);
    const size = isBackward
      ? [
          `last: ${g(fc.integer, { min: 1, max: 4 })}`,
          ...optional(`before: ${one(g, ["null", ...given.cursors.map((each) => JSON.stringify(each))])}`, 40),
        ]
      : [`first: ${one(g, ["$first", "1", "3", "5"])}`, ...optional(`after: ${one(g, ["$after", "null"])}`, 40)];
    if (name === "templates") return `(${[...size, ...optional(`search: ${one(g, ["null", '"STRASSE"', '"%"', '""'])}`, 40)].join(", ")})`;
    const filter = one(g, [
      "$filter",
      "null",
      "{ status: [RUNNING, FAILED, STOPPED], hasOpenAlert: true }",
      '{ search: "A" }',
      "{ labels: [] }",
    ]);
    return `(${[...size, ...optional(`filter: ${filter}`, 40), ...optional(`orderBy: ${one(g, ["$orderBy", "STATUS", "CREATED_AT", "HEALTH", "STATUS_CHANGED_AT", "NAME"])}`, 50), ...optional(`direction: ${one(g, ["$direction", "DESC", "ASC", "null"])}`, 50)].join(", ")})`;
  }

  const selections = selectionsOf(required(given.schema.getQueryType(), "the root"), 1, false);
  const maybe = (name: string, values: readonly unknown[]) => (chance(g, 60) ? { [name]: one(g, values) } : {});
  const variables = {
    id: one(g, [...given.ids.slice(0, 3), ...given.templateIds, "session_none"]),
    no: one(g, [true, false]),
    // Sizes out of range and cursors of other orders end in errors, which have to be the same too.
    ...maybe("first", [1, 2, 4, null, 0]),
    ...maybe("last", [null, 2]),
    ...maybe("after", [null, ...given.cursors, "nonsense"]),
    ...maybe("filter", [
      null,
      {},
      { hasOpenAlert: false },
      { ids: given.ids.slice(0, 4), health: ["OK"] },
      { names: ["o'brien — STRASSE"] },
      { search: "\\" },
    ]),
    ...maybe("orderBy", ["NAME", "STATUS", null]),
    ...maybe("direction", ["ASC", null]),
    ...maybe("yes", [true, false]),
  };
  const body = `{ ${selections} } ${fragments.join(" ")}`;
  // A document may declare no variable that it does not use.
  const declared = Object.entries(VARIABLES).flatMap(([name, type]) => (body.includes(`$${name}`) ? [`$${name}: ${type}`] : []));
  return { text: `query Random${declared.length > 0 ? `(${declared.join(", ")})` : ""} ${body}`, variables };
}
