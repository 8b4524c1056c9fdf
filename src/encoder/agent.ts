import type { Vault } from "../access/vault.ts";
import { BELL_CHANNEL, type Bell } from "../changes/bell.ts";
import type { Database } from "../database/database.ts";
import type { Clock } from "../shared/clock.ts";
import type { Logger } from "../shared/log.ts";
import { startLoop, type Loop } from "../shared/loop.ts";
import { writeAssetReports } from "./asset-report.store.ts";
import type { AssetTeller } from "./asset-teller.ts";
import { registerAgent, resumeSessions, writeReports } from "./agent.work.ts";
import type { EncoderIdentity } from "./encoder-identity.ts";
import { EncoderStatus, type IngestAddresses, type SupportedTypes } from "./encoder.rules.ts";
import { beat, claimSessions, signOff, type EncoderLife } from "./encoder.store.ts";
import { HEARTBEAT_MILLISECONDS } from "./lease.rules.ts";
import type { StartRunner } from "./runner.ts";
import { writeTelemetry } from "./telemetry.store.ts";
import { createSupervisor, type Supervisor } from "./supervisor.ts";

export interface AgentOptions {
  /** Best one with connections of its own, so that busy requests of the same process never hold up a heartbeat. */
  readonly database: Database;
  readonly vault: Vault;
  readonly bell: Bell;
  readonly clock: Clock;
  readonly log: Logger;
  readonly runner: StartRunner;
  /** What its runners tell of assets; left out where they make none. */
  readonly assets?: AssetTeller;
  readonly capabilities: SupportedTypes;
  /** From `claimEncoderIdentity`; given back when the agent is closed. */
  readonly identity: EncoderIdentity;
  readonly name: string;
  readonly region: string;
  /** How many sessions it runs at a time. */
  readonly capacity: number;
  /** How many of them it begins at a time; left out, as many as there are. */
  readonly startLimit?: number;
  /** An HTTP base address at which gateways reach its media, without a slash at its end; null when it serves none. */
  readonly mediaAddress: string | null;
  /** Where senders push to; nothing when left out. */
  readonly ingestAddresses?: IngestAddresses;
  readonly isSimulated?: boolean;
  /** Whether its disk is nearly full; left out where nothing is kept on one. */
  readonly isStorageLow?: () => boolean;
  readonly version: string;
}

export interface CloseOptions {
  /** Takes no new sessions and waits until those that it has are stopped; else they are handed on at once. */
  readonly drain: boolean;
}

export interface Agent {
  readonly encoderId: () => string;
  /** How many sessions it holds. */
  readonly running: () => number;
  /**
   * Ends it. Sessions that are wanted stay wanted: they wait for another agent, or for this one to come back.
   * A second call without `drain` ends the wait of a first with it.
   */
  readonly close: (options?: CloseOptions) => Promise<void>;
}

/** At most this many sessions are claimed in one statement, so that several agents share a rush. */
const CLAIM_LIMIT = 500;
const PAUSE_MILLISECONDS = 50;
/** How long a close waits for runners; those that take longer are left to whoever reaps them. */
const STOP_DEADLINE_MILLISECONDS = 20_000;
/** How long a close waits for the database to take what became of the sessions; the lease tells the rest. */
const HAND_ON_DEADLINE_MILLISECONDS = 5_000;
const POLL_MILLISECONDS = 50;
/** Of assets so many are written in one transaction. */
const ASSET_LIMIT = 500;
/** Lossy: what cannot be written is replaced by the next. */
const TELEMETRY_MILLISECONDS = 1_000;

