import { assertPermission } from "../access/actor.ts";
import type { Context } from "../access/context.ts";
import { appendChanges } from "../changes/append-changes.ts";
import { runBulk, type BulkVerb, type SessionBulkAnswer, type SessionBulkInput } from "../sessions/bulk.ts";
import { Verb } from "../sessions/session.rules.ts";
import type { Decision } from "../sessions/session.transitions.ts";
import { newIdentifier } from "../shared/identifier.ts";
import { UserErrorCode } from "../shared/user-error.ts";
import { markAlertsCleared, readKnownAlerts } from "./alert.store.ts";
import { clearAlerts, isOpen, type AlertRecord } from "./reconcile-alerts.rules.ts";
import { writeAlerts } from "./write-alerts.ts";

/** Clears the open warnings of sessions; those whose cause still holds come back at once. Errors stay: they are cleared by name. */
export async function clearSessionAlerts(context: Context, input: SessionBulkInput): Promise<SessionBulkAnswer> {
  assertPermission(context.actor, "clear alerts");
  return runBulk(context, createVerb(), input);
}

/** What `decide` has read is what `apply` works on: the sessions are locked from before the one until after the other. */
function createVerb(): BulkVerb {
  let known: ReadonlyMap<string, readonly AlertRecord[]> = new Map();
  return {
    name: "clear session alerts",
    verb: Verb.CLEAR_ALERTS,
    async decide({ transaction }, sessions) {
      known = await readKnownAlerts(
        transaction,
        sessions.filter(({ state }) => state.hasOpenAlert).map(({ id }) => id),
      );
      return ({ id }) => decideClear(known.get(id) ?? []);
    },
    async apply({ transaction, actor, clock }, accepted) {
      const at = clock.now();
      const newId = (): string => newIdentifier("alert");
      const sessions = accepted.map(({ id, state }) => {
        const alerts = known.get(id) ?? [];
        const steps = clearAlerts({ known: alerts.filter(isOpenWarning), at, newId, clearedBy: actor.name });
        return { organizationId: actor.organizationId, sessionId: id, before: state, state, known: alerts, steps, at, actor: actor.name };
      });
      const changes = await writeAlerts(transaction, sessions);
      await markAlertsCleared(
        transaction,
        accepted.map(({ id }) => id),
        { at, actor: actor.name },
      );
      await appendChanges(transaction, changes);
    },
  };
}

/** Whether a session has anything to clear. */
export function decideClear(alerts: readonly Pick<AlertRecord, "severity" | "endedAt">[]): Decision {
  if (alerts.some(isOpenWarning)) return { outcome: "ACCEPTED" };
  return { outcome: "SKIPPED", code: UserErrorCode.ALREADY_IN_STATE, message: "The session has no open warning." };
}

function isOpenWarning(alert: Pick<AlertRecord, "severity" | "endedAt">): boolean {
  return isOpen(alert) && alert.severity === "WARNING";
}
