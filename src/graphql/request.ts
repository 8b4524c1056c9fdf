import type { FormattedExecutionResult } from "graphql";
import type { Context } from "../access/context.ts";
import type { ChangeLog } from "../changes/change-log.ts";
import type { EventFeeds } from "../events/event-feeds.ts";
import type { CallBudget } from "../limits/call-budget.ts";
import type { GuessGuard } from "../limits/guess-guard.ts";
import type { SessionFeeds } from "../sessions/session-feeds.ts";
import { createLoaders, type Loaders } from "./loaders.ts";
import type { Metering } from "./metering.ts";

/** What resolvers see: the verbs' context and this request's loaders. */
export interface RequestContext extends Context {
  readonly loaders: Loaders;
  readonly changeLog: ChangeLog;
  readonly feeds: SessionFeeds & EventFeeds;
  readonly metering: Metering;
  /** Counts what this call costs its caller. */
  readonly budget: CallBudget;
  /** Keeps who guesses access codes from trying on. */
  readonly guesses: GuessGuard;
  /** Takes an answer past the executor, which makes nothing of it: one that is too large to be written in one go, or the JSON of one. */
  readonly kept: { answer: FormattedExecutionResult | Uint8Array | null };
}

/** Loaders are of one request alone: a value kept longer would be shown after it changed. */
export function createRequestContext(
  context: Context,
  shared: Pick<RequestContext, "changeLog" | "feeds" | "metering" | "budget" | "guesses">,
): RequestContext {
  // A spread of so much makes a hidden class each time: a kilobyte for every socket.
  return Object.assign({}, context, shared, { loaders: createLoaders(context), kept: { answer: null } });
}
