import { createSourceEventStream, execute, GraphQLError, type ExecutionArgs, type ExecutionResult, type GraphQLSchema } from "graphql";
import type { BatchedItems } from "../changes/batch-iterator.ts";
import { isInterruption, neverOver, withPatience } from "../changes/patience.ts";
import { createShareWork, type ShareWork } from "../shared/share-work.ts";
import { Fault } from "../shared/user-error.ts";
import { admit } from "./admission.ts";
import { toGraphQLError, withCode } from "./errors.ts";
import { createLoaders, type Loaders } from "./loaders.ts";
import { presentErrors } from "./present-errors.ts";
import type { RequestContext } from "./request.ts";
import { actorOfMany, shareKeyOf } from "./share-key.ts";
import { createSubscriptionDocuments } from "./subscription-document.ts";

export interface SubscriptionRequest {
  readonly context: RequestContext;
  readonly query: string;
  readonly operationName: string | null | undefined;
  readonly variables: Readonly<Record<string, unknown>> | null | undefined;
}

/** A subscription that may run. */
export interface PreparedSubscription extends ExecutionArgs {
  readonly contextValue: RequestContext;
  readonly variableValues: Readonly<Record<string, unknown>>;
  readonly shareKey: string;
}

/** A subscription that runs. */
export interface RunningSubscription {
  /** Answers to items as JSON, at least one; null: there are no more. One call at a time. Rejects when the source failed. */
  readonly nextBatch: () => Promise<readonly string[] | null>;
  /** Whether the next batch is what happens from now on; else it is to be asked for as the reader takes those before. */
  readonly isLive: () => boolean;
  /** Ends it, and a waiting `nextBatch`; whoever runs a subscription calls it when it is over, however it came to that. */
  readonly close: () => void;
}

/** What a subscription comes to: its items, or why there are none. */
export type Subscribed = RunningSubscription | ExecutionResult;

/** Subscriptions of one gateway, which share what is the same for all of them. */
export interface Subscriptions {
  /** Makes a subscription ready to run, by the same admission as requests over HTTP; or says why it may not. */
  readonly prepare: (request: SubscriptionRequest) => PreparedSubscription | readonly GraphQLError[];
  readonly run: (prepared: PreparedSubscription) => Promise<Subscribed>;
}

export function createSubscriptions(schema: GraphQLSchema): Subscriptions {
  const documents = createSubscriptionDocuments(schema);
  const share = createShareWork();
  return {
    prepare({ context, query, operationName, variables }) {
      try {
        context.budget.begin();
        const read = documents.read(query, operationName);
        if (!("document" in read)) return read;
        const { document, operation } = read;
        admit({ schema, actor: context.actor, budget: context.budget, document, operation, variables, transport: "socket" });
        const variableValues = variables ?? {};
        const shareKey = shareKeyOf(read, variableValues, context.actor);
        return { schema, document, contextValue: context, variableValues, operationName: operationName ?? null, shareKey };
      } catch (error) {
        if (error instanceof GraphQLError) return [error];
        if (error instanceof Fault) return [toGraphQLError(error)];
        throw error;
      }
    },
    async run(prepared) {
      const items = await createSourceEventStream(prepared);
      return Symbol.asyncIterator in items ? runItems(prepared, items as BatchedItems<object>, share) : codeVariableErrors(items);
    },
  };
}

/** Items that are answered at a time. */
const SLICE_SIZE = 100;

/** One item's answer, for all who share it: as JSON, or with errors, of which each subscriber is told by its own request's id. */
type Answer = string | ExecutionResult;

function runItems(prepared: PreparedSubscription, { source }: BatchedItems<object>, share: ShareWork): RunningSubscription {
  const { contextValue: context, shareKey } = prepared;
  let waiting: readonly object[] = [];
  let isClosed = false;
  let leave: () => void = () => undefined;

  /** A promise of its own for every wait: one shared by all of them would keep each of them in memory. */
  function nextItems(): Promise<readonly object[] | null> {
    return new Promise((resolve, reject) => {
      leave = () => resolve(null);
      source.nextBatch().then(resolve, reject);
    });
  }

  /** The answers to one slice are made with loaders of their own, since a value that one item read may have changed by the next. */
  function answersTo(items: readonly object[]): Promise<readonly Answer[]> {
    const loaders = createLoaders({ ...context, actor: actorOfMany(context.actor) });
    return Promise.all(items.map((item) => share(item, shareKey, () => answerTo(item, prepared, loaders))));
  }

  return {
    async nextBatch() {
      if (waiting.length === 0) waiting = (await nextItems()) ?? [];
      const slice = waiting.slice(0, SLICE_SIZE);
      waiting = waiting.slice(SLICE_SIZE);
      const answers = await answersTo(slice);
      if (isClosed || slice.length === 0) return null;
      return answers.map((answer) => (typeof answer === "string" ? answer : textOf(answer, context)));
    },
    isLive: () => waiting.length === 0 && (source.isLive?.() ?? false),
    close() {
      isClosed = true;
      waiting = [];
      source.close();
      leave();
    },
  };
}

async function answerTo(item: object, prepared: PreparedSubscription, first: Loaders): Promise<Answer> {
  const context: RequestContext = { ...prepared.contextValue, actor: actorOfMany(prepared.contextValue.actor) };
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
