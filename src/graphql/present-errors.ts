import type { GraphQLError, GraphQLFormattedError } from "graphql";
import { finishErrors, formatError, isMasked } from "./errors.ts";
import { codesOf } from "./metering.ts";
import type { RequestContext } from "./request.ts";

/** What a subscriber sees of errors; those that say nothing to it are logged. */
export function presentErrors(
  { requestId, actor, log, metering }: RequestContext,
  errors: readonly GraphQLError[],
): readonly GraphQLFormattedError[] {
  for (const error of errors.filter(isMasked)) log.error({ err: error.originalError ?? error, path: error.path }, "a subscription failed");
  const formatted = errors.map((error) => formatError(error.toJSON(), error));
  metering.erred(codesOf(formatted));
  return finishErrors(formatted, { requestId, mayIntrospect: actor.canIntrospect });
}
