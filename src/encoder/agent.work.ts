import type { Vault } from "../access/vault.ts";
import type { Database, Transaction } from "../database/database.ts";
import type { Clock } from "../shared/clock.ts";
import type { Logger } from "../shared/log.ts";
import { registerEncoder, type EncoderLife, type EncoderRegistration } from "./encoder.store.ts";
import { readLaunches } from "./launch.store.ts";
import { decideReport, decideResume, decideTakeBack, type SessionControl, type SessionOutcome, type SessionReport } from "./lease.rules.ts";
import { lockAllHeldSessions, lockHeldSessions, readControls, writeSwitches } from "./lease.store.ts";
import { openLaunch } from "./open-launch.ts";
import type { SessionLaunch } from "./runner.ts";
import { withSrtSecrets } from "./with-srt-secrets.ts";
import type { ReportResult } from "./supervisor.ts";
import { writeInHalves } from "./write-in-halves.ts";
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

/** What became of reports; those that are not named are still to be written. */
export interface WrittenReports {
  readonly results: ReadonlyMap<string, ReportResult>;
  readonly hasWritten: boolean;
}

/**
 * Writes what was observed, for those sessions that the encoder still holds, and tells what became of each report. All of them in one
 * transaction; where the database refuses that, in halves of it, until the one that it refuses stands alone and is dropped.
 */
export async function writeReports(
  { database, log }: { readonly database: Database; readonly log: Logger },
  encoderId: string,
  reports: readonly SessionReport[],
): Promise<WrittenReports> {
  const results = new Map<string, ReportResult>();
  let hasWritten = false;
  await writeInHalves(reports, {
    async write(batch) {
      const written = await writeTogether(database, encoderId, batch);
      for (const [id, result] of written.results) results.set(id, result);
      hasWritten ||= written.hasWritten;
    },
    onRefused({ sessionId }, error) {
      log.error({ err: error, sessionId }, "the database refuses what an encoder reports of a session; it is dropped");
      results.set(sessionId, "IGNORED");
    },
  });
  return { results, hasWritten };
}

async function writeTogether(database: Database, encoderId: string, reports: readonly SessionReport[]): Promise<WrittenReports> {
  return database.transaction("report sessions", async (transaction) => {
    const results = new Map<string, ReportResult>(reports.map(({ sessionId }) => [sessionId, "NOT_HELD"]));
    const held = new Map((await readHeld(transaction, encoderId, reports)).map((session) => [session.id, session]));
    await writeSwitches(
      transaction,
      reports.flatMap(({ sessionId, switches }) => (held.has(sessionId) ? switches.map((item) => ({ ...item, sessionId })) : [])),
    );
    const decided = reports.flatMap((report) => {
      const session = held.get(report.sessionId);
      if (session === undefined) return [];
      const outcome = decideReport(session, report);
      results.set(report.sessionId, resultOf(outcome));
      return outcome ? [{ session, outcome, at: report.at }] : [];
    });
    return { results, hasWritten: await writeOutcomes(transaction, decided) };
  });
}

function resultOf(outcome: SessionOutcome | null): ReportResult {
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

/**
 * Decides about held sessions that nothing runs for: started, in the newest generation, or stopped for good.
 * What is held under another epoch by now is dropped: another process of the same encoder may run it.
 */
export async function resumeSessions(
  services: { readonly database: Database; readonly clock: Clock; readonly vault: Vault },
  encoderId: string,
  seats: readonly HeldUnder[],
): Promise<Resumption> {
  const { stored, ...rest } = await services.database.transaction("resume sessions", async (transaction) => {
    const held = await readHeld(transaction, encoderId, seats);
    const at = services.clock.now();
    const decided = held.map((session) => ({ session, outcome: decideResume(session), at }));
    const hasWritten = await writeOutcomes(transaction, decided);
    const started = decided.filter(({ outcome }) => !outcome.isReleased).map(({ session }) => session.id);
    const isStarted = new Set(started);
    const dropped = seats.map(({ sessionId }) => sessionId).filter((id) => !isStarted.has(id));
    const stored = await withSrtSecrets({ ...services, transaction }, await readLaunches(transaction, started));
    return { stored, dropped, hasWritten };
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

/** A session as the encoder believes to hold it. */
export interface HeldUnder {
  readonly sessionId: string;
  readonly epoch: number;
}

/** Locks and reads those that the encoder really holds, under the very epochs that it believes in. */
async function readHeld(transaction: Transaction, encoderId: string, believed: readonly HeldUnder[]): Promise<readonly SessionControl[]> {
  const epochs = new Map(believed.map(({ sessionId, epoch }) => [sessionId, epoch]));
  const controls = await readControls(transaction, await lockHeldSessions(transaction, encoderId, [...epochs.keys()]));
  return controls.filter((control) => control.epoch === epochs.get(control.id));
}
