import { assertMayRead } from "../access/actor.ts";
import { iterateBatches } from "../changes/batch-iterator.ts";
import { ALERT_CHANGE_KINDS } from "../changes/change.rules.ts";
import { openObjectChanges, type ObjectChange, type ObjectSource } from "../changes/object-changes.ts";
import { withPatience } from "../changes/patience.ts";
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
  /** First every open alert as it is. */
  readonly snapshot: boolean;
  /** Everything since this cursor. */
  readonly after: string | null;
  readonly heartbeatSeconds: number | null;
  /** Whether the alerts themselves are asked for. */
  readonly withAlerts: boolean;
}

type AlertKind = (typeof ALERT_CHANGE_KINDS)[number];

/** What becomes of the caller's alerts as a stream without an end. The alerts of a batch are read with one statement. */
export async function alertChanges(context: RequestContext, request: AlertChangesRequest): Promise<AsyncGenerator<AlertChangeType, void>> {
  assertMayRead(context.actor, "read");
  const { filter, withAlerts, ...rest } = request;
  const changes = await openObjectChanges({
    ...rest,
    changeLog: context.changeLog,
    executor: context.database.executor,
    clock: context.clock,
    log: context.log,
    organizationId: context.actor.organizationId,
    source: alertSource(filter),
  });
  const closing = new AbortController();
  return iterateBatches({
    async nextBatch() {
      const batch = await changes.nextBatch();
      return batch && withPatience(context.log, closing.signal, () => present(context, batch, withAlerts));
    },
    close() {
      closing.abort();
      changes.close();
    },
  });
}

function alertSource({ severity, sessions, eventId }: AlertFilter): ObjectSource<AlertState, AlertKind> {
  const isOfSession = sessions && compileSessionFilter(sessions);
  return {
    object: "ALERT",
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