/** Registers an encoder and runs it: claims sessions of its region under leases, runs what is wanted, and reports what it sees. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const state: AgentState = {
    identity: options.identity,
    life: await register(options, options.identity),
    isDraining: false,
    isClosing: false,
    hasTelemetry: true,
  };
  const { runner, startLimit = Infinity, clock, log } = options;
  const supervisor = createSupervisor({ startRunner: runner, startLimit, clock, log, onNews: () => work.wake() });
  // Apart from the work, which may wait for verbs that hold rows: a heartbeat waits for nobody.
  const heart = startLoop({
    everyMilliseconds: HEARTBEAT_MILLISECONDS,
    pauseMilliseconds: PAUSE_MILLISECONDS,
    work: () => keepAlive(options, state, supervisor),
    onError: tellOnce(options.log, "an encoder cannot reach the database; what it runs goes on"),
  });
  const work = startLoop({
    everyMilliseconds: HEARTBEAT_MILLISECONDS,
    pauseMilliseconds: PAUSE_MILLISECONDS,
    work: () => doWork(options, state, supervisor),
    onError: tellOnce(options.log, "an encoder cannot report to the database; it will when it can"),
  });
  const telemetry = startLoop({
    everyMilliseconds: TELEMETRY_MILLISECONDS,
    pauseMilliseconds: TELEMETRY_MILLISECONDS,
    work: () => tellTelemetry(options, state, supervisor),
    onError: () => undefined,
  });
  const wakeBoth = (): void => {
    heart.wake();
    work.wake();
  };
  options.assets?.onNews(work.wake);
  const endListening = await options.database.listen(BELL_CHANNEL, { onNotification: wakeBoth, onListening: wakeBoth });
  return {
    encoderId: () => state.life.encoderId,
    running: () => supervisor.size(),
    close: createClose({ options, state, supervisor, loops: { heart, work, telemetry }, endListening }),
  };
}

interface AgentState {
  identity: EncoderIdentity;
  life: EncoderLife;
  isDraining: boolean;
  isClosing: boolean;
  /** Whether rows of telemetry may be left in the database. */
  hasTelemetry: boolean;
}

async function register(options: AgentOptions, identity: EncoderIdentity): Promise<EncoderLife> {
  const {
    database,
    clock,
    name,
    region,
    capacity,
    mediaAddress,
    ingestAddresses = {},
    capabilities,
    version,
    isSimulated = false,
  } = options;
  const life = await registerAgent(database, clock, {
    id: identity.encoderId,
    name,
    region,
    capacity,
    mediaAddress,
    ingestAddresses,
    capabilities,
    version,
    isSimulated,
  });
  options.bell.ring();
  return life;
}

/** One heartbeat: one statement, and then what runs is brought in line with what is wanted. */
async function keepAlive(options: AgentOptions, state: AgentState, supervisor: Supervisor): Promise<void> {
  const number = supervisor.startHeartbeat();
  const takesSessions = !state.isDraining && !state.isClosing;
  const status = takesSessions ? EncoderStatus.ONLINE : EncoderStatus.DRAINING;
  const answer = await beat(options.database.executor, state.life, { status, isStorageLow: options.isStorageLow?.() ?? false });
  if (!answer.isCurrent) return replaceLife(options, state, supervisor);
  supervisor.reconcile(answer.held, number);
  if (state.isClosing) supervisor.handOn();
}

/** An idle encoder writes nothing. */
async function tellTelemetry(options: AgentOptions, state: AgentState, supervisor: Supervisor): Promise<void> {
  const samples = supervisor.telemetry();
  if (samples.length === 0 && !state.hasTelemetry) return;
  await writeTelemetry(options.database.executor, state.life.encoderId, samples);
  state.hasTelemetry = samples.length > 0;
}

/** Another process registered this encoder, from a copy of its identity: the newer one keeps it, and this one begins anew. */
async function replaceLife(options: AgentOptions, state: AgentState, supervisor: Supervisor): Promise<void> {
  options.log.error({ encoderId: state.life.encoderId }, "another process runs this encoder; its sessions are left to that one");
  await supervisor.abandon();
  if (state.isClosing) return;
  state.identity = await state.identity.renew();
  state.life = await register(options, state.identity);
}

