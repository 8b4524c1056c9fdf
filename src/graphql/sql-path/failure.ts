import { GraphQLError, isNonNullType, type FieldNode, type FormattedExecutionResult, type GraphQLSchema } from "graphql";
import type { Fault } from "../../shared/user-error.ts";
import { formatError } from "../errors.ts";

/** A field of the root as it was asked for. */
export interface RootField {
  /** Its name in the answer. */
  readonly key: string;
  readonly name: string;
  readonly nodes: readonly FieldNode[];
}

/** What resolvers would answer if each of them had met the fault: one error for each field, or for the first that cannot be null. */
export function failedResult(schema: GraphQLSchema, fields: readonly RootField[], fault: Fault): FormattedExecutionResult {
  const types = schema.getQueryType()?.getFields() ?? {};
  const read = fields.filter(({ name }) => Object.hasOwn(types, name));
  const first = read.find(({ name }) => isNonNullType(types[name]?.type));
  const errors = (first ? [first] : read).map(({ key, nodes }) => {
    const error = new GraphQLError(fault.message, { nodes, path: [key], originalError: fault });
    return formatError(error.toJSON(), error);
  });
  const data = Object.fromEntries(fields.map(({ key, name }) => [key, name === "__typename" ? schema.getQueryType()?.name : null]));
  return { errors, data: first ? null : data };
}
