import { assertMayRead } from "../access/actor.ts";
import { ALERT_CHANGE_KINDS } from "../changes/change.rules.ts";
import { followObjects, type Following } from "../changes/follow-objects.ts";
import type { ItemSource } from "../changes/item-source.ts";
import type { ObjectChange, ObjectSource } from "../changes/object-changes.ts";
import { createLoaders } from "../graphql/loaders.ts";
import type { RequestContext } from "../graphql/request.ts";
import { compileSessionFilter, type SessionFilter } from "../sessions/session.filter.ts";
import type { AlertChangeType } from "./alert-change.type.ts";
import { alertLoader } from "./alert.loaders.ts";
import { readAlertStates } from "./alert.reads.ts";
import type { AlertSeverity } from "./alert.rules.ts";
import type { AlertState } from "./alert.state.ts";

/** Which alerts a subscriber means; null says nothing, and all that is said must hold. */
export interface AlertFilter {
  readonly severity: AlertSeverity | null;
  /** By the session as it was when the alert changed. */
  readonly sessions: SessionFilter | null;
  readonly eventId: string | null;
}

export interface AlertChangesRequest {
  readonly filter: AlertFilter;
  /** A snapshot is of the open alerts. */
  readonly following: Following;
  /** Whether the alerts themselves are asked for. */
  readonly withAlerts: boolean;
}

type AlertKind = (typeof ALERT_CHANGE_KINDS)[number];

/** What becomes of the caller's alerts without an end. The alerts of a batch are read with one statement. */
export async function alertChanges(
  context: RequestContext,
  { filter, following, withAlerts }: AlertChangesRequest,
): Promise<ItemSource<AlertChangeType>> {
  assertMayRead(context.actor, "read");
  return followObjects(context, { following, source: alertSource(filter), present: (batch) => present(context, batch, withAlerts) });
}

function alertSource({ severity, sessions, eventId }: AlertFilter): ObjectSource<AlertState, AlertKind> {
  const isOfSession = sessions && compileSessionFilter(sessions);
  return {
    objects: ["ALERT"],
    kinds: ALERT_CHANGE_KINDS,
    matches: (_id, state) =>
      (severity === null || state.severity === severity) &&
      (eventId === null || state.subjectId === eventId) &&
      (isOfSession === null || (state.sessionId !== null && state.session !== null && isOfSession(state.sessionId, state.session))),
    isTold: ({ kind, at, before, after }) => kind !== "REPEATED" || !isSnoozed(after, at) || isWorse(before, after),
    readStates: readAlertStates,
  };
}

function isSnoozed(state: AlertState | null, at: Date): boolean {
  return typeof state?.snoozedUntil === "string" && Date.parse(state.snoozedUntil) > at.getTime();
}

function isWorse(before: AlertState | null, after: AlertState | null): boolean {
  return before?.severity === "WARNING" && after?.severity === "ERROR";
}

async function present(
  context: RequestContext,
  batch: readonly ObjectChange<AlertState, AlertKind>[],
  withAlerts: boolean,
): Promise<readonly AlertChangeType[]> {
  // Loaders of its own: what an earlier batch read may have changed since.
  const loader = createLoaders(context).of(alertLoader);
  return Promise.all(
    batch.map(async ({ cursor, kind, at, objectId }) => {
      const alert = withAlerts && objectId !== null ? await loader.load(objectId) : null;
      return { cursor, kind, at, alert };
    }),
  );
}