/** Reports, claims, and resumes, each in a fixed number of statements whatever the number of sessions. */
async function doWork(options: AgentOptions, state: AgentState, supervisor: Supervisor): Promise<void> {
  const { life } = state;
  await report(options, life, supervisor);
  await reportAssets(options, life);
  if (state.isClosing) return;
  if (state.isDraining) {
    supervisor.handOnIdle();
    return report(options, life, supervisor);
  }
  const room = Math.min(options.capacity - supervisor.size(), CLAIM_LIMIT);
  if (room > 0) supervisor.add(await claimSessions(options.database.executor, life, room));
  await resume(options, state, supervisor);
  // A close that came meanwhile hands on what was just claimed.
  if (state.isClosing) supervisor.handOn();
}

async function resume(options: AgentOptions, state: AgentState, supervisor: Supervisor): Promise<void> {
  const { life } = state;
  const idle = supervisor.idle();
  if (idle.length === 0 || state.isClosing) return;
  const { launches, failed, dropped, hasWritten } = await resumeSessions(options, life.encoderId, idle);
  if (hasWritten) options.bell.ring();
  supervisor.drop(dropped);
  if (state.isClosing) return;
  launches.forEach(supervisor.launch);
  failed.forEach((reason, id) => supervisor.fail(id, reason));
}

async function report(options: AgentOptions, life: EncoderLife, supervisor: Supervisor): Promise<void> {
  const reports = supervisor.reports();
  if (reports.length === 0) return;
  const { results, hasWritten } = await writeReports(options, life.encoderId, reports);
  if (hasWritten) options.bell.ring();
  supervisor.confirm(reports, results);
}

/** What is told while the last of it is written is written by the next run. */
async function reportAssets(options: AgentOptions, { encoderId }: EncoderLife): Promise<void> {
  const reports = options.assets?.unwritten().slice(0, ASSET_LIMIT) ?? [];
  if (reports.length === 0) return;
  const { done, hasChanged } = await writeAssetReports({ ...options, encoderId }, reports);
  if (hasChanged) options.bell.ring();
  options.assets?.confirm(done);
}

interface Closing {
  readonly options: AgentOptions;
  readonly state: AgentState;
  readonly supervisor: Supervisor;
  readonly loops: { readonly heart: Loop; readonly work: Loop; readonly telemetry: Loop };
  readonly endListening: () => Promise<void>;
}

function createClose({ options, state, supervisor, loops, endListening }: Closing): Agent["close"] {
  const { heart, work, telemetry } = loops;
  let ended: Promise<void> | null = null;

  async function handOn(): Promise<void> {
    state.isClosing = true;
    supervisor.handOn();
    await until(() => !supervisor.isBusy(), STOP_DEADLINE_MILLISECONDS);
    heart.wake();
    await until(() => supervisor.size() === 0, HAND_ON_DEADLINE_MILLISECONDS);
    await Promise.all([heart.close(), work.close(), telemetry.close(), endListening()]);
    await signOff(options.database.executor, state.life).catch((error: unknown) =>
      options.log.warn({ err: error }, "an encoder could not sign off; its lease will run out"),
    );
    options.bell.ring();
    await state.identity.release();
  }

  return async (closeOptions = { drain: false }) => {
    state.isDraining = true;
    heart.wake();
    work.wake();
    if (closeOptions.drain) await until(() => state.isClosing || supervisor.size() === 0);
    ended ??= handOn();
    await ended;
  };
}

async function until(isReached: () => boolean, deadlineMilliseconds = Infinity): Promise<void> {
  const end = performance.now() + deadlineMilliseconds;
  while (!isReached() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
}

/** One line at the start of an outage, not one for each attempt. */
function tellOnce(log: Logger, message: string): (error: unknown, failures: number) => void {
  return (error, failures) => {
    if (failures === 1) log.warn({ err: error }, message);
  };
}
