import {
  createSourceEventStream,
  execute,
  getOperationAST,
  GraphQLError,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
} from "graphql";
import type { ItemSource, Taken } from "../changes/item-source.ts";
import { isInterruption, neverOver, withPatience } from "../changes/patience.ts";
import { createShareWork, type ShareWork } from "../shared/share-work.ts";
import { Fault } from "../shared/user-error.ts";
import { admit } from "./admission.ts";
import { InvalidDocument } from "./check-document.ts";
import { withCode } from "./document-text.ts";
import { ERROR_COUNT_LIMIT, toGraphQLError } from "./errors.ts";
import { createLoaders, type Loaders } from "./loaders.ts";
import { DOCUMENT_WANTED, UnknownDocument, type DocumentParameters, type PersistedOperations } from "./persisted-operations.ts";
import { presentErrors } from "./present-errors.ts";
import type { RequestContext } from "./request.ts";
import { actorOfMany, shareKeyOf } from "./share-key.ts";
import { createSubscriptionDocuments, liveFormOf } from "./subscription-document.ts";

export interface SubscriptionRequest {
  readonly context: RequestContext;
  /** As the client sent it. */
  readonly parameters: SubscriptionParameters;
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

/** A subscription that runs. */
export interface RunningSubscription {
  /** Resolves once there may be answers to take, or it is over; null: at once. */
  readonly ready: () => Promise<void> | null;
  /** The answers to what comes next, which may be none; null once it is over. One call at a time. Rejects when the source failed. */
  readonly take: () => Promise<readonly Answer[]> | null;
  /** An answer as JSON. */
  readonly textOf: (answer: Answer) => string;
  /** Whether the next answers are about what happens from now on; else they are to be taken as the reader takes those before. */
  readonly isLive: () => boolean;
  /** The reader was sent something. */
  readonly noteTold: () => void;
  readonly isOver: () => boolean;
  /** Ends it; whoever runs a subscription calls this when it is over, however it came to that. */
  readonly close: () => void;
}

/** One item's answer, for all who share it: as JSON, or with errors, of which each subscriber is told by its own request's id. */
export type Answer = string | ExecutionResult;

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
  return {
    prepare({ context, parameters: { operationName = null, variables, ...parameters } }) {
      try {
        context.budget.begin();
        const document = documents.parse(operations.textOf(parameters) ?? "");
        const operation = getOperationAST(document, operationName);
        if (!operation)
          return [
            new GraphQLError("Send a document with one operation, or name one of them in operationName.", {
              extensions: { code: "OPERATION_RESOLUTION_FAILURE" },
            }),
          ];
        admit({ schema, actor: context.actor, budget: context.budget, document, operation, variables, transport: "socket" });
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
      return Symbol.asyncIterator in source ? runItems(prepared, source as ItemSource<object>, share) : codeVariableErrors(source);
    },
  };
}

/** Items of one subscriber that are answered at a time. */
const SLICE_SIZE = 100;

function runItems(prepared: PreparedSubscription, source: ItemSource<object>, share: ShareWork): RunningSubscription {
  const { contextValue: context, shareKey } = prepared;
  /** Read, and not answered yet. */
  let waiting: readonly object[] = [];
  let isOver = false;

  async function answerOwn(taken: Taken<object> | null): Promise<readonly Answer[]> {
    if (taken) waiting = await taken.items();
    const slice = waiting.slice(0, SLICE_SIZE);
    waiting = waiting.slice(SLICE_SIZE);
    return answerAll(slice, prepared);
  }

  return {
    ready: () => (waiting.length > 0 ? null : source.ready()),
    take() {
      if (waiting.length > 0) return answerOwn(null);
      const taken = source.take();
      if (!taken) return null;
      if (taken.of === null || shareKey === null) return answerOwn(taken);
      return share(taken.of, shareKey, async () => answerAll(await taken.items(), prepared));
    },
    textOf: (answer) => (typeof answer === "string" ? answer : textOf(answer, context)),
    noteTold: () => source.noteTold?.(),
    isLive: () => waiting.length === 0 && (source.isLive?.() ?? false),
    isOver: () => isOver,
    close() {
      isOver = true;
      source.close();
    },
  };
}

/** Answers with loaders of their own, since a value that was read before may have changed by now. */
async function answerAll(items: readonly object[], prepared: PreparedSubscription): Promise<readonly Answer[]> {
  const { contextValue } = prepared;
  const context = prepared.shareKey === null ? contextValue : { ...contextValue, actor: actorOfMany(contextValue.actor) };
  const loaders = createLoaders(context);
  return Promise.all(items.map((item) => answerTo(item, { prepared, context, loaders })));
}

interface Answering {
  readonly prepared: PreparedSubscription;
  /** Of many subscribers. */
  readonly context: RequestContext;
  /** Of all items that are answered together. */
  readonly loaders: Loaders;
}

async function answerTo(item: object, { prepared, context, loaders: first }: Answering): Promise<Answer> {
  let loaders = first;
  let result: ExecutionResult = {};

  async function attempt(): Promise<void> {
    result = await execute({ ...prepared, rootValue: item, contextValue: { ...context, loaders } });
    // What failed once is kept by its loader.
    loaders = createLoaders(context);
    const interruption = result.errors?.find(({ originalError }) => isInterruption(originalError));
    if (interruption) throw interruption.originalError ?? interruption;
  }

  // What no patience helps is told as it is.
  await withPatience(context.log, neverOver, attempt).catch((error: unknown) => {
    if (!isInterruption(error)) throw error;
  });
  return result.errors ? result : JSON.stringify(result);
}

function textOf({ data, errors = [] }: ExecutionResult, context: RequestContext): string {
  return JSON.stringify({ data, errors: presentErrors(context, errors) });
}

/** Errors before the first item that no resolver threw are about the variables. */
function codeVariableErrors(result: ExecutionResult): ExecutionResult {
  return {
    ...result,
    errors: (result.errors ?? []).map((error) => (error.path || error.extensions["code"] ? error : withCode(error, "BAD_USER_INPUT"))),
  };
}
