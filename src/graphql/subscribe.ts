import {
  createSourceEventStream,
  execute,
  getOperationAST,
  parse,
  validate,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
} from "graphql";
import { Fault, FaultCode } from "../shared/user-error.ts";
import { admit, TOKEN_LIMIT } from "./admission.ts";
import { toGraphQLError } from "./errors.ts";
import { createLoaders } from "./loaders.ts";
import type { RequestContext } from "./request.ts";

export interface SubscriptionRequest {
  readonly schema: GraphQLSchema;
  readonly context: RequestContext;
  readonly query: string;
  readonly operationName: string | null | undefined;
  readonly variables: Readonly<Record<string, unknown>> | null | undefined;
}

/** Makes a subscription ready to run, by the same admission as requests over HTTP; or says why it may not. */
export function prepareSubscription(request: SubscriptionRequest): ExecutionArgs | readonly GraphQLError[] {
  const { schema, context, operationName, variables } = request;
  try {
    context.budget.begin();
    const document = parseDocument(request.query);
    const errors = validate(schema, document);
    if (errors.length > 0) return errors.map((error) => withCode(error, "GRAPHQL_VALIDATION_FAILED"));
    const operation = getOperationAST(document, operationName);
    if (!operation)
      return [new GraphQLError("The document has no such operation.", { extensions: { code: "OPERATION_RESOLUTION_FAILURE" } })];
    admit({ schema, actor: context.actor, budget: context.budget, document, operation, variables, transport: "socket" });
    return { schema, document, contextValue: context, variableValues: variables ?? {}, operationName: operationName ?? null };
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
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

function parseDocument(query: string): DocumentNode {
  try {
    return parse(query, { maxTokens: TOKEN_LIMIT });
  } catch (error) {
    if (error instanceof GraphQLError) throw withCode(error, "GRAPHQL_PARSE_FAILED");
    throw new Fault(FaultCode.BAD_REQUEST, "The document cannot be read.", { cause: error });
  }
}

/** Errors before the first item that no resolver threw are about the variables. */
function codeVariableErrors(result: ExecutionResult): ExecutionResult {
  return {
    ...result,
    errors: (result.errors ?? []).map((error) => (error.path || error.extensions["code"] ? error : withCode(error, "BAD_USER_INPUT"))),
  };
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  const { nodes, source, positions, path, extensions } = error;
  return new GraphQLError(error.message, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    path: path ?? null,
    extensions: { ...extensions, code },
  });
}
