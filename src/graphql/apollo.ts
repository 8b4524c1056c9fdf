import { ApolloServer, type ApolloServerPlugin, type GraphQLRequestContextWillSendResponse } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import type { GraphQLSchema } from "graphql";
import { Fault } from "../shared/user-error.ts";
import type { Logger } from "../shared/log.ts";
import { admit, TOKEN_LIMIT } from "./admission.ts";
import { finishErrors, formatError, isMasked, toGraphQLError } from "./errors.ts";
import { meteringPlugin } from "./metering.ts";
import type { RequestContext } from "./request.ts";

/** The executor of queries and mutations. Start it before its first request, and stop it at the end. */
export function createApolloServer(schema: GraphQLSchema, log: Logger): ApolloServer<RequestContext> {
  return new ApolloServer<RequestContext>({
    schema,
    introspection: true,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: TOKEN_LIMIT },
    logger: log,
    formatError,
    plugins: [
      // First, since it names the operations that are not admitted too.
      meteringPlugin(),
      admissionPlugin(),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
}

function admissionPlugin(): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      async didResolveOperation({ schema, contextValue: { actor, budget }, document, operation, request: { variables } }) {
        if (operation) asGraphQLErrors(() => admit({ schema, actor, budget, document, operation, variables, transport: "http" }));
      },
      async didEncounterErrors({ contextValue, errors, operationName }) {
        for (const error of errors.filter(isMasked)) {
          contextValue.log.error(
            { err: error.originalError ?? error, requestId: contextValue.requestId, operationName, path: error.path },
            "a resolver failed",
          );
        }
      },
      async willSendResponse(requestContext) {
        finishResponse(requestContext);
      },
    }),
  };
}

function asGraphQLErrors(check: () => void): void {
  try {
    check();
  } catch (error) {
    throw error instanceof Fault ? toGraphQLError(error) : error;
  }
}

type Answered = Pick<GraphQLRequestContextWillSendResponse<RequestContext>, "contextValue" | "response" | "request">;

/** Refusals of a well-formed request are answered 200 to those who take plain JSON, as GraphQL over HTTP has it. */
function finishResponse({ contextValue, response, request }: Answered): void {
  if (response.body.kind !== "single" || !response.body.singleResult.errors) return;
  const { requestId, actor } = contextValue;
  const errors = finishErrors(response.body.singleResult.errors, {
    requestId,
    mayIntrospect: actor.canIntrospect,
  });
  response.body.singleResult.errors = errors;
  const takesResponseJson = request.http?.headers.get("accept")?.includes("application/graphql-response+json") ?? false;
  const isMalformed = errors.every((error) => error.extensions?.["code"] === "BAD_REQUEST");
  // Apollo answers 200 to clients that try a persisted query first.
  if (isMalformed && response.http.status === 200) response.http.status = 400;
  if (response.http.status === 400 && !takesResponseJson && !isMalformed) response.http.status = 200;
}
