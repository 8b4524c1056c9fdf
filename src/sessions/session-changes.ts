import { assertMayRead } from "../access/actor.ts";
import { SESSION_CHANGE_KINDS } from "../changes/change.rules.ts";
import { followObjects, type Following } from "../changes/follow-objects.ts";
import type { ItemSource } from "../changes/item-source.ts";
import type { ObjectChange } from "../changes/object-changes.ts";
import { createLoaders } from "../graphql/loaders.ts";
import type { RequestContext } from "../graphql/request.ts";
import type { SessionChangeType } from "./session-change.type.ts";
import { readSessionStates } from "./session-state.store.ts";
import { compileSessionFilter, type SessionFilter } from "./session.filter.ts";
import { sessionLoader } from "./session.loaders.ts";
import type { SessionState } from "./session.state.ts";

export interface SessionChangesRequest {
  readonly filter: SessionFilter;
  readonly following: Following;
  /** Whether the sessions themselves are asked for. */
  readonly withSessions: boolean;
}

type SessionChangeKind = (typeof SESSION_CHANGE_KINDS)[number];

/** Changes of the caller's sessions without an end. The sessions of a batch are read with one statement. */
export async function sessionChanges(
  context: RequestContext,
  { filter, following, withSessions }: SessionChangesRequest,
): Promise<ItemSource<SessionChangeType>> {
  assertMayRead(context.actor, "read");
  return followObjects(context, {
    following,
    source: {
      objects: ["SESSION"],
      kinds: SESSION_CHANGE_KINDS,
      matches: compileSessionFilter(filter),
      readStates: readSessionStates,
    },
    present: (batch) => present(context, batch, withSessions),
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
