import type { SessionState } from "../sessions/session.state.ts";
import type { AlertCode, AlertSeverity } from "./alert.rules.ts";
import { isOpen, type AlertRecord } from "./reconcile-alerts.rules.ts";

/** The fields of an alert that filters look at; the change log keeps them as they were and as they are. */
export interface AlertState {
  /** What it is about: the session, or a part of it. */
  readonly subjectId: string;
  readonly code: AlertCode;
  readonly severity: AlertSeverity;
  readonly count: number;
  readonly isOpen: boolean;
  /** ISO text. */
  readonly snoozedUntil: string | null;
  /** Null for an alert that is about no session. */
  readonly sessionId: string | null;
  /** The session as it was when the alert changed. */
  readonly session: SessionState | null;
}

export function alertStateOf(alert: AlertRecord, session: { readonly id: string; readonly state: SessionState }): AlertState {
  return {
    subjectId: alert.subjectId,
    code: alert.code,
    severity: alert.severity,
    count: alert.count,
    isOpen: isOpen(alert),
    snoozedUntil: alert.snoozedUntil?.toISOString() ?? null,
    sessionId: session.id,
    session: session.state,
  };
}
