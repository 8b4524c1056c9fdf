import {
  createSourceEventStream,
  execute,
  getOperationAST,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
} from "graphql";
import { Fault } from "../shared/user-error.ts";
import { admit } from "./admission.ts";
import { InvalidDocument } from "./check-document.ts";
import { parseDocument, withCode } from "./document-text.ts";
import { ERROR_COUNT_LIMIT, toGraphQLError } from "./errors.ts";
import { DOCUMENT_WANTED, UnknownDocument, type DocumentParameters, type PersistedOperations } from "./persisted-operations.ts";
import { createLoaders } from "./loaders.ts";
import type { RequestContext } from "./request.ts";

export interface SubscriptionRequest {
  readonly schema: GraphQLSchema;
  readonly context: RequestContext;
  readonly operations: PersistedOperations;
  /** As the client sent it. */
  readonly parameters: SubscriptionParameters;
}

export interface SubscriptionParameters extends DocumentParameters {
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
}

/** Makes a subscription ready to run, by the same admission as requests over HTTP; or says why it may not. */
export function prepareSubscription(request: SubscriptionRequest): ExecutionArgs | readonly GraphQLError[] {
  const { schema, context, operations, parameters } = request;
  const { operationName, variables } = parameters;
  try {
    context.budget.begin();
    const document = parseDocument(operations.textOf(parameters) ?? "");
    const operation = getOperationAST(document, operationName);
    if (!operation)
      return [new GraphQLError("The document has no such operation.", { extensions: { code: "OPERATION_RESOLUTION_FAILURE" } })];
    admit({ schema, actor: context.actor, budget: context.budget, document, operation, variables, transport: "socket" });
    return {
      schema,
      document,
      contextValue: context,
      variableValues: variables ?? {},
      operationName: operationName ?? null,
      hideSuggestions: !context.actor.canIntrospect,
      options: { maxCoercionErrors: ERROR_COUNT_LIMIT },
    };
  } catch (error) {
    if (error instanceof InvalidDocument) return error.errors;
    if (error instanceof GraphQLError) return [error];
    if (error instanceof UnknownDocument)
      return [toGraphQLError(error), new GraphQLError(DOCUMENT_WANTED, { extensions: { code: error.code } })];
    if (error instanceof Fault) return [toGraphQLError(error)];
    throw error;
  }
}

/**
 * Runs a subscription: every item of its source is executed with loaders of its own, since a value that one item read may have
 * changed by the next.
 */
export async function runSubscription(args: ExecutionArgs): Promise<AsyncGenerator<ExecutionResult, void> | ExecutionResult> {
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return codeVariableErrors(source);
  const items = source[Symbol.asyncIterator]();
  const context = args.contextValue as RequestContext;
  const results: AsyncGenerator<ExecutionResult, void> = {
    async next() {
      const item = await items.next();
      if (item.done) return { done: true, value: undefined };
      const value = await execute({ ...args, rootValue: item.value, contextValue: { ...context, loaders: createLoaders(context) } });
      return { done: false, value };
    },
    async return() {
      await items.return?.();
      return { done: true, value: undefined };
    },
    async throw(error: unknown) {
      await items.return?.();
      throw error;
    },
    [Symbol.asyncIterator]: () => results,
  };
  return results;
}

/** Errors before the first item that no resolver threw are about the variables. */
function codeVariableErrors(result: ExecutionResult): ExecutionResult {
  return {
    ...result,
    errors: (result.errors ?? []).map((error) => (error.path || error.extensions["code"] ? error : withCode(error, "BAD_USER_INPUT"))),
  };
}
