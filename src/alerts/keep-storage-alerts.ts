import { appendChanges } from "../changes/append-changes.ts";
import type { Bell } from "../changes/bell.ts";
import type { Database, Transaction } from "../database/database.ts";
import { selectSessionStates } from "../sessions/session.store.ts";
import type { Clock } from "../shared/clock.ts";
import { groupBy } from "../shared/group-by.ts";
import { newIdentifier } from "../shared/identifier.ts";
import type { Logger } from "../shared/log.ts";
import { startLoop, type Loop } from "../shared/loop.ts";
import { readKnownAlerts } from "./alert.store.ts";
import { endAlerts, reconcileAlerts, type AlertRecord, type AlertStep } from "./reconcile-alerts.rules.ts";
import { findStorageFindings, lockAlertedSessions, type StorageFinding } from "./storage-alerts.store.ts";
import { writeAlerts } from "./write-alerts.ts";

export interface StorageAlertsOptions {
  readonly database: Database;
  readonly bell: Bell;
  readonly clock: Clock;
  readonly log: Logger;
}

const LOOK_MILLISECONDS = 5_000;
const MESSAGE = "A recording waits to be finished: there is no room for it on its encoder's disk.";

/**
 * Raises STORAGE_FULL for recordings that wait for room to be finished, whatever their sessions do by then, and ends it once they are
 * finished, given up or deleted. Any number of processes may have one.
 */
export function startStorageAlerts(options: StorageAlertsOptions): Loop {
  return startLoop({
    everyMilliseconds: LOOK_MILLISECONDS,
    pauseMilliseconds: LOOK_MILLISECONDS,
    work: () => keepStorageAlerts(options),
    onError: (error, failures) =>
      failures === 1 && options.log.warn({ err: error }, "alerts about recordings that wait for room cannot be kept; trying again"),
  });
}

/** One pass. */
export async function keepStorageAlerts({ database, bell, clock }: Omit<StorageAlertsOptions, "log">): Promise<void> {
  const found = await findStorageFindings(database.executor);
  if (found.length === 0) return;
  const ids = found.map(({ sessionId }) => sessionId);
  const hasWritten = await database.transaction("keep storage alerts", async (transaction) => {
    const locked = await lockAlertedSessions(transaction, ids);
    // Looked at again: another process may have done it by now.
    const findings = (await findStorageFindings(transaction)).filter(({ sessionId }) => locked.has(sessionId));
    return write(transaction, findings, clock.now());
  });
  if (hasWritten) bell.ring();
}

/** Says whether there was anything to write. */
async function write(transaction: Transaction, findings: readonly StorageFinding[], at: Date): Promise<boolean> {
  const bySession = groupBy(findings, ({ sessionId }) => sessionId);
  const ids = [...bySession.keys()];
  const states = await selectSessionStates(transaction, ids);
  const known = await readKnownAlerts(transaction, ids);
  const changes = await writeAlerts(
    transaction,
    [...bySession].flatMap(([sessionId, own]) => {
      const state = states.get(sessionId);
      const [first] = own;
      if (!state || !first) return [];
      const alerts = known.get(sessionId) ?? [];
      const steps = own.flatMap((finding) => stepsOf(finding, alerts, at));
      return [{ organizationId: first.organizationId, sessionId, before: state, state, known: alerts, steps, at, actor: null }];
    }),
  );
  await appendChanges(transaction, changes);
  return changes.length > 0;
}

function stepsOf({ assetId, kind }: StorageFinding, known: readonly AlertRecord[], at: Date): readonly AlertStep[] {
  const own = known.filter(({ subjectId, code }) => subjectId === assetId && code === "STORAGE_FULL");
  if (kind === "END") return endAlerts(own, { endedAt: at, endReason: "RESOLVED" });
  const cause = { subjectId: assetId, code: "STORAGE_FULL", severity: "ERROR", message: MESSAGE, occurrences: 0 } as const;
  const telling = { causes: [cause], complete: [], isRunnerGone: false };
  return reconcileAlerts({ known: own, at, newId: () => newIdentifier("alert"), telling });
}
