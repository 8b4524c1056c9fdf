import "reflect-metadata";
import { lexicographicSortSchema, printSchema, type GraphQLSchema } from "graphql";
import { buildSchemaSync } from "type-graphql";
import { TemplateResolver } from "../templates/template.resolver.ts";
import { createNodeResolver } from "./node.ts";
import { NODES } from "./nodes.ts";

/** type-graphql wants a transport for subscriptions even when each brings its own stream; this one is never used. */
const NO_TRANSPORT = {
  publish(): never {
    throw new Error("Changes go to subscribers through the change log alone.");
  },
  subscribe(): never {
    throw new Error("Subscriptions read the change log alone.");
  },
};

/** Every resolver of the gateway: the only place that imports them. */
export function buildHeadendSchema(): GraphQLSchema {
  return buildSchemaSync({
    resolvers: [createNodeResolver(NODES), TemplateResolver],
    validate: false,
    pubSub: NO_TRANSPORT,
  });
}

/** The schema as text, in one order whatever the order of the imports; committed as schema/schema.graphql. */
export function printHeadendSchema(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
