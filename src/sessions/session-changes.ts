import { assertMayRead } from "../access/actor.ts";
import { iterateBatches } from "../changes/batch-iterator.ts";
import { SESSION_CHANGE_KINDS } from "../changes/change.rules.ts";
import { openObjectChanges, type ObjectChange } from "../changes/object-changes.ts";
import { withPatience } from "../changes/patience.ts";
import { createLoaders } from "../graphql/loaders.ts";
import type { RequestContext } from "../graphql/request.ts";
import type { SessionChangeType } from "./session-change.type.ts";
import { readSessionStates } from "./session-state.store.ts";
import { compileSessionFilter, type SessionFilter } from "./session.filter.ts";
import { sessionLoader } from "./session.loaders.ts";
import type { SessionState } from "./session.state.ts";

export interface SessionChangesRequest {
  readonly filter: SessionFilter;
  /** First every matching session as it is. */
  readonly snapshot: boolean;
  /** Everything since this cursor. */
  readonly after: string | null;
  readonly heartbeatSeconds: number | null;
  /** Whether the sessions themselves are asked for. */
  readonly withSessions: boolean;
}

type SessionChangeKind = (typeof SESSION_CHANGE_KINDS)[number];

/** Changes of the caller's sessions as a stream without an end. The sessions of a batch are read with one statement. */
export async function sessionChanges(
  context: RequestContext,
  request: SessionChangesRequest,
): Promise<AsyncGenerator<SessionChangeType, void>> {
  assertMayRead(context.actor, "read");
  const { filter, withSessions, ...rest } = request;
  const changes = await openObjectChanges({
    ...rest,
    changeLog: context.changeLog,
    executor: context.database.executor,
    clock: context.clock,
    log: context.log,
    organizationId: context.actor.organizationId,
    source: {
      object: "SESSION",
      kinds: SESSION_CHANGE_KINDS,
      matches: compileSessionFilter(filter),
      readStates: readSessionStates,
    },
  });
  const closing = new AbortController();
  return iterateBatches({
    async nextBatch() {
      const batch = await changes.nextBatch();
      return batch && withPatience(context.log, closing.signal, () => present(context, batch, withSessions));
    },
    close() {
      closing.abort();
      changes.close();
    },
  });
}

async function present(
  context: RequestContext,
  batch: readonly ObjectChange<SessionState, SessionChangeKind>[],
  withSessions: boolean,
): Promise<readonly SessionChangeType[]> {
  const ids = withSessions ? batch.flatMap(({ objectId, kind }) => (objectId === null || kind === "DELETED" ? [] : [objectId])) : [];
  // Loaders of its own: what an earlier batch read may have changed since.
  const loader = createLoaders(context).of(sessionLoader);
  const sessions = new Map(await Promise.all(ids.map(async (id) => [id, await loader.load(id)] as const)));
  return batch.map(({ cursor, kind, at, matches, objectId, state, actor }) => ({
    cursor,
    kind,
    at,
    matches,
    sessionId: objectId,
    status: state?.status ?? null,
    health: state?.health ?? null,
    session: (objectId !== null && sessions.get(objectId)) || null,
    actor,
  }));
}
