import type { Context } from "../access/context.ts";
import type { ChangeLog } from "../changes/change-log.ts";
import { createLoaders, type Loaders } from "./loaders.ts";

/** What resolvers see: the verbs' context and this request's loaders. */
export interface RequestContext extends Context {
  readonly loaders: Loaders;
  readonly changeLog: ChangeLog;
}

/** Loaders are of one request alone: a value kept longer would be shown after it changed. */
export function createRequestContext(context: Context, changeLog: ChangeLog): RequestContext {
  return { ...context, changeLog, loaders: createLoaders(context) };
}
