import { ApolloServer, type ApolloServerPlugin, type GraphQLRequestContextWillSendResponse } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from "@apollo/server/plugin/disabled";
import { InMemoryLRUCache } from "@apollo/utils.keyvaluecache";
import type { DocumentNode, GraphQLSchema } from "graphql";
import { Fault } from "../shared/user-error.ts";
import type { Logger } from "../shared/log.ts";
import { admit } from "./admission.ts";
import { InvalidDocument } from "./check-document.ts";
import { TOKEN_LIMIT } from "./document-text.ts";
import { ERROR_COUNT_LIMIT, finishErrors, formatError, isMasked, toGraphQLError } from "./errors.ts";
import { mediaTypeFor, statusFor } from "./media-type.ts";
import { meteringPlugin } from "./metering.ts";
import { isLargeAnswer } from "./large-answer.ts";
import type { RequestContext } from "./request.ts";
import { sqlPathPlugin } from "./sql-path/plugin.ts";
import { SQL_TYPES } from "./sql-path/types.ts";

/** Of documents that were seen, as Apollo counts them; in memory they take four times as much. Its default kept 130 MB of made-up ones. */
const DOCUMENT_STORE_BYTES = 4_000_000;

/** The executor of queries and mutations. Start it before its first request, and stop it at the end. */
export function createApolloServer(schema: GraphQLSchema, log: Logger): ApolloServer<RequestContext> {
  return new ApolloServer<RequestContext>({
    schema,
    introspection: true,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    documentStore: new InMemoryLRUCache<DocumentNode>({ maxSize: DOCUMENT_STORE_BYTES }),
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: TOKEN_LIMIT },
    // Admission validates, every transport alike, after it has seen that the document is not too much to look at.
    dangerouslyDisableValidation: true,
    executionOptions: { maxCoercionErrors: ERROR_COUNT_LIMIT },
    logger: log,
    formatError,
    plugins: [
      // First, since it names the operations that are not admitted too.
      meteringPlugin(),
      admissionPlugin(),
      sqlPathPlugin(SQL_TYPES),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
}

/** Most characters of an operation's name in the log: callers make them up. */
const LOGGED_NAME_LENGTH = 100;

function admissionPlugin(): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      async didResolveOperation({ schema, contextValue: { actor, budget }, document, operation, request: { variables } }) {
        if (operation) asGraphQLErrors(() => admit({ schema, actor, budget, document, operation, variables, transport: "http" }));
      },
      async didEncounterErrors({ contextValue, errors, operationName }) {
        for (const error of errors.filter(isMasked)) {
          contextValue.log.error(
            {
              err: error.originalError ?? error,
              requestId: contextValue.requestId,
              operationName: operationName?.slice(0, LOGGED_NAME_LENGTH),
              path: error.path,
            },
            "a resolver failed",
          );
        }
      },
      async willSendResponse(requestContext) {
        finishResponse(requestContext);
        keepLargeAnswer(requestContext);
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

/** The executor would write it in one go, and everybody else would wait. */
function keepLargeAnswer({ contextValue, response }: Answered): void {
  if (response.body.kind !== "single" || !isLargeAnswer(response.body.singleResult)) return;
  contextValue.kept.answer = response.body.singleResult;
  response.body.singleResult = {};
}

type Answered = Pick<GraphQLRequestContextWillSendResponse<RequestContext>, "contextValue" | "response" | "request" | "errors">;

function finishResponse({ contextValue, response, request, errors: thrown = [] }: Answered): void {
  if (response.body.kind !== "single" || !response.body.singleResult.errors) return;
  const { requestId, actor } = contextValue;
  // A hook can throw one error, and all that is wrong with a document is told.
  const all = thrown.flatMap((error) =>
    error instanceof InvalidDocument ? error.errors.map((each) => formatError(each.toJSON(), each)) : [],
  );
  const errors = finishErrors(all.length > 0 ? all : response.body.singleResult.errors, { requestId, mayIntrospect: actor.canIntrospect });
  response.body.singleResult.errors = errors;
  const { http } = response;
  const codes = errors.map(({ extensions }) => String(extensions?.["code"]));
  http.status = statusFor(mediaTypeFor(request.http?.headers.get("accept")), http.status ?? 200, codes);
}
