import {
  createSourceEventStream,
  getOperationAST,
  GraphQLError,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
} from "graphql";
import type { ItemSource } from "../changes/item-source.ts";
import { createShareWork } from "../shared/share-work.ts";
import { Fault } from "../shared/user-error.ts";
import { admit } from "./admission.ts";
import { InvalidDocument } from "./check-document.ts";
import { withCode } from "./document-text.ts";
import { ERROR_COUNT_LIMIT, toGraphQLError } from "./errors.ts";
import { DOCUMENT_WANTED, UnknownDocument, type DocumentParameters, type PersistedOperations } from "./persisted-operations.ts";
import type { RequestContext } from "./request.ts";
import { createLiveGroups } from "./live-groups.ts";
import { runSubscription, type Answer, type RunningSubscription } from "./run-subscription.ts";
import { shareKeyOf } from "./share-key.ts";
import { createSubscriptionDocuments, liveFormOf } from "./subscription-document.ts";

export interface SubscriptionRequest {
  readonly context: RequestContext;
  /** As the client sent it. */
  readonly parameters: SubscriptionParameters;
  /** Whether the call was counted before it was read; else it is counted now. */
  readonly isBegun?: boolean;
}

export interface SubscriptionParameters extends DocumentParameters {
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
}

/** A subscription that may run. */
export interface PreparedSubscription extends ExecutionArgs {
  readonly contextValue: RequestContext;
  readonly variableValues: Readonly<Record<string, unknown>>;
  /** Null: nobody shares its answers. */
  readonly shareKey: string | null;
}

/** What a subscription comes to: its items, or why there are none. */
export type Subscribed = RunningSubscription | ExecutionResult;

export interface SubscriptionsOptions {
  readonly schema: GraphQLSchema;
  readonly operations: PersistedOperations;
}

/** Subscriptions of one gateway, which share what is the same for all of them. */
export interface Subscriptions {
  /** Makes a subscription ready to run, by the same admission as requests over HTTP; or says why it may not. */
  readonly prepare: (request: SubscriptionRequest) => PreparedSubscription | readonly GraphQLError[];
  readonly run: (prepared: PreparedSubscription) => Promise<Subscribed>;
}

export function createSubscriptions({ schema, operations }: SubscriptionsOptions): Subscriptions {
  const documents = createSubscriptionDocuments();
  const share = createShareWork();
  const groups = createLiveGroups<Answer>();
  return {
    prepare({ context, parameters: { operationName = null, variables, ...parameters }, isBegun = false }) {
      try {
        if (!isBegun) context.budget.begin();
        const document = documents.parse(operations.textOf(parameters) ?? "");
        const operation = getOperationAST(document, operationName);
        if (!operation)
          return [
            new GraphQLError("Send a document with one operation, or name one of them in operationName.", {
              extensions: { code: "OPERATION_RESOLUTION_FAILURE" },
            }),
          ];
        admit({ schema, actor: context.actor, budget: context.budget, document, operation, variables, transport: "stream" });
        return {
          schema,
          document,
          contextValue: context,
          variableValues: variables ?? {},
          operationName,
          hideSuggestions: !context.actor.canIntrospect,
          options: { maxCoercionErrors: ERROR_COUNT_LIMIT },
          shareKey: shareKeyOf(liveFormOf(document, operation), variables ?? {}, context.actor),
        };
      } catch (error) {
        if (error instanceof InvalidDocument) return error.errors;
        if (error instanceof GraphQLError) return [error];
        if (error instanceof UnknownDocument)
          return [toGraphQLError(error), new GraphQLError(DOCUMENT_WANTED, { extensions: { code: error.code } })];
        if (error instanceof Fault) return [toGraphQLError(error)];
        throw error;
      }
    },
    async run(prepared) {
      const source = await createSourceEventStream(prepared);
      if (!(Symbol.asyncIterator in source)) return codeVariableErrors(source);
      return runSubscription(source as ItemSource<object>, { prepared, share, groups });
    },
  };
}

/** Errors before the first item that no resolver threw are about the variables. */
function codeVariableErrors(result: ExecutionResult): ExecutionResult {
  return {
    ...result,
    errors: (result.errors ?? []).map((error) => (error.path || error.extensions["code"] ? error : withCode(error, "BAD_USER_INPUT"))),
  };
}
