import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLInt,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  isInputType,
  typeFromAST,
  type GraphQLInputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from "graphql";
import { Fault, FaultCode } from "../shared/user-error.ts";

/** Longer than any object of wrong fields that somebody would want to see again. */
const LENGTH_LIMIT = 20_000;
const NUMBERS: ReadonlySet<GraphQLInputType> = new Set([GraphQLBoolean, GraphQLFloat, GraphQLInt]);

/**
 * Refuses long variables that do not fit their types, before graphql-js finds that out: it shows what does not fit in a message, once for
 * each thing that is wrong with it, and of a megabyte that takes longer than everything else. What is short it tells better. Throws BAD_USER_INPUT.
 */
export function refuseLongMisfits(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>> | null | undefined,
): void {
  for (const { variable, type } of variableDefinitions) {
    const name = variable.name.value;
    const declared = typeFromAST(schema, type);
    if (isInputType(declared)) look(declared, variables?.[name], `variables.${name}`);
  }
}

function look(type: GraphQLInputType, value: unknown, place: string): void {
  if (isNonNullType(type)) return look(type.ofType, value, place);
  if (isListType(type)) {
    for (const item of Array.isArray(value) ? (value as readonly unknown[]) : [value]) look(type.ofType, item, place);
    return;
  }
  if (typeof value === "string" && value.length > LENGTH_LIMIT && (isEnumType(type) || NUMBERS.has(type)))
    throw misfit(place, `a value of the type ${type.name} is wanted`);
  if (!isInputObjectType(type) || typeof value !== "object" || value === null || Array.isArray(value)) return;
  const fields = type.getFields();
  const given = value as Readonly<Record<string, unknown>>;
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(fields, name));
  const missing = Object.values(fields).find((field) => isRequiredInputField(field) && given[field.name] === undefined);
  if ((unknown !== undefined || missing) && JSON.stringify(given).length > LENGTH_LIMIT)
    throw misfit(place, unknown === undefined ? `the field ${missing?.name} is missing` : `${type.name} has no field ${unknown}`);
  for (const field of Object.values(fields)) look(field.type, given[field.name], `${place}.${field.name}`);
}

function misfit(place: string, message: string): Fault {
  return new Fault(FaultCode.BAD_USER_INPUT, `${place}: ${message}.`);
}
