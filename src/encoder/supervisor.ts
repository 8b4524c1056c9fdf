import type { Clock } from "../shared/clock.ts";
import type { Logger } from "../shared/log.ts";
import type { HeldSession } from "./encoder.store.ts";
import type { SessionReport } from "./lease.rules.ts";
import type { Observation, SessionLaunch, SessionRunner, StartRunner } from "./runner.ts";
import { createStartTurns } from "./start-turns.ts";
import type { TelemetrySample } from "./telemetry.rules.ts";

/**
 * Where a session stands in this process:
 *
 *   IDLE      held, and nothing runs: to be resumed, which starts it, or stops it for good, as the database then says
 *   RUNNING   its runner was started
 *   STOPPING  its runner was told to stop, and processes may be left
 *   ENDED     nothing runs, and the database has yet to be told why
 *
 *   IDLE → RUNNING → STOPPING → IDLE (to be replaced or stopped), ENDED (failed, handed on), or gone (another holds it)
 */
type Phase = "IDLE" | "RUNNING" | "STOPPING" | "ENDED";

/** Why a runner was stopped. */
type Cause = "WANTED" | "FAILED" | "HANDED_ON" | "FENCED";

interface Seat {
  readonly id: string;
  epoch: number;
  generation: number;
  /** The heartbeat during which it was added: the answer to an earlier one knows nothing of it. */
  readonly addedAt: number;
  phase: Phase;
  cause: Cause;
  runner: SessionRunner | null;
  /** Output was made of it here: what takes its place is waited for. */
  hasRun: boolean;
  /** What was last seen and is not yet written; the newest takes the place of older ones. */
  unwritten: { readonly observation: Observation; readonly at: Date } | null;
}

/** What became of a report: WRITTEN; RELEASED: written, and the lease given back; IGNORED: it does not count; NOT_HELD: somebody else holds the session. */
export type ReportResult = "WRITTEN" | "RELEASED" | "IGNORED" | "NOT_HELD";

export interface SessionTelemetry extends TelemetrySample {
  readonly sessionId: string;
  readonly generation: number;
}

export interface SupervisorOptions {
  readonly startRunner: StartRunner;
  /** So many sessions begin at a time. */
  readonly startLimit: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** There is something to write, or to resume. */
  readonly onNews: () => void;
}

/** The sessions of one agent in memory: it never touches the database, and goes on while that is away. */
export interface Supervisor {
  readonly size: () => number;
  /** Whether processes are left of anything that was started. */
  readonly isBusy: () => boolean;
  /** A heartbeat is about to be sent; gives its number. */
  readonly startHeartbeat: () => number;
  /** Brings what runs in line with what the answer to a heartbeat says is wanted. */
  readonly reconcile: (held: readonly HeldSession[], heartbeat: number) => void;
  readonly add: (held: readonly HeldSession[]) => void;
  readonly reports: () => readonly SessionReport[];
  /** A report that has no result is still to be written. */
  readonly confirm: (reports: readonly SessionReport[], results: ReadonlyMap<string, ReportResult>) => void;
  /** Held sessions that nothing runs for. */
  readonly idle: () => readonly Pick<SessionReport, "sessionId" | "epoch">[];
  readonly launch: (launch: SessionLaunch) => void;
  /** A session could not even be started. */
  readonly fail: (sessionId: string, reason: string) => void;
  readonly drop: (sessionIds: readonly string[]) => void;
  /** What the sessions do that run now. */
  readonly telemetry: () => readonly SessionTelemetry[];
  /** Stops everything, for others to take over. */
  readonly handOn: () => void;
  /** Lets others have what nothing runs for. */
  readonly handOnIdle: () => void;
  /** Stops everything and forgets it: another life of this encoder holds it now. Resolves once nothing runs. */
  readonly abandon: () => Promise<void>;
}

