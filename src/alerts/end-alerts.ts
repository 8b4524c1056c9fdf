import type { TransactionContext } from "../access/context.ts";
import { appendChanges } from "../changes/append-changes.ts";
import type { SessionState } from "../sessions/session.state.ts";
import { readKnownAlerts } from "./alert.store.ts";
import { endAlerts } from "./reconcile-alerts.rules.ts";
import { writeAlerts } from "./write-alerts.ts";

/** Ends the alerts of sessions that are about to be deleted, and whose rows are locked; they stay to be read. */
export async function endAlertsOfDeleted(
  context: TransactionContext,
  sessions: readonly { readonly id: string; readonly state: SessionState }[],
): Promise<void> {
  const { transaction, actor, clock } = context;
  const at = clock.now();
  const withAlerts = sessions.filter(({ state }) => state.hasOpenAlert);
  const known = await readKnownAlerts(
    transaction,
    withAlerts.map(({ id }) => id),
  );
  const changes = await writeAlerts(
    transaction,
    withAlerts.map(({ id, state }) => ({
      organizationId: actor.organizationId,
      sessionId: id,
      before: state,
      state,
      known: known.get(id) ?? [],
      steps: endAlerts(known.get(id) ?? [], { endedAt: at, endReason: "SUBJECT_DELETED" }),
      at,
      actor: actor.name,
    })),
  );
  await appendChanges(transaction, changes);
}
