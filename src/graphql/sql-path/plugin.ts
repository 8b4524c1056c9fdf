import { HeaderMap, type ApolloServerPlugin } from "@apollo/server";
import { OperationTypeNode, type FormattedExecutionResult, type OperationDefinitionNode } from "graphql";
import { readBytes } from "../../database/read-bytes.ts";
import { Fault } from "../../shared/user-error.ts";
import type { RequestContext } from "../request.ts";
import type { SqlOperation, SqlTypes, Statement } from "./compile.ts";
import { failedResult } from "./failure.ts";
import { createStatements } from "./statements.ts";

/** Answers queries that are mapped as a whole with one statement, after they were admitted; all others go on to the resolvers. */
export function sqlPathPlugin(types: SqlTypes): ApolloServerPlugin<RequestContext> {
  const statements = createStatements(types);

  async function answer(operation: SqlOperation & { readonly context: RequestContext }): Promise<FormattedExecutionResult | null> {
    const { database, log, kept } = operation.context;
    let statement: Statement | null = null;
    try {
      statement = statements.of(operation);
      if (!statement) return null;
      kept.answer = await readBytes(database.executor, { ...statement, isPrepared: statements.isPrepared(statement) });
      return { data: {} };
    } catch (error) {
      // The resolvers would wait for the database as long again, and callers are promised an answer within that time.
      if (statement && error instanceof Fault) return failedResult(operation.schema, statement.rootFields, error);
      log.error({ err: error }, "a query's statement failed, and its resolvers answer it");
      return null;
    }
  }

  return {
    requestDidStart: async () => ({
      async responseForOperation({ schema, document, operation, request, contextValue: context }) {
        if (!isQuery(operation)) return null;
        const result = await answer({ schema, document, operation, variables: request.variables ?? {}, context });
        context.metering.answeredBy(result ? "statement" : "resolvers");
        return result && { http: { headers: new HeaderMap() }, body: { kind: "single", singleResult: result } };
      },
    }),
  };
}

/** Apollo goes on without an operation where none of several was named, whatever its types say. */
function isQuery(operation: OperationDefinitionNode | undefined): boolean {
  return operation?.operation === OperationTypeNode.QUERY;
}