export function createSupervisor({ startRunner, startLimit, clock, log, onNews }: SupervisorOptions): Supervisor {
  const start = createStartTurns({ startRunner, limit: startLimit, log });
  const seats = new Map<string, Seat>();
  const stops = new Set<Promise<void>>();
  let heartbeat = 0;

  function add({ id, epoch, generation }: HeldSession): void {
    if (seats.has(id)) return;
    const begin = { phase: "IDLE", cause: "WANTED", runner: null, hasRun: false, unwritten: null } as const;
    seats.set(id, { id, epoch, generation, addedAt: heartbeat, ...begin });
  }

  function observe(seat: Seat, runner: SessionRunner | null, observation: Observation): void {
    // What a runner says after it was replaced is not about what is wanted now.
    if (seats.get(seat.id) !== seat || seat.runner !== runner) return;
    if (seat.phase !== "RUNNING") return keepSwitches(seat, observation);
    seat.hasRun ||= observation.status === "RUNNING";
    const isOver = observation.status === "FAILED" || observation.status === "STOPPED";
    const reason = observation.reason ?? "The encoder ended without being asked to.";
    seat.unwritten = { observation: isOver ? { ...observation, status: "FAILED", health: "ERROR", reason } : observation, at: clock.now() };
    if (isOver) stop(seat, "FAILED");
    onNews();
  }

  /** Of what a runner says while it is being stopped, the switches alone count: they have happened. */
  function keepSwitches(seat: Seat, { switches = [], ...rest }: Observation): void {
    if (switches.length === 0) return;
    const { observation, at } = seat.unwritten ?? { observation: rest, at: clock.now() };
    seat.unwritten = { observation: { ...observation, switches }, at };
  }

  function stop(seat: Seat, cause: Cause): void {
    // A session that others hold stays theirs, and one that failed has failed, whatever is asked for meanwhile.
    const isFinal = seat.cause === "FENCED" || (seat.cause === "FAILED" && cause !== "FENCED");
    if (seat.phase !== "RUNNING") {
      if (!isFinal) seat.cause = cause;
      if (seat.phase !== "STOPPING") leave(seat);
      return;
    }
    seat.phase = "STOPPING";
    seat.cause = cause;
    const stopped = stopRunner(seat).then(() => {
      stops.delete(stopped);
      seat.runner = null;
      leave(seat);
      onNews();
    });
    stops.add(stopped);
  }

  async function stopRunner(seat: Seat): Promise<void> {
    try {
      // What is handed on, or held by others, is the same run wherever it goes on.
      await seat.runner?.stop(seat.cause === "HANDED_ON" || seat.cause === "FENCED" ? "LEFT" : "ENDED");
    } catch (error) {
      log.error({ err: error, sessionId: seat.id }, "a runner could not be stopped in order");
    }
  }

  /** Nothing runs any more: what comes next depends on why. */
  function leave(seat: Seat): void {
    if (seat.cause === "FENCED") seats.delete(seat.id);
    else seat.phase = seat.cause === "WANTED" ? "IDLE" : "ENDED";
  }

  function reconcile(held: readonly HeldSession[], answered: number): void {
    const wanted = new Map(held.map((session) => [session.id, session]));
    for (const seat of seats.values()) {
      const session = wanted.get(seat.id);
      // Claimed after the heartbeat was sent: its answer cannot know.
      if (seat.addedAt >= answered) continue;
      if (session === undefined || session.epoch !== seat.epoch) stop(seat, "FENCED");
      else if (seat.phase === "RUNNING" && (session.desiredStatus === "STOPPED" || session.generation !== seat.generation))
        stop(seat, "WANTED");
      else if (seat.phase === "RUNNING") seat.runner?.control(session.controls);
    }
    held.forEach(add);
    onNews();
  }

  function reportOf(seat: Seat): SessionReport | null {
    const { id: sessionId, epoch, generation, unwritten } = seat;
    const switches = unwritten?.observation.switches ?? [];
    if (seat.phase === "ENDED" && seat.cause === "HANDED_ON") return { sessionId, epoch, at: clock.now(), switches, kind: "HANDED_ON" };
    if (unwritten === null || seat.cause === "FENCED") return null;
    return { sessionId, epoch, generation, switches, ...unwritten, kind: seat.phase === "ENDED" ? "RUNNER_ENDED" : "OBSERVED" };
  }

  function confirm(report: SessionReport, result: ReportResult | undefined): void {
    const seat = seats.get(report.sessionId);
    if (seat === undefined || seat.epoch !== report.epoch || result === undefined) return;
    if (result === "NOT_HELD") return stop(seat, "FENCED");
    if (report.kind === "OBSERVED") {
      // What failed is told twice: as it is seen, and when nothing of it is left.
      if (seat.cause !== "FAILED" && seat.unwritten?.observation === report.observation) seat.unwritten = null;
      return;
    }
    if (result === "RELEASED") seats.delete(seat.id);
    else Object.assign(seat, { phase: "IDLE", cause: "WANTED", unwritten: null } satisfies Partial<Seat>);
  }

  /** What was seen last is written first: whoever resumes may forget it. */
  function isResumable({ phase, unwritten }: Seat): boolean {
    return phase === "IDLE" && unwritten === null;
  }

  function launch(specification: SessionLaunch): void {
    const seat = seats.get(specification.sessionId);
    if (seat?.phase !== "IDLE") return;
    Object.assign(seat, {
      epoch: specification.epoch,
      generation: specification.generation,
      cause: "WANTED",
      unwritten: null,
    } satisfies Partial<Seat>);
    seat.phase = "RUNNING";
    // A runner may speak before it is known by name.
    const early: Observation[] = [];
    let runner: SessionRunner | null = null;
    runner = start({
      launch: specification,
      isUrgent: seat.hasRun,
      observe(observation) {
        if (runner) observe(seat, runner, observation);
        else early.push(observation);
      },
    });
    seat.runner = runner;
    for (const observation of early) observe(seat, runner, observation);
  }

  function fail(sessionId: string, reason: string): void {
    const seat = seats.get(sessionId);
    if (seat === undefined) return;
    const observation: Observation = { status: "FAILED", health: "ERROR", reason, playbacks: [] };
    Object.assign(seat, {
      phase: "ENDED",
      cause: "FAILED",
      runner: null,
      unwritten: { observation, at: clock.now() },
    } satisfies Partial<Seat>);
    onNews();
  }

  return {
    size: () => seats.size,
    isBusy: () => [...seats.values()].some((seat) => seat.phase === "RUNNING" || seat.phase === "STOPPING"),
    startHeartbeat: () => (heartbeat += 1),
    reconcile,
    add: (held) => held.forEach(add),
    reports: () => [...seats.values()].flatMap((seat) => reportOf(seat) ?? []),
    confirm: (reports, results) => reports.forEach((report) => confirm(report, results.get(report.sessionId))),
    idle: () => [...seats.values()].filter(isResumable).map(({ id: sessionId, epoch }) => ({ sessionId, epoch })),
    launch,
    fail,
    drop: (ids) => ids.forEach((id) => seats.get(id)?.phase === "IDLE" && seats.delete(id)),
    telemetry: () =>
      [...seats.values()].flatMap(({ id: sessionId, generation, phase, runner }) => {
        const sample = phase === "RUNNING" ? runner?.telemetry() : null;
        return sample ? [{ sessionId, generation, ...sample }] : [];
      }),
    handOn() {
      for (const seat of seats.values()) if (seat.cause !== "FENCED") stop(seat, "HANDED_ON");
      onNews();
    },
    handOnIdle() {
      for (const seat of seats.values()) if (seat.phase === "IDLE") stop(seat, "HANDED_ON");
    },
    async abandon() {
      for (const seat of seats.values()) stop(seat, "FENCED");
      await Promise.all(stops);
    },
  };
}
