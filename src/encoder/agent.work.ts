import type { Vault } from "../access/vault.ts";
import type { Database, Transaction } from "../database/database.ts";
import type { Clock } from "../shared/clock.ts";
import { registerEncoder, type EncoderLife, type EncoderRegistration } from "./encoder.store.ts";
import { readLaunches } from "./launch.store.ts";
import { decideReport, decideResume, decideTakeBack, type SessionControl, type SessionOutcome, type SessionReport } from "./lease.rules.ts";
import { lockAllHeldSessions, lockHeldSessions, readControls } from "./lease.store.ts";
import { openLaunch } from "./open-launch.ts";
import type { SessionLaunch } from "./runner.ts";
import type { ReportResult } from "./supervisor.ts";
import { writeOutcomes } from "./write-outcomes.ts";

/**
 * Begins a new life of the encoder. What it held is its own again at once, one epoch further: its former processes are gone,
 * so there is nothing to wait for.
 */
export async function registerAgent(database: Database, clock: Clock, registration: EncoderRegistration): Promise<EncoderLife> {
  return database.transaction("register encoder", async (transaction) => {
    const life = await registerEncoder(transaction, registration);
    const held = await readControls(transaction, await lockAllHeldSessions(transaction, registration.id));
    const at = clock.now();
    await writeOutcomes(
      transaction,
      held.map((session) => ({ session, outcome: decideTakeBack(session), at })),
    );
    return life;
  });
}

/** Writes what was observed, for those sessions that the encoder still holds, and tells what became of each report. */
export async function writeReports(
  database: Database,
  encoderId: string,
  reports: readonly SessionReport[],
): Promise<{ readonly results: ReadonlyMap<string, ReportResult>; readonly hasWritten: boolean }> {
  return database.transaction("report sessions", async (transaction) => {
    const held = await readHeld(
      transaction,
      encoderId,
      reports.map(({ sessionId }) => sessionId),
    );
    const results = new Map<string, ReportResult>();
    const decided = reports.flatMap((report) => {
      const session = held.get(report.sessionId);
      const outcome = session && session.epoch === report.epoch ? decideReport(session, report) : undefined;
      results.set(report.sessionId, resultOf(outcome));
      return session && outcome ? [{ session, outcome, at: report.at }] : [];
    });
    return { results, hasWritten: await writeOutcomes(transaction, decided) };
  });
}

function resultOf(outcome: SessionOutcome | null | undefined): ReportResult {
  if (outcome === undefined) return "NOT_HELD";
  if (outcome === null) return "IGNORED";
  return outcome.isReleased ? "RELEASED" : "WRITTEN";
}

/** What is to be started, and what the encoder need not hold any more. */
export interface Resumption {
  readonly launches: readonly SessionLaunch[];
  /** Sessions that could not be read, with the reason. */
  readonly failed: ReadonlyMap<string, string>;
  readonly dropped: readonly string[];
  readonly hasWritten: boolean;
}

/** Decides about held sessions that nothing runs for: started, in the newest generation, or stopped for good. */
export async function resumeSessions(
  services: { readonly database: Database; readonly clock: Clock; readonly vault: Vault },
  encoderId: string,
  ids: readonly string[],
): Promise<Resumption> {
  const { stored, ...rest } = await services.database.transaction("resume sessions", async (transaction) => {
    const held = await readHeld(transaction, encoderId, ids);
    const at = services.clock.now();
    const decided = [...held.values()].map((session) => ({ session, outcome: decideResume(session), at }));
    const hasWritten = await writeOutcomes(transaction, decided);
    const started = decided.filter(({ outcome }) => !outcome.isReleased).map(({ session }) => session.id);
    const isStarted = new Set(started);
    return { stored: await readLaunches(transaction, started), dropped: ids.filter((id) => !isStarted.has(id)), hasWritten };
  });
  const launches: SessionLaunch[] = [];
  const failed = new Map<string, string>();
  for (const launch of stored) {
    try {
      launches.push(openLaunch(services.vault, launch));
    } catch {
      failed.set(launch.sessionId, "A secret of it cannot be decrypted: this encoder has another HEADEND_SECRET_KEY than the gateway.");
    }
  }
  return { launches, failed, ...rest };
}

async function readHeld(transaction: Transaction, encoderId: string, ids: readonly string[]): Promise<ReadonlyMap<string, SessionControl>> {
  const controls = await readControls(transaction, await lockHeldSessions(transaction, encoderId, ids));
  return new Map(controls.map((control) => [control.id, control]));
}
